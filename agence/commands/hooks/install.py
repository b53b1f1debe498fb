"""Put agence's hooks next to whatever hooks are there; only when asked, and only for this clone.

Examples:
    agence ^hooks install git
    agence ^hooks install git --adopt      # sign what was typed into views before each commit
    agence ^doctor                         # fires them, and says what it saw

The pre-commit hook refuses a commit that would publish private files, keys or events, and names the
views that were edited by hand. The pre-push hook refuses to push them. Hooks of others stay: a
script of a shell gets a marked block, pre-commit and husky are joined where they keep what they
find, and lefthook's local file is written where there is none. Done twice, it changes nothing.
"""

import os
from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Option, Report
from agence.git.hook_text import lefthook_lines
from agence.git.hooks import Place, hooks_folder, places
from agence.git.hooks import install as put_in
from agence.git.repository import Repository
from agence.shard.files import outside
from agence.shard.joining import program_beside

ADOPT = "agence.adopt"


def install(
    context: Context,
    what: Annotated[str, Argument(help="whose hooks: git", metavar="WHAT")],
    adopt: Annotated[bool, Option(help="sign drafts before each commit, by ^adopt")] = False,
) -> Report:
    """Install the hooks; the answer is what a second look finds. Raises AgenceError."""
    repo = context.shard.repo
    refuse_others(what)
    program = program_beside(context.programs, "agence")
    with outside(hooks_folder(repo)):
        changed = put_in(repo, program)
    if adopt:
        repo.set_config(ADOPT, "true")
    found = places(repo)
    lines = [_said(repo, place, changed) for place in found]
    for place in found:
        if place.state == "by hand":
            lines += [f"  {line}" for line in lefthook_lines(place.hook).splitlines()]
    lines += [f"  {line}" for line in _advice(repo, found)]
    return Report(
        "\n".join(lines),
        {
            "hooks": [place._asdict() for place in found],
            "changed": [place.hook for place in changed],
            "adopt": repo.flag(ADOPT),
        },
    )


def refuse_others(what: str) -> None:
    """Raises UsageError for anything but git."""
    if what != "git":
        raise UsageError(f"'{what}' has no hooks that agence installs", "one of git")


def shown_path(repo: Repository, path: str) -> str:
    """A path as a person reads it: below the top of the work tree where it is there."""
    below = path.startswith(f"{repo.work_tree}{os.sep}")
    return os.path.relpath(path, repo.work_tree) if below else path


def _said(repo: Repository, place: Place, changed: list[Place]) -> str:
    where = shown_path(repo, place.path)
    if place.state == "by hand":
        return f"{place.hook}: {where} is yours; add these lines to it:"
    done = "installed" if place.hook in [one.hook for one in changed] else "installed before"
    by = "" if place.manager == "plain" else f", called by {place.manager}"
    return f"{place.hook}: {done} in {where}{by}"


def _advice(repo: Repository, found: list[Place]) -> list[str]:
    managers = {place.manager for place in found}
    said = []
    if "husky" in managers:
        said.append("the files in .husky are tracked: the block is silent in clones without agence")
    if "lefthook" in managers:
        said.append("let lefthook write its own hooks once more: lefthook install")
    values = repo.config().get("core.hookspath", [])
    if values and os.path.isabs(os.path.expanduser(values[-1])):
        said.append(f"{values[-1]} may serve other repositories: the block is silent in those")
    return said
