"""List what is known of one kind, the newest first.

Examples:
    agence ^lesson list
    agence ^plan list --tag billing --limit 5
    agence ~todo list --json

Only what is in force is listed: the checked-out tree, the shard's own branch, and this clone's own.
"""

from typing import Annotated

from agence.commands.contract import Context, Option, Report
from agence.commands.knowledge.add import kind_of, scope_of
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import as_json, line
from agence.commands.words import tags_of


def list_(
    context: Context,
    tag: Annotated[list[str] | None, Option(help="only with this tag; can be repeated")] = None,
    status: Annotated[str | None, Option(help="only with this status")] = None,
    limit: Annotated[int, Option(help="how many at the most, 0 for all")] = 0,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """The entities of one kind in force."""
    kind = kind_of(context)
    scope = scope_of(context, kind)
    look_back(context, scope, at, as_of)
    wanted = set(tags_of(tag))
    found = []
    for entity in context.shard.index(scope).entities(kind):
        if wanted <= set(entity.tags) and status in (None, entity.text("status")):
            found.append(entity)
            if limit and len(found) == limit:
                break
    mark = "~" if scope == "private" else "^"
    text = "\n".join(line(entity) for entity in found)
    text = text or f'No {kind} here yet. Keep one: agence {mark}{kind} add "..."'
    return Report(text, {"items": [as_json(entity) for entity in found], "count": len(found)})
