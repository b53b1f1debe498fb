"""Say that a task is done; what waited for it can begin.

Examples:
    agence ^task done ship
    agence ^task done ship test docs --as ralph
    agence ^task done ship --force             # although it waits for another

What waits for a task that is open is not done, unless that one is done in the same step. No merge
reopens what is done: what somebody else wrote at the same time counts for less. Whoever has the
task claimed gives the claim back by it.
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.set import check_needs, move
from agence.commands.tasks.shown import look
from agence.work.graph import is_runnable
from agence.work.states import DONE


def done(
    context: Context,
    tasks: Annotated[
        list[str], Argument(help="their names or ids", metavar="ID", complete="entity")
    ],
    force: Annotated[bool, Option(help="although it waits for another task")] = False,
) -> Report:
    """Append one event for each.

    Raises Refusal where it waits for another, and for an agent where somebody else has claimed it.
    """
    found = look(context)
    ids = [found.find(typed).id for typed in tasks]
    for one in ids if not force else ():
        check_needs(found, found.tasks[one], ids)
    before = {one for one in found.graph if is_runnable(found.graph, one)}
    said = [move(context, found, found.tasks[one], DONE) for one in dict.fromkeys(ids)]
    after = look(context)
    free = [one for one in after.graph if is_runnable(after.graph, one) and one not in before]
    lines = [report.text for report in said]
    if free:
        lines.append(f"can begin now: {', '.join(sorted(after.name(one) for one in free))}")
    data = {"items": [report.data for report in said], "freed": free, "count": len(said)}
    return Report("\n".join(lines), data)
