"""Effects: what the data of an event says, as a list. One event's effects count all or not at all.

    {"effects": [{"op": "set", "field": "title", "value": "..."},
                 {"op": "add", "field": "tags", "value": "paths"},
                 {"op": "remove", "field": "tags", "value": "old", "cites": [<ids of the additions
                 seen>]},
                 {"op": "increment", "field": "votes", "value": -1},
                 {"op": "delete"}, {"op": "restore"}]}

The names of fields are values here, so they may be any text. Readers pass over operations that
they do not know, and carry them. A delete takes away what its event's parents had seen.
"""

from collections.abc import Iterable
from typing import Any

from agence.events.event import Event

Effect = dict[str, Any]


def set_field(field: str, value: Any) -> Effect:  # noqa: ANN401 - any canonical value
    """Write a whole field."""
    return {"op": "set", "field": field, "value": value}


def add_member(field: str, value: str) -> Effect:
    """Put a member into a set."""
    return {"op": "add", "field": field, "value": value}


def remove_member(field: str, value: str, seen: Iterable[Event]) -> Effect:
    """Take a member out: exactly the additions among the events `seen`."""
    cites = sorted(event.id for event in seen if _adds(event, field, value))
    return {"op": "remove", "field": field, "value": value, "cites": cites}


def increment(field: str, by: int) -> Effect:
    """Count up, or down where `by` is negative."""
    return {"op": "increment", "field": field, "value": by}


def delete() -> Effect:
    """Delete the entity, as far as the event has seen it."""
    return {"op": "delete"}


def restore() -> Effect:
    """Bring a deleted entity back, with all that it was."""
    return {"op": "restore"}


def effects_of(event: Event) -> list[Effect]:
    """The effects of an event that have the shape of one, in their order; none where erased."""
    listed = (event.data or {}).get("effects")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _adds(event: Event, field: str, value: str) -> bool:
    return any(
        (one.get("op"), one.get("field"), one.get("value")) == ("add", field, value)
        for one in effects_of(event)
    )
