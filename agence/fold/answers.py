"""Answering an open question: which side holds by a strategy, and the effects that say so.

Words such as "mine" and "newest" depend on who asks and when, so they never decide a merge: they
are turned into an event here, which names what holds. Source: row 3 of the strategies of Engram's
conflict resolution, each made a choice that is written down.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from agence.base.errors import UsageError
from agence.base.lazy import load
from agence.base.stamps import Stamp
from agence.crdt.lines import MARKS, merge_lines
from agence.events.event import Event
from agence.fold.entity import Entity, fold_entity
from agence.fold.past import past_of
from agence.fold.questions import BOTH, DELETE, ESCALATE, KEEP, Answer, Question
from agence.schema.effects import Effect, delete, restore, set_field
from agence.schema.kinds import ANSWER

NEWEST, SUREST, MINE, THEIRS = "newest", "highest-confidence", "mine", "theirs"
_PICK = "choose one by its id with --pick"


class Side(NamedTuple):
    """One side of a question.

    id          of the event, or of the entity in a clash
    value       what it says: of a field; of an answer the effects of its event
    words       the same for people
    confidence  in percent, None where its author did not say
    mine        whether whoever answers wrote it
    disputed    of a longer text only the lines that disagree; "" where that is all of it
    """

    id: str
    by: str
    stamp: Stamp
    value: Any
    words: str
    confidence: int | None
    mine: bool
    disputed: str = ""


def choose(strategy: str, sides: Sequence[Side]) -> Side:
    """The side that holds by "newest", "highest-confidence", "mine" or "theirs".

    Raises UsageError where it tells no single one.
    """
    chooser: Callable[[Sequence[Side]], list[Side]] = {
        NEWEST: lambda all_: [max(all_, key=lambda one: (one.stamp, one.id))],
        SUREST: _surest,
        MINE: lambda all_: [one for one in all_ if one.mine],
        THEIRS: lambda all_: [one for one in all_ if not one.mine],
    }[strategy]
    found = chooser(sides)
    if len(found) == 1:
        return found[0]
    if strategy == SUREST:
        why = "nobody said how sure they are" if not found else "several are equally sure"
    else:
        why = f"{len(found)} of the {len(sides)} sides are {'yours' if strategy == MINE else 'not'}"
        why = why if strategy == MINE else f"{why} yours"
    raise UsageError(f"'{strategy}' names no single side: {why}", _PICK)


def picked(prefix: str, sides: Sequence[Side]) -> Side:
    """The side whose id begins with `prefix`. Raises UsageError for none or several."""
    found = [one for one in sides if len(prefix) >= 4 and one.id.startswith(prefix.lower())]
    if len(found) != 1:
        known = ", ".join(one.id[:8] for one in sides)
        raise UsageError(f"'{prefix}' is no side of this conflict", f"one of {known}")
    return found[0]


def effects_of_answer(question: Question, answer: Answer, value: Any) -> list[Effect]:  # noqa: ANN401
    """The effects of the event that gives `answer`; `value` is what the field becomes.

    Of a question about answers, `value` is the effects of the chosen one.
    """
    effects: list[Effect] = []
    if question.what == "answer" and answer.strategy != ESCALATE:
        return [*value]
    if question.what == "life" and answer.strategy in (KEEP, DELETE):
        effects.append(restore() if answer.strategy == KEEP else delete())
    elif question.what == "value" and answer.strategy not in (BOTH, ESCALATE):
        effects.append(set_field(question.field, value))
    names = [f"{ANSWER}{question.id}", *question.also]
    return [*effects, *(set_field(name, answer.as_value()) for name in names)]


def text_with(events: Sequence[Event], field: str, chosen: str, sides: Iterable[str]) -> str:
    """The texts of all sides merged, where they overlap that of the event `chosen`.

    What the others wrote where nobody disagrees stays.
    """
    rest = sorted(set(sides) - {chosen}, key=lambda one: _stamp(events, one), reverse=True)
    return _merged(events, field, [chosen, *rest], prefer=True)[0]


def merged_text(events: Sequence[Event], field: str, sides: Iterable[str]) -> tuple[str, bool]:
    """The texts of all sides merged, and whether two versions of some lines are left in it."""
    ordered = sorted(sides, key=lambda one: _stamp(events, one))
    return _merged(events, field, ordered, prefer=False)


def is_unsettled(text: str) -> bool:
    """Whether the marks of two versions are left in a text."""
    return bool(set(MARKS) & set(text.split("\n")))


def disputed_lines(text: str) -> set[str]:
    """The lines between the marks of two versions."""
    found: set[str] = set()
    inside = False
    for line in text.split("\n"):
        if line in MARKS:
            inside = line != MARKS.end
        elif inside:
            found.add(line)
    return found


def _surest(sides: Sequence[Side]) -> list[Side]:
    known = [one.confidence for one in sides if one.confidence is not None]
    return [one for one in sides if known and one.confidence == max(known)]


def _stamp(events: Sequence[Event], identity: str) -> tuple[Stamp, str]:
    return next((one.stamp, one.id) for one in events if one.id == identity)


def _merged(
    events: Sequence[Event], field: str, sides: Sequence[str], *, prefer: bool
) -> tuple[str, bool]:
    known = {event.id: event for event in events}
    covers = {one: {event.id for event in past_of(events, one)} | {one} for one in sides}
    merged, overlapped = "", False
    covered: set[str] = set()
    for one in sides:
        theirs = _text(known, covers[one], field)
        if covered:
            base = _text(known, covered & covers[one], field)
            was, here, there = (part.split("\n") for part in (base, merged, theirs))
            if prefer:
                merged = "\n".join(_preferring(was, here, there))
            else:
                both, overlaps = merge_lines(was, here, there, MARKS)
                merged, overlapped = "\n".join(both), overlapped or overlaps
        else:
            merged = theirs
        covered |= covers[one]
    return merged, overlapped


def _preferring(base: list[str], one: list[str], other: list[str]) -> list[str]:
    """The merged lines; those of `one` where the two overlap."""
    lines: list[str] = []
    for group in load("merge3").Merge3(base, one, other).merge_groups():
        lines += group[2] if group[0] == "conflict" else group[1]
    return lines


def _text(known: dict[str, Event], cut: set[str], field: str) -> str:
    events = [known[one] for one in cut]
    elsewhere = {parent for event in events for parent in event.parents} - cut
    entity: Entity | None = fold_entity(events, elsewhere)
    return entity.text(field) if entity else ""
