"""Show a workflow: how much of it is done, and its tasks.

Examples:
    agence ^workflow show 3fa9
    agence ^workflow show "Spring release" --json
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import as_json
from agence.commands.tasks.shown import as_json as task_as_json
from agence.commands.tasks.shown import line, look
from agence.shard.tasks import find_group, percent_of, steps_of


def workflow(
    context: Context,
    identity: Annotated[str, Argument(help="its id or title", metavar="ID", complete="entity")],
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """One workflow as it is in force. Raises UsageError for what is none, or several."""
    now = look_back(context, context.scope, at, as_of)
    found, index = look(context), context.shard.index(context.scope)
    one = index.entity(find_group(index, "workflow", identity))
    if one is None:
        raise UsageError("no workflow is named", "see `agence ^workflow list`")
    steps, percent = steps_of(found, one), percent_of(found, one)
    head = f"{one.title}\nworkflow {short(one.id)} by {one.by}, {percent} % done"
    body = context.shard.whole(one).text("body")
    text = "\n".join([head, *([body] if body else []), *(line(found, t, now) for t in steps)])
    items = [task_as_json(found, task, now) for task in steps]
    data = {"percent": percent, "project": one.text("project"), "tasks": items}
    return Report(text, as_json(one) | data)
