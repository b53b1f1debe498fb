"""List workflows with how much of each is done.

Examples:
    agence ^workflow list
    agence ^workflow list --json
    agence ^workflow list --as-of 2026-11-20

A workflow is as far as its tasks: those that are done, of all. One without tasks is at 0 %.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.contract import Context, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import as_json
from agence.commands.tasks.shown import look
from agence.shard.tasks import percent_of, state_of, steps_of
from agence.work.states import DONE


def workflows(
    context: Context,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """The workflows in force, by title."""
    look_back(context, context.scope, at, as_of)
    found, index = look(context), context.shard.index(context.scope)
    lines, items = [], []
    for one in sorted(index.entities("workflow"), key=lambda one: (one.title, one.id)):
        steps, percent = steps_of(found, one), percent_of(found, one)
        done = sum(state_of(task) == DONE for task in steps)
        lines.append(f"{short(one.id)}  {percent:>3} %  {done}/{len(steps)}  {one.title}")
        count = {"percent": percent, "done": done, "tasks": len(steps)}
        items.append(as_json(one) | {"project": one.text("project")} | count)
    text = "\n".join(lines) or 'No workflow here yet. Keep one: agence ^workflow add "..."'
    return Report(text, {"items": items, "count": len(items)})
