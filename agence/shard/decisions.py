"""What was decided about conflicts: who answered which how, what held, and what did not."""

from collections.abc import Iterator
from typing import NamedTuple

from agence.base.identifiers import short
from agence.events.event import Event
from agence.fold.conflicts import LIFE
from agence.fold.entity import RESOLVES, Entity
from agence.schema.effects import effects_of
from agence.schema.kinds import ANSWER
from agence.shard.conflicts import events_about, lived, words_of, written
from agence.shard.judging import known
from agence.shard.shard import Shard


class Decision(NamedTuple):
    """An answer that somebody gave, as its event says it.

    held, lost  the words of the sides that the answer chose, and of those that it did not
    """

    conflict: str
    entity: Entity
    field: str
    strategy: str
    by: str
    event: str
    at: int
    held: tuple[str, ...]
    lost: tuple[str, ...]


class _Said(NamedTuple):
    """What an event says of the conflict that it answers; `chosen` is None for a plain edit."""

    conflict: str
    field: str
    strategy: str
    members: tuple[str, ...]
    chosen: tuple[str, ...] | None


def decisions(shard: Shard, scope: str) -> list[Decision]:
    """What was answered, and what edits settled without saying so; the newest first."""
    index = shard.index(scope)
    sql = (
        "SELECT id FROM entity WHERE place = ?"
        f" AND (json_array_length(state, '$.settled') > 0 OR state LIKE '%\"{ANSWER}%')"
    )
    found: list[Decision] = []
    for (identity,) in list(index.rows(sql, [index.place])):
        entity = index.entity(identity)
        if entity is not None:
            found += _decided(shard, scope, entity)
    return sorted(found, key=lambda one: (one.at, one.event), reverse=True)


def _decided(shard: Shard, scope: str, entity: Entity) -> Iterator[Decision]:
    events = events_about(shard.index(scope), entity.id)
    settled = {(one.conflict, one.by): one for one in entity.settled}
    fields = {one.id: one.field for one in entity.conflicts}
    fields |= {one.conflict: one.field for one in entity.settled}
    for event in events:
        said = (event.data or {}).get(RESOLVES)
        if isinstance(said, dict) and isinstance(said.get("conflict"), str):
            one = settled.pop((said["conflict"], event.id), None)
            members = one.events if one else _ids(said.get("among"))
            field = one.field if one else fields.get(said["conflict"], "")
            strategy = str(said.get("strategy", "edit"))
            what = _Said(said["conflict"], field, strategy, members, _ids(said.get("chosen")))
            yield _decision(shard, scope, entity, event, what)
    by_id = {event.id: event for event in events}
    for one in settled.values():
        if one.by in by_id and not one.field.startswith(ANSWER):
            what = _Said(one.conflict, one.field, one.strategy, one.events, None)
            yield _decision(shard, scope, entity, by_id[one.by], what)


def _ids(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _decision(shard: Shard, scope: str, entity: Entity, event: Event, said: _Said) -> Decision:
    words = {one: _side_words(shard, scope, said.field, one) for one in said.members}
    if said.field == LIFE and not said.chosen:
        alike = _did_alike(shard, scope, event, said.members)
        held = [words[one] for one in alike] or [lived(event)]
        lost = [what for one, what in words.items() if one not in alike]
    elif not said.chosen:  # what the event itself wrote is what holds
        held = [_written_words(shard, scope, event, said.field)]
        lost = [one for one in words.values() if one not in held]
    else:
        held = [what for one, what in words.items() if one in said.chosen]
        lost = [what for one, what in words.items() if one not in said.chosen]
    return Decision(
        conflict=said.conflict,
        entity=entity,
        field=said.field,
        strategy=said.strategy,
        by=str(event.body["by"]),
        event=event.id,
        at=event.stamp.ms,
        held=tuple(filter(None, held)),
        lost=tuple(lost),
    )


def _did_alike(shard: Shard, scope: str, event: Event, members: tuple[str, ...]) -> list[str]:
    """Those of `members` that did to the entity what `event` did: deleted it, or went on with it.

    A reason that somebody gave, or which fields they wrote, makes no difference.
    """
    index, sql = shard.index(scope), "SELECT line FROM event WHERE id = ?"
    lines = [(one, line) for one in members for (line,) in index.rows(sql, [one])]
    return [one for one, line in lines if _deletes(known(line)) == _deletes(event)]


def _deletes(event: Event) -> bool:
    return any(one.get("op") == "delete" for one in effects_of(event))


def _written_words(shard: Shard, scope: str, event: Event, field: str) -> str:
    return lived(event) if field == LIFE else words_of(shard, scope, written(event, field))


def _side_words(shard: Shard, scope: str, field: str, identity: str) -> str:
    """The words of a side: of the write of an event, or of an entity in a clash."""
    index = shard.index(scope)
    other = index.entity(identity)
    if other is not None and not field:
        return other.title
    for (line,) in index.rows("SELECT line FROM event WHERE id = ?", [identity]):
        return _written_words(shard, scope, known(line), field)
    return short(identity)
