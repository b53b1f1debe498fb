"""The open questions of a shard with the words of both sides, their answers, and what was decided.

A question is answered by an event that has seen every side, so it is answered in every clone that
has this event. Nothing here asks anybody.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from agence.base.errors import ShardError
from agence.base.identifiers import Ambiguous, short
from agence.base.identifiers import choose as chosen_of
from agence.base.stamps import Stamp
from agence.events.blob import referred
from agence.events.event import Event
from agence.fold.answers import Side, disputed_lines, effects_of_answer, merged_text
from agence.fold.clashes import OPPOSES, Clash, clashes
from agence.fold.entity import RESOLVES, Entity
from agence.fold.past import past_of
from agence.fold.questions import (
    DELETE,
    KEEP,
    OPEN,
    Answer,
    Question,
    answer_of,
    not_held,
    questions,
)
from agence.schema.effects import Effect, effects_of
from agence.schema.fields import percent
from agence.schema.kinds import ANSWER, KINDS
from agence.shard.index import Index
from agence.shard.judging import known
from agence.shard.shard import Shard

PARENTS = 64  # the most that an event may name
_SHORT = 80  # characters of a value that is shown beside its field


class Asked(NamedTuple):
    """A question, the entity that its answer is written to, and its sides in order of time."""

    question: Question
    entity: Entity
    sides: tuple[Side, ...]


def asked(shard: Shard, scope: str) -> list[Asked]:
    """The open questions of a chain, the newest side first."""
    entities, clashing = _contested(shard.index(scope))
    found = [
        Asked(one, entities[one.entity], _sides(shard, scope, one, entities))
        for one in questions(entities.values(), clashing)
    ]
    return sorted(found, key=lambda one: (one.sides[-1].stamp, one.question.id), reverse=True)


def not_held_here(shard: Shard, scope: str) -> dict[str, str]:
    """Id of an entity that the answer to a clash did not choose -> the id of that clash."""
    return not_held(*_contested(shard.index(scope)))


def unanswered(index: Index) -> list[Question]:
    """The questions that wait for an answer: not those kept on purpose, nor put to somebody."""
    entities, clashing = _contested(index)
    return [one for one in questions(entities.values(), clashing) if one.state == OPEN]


def entities_of(question: Question) -> tuple[str, ...]:
    """The ids of the entities that a question is about."""
    return question.members if question.what == "clash" else (question.entity,)


def standing(index: Index) -> dict[str, str]:
    """Id of an entity -> "contested", or "not held".

    Contested is what a question waits for an answer about. Not held are those that an answer did
    not choose among some that contradict each other.
    """
    entities, clashing = _contested(index)
    found = dict.fromkeys(not_held(entities, clashing), "not held")
    for one in questions(entities.values(), clashing):
        if one.state == OPEN:
            found |= dict.fromkeys(entities_of(one), "contested")
    return found


def one_asked(shard: Shard, scope: str, prefix: str) -> Asked:
    """The open question whose id begins with `prefix`. Raises Ambiguous for none or several.

    An id of what a conflict is about, or of one of its sides, is told from that of the conflict.
    """
    found = {one.question.id: one for one in asked(shard, scope)}
    mark = "~" if scope == "private" else "^"
    hint = f"`agence {mark}conflicts` lists those that are open; --settled those that are not"
    typed = prefix.strip().lower()
    if len(typed) >= 4 and not any(one.startswith(typed) for one in found):
        _refuse_other_id(shard.index(scope), list(found.values()), typed, f"agence {mark}conflicts")
    return found[chosen_of(prefix, found, "open conflict", hint)]


def _refuse_other_id(index: Index, found: list[Asked], typed: str, verb: str) -> None:
    """Raise Ambiguous for the id of an entity, or of a side, in place of that of its conflict."""
    about = [one for one in found if any(name.startswith(typed) for name in _ids_in(one))]
    names = ", ".join(short(one.question.id) for one in about)
    entities = [one for name in index.identities(typed) if (one := index.entity(name))]
    if entities:
        what = f"'{typed}' is a {entities[0].kind}, not a conflict"
        its = f"its conflict{'s are' if len(about) > 1 else ' is'} {names}"
        raise Ambiguous(what, its if about else f"no conflict about it is open; see `{verb}`")
    if about:
        how = f"`{verb} answer {short(about[0].question.id)} --pick {typed}` lets it hold"
        raise Ambiguous(f"'{typed}' is one side of conflict {names}", how)


def _ids_in(one: Asked) -> tuple[str, ...]:
    return (one.entity.id, *one.question.members)


def write_answer(
    shard: Shard, one: Asked, answer: Answer, strategy: str, effects: list[Effect]
) -> Event:
    """Append the event that gives an answer; it rests on every side.

    Raises ShardError where reading again shows the question as it was.
    """
    question, scope = one.question, chain_of(one.entity)
    resolves = {
        "conflict": question.id,
        "strategy": strategy,
        "chosen": sorted(answer.chosen),
        "among": list(question.members),
    }
    draft = shard.draft(one.entity.kind, scope, effects, over=one.entity)
    heads = list(draft.parents)
    if question.what == "clash":
        index = shard.index(scope)
        others = [index.entity(member) for member in question.members]
        heads += [head for other in others if other for head in other.heads]
    parents = tuple(dict.fromkeys(heads))[:PARENTS]
    data = draft.data | {RESOLVES: resolves}
    event = shard.append([draft._replace(parents=parents, data=data)], _stamps(one.sides))[0]
    shard.forget()
    again = [other.question for other in asked(shard, scope) if other.question.id == question.id]
    if question in again and question.state == "open":
        raise ShardError(f"conflict {short(question.id)} is still open", "look at it again")
    return event


def answer_effects(
    shard: Shard,
    scope: str,
    one: Asked,
    answer: Answer,
    value: Any,  # noqa: ANN401
) -> list[Effect]:
    """The effects of an answer; a text too large for an event is kept beside it."""
    if isinstance(value, str):
        value = shard.field(scope, value)
    return effects_of_answer(one.question, answer, value)


def chain_of(entity: Entity) -> str:
    """The chain that an entity is kept in, "shared" or "private"."""
    return "private" if entity.scope == "instance" else "shared"


def events_about(index: Index, identity: str) -> list[Event]:
    """The events about one entity that are in force, in no promised order."""
    return [known(line) for line in index.lines_of(identity)]


def words_of(shard: Shard, scope: str, value: object) -> str:
    """A value as people read it; a text of a blob as the text."""
    if isinstance(value, str):
        return value
    answer = answer_of(value)
    if answer is not None:
        return answer_words(answer)
    if referred(value):
        content = shard.blobs(scope).content(shard.index(scope), referred(value))
        return "(its text is not in this clone)" if content is None else content.decode()
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def answer_words(answer: Answer) -> str:
    """An answer as people read it."""
    held = ", ".join(short(one) for one in answer.chosen)
    said = {
        "take": f"{held} holds",
        "both": "both are kept",
        "escalate": f"it waits for {answer.to or 'somebody'}",
        "merge": "one text was made of both",
        "value": "something else holds",
        "keep": "it stays",
        "delete": "it is deleted",
    }
    return said.get(answer.strategy, answer.strategy)


def _contested(index: Index) -> tuple[dict[str, Entity], list[Clash]]:
    """The entities that may be in conflict, by id, and the clashes among them."""
    keyed = [kind.name for kind in KINDS.values() if kind.key]
    sql = (
        "SELECT id FROM entity WHERE place = ? AND (json_array_length(state, '$.conflicts') > 0"
        f" OR kind IN ({', '.join('?' * len(keyed))}) OR state LIKE ?)"
    )
    ids = [row[0] for row in index.rows(sql, [index.place, *keyed, f'%"{OPPOSES}"%'])]
    entities = _entities(index, ids)
    named = {one for entity in entities.values() for one in _opposed(entity)}
    entities |= _entities(index, named - entities.keys())
    return entities, clashes(entities.values())


def _entities(index: Index, ids: Iterable[str]) -> dict[str, Entity]:
    found = ((one, index.entity(one)) for one in ids)
    return {one: entity for one, entity in found if entity is not None}


def _opposed(entity: Entity) -> list[str]:
    named = entity.fields.get(OPPOSES)
    return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []


def _sides(
    shard: Shard, scope: str, question: Question, entities: dict[str, Entity]
) -> tuple[Side, ...]:
    index = shard.index(scope)
    if question.what == "clash":
        found = [_member(index, shard, entities[one], question) for one in question.members]
    else:
        events = events_about(index, question.entity)
        found = [
            _write(shard, scope, question, event, events)
            for event in events
            if event.id in question.members
        ]
        found = _disputed(question, found, events)
    own = [one for one in found if one.mine]
    if len(own) == len(found):  # two agents of one clone: then it is theirs who speaks
        found = [one._replace(mine=one.by == shard.speaker) for one in found]
    return tuple(sorted(found, key=lambda one: (one.stamp, one.id)))


def _disputed(question: Question, sides: list[Side], events: list[Event]) -> list[Side]:
    """The sides with the lines of their texts that disagree."""
    if question.what != "value" or not all("\n" in str(side.value) for side in sides):
        return sides
    lines = disputed_lines(merged_text(events, question.field, question.members)[0])
    said = [[one for one in side.words.split("\n") if one in lines] for side in sides]
    kept = (side._replace(disputed="\n".join(one)) for side, one in zip(sides, said, strict=True))
    return list(kept) if all(said) else sides


def _member(index: Index, shard: Shard, entity: Entity, question: Question) -> Side:
    whole = shard.whole(entity)
    kind = KINDS.get(entity.kind)
    told = kind.told if kind and question.field != OPPOSES else ()
    said = [f"{name}: {whole.text(name)}" for name in told if whole.text(name)]
    words = "\n".join(said) or entity.title
    stamp = _told_at(index, entity)
    own = _is_own(index, entity.id)
    return Side(entity.id, entity.by, stamp, None, words, _percent(entity), own)


def _told_at(index: Index, entity: Entity) -> Stamp:
    """When something was last said in an entity itself; answers and their undoing are about it."""
    stamps = [
        event.stamp
        for event in events_about(index, entity.id)
        if any(not str(one.get("field", ANSWER)).startswith(ANSWER) for one in effects_of(event))
    ]
    return max(stamps, default=Stamp(entity.updated, 0))


def _write(shard: Shard, scope: str, question: Question, event: Event, events: list[Event]) -> Side:
    value: Any = None
    if question.what == "life":
        value = DELETE if _deletes(event) else KEEP
        words = lived(event)
    elif question.what == "answer":
        value = effects_of(event)
        words = words_of(shard, scope, written(event, question.field))
    else:
        value = written(event, question.field)
        words = words_of(shard, scope, value)
    sure = _said_sure(event, events)
    by, own = str(event.body["by"]), _is_own(shard.index(scope), event.id)
    return Side(event.id, by, event.stamp, value, words, sure, own)


def written(event: Event, field: str) -> Any:  # noqa: ANN401 - any canonical value
    """What an event set a field to: the last of its effects that did."""
    values = [e.get("value") for e in effects_of(event) if _sets(e, field)]
    return values[-1] if values else None


def _sets(effect: Effect, field: str) -> bool:
    return effect.get("op") == "set" and effect.get("field") == field


def lived(event: Event) -> str:
    """What one side of a life did: it deleted the entity, or went on with it."""
    said = effects_of(event)
    if _deletes(event):
        why = (event.data or {}).get("reason")
        return f"deleted it: {why}" if isinstance(why, str) and why else "deleted it"
    if any(one.get("op") == "restore" for one in said):
        return "keeps it"
    fields = dict.fromkeys(filter(None, map(_change, said)))
    return f"went on with it: {', '.join(fields)}" if fields else "keeps it"


def _change(effect: Effect) -> str:
    """What an effect changes, with the new value where that is short; "" for an answer."""
    field, value = str(effect.get("field", "")), effect.get("value")
    if field.startswith(ANSWER):
        return ""
    words = str(value) if isinstance(value, str | int) else ""
    sign = {"add": "+", "remove": "-"}.get(str(effect.get("op")), "=")
    is_short = words and len(words) <= _SHORT and words.isprintable()
    return f"{field} {sign} {words}" if is_short else field


def _deletes(event: Event) -> bool:
    return any(one.get("op") == "delete" for one in effects_of(event))


def _said_sure(event: Event, events: list[Event]) -> int | None:
    """How sure the author of an event said to be, with it or before."""
    seen = [*past_of(events, event.id), event]
    theirs = [one for one in seen if one.body["by"] == event.body["by"]]
    said = [(one.stamp, written(one, "confidence")) for one in theirs]
    percents = [(stamp, sure) for stamp, value in said if (sure := percent(value)) is not None]
    return max(percents)[1] if percents else None


def _percent(entity: Entity) -> int | None:
    return percent(entity.fields.get("confidence"))


def _is_own(index: Index, identity: str) -> bool:
    return bool(index.one("SELECT own FROM event WHERE id = ?", [identity]))


def _stamps(sides: Iterable[Side]) -> list[Stamp]:
    return [one.stamp for one in sides]
