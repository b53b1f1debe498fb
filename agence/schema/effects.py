"""Effects: what the data of an event says, as a list. One event's effects count all or not at all.

    {"effects": [{"op": "set", "field": "title", "value": "..."},
                 {"op": "add", "field": "tags", "value": "paths"},
                 {"op": "remove", "field": "tags", "value": "old", "cites": [<ids of the additions
                 seen>]}]}

The names of fields are values here, so they may be any text. Readers pass over operations that
they do not know, and carry them.
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


def _adds(event: Event, field: str, value: str) -> bool:
    effects = (event.data or {}).get("effects")
    return isinstance(effects, list) and any(
        isinstance(one, dict)
        and (one.get("op"), one.get("field"), one.get("value")) == ("add", field, value)
        for one in effects
    )
