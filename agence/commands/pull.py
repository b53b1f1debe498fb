"""Bring what others published, as `git pull` does, and say what is new.

Examples:
    agence ^pull
    agence ^pull --json

It fetches the shard's remote with the shared refs and merges the upstream branch without opening
an editor. The counts at the end are taken by reading again.
"""

import os

from agence.base.errors import OutsideError, ShardError
from agence.commands.contract import Context, Report
from agence.git.run import GitFailed, git
from agence.shard.carriers import own_remote
from agence.shard.shard import Shard


def pull(context: Context) -> Report:
    """Fetch and merge. Raises OutsideError for an unreachable remote, ShardError for a conflict."""
    shard = context.shard
    branch, _ = shard.repo.head()
    before = _in_force(shard)
    upstream = shard.repo.config().get(f"branch.{branch}.merge", [""])[-1] if branch else ""
    remote = shard.repo.config().get(f"branch.{branch}.remote", [own_remote(shard.repo)[0]])[-1]
    if not remote:
        raise ShardError("there is no remote to pull from", "add one, and push to it first")
    words = ["pull", "--quiet", "--no-edit"]
    if not _says_how(shard):
        words.append("--no-rebase")
    if not upstream and branch:
        words += [remote, shard.pins.branch or branch]
    try:
        git(*words, cwd=shard.repo.work_tree)
    except GitFailed as error:
        raise _failed(shard, remote, error) from error
    shard.forget()
    after = _in_force(shard)
    fresh = after - before
    conflicts = shard.index("shared").one(
        "SELECT count(*) FROM entity WHERE place = ? AND state LIKE '%\"lost\": [[%'",
        [shard.index("shared").place],
    )
    text = f"Pulled from {remote}: {fresh} new event{'s' * (fresh != 1)} in force"
    if conflicts:
        what = "entity was" if conflicts == 1 else "entities were"
        text += f"; {conflicts} {what} written on both sides, `^history` shows each"
    data = {"remote": remote, "new": fresh, "in_force": after, "contested": conflicts or 0}
    return Report(text, data)


def _in_force(shard: Shard) -> int:
    index = shard.index("shared")
    return int(index.one("SELECT count(*) FROM force WHERE place = ?", [index.place]) or 0)


def _says_how(shard: Shard) -> bool:
    config = shard.repo.config()
    branch = shard.repo.head()[0]
    return any(key in config for key in ("pull.rebase", "pull.ff", f"branch.{branch}.rebase"))


def _failed(shard: Shard, remote: str, error: GitFailed) -> OutsideError | ShardError:
    said = error.stderr
    stopped = git("diff", "--name-only", "--diff-filter=U", "-z", cwd=shard.repo.work_tree)
    if stopped:
        names = ", ".join(os.fsdecode(stopped).split("\0")[:-1][:8])
        return ShardError(
            f"the merge stopped at a conflict in {names}",
            "settle it with git and commit, or take the merge back; no event of agence is lost",
        )
    if "would be overwritten" in said or "uncommitted changes" in said:
        names = ", ".join(line.strip() for line in said.splitlines() if line.startswith("\t"))
        return ShardError(
            f"files of yours are in the way of the merge: {names or 'see git status'}",
            "commit them or put them aside first; nothing was changed",
        )
    return OutsideError(
        f"'{remote}' can't be pulled from: {error.reason}", "check the address and the network"
    )
