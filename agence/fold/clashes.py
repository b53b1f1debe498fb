"""Conflicts between entities: two that contradict each other, each of them whole.

Entities of a kind with a key contradict each other where their keys are the same and what they
tell is not; and an entity may say itself which others it opposes. A clash is a function of the set
of events, so every clone finds the same ones under the same ids. Whoever changes what a member
tells, or adds a member, makes another clash: what was answered about the old one is not asked of
the new one.

An answer is kept in the field `answer:<id of the clash>` of the member with the smallest id.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from agence.base.canonical import encode
from agence.base.digest import hex_digest
from agence.fold.entity import Entity
from agence.schema.kinds import KINDS

OPPOSES = "opposes"
MANY = "many"  # a flag: the relation has many objects, so another one contradicts nothing


class Clash(NamedTuple):
    """Live entities that contradict each other.

    id       64 hex digits: the hash of what they share, the sorted members and what these tell
    type     "value", "belief", "episodic" or "skill"
    members  ids of the entities, sorted
    field    the names of the fields that are the same, joined by "+"; or "opposes"
    """

    id: str
    type: str
    members: tuple[str, ...]
    field: str


def clashes(entities: Iterable[Entity]) -> list[Clash]:
    """The clashes among `entities`, sorted by id. What was deleted contradicts nothing."""
    live = {entity.id: entity for entity in entities if not entity.deleted}
    found = {one.members: one for one in _opposites(live)}
    found |= {one.members: one for one in _contradictions(live.values())}
    return sorted(found.values())


def clash_id(field: str, told: dict[str, list[str]]) -> str:
    """The name of a clash; `told` is what each member tells, by its id."""
    members: list[Any] = [[one, told[one]] for one in sorted(told)]
    return hex_digest("agence/conflict/1", encode([field, members]))


def told_by(entity: Entity) -> list[str]:
    """What an entity tells, in the order of its kind's table, as it is compared."""
    kind = KINDS.get(entity.kind)
    return [_plain(entity.fields.get(name)) for name in (kind.told if kind else ())]


def _contradictions(entities: Iterable[Entity]) -> Iterator[Clash]:
    groups: dict[tuple[str, ...], list[Entity]] = {}
    for entity in entities:
        kind = KINDS.get(entity.kind)
        key = [_plain(entity.fields.get(name)) for name in kind.key] if kind else []
        if key and all(key) and entity.fields.get(MANY) is not True:
            groups.setdefault((entity.kind, entity.scope, *key), []).append(entity)
    for (name, *_), group in groups.items():
        told = {entity.id: told_by(entity) for entity in group}
        if any(len({one for one in said if one}) > 1 for said in zip(*told.values(), strict=True)):
            kind, field = KINDS[name], "+".join(KINDS[name].key)
            yield Clash(clash_id(field, told), kind.conflict, tuple(sorted(told)), field)


def _opposites(live: dict[str, Entity]) -> Iterator[Clash]:
    for entity in live.values():
        named = entity.fields.get(OPPOSES)
        for other in named if isinstance(named, list) else ():
            if isinstance(other, str) and other in live and other != entity.id:
                told = {one: told_by(live[one]) for one in (entity.id, other)}
                kind = KINDS.get(live[min(told)].kind)
                type_ = kind.conflict if kind else "value"
                yield Clash(clash_id(OPPOSES, told), type_, tuple(sorted(told)), OPPOSES)


def _plain(value: Any) -> str:  # noqa: ANN401 - any canonical value
    """A value as it is compared: without regard to case and white space; "" for nothing."""
    if isinstance(value, str):
        return " ".join(value.casefold().split())
    return encode(value).decode() if value is not None else ""
