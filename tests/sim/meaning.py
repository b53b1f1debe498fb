"""What events say, read without the fold: what nobody took away is there, and nothing else is."""

import re
from typing import Any

from agence.crdt.lines import MARKS
from agence.events.event import Event
from agence.fold.entity import Entity

KINDS = ("lesson", "plan", "task")
TITLE = re.compile(r"(Lesson|Plan|Task|Title|Title typed) \d+").fullmatch
LINE = re.compile(r"|".join((r"(line \d+(\.\d+)?|typed \d+)?", *map(re.escape, MARKS)))).fullmatch


def check_meaning(cut: list[Event], state: dict[str, Entity]) -> None:
    """Compare each entity with what its own events say. They come after what they rest on."""
    _check_words(cut)
    about: dict[str, list[Event]] = {}
    for event in cut:
        about.setdefault(event.entity, []).append(event)
    for identity, events in about.items():
        past = _past(events)
        if identity in state and state[identity].kind in KINDS:
            entity = state[identity]
            _check_tags(events, past, entity)
            _check_life(events, past, entity)
            _check_lines(events, past, entity)
            _check_latest(events, past, entity, "title")
            _check_latest(events, past, entity, "status")
            _check_votes(events, entity)


def _check_words(cut: list[Event]) -> None:
    """Nobody signed a title or a line that nobody typed."""
    for event in cut:
        if event.kind in KINDS:
            for field, typed in (("title", TITLE), ("body", LINE)):
                for one in _effects(event, field):
                    nobody = [e for e in one["value"].split("\n") if not typed(e)]
                    assert not nobody, f"signed by {event.id}, and typed by nobody: {nobody}"


def _check_votes(events: list[Event], entity: Entity) -> None:
    counted = sum(one["value"] for event in events for one in _effects(event, "votes"))
    assert entity.fields.get("votes", 0) == counted, f"votes of {entity.id}"


def _past(events: list[Event]) -> dict[str, set[str]]:
    """Event -> what its author had seen of these; events come after what they rest on."""
    past: dict[str, set[str]] = {}
    for event in events:
        seen = [past[parent] | {parent} for parent in event.parents if parent in past]
        past[event.id] = set().union(*seen)
    return past


def _effects(event: Event, field: str) -> list[dict[str, Any]]:
    effects = (event.data or {}).get("effects", [])
    return [one for one in effects if one.get("field") == field]


def _check_tags(events: list[Event], past: dict[str, set[str]], entity: Entity) -> None:
    """A tag is there if one of its additions was seen by nobody who took the tag off."""
    adds: list[tuple[str, str]] = []
    removes: list[tuple[str, str]] = []
    for event in events:
        for one in _effects(event, "tags"):
            (adds if one["op"] == "add" else removes).append((one["value"], event.id))
    expected = {
        tag
        for tag, added in adds
        if not any(tag == off and added in past[removed] for off, removed in removes)
    }
    assert set(entity.tags) == expected, f"tags of {entity.id}: {entity.tags} for {expected}"


def _check_life(events: list[Event], past: dict[str, set[str]], entity: Entity) -> None:
    """It is deleted where somebody did who had seen all that was done, or restored, to it."""
    done = {event.id: _did(event) for event in events}
    deleted = False
    for one in (one for one, what in done.items() if what == "delete"):
        others = {other for other, what in done.items() if what != "delete"}
        beside = {other for other in others if other not in past[one] and one not in past[other]}
        restored = {other for other in others if done[other] == "restore" and one in past[other]}
        deleted |= not beside and not restored
    said = "came back" if deleted else "is gone"
    assert entity.deleted == deleted, f"{entity.id} {said}"


def _did(event: Event) -> str:
    done = {str(one.get("op")) for one in (event.data or {}).get("effects", [])}
    return next((what for what in ("delete", "restore") if what in done), "edit")


def _last(events: list[Event], past: dict[str, set[str]], field: str) -> dict[str, Any]:
    """Event -> what it wrote, of the writes that no other write has seen."""
    writes = {event.id: one["value"] for event in events for one in _effects(event, field)}
    seen = set().union(*(past[one] for one in writes))
    return {one: value for one, value in writes.items() if one not in seen}


def _check_latest(
    events: list[Event], past: dict[str, set[str]], entity: Entity, field: str
) -> None:
    """Of what was written last, side by side, all is shown or listed; nothing else is."""
    last = set(_last(events, past, field).values())
    shown = {one.value for one in entity.lost if one.field == field}
    shown |= {entity.fields[field]} if field in entity.fields else set()
    assert shown == last, f"{field} of {entity.id}: {shown} for {last}"
    contested = any(one.field == field for one in entity.conflicts)
    assert contested == (len(last) > 1), f"{field} of {entity.id} is in conflict, or is not"


def _check_lines(events: list[Event], past: dict[str, set[str]], entity: Entity) -> None:
    """A line is there that each who knew it has kept; no line is there that nobody wrote."""
    lines = {
        event.id: set(one["value"].split("\n"))
        for event in events
        for one in _effects(event, "body")
    }
    last = _last(events, past, "body")
    shown = set(entity.text("body").split("\n")) - {""}
    written = set().union(*lines.values()) - {""}
    for line in written - set(MARKS):  # the fold puts marks into what writes come from
        knew = [one for one in last if any(line in lines.get(e, ()) for e in past[one] | {one})]
        if all(line in lines[one] for one in knew):
            assert line in shown, f"body of {entity.id}: '{line}' is lost from {shown}"
    assert shown <= written | set(MARKS), f"body of {entity.id}: {shown - written} out of nowhere"
