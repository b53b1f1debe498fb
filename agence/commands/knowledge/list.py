"""List what is known of one kind, the newest first.

Examples:
    agence ^lesson list
    agence ^plan list --tag billing --limit 5
    agence ~todo list --json
    agence ^lesson list --shard platform    # of a linked shard
    agence ^lesson list --deleted           # what `^restore` can bring back

Only what is in force is listed: the checked-out tree, the shard's own branch, and this clone's own.
"""

from collections.abc import Iterator
from typing import Annotated

from agence.base.errors import UsageError
from agence.base.lazy import load
from agence.commands.contract import Context, Option, Report
from agence.commands.knowledge.add import kind_of, scope_of
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import as_json, line
from agence.commands.words import tags_of
from agence.fold.entity import Entity
from agence.schema.fields import percent
from agence.schema.kinds import KINDS
from agence.shard.conflicts import standing


def list_(
    context: Context,
    tag: Annotated[list[str] | None, Option(help="only with this tag; can be repeated")] = None,
    status: Annotated[str | None, Option(help="only with this status")] = None,
    limit: Annotated[int, Option(help="how many at the most, 0 for all")] = 0,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    deleted: Annotated[bool, Option(help="those that were deleted, for `restore`")] = False,
    of: Annotated[str, Option(help="of this linked shard", name="shard", metavar="NAME")] = "",
) -> Report:
    """The entities of one kind in force."""
    kind = kind_of(context)
    scope = scope_of(context, kind)
    if of and (at is not None or as_of is not None or deleted):
        hint = "leave out --at, --as-of and --deleted"
        raise UsageError("--shard looks at what is known now", hint)
    look_back(context, scope, at, as_of)
    wanted = set(tags_of(tag))
    found = []
    for entity in _entities(context, scope, kind, of, deleted=deleted):
        if wanted <= set(entity.tags) and status in (None, entity.text("status")):
            found.append(entity)
            if limit and len(found) == limit:
                break
    mark = "~" if scope == "private" else "^"
    said = standing(context.shard.index(scope)) if KINDS[kind].key and not of else {}
    text = "\n".join(_line(entity, said.get(entity.id, "")) for entity in found)
    none = f"No {kind} in the shard {of}." if of else f"No {kind} here yet."
    none = f"No {kind} was deleted." if deleted else none
    past = at is not None or as_of is not None
    none = f"At that time there was no {kind}." if past and not deleted else none
    plain = of or deleted or past
    text = text or (none if plain else f'{none} Keep one: agence {mark}{kind} add "..."')
    return Report(text, {"items": [as_json(entity) for entity in found], "count": len(found)})


def _line(entity: Entity, standing: str) -> str:
    """An entity in a line, with how sure its author is and how it stands to the others."""
    sure = percent(entity.fields.get("confidence")) if KINDS[entity.kind].key else None
    mark = "" if standing == "contested" and entity.conflicts else standing
    marks = [f"{sure}% sure"] if type(sure) is int else []
    return line(entity) + "".join(f" ({one})" for one in [*marks, *([mark] if mark else [])])


def _entities(
    context: Context, scope: str, kind: str, of: str, *, deleted: bool
) -> Iterator[Entity]:
    if deleted and not of:
        every = context.shard.index(scope).entities(kind, deleted=True)
        return (entity for entity in every if entity.deleted)
    if not of:
        return context.shard.index(scope).entities(kind)
    found: Iterator[Entity] = load("agence.shard.linked").known(context.shard, of, kind)
    return found
