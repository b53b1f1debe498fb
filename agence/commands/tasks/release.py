"""Give a task back that you claimed; it is pending again.

Examples:
    agence ^task release ship --as ralph
    agence ^task release ship --json

The number that the remote gave is not used again: the next claim gets the next one.
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Report
from agence.commands.tasks.claim import LEASE, terms_of
from agence.commands.tasks.shown import as_json, look
from agence.shard import claims


def release(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
) -> Report:
    """Give it back, here and at the remote. Raises Refusal for a claim that is not one's own."""
    one = look(context).find(task)
    taken = claims.release(context.shard, one.id, terms_of(context, LEASE))
    found = look(context)
    lines = [f"Gave {found.name(one.id)} back"]
    if taken.claim.fence and not taken.remote:
        lines.append(f"  the remote was not told ({taken.why}); the next `^sync` tells the others")
    data = as_json(found, found.tasks[one.id], context.now())
    return Report("\n".join(lines), data | {"fence": taken.claim.fence, "remote": taken.remote})
