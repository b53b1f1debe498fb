"""Show a project: how much of it is done, and its workflows.

Examples:
    agence ^project show 77ab
    agence ^project show "The new site" --json
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import as_json
from agence.commands.tasks.shown import look
from agence.shard.tasks import find_group, parts_of, percent_of
from agence.work.graph import project_percent


def project(
    context: Context,
    identity: Annotated[str, Argument(help="its id or title", metavar="ID", complete="entity")],
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """One project as it is in force. Raises UsageError for what is none, or several."""
    look_back(context, context.scope, at, as_of)
    found, index = look(context), context.shard.index(context.scope)
    one = index.entity(find_group(index, "project", identity))
    if one is None:
        raise UsageError("no project is named", "see `agence ^project list`")
    parts = {part.id: percent_of(found, part) for part in parts_of(index, one)}
    percent = project_percent(parts.values())
    lines = [
        f"{short(part.id)}  {parts[part.id]:>3} %  {part.title}" for part in parts_of(index, one)
    ]
    head = f"{one.title}\nproject {short(one.id)} by {one.by}, {percent} % done"
    body = context.shard.whole(one).text("body")
    items = [as_json(part) | {"percent": parts[part.id]} for part in parts_of(index, one)]
    data = {"percent": percent, "workflows": items}
    return Report("\n".join([head, *([body] if body else []), *lines]), as_json(one) | data)
