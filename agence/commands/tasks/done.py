"""Say that a task is done; what waited for it can begin.

Examples:
    agence ^task done ship
    agence ^task done ship test docs --as ralph

No merge reopens what is done: what somebody else wrote at the same time counts for less. Whoever
has the task claimed gives the claim back by it.
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Report
from agence.commands.tasks.set import move
from agence.commands.tasks.shown import look
from agence.work.graph import is_runnable
from agence.work.states import DONE


def done(
    context: Context,
    tasks: Annotated[
        list[str], Argument(help="their names or ids", metavar="ID", complete="entity")
    ],
) -> Report:
    """Append one event for each. Raises Refusal for an agent where somebody else has claimed it."""
    found = look(context)
    ids = [found.find(typed).id for typed in tasks]
    before = {one for one in found.graph if is_runnable(found.graph, one)}
    said = [move(context, found, found.tasks[one], DONE) for one in dict.fromkeys(ids)]
    after = look(context)
    free = [one for one in after.graph if is_runnable(after.graph, one) and one not in before]
    lines = [report.text for report in said]
    if free:
        lines.append(f"can begin now: {', '.join(sorted(after.name(one) for one in free))}")
    data = {"items": [report.data for report in said], "freed": free, "count": len(said)}
    return Report("\n".join(lines), data)
