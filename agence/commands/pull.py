"""Bring what others published, as `git pull` does, and say what is new.

Examples:
    agence ^pull
    agence ^pull --json

It fetches the shard's remote with the shared refs, merges the upstream branch without opening an
editor, and takes in what others sent by `^sync`. The counts at the end are taken by reading again:
of the items that others changed, how many fitted (clean), were changed on both sides (merged), or
are in a conflict that waits for an answer.
"""

import os

from agence.base.errors import OutsideError, ShardError
from agence.commands.contract import Context, Report
from agence.git.run import GitFailed, git
from agence.shard.carriers import own_remote
from agence.shard.counting import counted, in_force, waiting
from agence.shard.joining import refspec
from agence.shard.shard import Shard
from agence.shard.sync import receive


def pull(context: Context) -> Report:
    """Fetch and merge. Raises OutsideError for an unreachable remote, ShardError for a conflict."""
    shard = context.shard
    branch, tip = shard.repo.head()
    before = in_force(shard.index("shared"))
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
    if remote == shard.pins.remote:
        receive(shard, fetched=bool(upstream) and _brings_all(shard, remote))
    shard.forget()
    index = shard.index("shared")
    counts = counted(index, before)
    moved = f"{branch} moved on, " if not counts.received and shard.repo.head()[1] != tip else ""
    lines = [f"Pulled from {remote}: {moved}{counts.text}", *waiting(counts.open)]
    data = {"remote": remote, "in_force": len(in_force(index)), **counts._asdict()}
    return Report("\n".join(lines), data)


def _brings_all(shard: Shard, remote: str) -> bool:
    """Whether what is fetched by itself has the shared log in it, wherever that lies."""
    wanted = {refspec(remote), f"+refs/heads/*:refs/remotes/{remote}/*"}
    return wanted <= set(shard.repo.config().get(f"remote.{remote}.fetch", []))


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
