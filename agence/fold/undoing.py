"""Undo: the effects that take back what one event did, and nothing that anybody did since.

A field gets what it was for the author of the event; an addition is taken out, a removal put back,
an increment counted down, a delete restored. Texts lose exactly the lines that the event wrote,
while others' lines stay.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from agence.base.errors import ShardError, UsageError
from agence.base.identifiers import short
from agence.crdt.lines import MARKS, merge_lines
from agence.events.event import Event
from agence.fold.entity import NO_MERGES, Entity, Merges
from agence.fold.past import past_of, state_after, state_before
from agence.schema.effects import (
    Effect,
    add_member,
    delete,
    effects_of,
    increment,
    remove_member,
    restore,
    set_field,
)
from agence.schema.kinds import field_of

UNDOES = "undoes"  # the member of an event's data that names the event it takes back


class _Undone(NamedTuple):
    """What an undo needs: the event, all events about its entity, and the entity now."""

    event: Event
    events: Sequence[Event]
    entity: Entity
    before: Entity | None
    merges: Merges

    def since(self, field: str, ops: Sequence[str]) -> list[Event]:
        """The events that did one of `ops` to a field, and that the event had not seen."""
        seen = {one.id for one in past_of(self.events, self.event.id)} | {self.event.id}
        return [
            one
            for one in self.events
            if one.id not in seen
            and any(e.get("op") in ops and e.get("field", "") == field for e in effects_of(one))
        ]


def compensation(
    event: Event, events: Sequence[Event], entity: Entity, merges: Merges = NO_MERGES
) -> list[Effect]:
    """The effects that undo `event`; `events` are all those about `entity`, as it is in force.

    `merges` are the rules of fields that have a function.
    Raises ShardError where somebody has written over it since, or nothing of it is left.
    """
    before = state_before(events, event.id, merges)
    undone = _Undone(event, events, entity, before, merges)
    if not event.body["entity"]:
        return _created(undone)
    said = effects_of(event)
    lived = [one for one in said if one.get("op") in ("delete", "restore")]
    if entity.deleted and not lived:
        raise ShardError(f"{_name(entity)} is deleted", "bring it back with ^restore first")
    effects = [one for effect in said for one in _against(undone, effect)]
    if not effects:
        raise ShardError(
            f"nothing of {short(event.id)} is left to undo", "`^history` shows what came after it"
        )
    return effects


def _against(undone: _Undone, effect: Effect) -> list[Effect]:
    """What undoes one effect; nothing where it is undone already."""
    rules: dict[str, Callable[[_Undone, Effect], list[Effect]]] = {
        "set": _set,
        "add": _added,
        "remove": _removed,
        "increment": _counted,
        "delete": _deleted,
        "restore": _restored,
    }
    rule = rules.get(str(effect.get("op")))
    if rule is None or not _fits(effect):
        what = f"{short(undone.event.id)} did what this version does not know"
        raise ShardError(what, "use the version of agence that wrote it")
    return rule(undone, effect)


def _fits(effect: Effect) -> bool:
    """Whether an effect has the shape of what its operation says."""
    op, value = effect.get("op"), effect.get("value")
    shape = {"add": str, "remove": str, "increment": int}.get(str(op), object)
    return op in ("delete", "restore") or (
        isinstance(effect.get("field"), str) and isinstance(value, shape)
    )


def _set(undone: _Undone, effect: Effect) -> list[Effect]:
    field = str(effect["field"])
    rule = field_of(undone.entity.kind, field).rule
    before = undone.before.fields.get(field) if undone.before else None
    if undone.before and field in undone.before.refused:
        what = f"what '{field}' was before is merged by a function that can't be used here"
        raise ShardError(what, "`^merge list` says which")
    if rule in ("multi-value", "fenced"):
        before = before[0] if isinstance(before, list) and len(before) == 1 else None
    later = undone.since(field, ("set",))
    if later and rule == "text":
        return _lines_taken_back(undone, field)
    if later:
        raise _written_over(later[-1], field)
    return [set_field(field, before)]


def _lines_taken_back(undone: _Undone, field: str) -> list[Effect]:
    """The text without what the event changed in it, and with all that others changed since."""
    after = state_after(undone.events, undone.event.id, undone.merges)
    texts = [one.fields.get(field, "") if one else "" for one in (after, undone.entity)]
    texts.append(undone.before.fields.get(field, "") if undone.before else "")
    if all(isinstance(text, str) for text in texts):
        left, now, was = (text.split("\n") for text in texts)
        lines, overlapped = merge_lines(left, now, was, MARKS)
        if not overlapped:
            text = "\n".join(lines)
            return [set_field(field, text)] if text != texts[1] else []
    raise _written_over(undone.since(field, ("set",))[-1], field)


def _added(undone: _Undone, effect: Effect) -> list[Effect]:
    field, member = str(effect["field"]), str(effect["value"])
    if any(_takes_out(one, field, member, undone.event.id) for one in undone.events):
        return []
    return [remove_member(field, member, [undone.event])]


def _takes_out(event: Event, field: str, member: str, addition: str) -> bool:
    """Whether an event removes this addition of a member."""
    said = {"op": "remove", "field": field, "value": member}
    for effect in effects_of(event):
        cites = effect.get("cites")
        if said.items() <= effect.items() and isinstance(cites, list) and addition in cites:
            return True
    return False


def _removed(undone: _Undone, effect: Effect) -> list[Effect]:
    field, member = str(effect["field"]), str(effect["value"])
    before = undone.before.fields.get(field) if undone.before else None
    there = undone.entity.fields.get(field)
    if member not in (before or []) or member in (there or []):
        return []
    return [add_member(field, member)]


def _counted(undone: _Undone, effect: Effect) -> list[Effect]:
    field = str(effect["field"])
    if field_of(undone.entity.kind, field).rule != "up-down":
        raise UsageError(f"'{field}' only grows: what was counted stays counted")
    return [] if _is_counted_back(undone, field) else [increment(field, -int(effect["value"]))]


def _is_counted_back(undone: _Undone, field: str) -> bool:
    """Whether what the event counted is taken back already, by whichever undo of it.

    An event and all undos of it, and undos of those, come to what it counted or to nothing.
    """
    counts = {one.id: _count(one, field) for one in undone.events}
    taken: dict[str, str] = {}  # undo -> what it took back
    undos: dict[str, list[str]] = {}
    for one in undone.events:
        said = (one.data or {}).get(UNDOES)
        if isinstance(said, str) and counts.get(said) == -counts[one.id]:
            taken[one.id] = said
            undos.setdefault(said, []).append(one.id)
    first = undone.event.id
    while first in taken:
        first = taken[first]
    whole, left = 0, [first]
    while left:
        name = left.pop()
        whole += counts.get(name, 0)
        left += undos.get(name, ())
    return whole - _count(undone.event, field) not in (0, counts.get(first))


def _count(event: Event, field: str) -> int:
    """What an event adds to a counter."""
    said = [e.get("value") for e in effects_of(event) if _is_increment(e, field)]
    return sum(value for value in said if isinstance(value, int) and not isinstance(value, bool))


def _is_increment(effect: Effect, field: str) -> bool:
    return (effect.get("op"), effect.get("field")) == ("increment", field)


def _deleted(undone: _Undone, _effect: Effect) -> list[Effect]:
    was = undone.before is not None and undone.before.deleted
    return [restore()] if undone.entity.deleted and not was else []


def _restored(undone: _Undone, _effect: Effect) -> list[Effect]:
    was = undone.before is not None and undone.before.deleted
    return [delete()] if was and not undone.entity.deleted else []


def _created(undone: _Undone) -> list[Effect]:
    """A creation is undone by a delete, unless somebody else has written to it."""
    mine = (undone.event.writer, undone.event.body["by"])
    others = [one for one in undone.events if (one.writer, one.body["by"]) != mine]
    if others:
        by = others[-1].body["by"]
        raise ShardError(
            f"{by} has written to {_name(undone.entity)} since",
            "delete it with ^delete, if it is to go all the same",
        )
    if undone.entity.deleted:
        raise ShardError(f"{_name(undone.entity)} is deleted already", "nothing was changed")
    return [delete()]


def _name(entity: Entity) -> str:
    return f"{entity.kind} {short(entity.id)}"


def _written_over(later: Event, field: str) -> ShardError:
    return ShardError(
        f"'{field}' was written again by {later.body['by']} in {short(later.id)}",
        f"undo {short(later.id)} first if it is yours, or edit it as it is to be now",
    )
