"""Take over a task whose holder is silent.

Examples:
    agence ^task takeover ship --as olena
    agence ^task takeover ship --minutes 30

It is refused while the lease of whoever has the task runs, and ten minutes longer, since clocks
differ. The claim names the one that it takes over, and everybody sees both; what the silent one
still writes counts for less.
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.claim import LEASE, report, terms_of
from agence.commands.tasks.shown import look
from agence.shard import claims


def takeover(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
    minutes: Annotated[int, Option(help="how long it is yours without a renewal")] = LEASE,
    force: Annotated[
        bool, Option(help="although another claimed task works on the same paths")
    ] = False,
    contested: Annotated[
        bool, Option(help="without the word of a remote that can't be reached")
    ] = False,
) -> Report:
    """Claim, then read back. Raises Refusal while the lease runs, OutsideError offline."""
    terms = terms_of(context, minutes)._replace(force=force, contested=contested)
    one = look(context).find(task)
    return report(context, claims.takeover(context.shard, one.id, terms), "Claimed")
