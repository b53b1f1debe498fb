"""Show every event of one entity: who wrote what, when, over what.

Examples:
    agence ^history 3fa9c1d2
    agence ~history 8c01 --json
    agence ^history 3fa9 --as-of 2026-11-20

Nothing that was written is lost: values that were replaced, or written at the same time, are all
here. It says which events answered a conflict, undid another, deleted or restored, and which words
did not hold.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from agence.base.identifiers import short
from agence.commands.contract import JSON, Argument, Context, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import moment, one_line
from agence.events.event import Event
from agence.fold.conflicts import LIFE
from agence.fold.entity import RESOLVES, Entity, present
from agence.schema.effects import Effect, effects_of
from agence.schema.kinds import ANSWER
from agence.shard.conflicts import events_about, written

_Marks = dict[tuple[str, str], str]  # (event, field) -> what became of that write


def history(
    context: Context,
    identity: Annotated[str, Argument(help="its id", metavar="ID", complete="entity")],
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """The events about one entity that are in force, in the fold's order."""
    look_back(context, context.scope, at, as_of)
    shard = context.shard
    entity = shard.entity(identity, context.scope)
    events = events_about(shard.index(context.scope), entity.id)
    mine = {event.id for event in events}
    others = {parent for event in events for parent in event.parents} - mine
    ordered = present(events, others)
    marks = _marks(entity, ordered)
    undone = {
        said: event.id for event in ordered if isinstance(said := _said(event, "undoes"), str)
    }
    lines = [line for event in ordered for line in _lines(event, marks, undone)]
    if entity.deleted:
        mark = "~" if context.scope == "private" else "^"
        lines.append(f"It is deleted; `agence {mark}restore {short(entity.id)}` brings it back")
    listed = [_json(event, marks, undone) for event in ordered]
    data = {"id": entity.id, "kind": entity.kind, "deleted": entity.deleted, "events": listed}
    return Report("\n".join(lines), data)


def _marks(entity: Entity, events: Iterable[Event]) -> _Marks:
    """What became of the writes that were made at the same time as others."""
    by_id = {event.id: event for event in events}
    marks: _Marks = {}
    for settled in entity.settled:
        answer = by_id.get(settled.by)
        for one in settled.events:
            if answer and one in by_id:
                held = _wrote(by_id[one], settled.field) == _wrote(answer, settled.field)
                marks[one, settled.field] = "" if held else "did not hold"
    marks |= {(one.event, one.field): "did not hold" for one in entity.lost}
    for conflict in entity.conflicts:
        said = f"in conflict {short(conflict.id)}"
        for one in conflict.events:
            lost = marks.get((one, conflict.field), "")
            marks[one, conflict.field] = f"{lost}; {said}" if lost else said
    return marks


def _wrote(event: Event, field: str) -> Any:  # noqa: ANN401 - any canonical value
    """What an event set a field to; of a life whether it deleted the entity."""
    if field == LIFE:
        return any(one.get("op") == "delete" for one in effects_of(event))
    return written(event, field)


def _lines(event: Event, marks: _Marks, undone: dict[str, str]) -> Iterator[str]:
    """An event as people read it: who and when, then what it did, a line each."""
    head = f"{short(event.id)}  {moment(event.stamp.ms)}  {event.body['by']}"
    notes = [_answered(event), _undid(event)]
    notes += [f"undone by {short(undone[event.id])}"] if event.id in undone else []
    notes = [note for note in notes if note]
    yield f"{head}  ({', '.join(notes)})" if notes else head
    if event.data is None:
        yield "    (erased)"
    for effect in effects_of(event):
        field = str(effect.get("field", ""))
        if field.startswith(ANSWER):
            continue
        mark = marks.get((event.id, field), "")
        said = _effect(effect, _said(event, "reason"))
        yield f"    {said}  ({mark})" if mark else f"    {said}"


def _answered(event: Event) -> str:
    said = _said(event, RESOLVES)
    if not isinstance(said, dict):
        return ""
    return f"answered conflict {short(one_line(said.get('conflict')))}: {_way(said)}"


def _way(said: dict[str, Any]) -> str:
    return one_line(said.get("strategy"))


def _undid(event: Event) -> str:
    said = _said(event, "undoes")
    return f"undid {short(one_line(said))}" if isinstance(said, str) else ""


def _said(event: Event, member: str) -> Any:  # noqa: ANN401 - any canonical value
    return (event.data or {}).get(member)


def _effect(effect: Effect, reason: object) -> str:
    op = str(effect.get("op"))
    if op == "delete" and isinstance(reason, str) and reason:
        return f"deleted: {one_line(reason)}"
    if op in ("delete", "restore"):
        return f"{op}d"
    value = str(effect.get("value", "")).replace("\n", "\n      ")
    signs = {"set": "=", "add": "+", "remove": "-"}
    return f"{one_line(effect.get('field'))} {signs.get(op, one_line(op))} {value}"


def _json(event: Event, marks: _Marks, undone: dict[str, str]) -> dict[str, JSON]:
    said = _said(event, RESOLVES)
    answered = said if isinstance(said, dict) else {}
    return {
        "id": event.id,
        "by": event.body["by"],
        "writer": event.writer,
        "seq": event.seq,
        "stamp": [event.stamp.ms, event.stamp.counter],
        "parents": list(event.parents),
        "data": event.data,
        "answered": answered.get("conflict", ""),
        "undoes": _said(event, "undoes") or "",
        "undone_by": undone.get(event.id, ""),
        "marks": {field: mark for (one, field), mark in marks.items() if one == event.id and mark},
    }
