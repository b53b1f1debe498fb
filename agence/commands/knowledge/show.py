"""Show one piece of knowledge, whole.

Examples:
    agence ^lesson show 3fa9c1d2
    agence ~note show 8c01 --json

The id is the one that `list` and `^recall` print; 4 digits or more are enough where they fit only
one.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Report
from agence.commands.knowledge.add import kind_of, scope_of
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import as_json, moment, one_line
from agence.fold.entity import Entity
from agence.fold.view import contested_fields
from agence.shard.conflicts import not_held_here


def show(
    context: Context,
    identity: Annotated[str, Argument(help="its id", metavar="ID", complete="entity")],
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """One entity as it is in force. Raises Ambiguous for an id that fits none or several."""
    kind = kind_of(context)
    scope = scope_of(context, kind)
    look_back(context, scope, at, as_of)
    entity = context.shard.whole(context.shard.entity(identity, scope, kind))
    head = [entity.title, f"{kind} {short(entity.id)} by {entity.by}"]
    head[1] += f", {moment(entity.created)}"
    if entity.tags:
        head.append(entity.labels.strip())
    if entity.text("status"):
        head.append(f"status: {one_line(entity.text('status'))}")
    head += [
        f"written at the same time as {one_line(one.field)} ({short(one.event)}):"
        f" {_below(one.value)}"
        for one in entity.lost
    ]
    head += _marks(context, scope, entity)
    body = entity.text("body")
    return Report("\n".join([*head, *(["", body] if body else [])]), as_json(entity))


def _below(value: object) -> str:
    """A value with its further lines further in."""
    return str(value).replace("\n", "\n      ")


def _marks(context: Context, scope: str, entity: Entity) -> list[str]:
    """That it was deleted, contested or answered otherwise; and what to do."""
    mark = "~" if entity.scope == "instance" else "^"
    marks = []
    if entity.refused:
        fields = ", ".join(map(one_line, entity.refused))
        marks.append(f"not merged here: {fields}, of which this is the newest; see `^merge list`")
    if entity.deleted:
        marks.append(f"deleted; `agence {mark}restore {short(entity.id)}` brings it back")
    elif entity.conflicts:
        fields = ", ".join(map(one_line, contested_fields(entity)))
        marks.append(f"contested: {fields}; `agence {mark}conflicts` shows both sides")
    clash = "" if entity.deleted else not_held_here(context.shard, scope).get(entity.id, "")
    if clash:
        marks.append(f"not held: what contradicts it was chosen (conflict {short(clash)})")
    return marks
