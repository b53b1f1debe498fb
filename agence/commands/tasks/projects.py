"""List projects with how much of each is done.

Examples:
    agence ^project list
    agence ^project list --json
    agence ^project list --as-of 2026-11-20

A project is as far as its workflows are on the average, whatever their sizes.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.contract import Context, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import as_json
from agence.commands.tasks.shown import look
from agence.shard.tasks import parts_of, percent_of
from agence.work.graph import project_percent


def projects(
    context: Context,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """The projects in force, by title."""
    look_back(context, context.scope, at, as_of)
    found, index = look(context), context.shard.index(context.scope)
    lines, items = [], []
    for one in sorted(index.entities("project"), key=lambda one: (one.title, one.id)):
        parts = parts_of(index, one)
        percent = project_percent(percent_of(found, part) for part in parts)
        lines.append(f"{short(one.id)}  {percent:>3} %  {len(parts)} workflows  {one.title}")
        items.append(as_json(one) | {"percent": percent, "workflows": len(parts)})
    text = "\n".join(lines) or 'No project here yet. Keep one: agence ^project add "..."'
    return Report(text, {"items": items, "count": len(items)})
