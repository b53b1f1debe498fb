"""Vote for a task to come sooner, or later.

Examples:
    agence ^task vote ship up
    agence ^task vote docs down

A vote for it counts as one star, 25 points of the score, and one against takes one away. Votes
that are cast at the same time all count.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Report
from agence.commands.tasks.shown import as_json, change, look
from agence.schema.effects import increment
from agence.work.score import score_text

_WAYS = {"up": 1, "down": -1}


def vote(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
    way: Annotated[str, Argument(help="up or down")],
) -> Report:
    """Append one event. Raises UsageError for what is neither up nor down."""
    if way not in _WAYS:
        raise UsageError(f"'{way}' is no vote", "up or down")
    found = look(context)
    one = found.find(task)
    change(context, one, [increment("votes", _WAYS[way])])
    again = look(context)
    data = as_json(again, again.tasks[one.id], context.now())
    scored = score_text(again.measures[one.id].score)
    return Report(f"{again.name(one.id)}: {data['votes']:+} votes, score {scored}", data)
