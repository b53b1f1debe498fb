"""Check whether changes stay within the paths of a task.

Examples:
    agence ^task check --scope-of ship web/index.html
    agence ^task check --scope-of ship --diff          # what differs from HEAD
    agence ^task check --scope-of ship --diff main     # what differs from a branch

It ends with 0 where all of it does, and with 1 where something lies outside. A task without paths
is not restricted. Paths are those from the top of the repository, as git prints them.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.shown import look
from agence.git.repository import Repository
from agence.git.run import GitFailed, git
from agence.shard.tasks import members, state_of
from agence.work.scope import Claim, in_scope


def check(
    context: Context,
    paths: Annotated[
        list[str] | None, Argument(help="changed paths", metavar="PATH", complete="file")
    ] = None,
    scope_of: Annotated[str, Option(help="the task", metavar="ID", complete="entity")] = "",
    diff: Annotated[
        bool, Option(help="the paths that differ from HEAD, or from the words")
    ] = False,
) -> Report:
    """Whether all paths lie in the scope. Raises UsageError for a task that is none."""
    found = look(context)
    task = found.find(scope_of) if scope_of else None
    changed = _changed(context.shard.repo, paths) if diff else list(paths or ())
    claims = {}
    if task:
        claims[task.id] = Claim(state_of(task), task.text("agent"), members(task, "scope"))
    verdict = in_scope(task.id if task else "", claims, changed)
    name = found.name(task.id) if task else ""
    data = {"task": task.id if task else "", "in_scope": verdict.in_scope, "changed": changed}
    data |= {"out": list(verdict.out), "why": verdict.why}
    if verdict.in_scope:
        return Report(f"All {len(changed)} changed paths lie within {name}", data)
    lines = [verdict.why or f"{len(verdict.out)} of {len(changed)} paths lie outside of {name}:"]
    return Report("\n".join([*lines, *(f"  {path}" for path in verdict.out)]), data, 1)


def _changed(repo: Repository, since: list[str] | None) -> list[str]:
    """The paths that differ from HEAD, or from the commit that is named, and those not tracked."""
    if since and (len(since) > 1 or since[0].startswith("-")):
        raise UsageError("--diff takes one branch or commit at the most", "leave out the paths")
    try:
        base = git(
            "rev-parse", "--verify", f"{(since or ['HEAD'])[0]}^{{commit}}", cwd=repo.work_tree
        )
        words = ("diff", "--name-only", "--no-renames", "-z", base.decode().strip(), "--")
        listed = git(*words, cwd=repo.work_tree)
        also = git("ls-files", "-z", "--others", "--exclude-standard", cwd=repo.work_tree)
    except GitFailed as failure:
        raise UsageError(f"git can't say what changed: {failure.reason}") from failure
    names = (listed + also).decode(errors="surrogateescape").split("\0")
    return sorted({name for name in names if name and not name.startswith(".agence/")})
