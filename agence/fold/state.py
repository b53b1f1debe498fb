"""The fold of a cut: every entity's state, and the hashes that name a cut and a state."""

from collections.abc import Iterable

from agence.base.canonical import encode
from agence.base.digest import hex_digest
from agence.events.event import Event
from agence.fold.entity import NO_MERGES, Entity, Merges, fold_entity, present


def closed(events: Iterable[Event]) -> list[Event]:
    """The largest part of `events` that is closed under `parents`: a cut, in the fold's order."""
    return present(events)


def fold(cut: Iterable[Event], merges: Merges = NO_MERGES) -> dict[str, Entity]:
    """Every entity of a cut by its id. `merges` are the rules of fields that have a function."""
    cut = list(cut)
    ids = {event.id for event in cut}
    groups: dict[str, list[Event]] = {}
    for event in cut:
        groups.setdefault(event.entity, []).append(event)
    folded = (fold_entity(group, ids, merges) for group in groups.values())
    return {entity.id: entity for entity in folded if entity is not None}


def cut_name(ids: Iterable[str]) -> str:
    """The name of a cut: 64 hex digits over its sorted event ids."""
    return hex_digest("agence/cut/1", *(bytes.fromhex(one) for one in sorted(ids)))


def state_hash(entities: Iterable[Entity]) -> str:
    """The hash of a state: 64 hex digits over the canonical form of its entities, sorted by id."""
    ordered = sorted(entities, key=lambda entity: entity.id)
    return hex_digest("agence/state/1", *(encode(entity.as_json()) + b"\n" for entity in ordered))
