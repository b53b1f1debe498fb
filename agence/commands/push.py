"""Send the branch, as `git push` does, and say what left.

Examples:
    agence ^push
    agence ^commit && agence ^push --json

It pushes the current branch to its upstream, or to the shard's own remote under the same name.
Nothing is forced. It is read back afterwards: the counts are those of what the remote has. What
`^sync` has sent before is there already, and does not count again.
"""

from agence.base.errors import OutsideError, ShardError
from agence.commands.contract import Context, Report
from agence.git.refs import for_each
from agence.git.run import GitFailed, git
from agence.shard.carriers import remote_names
from agence.shard.pending import unpublished, unsent
from agence.shard.shard import Shard


def push(context: Context) -> Report:
    """Push the branch. Raises ShardError without a remote, OutsideError when git fails."""
    shard = context.shard
    branch, tip = shard.repo.head()
    if branch is None:
        raise ShardError("HEAD is detached: there is no branch to push", "make a branch first")
    remote, there = target(shard, branch)
    before = unsent(shard)
    tracking = f"refs/remotes/{remote}/{there.removeprefix('refs/heads/')}"
    known = for_each(shard.repo, tracking).get(tracking, "")
    spec = f"refs/heads/{branch}:{there}"
    try:
        git("push", "--quiet", *_upstream(shard, branch), remote, spec, cwd=shard.repo.work_tree)
    except GitFailed as error:
        raise push_failed(remote, error) from error
    shard.forget()
    sent, left = before - unsent(shard), len(unpublished(shard))
    lines = [f"Pushed {branch} to {remote}: {sent} event{'s' * (sent != 1)} of yours arrived"]
    if not sent:
        lines = [f"Pushed {branch} to {remote}; no event of yours was missing there"]
    if known == tip:
        lines = [f"Nothing to push: {remote} has {branch} as it is here"]
    if left:
        lines.append(f"{left} of yours are not published yet; `agence ^commit` publishes them")
    data = {"remote": remote, "branch": branch, "ref": there, "sent": sent, "unpublished": left}
    return Report("\n".join(lines), data)


def _upstream(shard: Shard, branch: str) -> list[str]:
    """The option that makes what is pushed to the upstream of a branch that has none."""
    return [] if f"branch.{branch}.merge" in shard.repo.config() else ["--set-upstream"]


def target(shard: Shard, branch: str) -> tuple[str, str]:
    """(remote, ref there) that the branch is pushed to. Raises ShardError without a remote."""
    config = shard.repo.config()
    remote = config.get(f"branch.{branch}.pushremote", config.get(f"branch.{branch}.remote", [""]))[
        -1
    ]
    if remote and remote != ".":
        return remote, config.get(f"branch.{branch}.merge", [f"refs/heads/{branch}"])[-1]
    names = remote_names(shard.repo)
    remote = shard.pins.remote or ("origin" if "origin" in names else names[0] if names else "")
    if not remote:
        raise ShardError(
            "there is no remote to push to",
            "add one (`git remote add origin URL`) and run ^init again",
        )
    return remote, f"refs/heads/{branch}"


def push_failed(remote: str, error: GitFailed) -> OutsideError:
    """What a failed push means, for the person who must act."""
    said = error.stderr.strip()
    if "non-fast-forward" in said or "fetch first" in said or "[rejected]" in said:
        return OutsideError(
            f"'{remote}' has commits that this branch lacks; nothing was sent",
            "`agence ^pull` first, then push again",
        )
    return OutsideError(
        f"'{remote}' can't be pushed to: {error.reason}",
        "nothing was sent; what you kept stays here",
    )
