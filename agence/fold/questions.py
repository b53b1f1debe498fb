"""Open questions: what people are asked about, from the conflicts and clashes of a state.

An answer stands in the field `answer:<id of the question>`. While it says "both" the question is
kept open on purpose, while it says "escalate" it waits for somebody. Answers given side by side
that say different things are a question again, in the place of the one that they answer.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from agence.fold.clashes import Clash
from agence.fold.conflicts import LIFE, Conflict
from agence.fold.entity import Entity
from agence.schema.kinds import ANSWER

OPEN, KEPT, ESCALATED = "open", "kept", "escalated"
BOTH, ESCALATE, TAKE, MERGE, VALUE = "both", "escalate", "take", "merge", "value"
KEEP, DELETE = "keep", "delete"


class Answer(NamedTuple):
    """What was decided.

    strategy  "take" (one side holds), "both", "escalate", "merge", "value", "keep" or "delete"
    chosen    the sides that hold: ids of events, or of entities in a clash
    to        for whom an escalated question waits
    """

    strategy: str
    chosen: tuple[str, ...] = ()
    to: str = ""

    def as_value(self) -> dict[str, Any]:
        """What stands in the field: the same for the same decision, whoever made it."""
        said: dict[str, Any] = {"strategy": self.strategy, "chosen": sorted(self.chosen)}
        return said | ({"to": self.to} if self.to else {})


class Question(NamedTuple):
    """A conflict or clash as people are asked about it.

    what     "value", "life" (deleted and gone on with), "answer" (two answers), or "clash"
    entity   the one that its answer is written to
    field    whose writes disagree; "" for a life; what the members of a clash share
    members  the sides: ids of events, or of entities in a clash
    state    "open", "kept" (both, on purpose) or "escalated"; `to` is for whom it waits
    also     fields with answers to other questions that the same events disagree about
    """

    id: str
    what: str
    type: str
    entity: str
    field: str
    members: tuple[str, ...]
    state: str = OPEN
    to: str = ""
    also: tuple[str, ...] = ()


def answers(entity: Entity, question: str) -> list[Answer]:
    """The answers to a question that are in force: none, one, or those that disagree."""
    values = entity.fields.get(f"{ANSWER}{question}")
    return [one for one in map(answer_of, values if isinstance(values, list) else []) if one]


def answer_of(value: object) -> Answer | None:
    """The answer that a value of such a field says; None for what is no answer."""
    if not isinstance(value, dict) or not isinstance(value.get("strategy"), str):
        return None
    chosen, to = value.get("chosen"), value.get("to")
    listed = chosen if isinstance(chosen, list) else []
    return Answer(
        value["strategy"],
        tuple(one for one in listed if isinstance(one, str)),
        to if isinstance(to, str) else "",
    )


def questions(entities: Iterable[Entity], clashing: Iterable[Clash] = ()) -> list[Question]:
    """The open questions of a state, sorted by id; `clashing` are the clashes among `entities`."""
    known = {entity.id: entity for entity in entities}
    found = [one for entity in known.values() for one in _of_entity(entity)]
    for clash in clashing:
        said = _answers_to(clash, known)
        asked = Question(
            clash.id, "clash", clash.type, clash.members[0], clash.field, clash.members
        )
        found += [_marked(asked, said)] if _is_open(said) else []
    return sorted(found)


def not_held(entities: dict[str, Entity], clashing: Iterable[Clash]) -> dict[str, str]:
    """Id of an entity that an answered clash did not choose -> the id of that clash."""
    lost: dict[str, str] = {}
    for clash in clashing:
        said = _answers_to(clash, entities)
        if not _is_open(said) and len(said) == 1 and said[0].chosen:
            lost |= dict.fromkeys(set(clash.members) - set(said[0].chosen), clash.id)
    return lost


def _answers_to(clash: Clash, entities: dict[str, Entity]) -> list[Answer]:
    """The answers to a clash that decide something: what nobody's verb writes decides nothing."""
    return [
        one
        for one in answers(entities[clash.members[0]], clash.id)
        if one.strategy in (BOTH, ESCALATE)
        or (one.strategy in (TAKE, MERGE, VALUE) and set() < set(one.chosen) <= set(clash.members))
    ]


def _of_entity(entity: Entity) -> list[Question]:
    """The questions about one entity: conflicts among the same events are one of them."""
    disputed = {one.field.removeprefix(ANSWER) for one in entity.conflicts if _is_answer(one)}
    groups: dict[tuple[str, ...], list[Conflict]] = {}
    for conflict in entity.conflicts:
        if conflict.id not in disputed:
            groups.setdefault(conflict.events, []).append(conflict)
    found = []
    for group in groups.values():
        if entity.deleted and all(one.field != LIFE for one in group):
            continue  # nobody is asked about what is gone
        plain = [one for one in group if not _is_answer(one)] or group[:1]
        also = tuple(one.field for one in group if one not in plain)
        for one in plain:
            what = "life" if one.field == LIFE else "answer" if _is_answer(one) else "value"
            asked = Question(one.id, what, one.type, entity.id, one.field, one.events, also=also)
            found.append(_marked(asked, answers(entity, one.id)))
    return found


def _is_answer(conflict: Conflict) -> bool:
    return conflict.field.startswith(ANSWER)


def _is_open(said: list[Answer]) -> bool:
    return not said or (len(said) == 1 and said[0].strategy in (BOTH, ESCALATE))


def _marked(question: Question, said: list[Answer]) -> Question:
    if len(said) == 1 and said[0].strategy == BOTH:
        return question._replace(state=KEPT)
    if len(said) == 1 and said[0].strategy == ESCALATE:
        return question._replace(state=ESCALATED, to=said[0].to)
    return question
