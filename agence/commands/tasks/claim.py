"""Claim a task: nobody else works on it until you give it back or fall silent.

Examples:
    agence ^task claim ship --as ralph
    agence ^task claim ship --scope web/ --scope tests/web/ --minutes 120
    agence ^task claim ship --contested        # the remote can't be reached

The shard's own remote decides: of all who claim a task at once exactly one gets it, for an hour
unless --minutes says otherwise. Typed again by whoever has it, it changes nothing. Another task
that is claimed and works on the same paths is in the way. Without a remote a claim is not
exclusive: two that did not know of each other are both shown, and nobody decides for them.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.shown import as_json, doer, look, scopes, until
from agence.shard import claims
from agence.shard.claims import Taken
from agence.shard.holding import Terms
from agence.shard.leases import LONGEST

LEASE = 60  # minutes


def claim(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
    scope: Annotated[
        list[str] | None, Option(help="a path to work on; can be repeated", metavar="PATH")
    ] = None,
    minutes: Annotated[int, Option(help="how long it is yours without a renewal")] = LEASE,
    force: Annotated[
        bool, Option(help="although another claimed task works on the same paths")
    ] = False,
    contested: Annotated[
        bool, Option(help="without the word of a remote that can't be reached")
    ] = False,
) -> Report:
    """Claim, then read back. Raises Refusal where somebody has it, OutsideError offline."""
    terms = terms_of(context, minutes)._replace(
        scope=tuple(scopes(scope)), force=force, contested=contested
    )
    one = look(context).find(task)
    return report(context, claims.claim(context.shard, one.id, terms), "Claimed")


def terms_of(context: Context, minutes: int) -> Terms:
    """For whom and until when a task is claimed. Raises UsageError for what is no time."""
    if not 1 <= minutes <= LONGEST:
        raise UsageError(f"--minutes must be 1-{LONGEST}, not {minutes}", "a claim can be renewed")
    agent, is_person = doer(context)
    now = context.now()
    return Terms(agent, is_person, now, now + minutes * 60_000)


def report(context: Context, taken: Taken, what: str) -> Report:
    """What became of a claim."""
    found = look(context)
    task = found.tasks.get(taken.task.id, taken.task)
    mine = taken.claim
    said = f"{what} {found.name(task.id)} for {mine.agent}, {until(mine.until)}"
    if taken.again:
        said = f"{found.name(task.id)} is yours already, {until(mine.until)}"
    lines = [said]
    if taken.over:
        lines.append(f"  taken over from {taken.over}, who was silent")
    if mine.fence:
        lines.append(f"  exclusive: {taken.remote or 'the remote'} gave it number {mine.fence}")
    else:
        lines.append(f"  not exclusive: {taken.why}")
    others = [one for one in task.conflicts if one.field == "claim"]
    if others:
        lines.append("  contested: somebody else claimed it too, see `agence ^task show`")
    data = as_json(found, task, context.now()) | {
        "agent": mine.agent,
        "fence": mine.fence,
        "exclusive": bool(mine.fence),
        "until": mine.until,
        "again": taken.again,
        "over": taken.over,
        "remote": taken.remote,
        "why": taken.why,
    }
    return Report("\n".join(lines), data)
