"""What an event had seen: the events of its entity before it, and the state that they made."""

from collections.abc import Iterable

from agence.events.event import Event
from agence.fold.entity import NO_MERGES, Entity, Merges, fold_entity


def past_of(events: Iterable[Event], identity: str) -> list[Event]:
    """Those of `events`, all about one entity, that the event `identity` rests on; without it."""
    known = {event.id: event for event in events}
    seen: dict[str, Event] = {}
    waiting = list(known[identity].parents) if identity in known else []
    while waiting:
        one = waiting.pop()
        if one in known and one not in seen:
            seen[one] = known[one]
            waiting += known[one].parents
    return list(seen.values())


def state_before(
    events: Iterable[Event], identity: str, merges: Merges = NO_MERGES
) -> Entity | None:
    """The entity as the author of `identity` had it; None before the event that created it."""
    return _folded(past_of(events, identity), merges)


def state_after(
    events: Iterable[Event], identity: str, merges: Merges = NO_MERGES
) -> Entity | None:
    """The entity as the author of `identity` left it."""
    events = list(events)
    own = [event for event in events if event.id == identity]
    return _folded([*past_of(events, identity), *own], merges)


def _folded(events: list[Event], merges: Merges) -> Entity | None:
    ids = {event.id for event in events}
    elsewhere = {parent for event in events for parent in event.parents} - ids
    return fold_entity(events, elsewhere, merges)
