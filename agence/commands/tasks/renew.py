"""Keep a task that you claimed for longer.

Examples:
    agence ^task renew ship --as ralph
    agence ^task renew ship --minutes 120

Who was silent for too long may find that somebody else took the task over; then this is refused.
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.claim import LEASE, report, terms_of
from agence.commands.tasks.shown import look
from agence.shard import claims


def renew(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
    minutes: Annotated[int, Option(help="how long it is yours from now on")] = LEASE,
) -> Report:
    """Let the claim end later. Raises Refusal where it is not one's own any more."""
    terms = terms_of(context, minutes)
    one = look(context).find(task)
    return report(context, claims.renew(context.shard, one.id, terms), "Renewed")
