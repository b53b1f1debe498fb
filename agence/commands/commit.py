"""Publish what this clone wrote: a commit that holds `.agence/` paths and nothing else.

Examples:
    agence ^commit && git push
    agence ^commit 3fa9c1d2              # only this entity and what it rests on
    agence ^commit --stage               # only write and stage the files, for commit hooks and
    sign-off

What you have staged stays staged and is not part of this commit. It refuses, changing nothing,
while a merge, rebase, cherry-pick, revert or bisect is under way, while another `git commit` has
its editor open, and while the index is locked. A view that somebody edited by hand is a draft: it
is left as it is.
"""

from typing import Annotated

from agence.base.identifiers import Ambiguous, choose, is_hex, short
from agence.commands.contract import Argument, Context, Option, Report
from agence.git.publish import publish
from agence.shard.layout import LOG
from agence.shard.publishing import Plan, plan
from agence.shard.shard import Shard


def commit(
    context: Context,
    only: Annotated[
        list[str] | None, Argument(help="ids of entities; all by default", complete="entity")
    ] = None,
    message: Annotated[str, Option(help="the commit's message", short="m")] = "",
    stage: Annotated[bool, Option(help="write and stage the files; do not commit")] = False,
) -> Report:
    """Publish own events. Raises ShardError, with nothing changed, when git is busy."""
    shard = context.shard
    planned = plan(shard, [_chosen(shard, one) for one in only or []])
    said = message or planned.message
    published = publish(shard.repo, planned.changes, said, stage_only=stage)
    shard.forget()
    lines = [_said(planned, published.commit, stage=stage)]
    lines += [
        f"left alone, edited by hand: {path} (`^adopt --dry-run` shows what was typed)"
        for path in planned.drafts
    ]
    if shard.repo.head()[0] is None and published.commit:
        lines.append("HEAD is detached: make a branch here, or this commit is easily lost")
    return Report(
        "\n".join(lines),
        {
            "commit": published.commit,
            "events": list(planned.events),
            "paths": sorted(planned.changes),
            "drafts": list(planned.drafts),
            "staged": stage,
        },
    )


def _chosen(shard: Shard, prefix: str) -> str:
    if not is_hex(prefix.strip().lower()):
        hint = 'ids are hex; the message of the commit goes behind -m: agence ^commit -m "..."'
        raise Ambiguous(f"there is no item '{prefix}'", hint)
    own = shard.index("shared").rows("SELECT DISTINCT entity FROM event WHERE own")
    return choose(prefix, [row[0] for row in own], "item of yours", "see `agence ^status`")


def _said(planned: Plan, commit_id: str | None, *, stage: bool) -> str:
    events = len(planned.events)
    views = sum(not path.startswith(f"{LOG}/") for path in planned.changes)
    files = f"{views} file{'s' * (views != 1)}"
    what = (
        f"{events} event{'s' * (events != 1)} and {files}" if events else f"{files}, written anew"
    )
    if stage:
        return f"Staged {what}; `git commit` publishes them"
    if commit_id is None:
        return "Nothing to publish: this branch has it all"
    if not events:
        return f"Renewed {files} in commit {short(commit_id)}; `git push` shares them"
    return f"Published {what} in commit {short(commit_id)}; `git push` shares them"
