"""Answer a conflict: say which side holds, make one of both, keep both, or pass it on.

Examples:
    agence ^conflicts answer 3fa9c1d2 --take newest
    agence ^conflicts answer 3fa9 --take highest-confidence
    agence ^conflicts answer 3fa9 --take mine                # or theirs, where two disagree
    agence ^conflicts answer 3fa9 --pick 599e4f61            # the side with this id
    agence ^conflicts answer 3fa9 --take merge --editor      # one text out of both, by hand
    agence ^conflicts answer 3fa9 --value "Pin the compilers"
    agence ^conflicts answer 3fa9 --take both                # keep both, on purpose
    agence ^conflicts answer 3fa9 --escalate Dana            # it stays open and waits for Dana
    agence ^conflicts answer 8c01 --take keep                # or delete, where one side deleted it

The answer is an event like any other: it reaches everybody, and the conflict is answered for all.
Of a text only the lines that disagree are chosen; what either wrote elsewhere stays. Two answers
that are given at the same time and differ are a conflict again. What did not hold is never lost:
`^conflicts --settled` and `^history` show it.
"""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from agence.base.errors import ShardError, UsageError
from agence.base.identifiers import short
from agence.base.slips import near
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.words import clean, refuse_credentials
from agence.crdt.lines import MARKS, merge_lines
from agence.events.event import Event
from agence.fold.answers import (
    MINE,
    NEWEST,
    SUREST,
    THEIRS,
    Side,
    choose,
    is_unsettled,
    merged_text,
    picked,
    text_with,
)
from agence.fold.clashes import clash_id, told_by
from agence.fold.questions import BOTH, DELETE, ESCALATE, KEEP, MERGE, TAKE, VALUE, Answer
from agence.schema.effects import Effect, set_field
from agence.schema.fields import bounds, number_of
from agence.schema.kinds import ANSWER, KINDS, field_of
from agence.shard.conflicts import (
    Asked,
    answer_effects,
    answer_words,
    asked,
    events_about,
    one_asked,
    write_answer,
)

SIDES = (NEWEST, SUREST, MINE, THEIRS)
_WORDS = (*SIDES, MERGE, BOTH, KEEP, DELETE)
_Decide = Callable[[], tuple[Answer, Any]]


class How(NamedTuple):
    """How a conflict is to be answered.

    word   one of the words of --take, or "pick", "value", "escalate"
    given  the id of a side, the value, or for whom it waits
    edit   whether a person may settle in the editor what does not merge by itself
    """

    word: str
    given: str = ""
    edit: bool = False
    secret: bool = False


def answer(
    context: Context,
    identity: Annotated[str, Argument(help="its id, as ^conflicts lists it", metavar="ID")],
    take: Annotated[
        str | None,
        Option(help=f"{', '.join(_WORDS[:-1])} or {_WORDS[-1]}", metavar="WORD"),
    ] = None,
    pick: Annotated[str | None, Option(help="the side with this id", metavar="ID")] = None,
    value: Annotated[str | None, Option(help="something else than either", metavar="TEXT")] = None,
    editor: Annotated[bool, Option(help="settle in your editor what does not merge")] = False,
    escalate: Annotated[str | None, Option(help="who is to decide", metavar="NAME")] = None,
    allow_secret: Annotated[bool, Option(help="keep it though it looks like a credential")] = False,
) -> Report:
    """Append one event. Raises UsageError where the word names no single side."""
    said = {"pick": pick, "value": value, ESCALATE: escalate, "take": take}
    named = {word: given for word, given in said.items() if given is not None}
    if editor and not named:
        named = {"take": MERGE}
    word, given = _one_answer(named)
    one = one_asked(context.shard, context.scope, identity)
    if word == "take" and given not in _WORDS:
        raise _no_word(one, given)
    how = How(given, "", editor, allow_secret) if word == "take" else How(word, given)
    event, decided = give(context, one, how._replace(secret=allow_secret))
    left = len([o for o in asked(context.shard, context.scope) if o.question.state == "open"])
    text = f"Answered conflict {short(one.question.id)}: {said_of(one, decided)}"
    more = f"{left} more open" if left else "no other is open"
    data = {
        "id": one.question.id,
        "event": event.id,
        "entity": one.entity.id,
        "strategy": how.word,
        "chosen": list(decided.chosen),
        "open": left,
    }
    return Report(f"{text} ({more})", data)


def _one_answer(named: dict[str, str]) -> tuple[str, str]:
    """The one option that was given, and its value. Raises UsageError."""
    options = "--take, --pick, --value, --editor, --escalate"
    if not named:
        raise UsageError("no answer is given", f"say one of {options}")
    if len(named) > 1:
        given = " and ".join(f"--{word}" for word in named)
        raise UsageError(f"these are {len(named)} answers: {given}", "say one of them")
    return next(iter(named.items()))


def _no_word(one: Asked, given: str) -> UsageError:
    """What is wrong with a word of --take: a name stands for the sides of whoever has it."""
    typed = given.casefold()
    theirs = [side for side in one.sides if typed in (side.by.casefold(), _first(side.by))]
    if theirs:
        picks = " or ".join(f"--pick {short(side.id)}" for side in theirs)
        return UsageError(f"'{given}' is a name, not an answer", f"for {theirs[0].by}'s: {picks}")
    if any(typed in (side.id, short(side.id)) for side in one.sides):
        return UsageError(f"'{given}' is the id of a side", f"say --pick {given}")
    meant = near(typed, _WORDS)
    guess = f"did you mean {meant}? " if meant else ""
    return UsageError(f"'{given}' is no answer", f"{guess}one of {', '.join(_WORDS)}")


def _first(name: str) -> str:
    return name.casefold().split(" ")[0]


def give(context: Context, one: Asked, how: How) -> tuple[Event, Answer]:
    """Write the answer to a question. Raises UsageError where it can't be answered so."""
    decided, value, more = _decided(context, one, how)
    if isinstance(value, str) and context.scope == "shared" and how.word in (VALUE, MERGE):
        refuse_credentials(value, allowed=how.secret)
    effects = [*answer_effects(context.shard, context.scope, one, decided, value), *more]
    event = write_answer(context.shard, one, decided, how.word, effects)
    return event, decided


def _decided(context: Context, one: Asked, how: How) -> tuple[Answer, Any, list[Effect]]:
    """The answer, what the field becomes, and effects beside these."""
    what, members = one.question.what, one.question.members
    if how.word in (*SIDES, "pick"):
        side = picked(how.given, one.sides) if how.word == "pick" else choose(how.word, one.sides)
        return _taken(context, one, side)
    if how.word == ESCALATE and what != "life":
        return Answer(ESCALATE, (), _who(how.given)), None, []
    if how.word == MERGE and what == "clash":
        return _merged_clash(context, one, edit=how.edit)
    found: dict[tuple[str, str], _Decide] = {
        ("life", KEEP): lambda: (Answer(KEEP), None),
        ("life", DELETE): lambda: (Answer(DELETE), None),
        ("value", BOTH): lambda: (Answer(BOTH, members), None),
        ("clash", BOTH): lambda: (Answer(BOTH, members), None),
        ("value", MERGE): lambda: (Answer(MERGE, members), _merged(context, one, edit=how.edit)),
        ("value", VALUE): lambda: (Answer(VALUE), _typed(one, how.given)),
    }
    if (what, how.word) in found:
        return (*found[what, how.word](), [])
    raise UsageError(
        f"this conflict can't be answered with '{how.word}'",
        f"`^conflicts show {short(one.question.id)}` says what an answer can be",
    )


def _who(typed: str) -> str:
    name = " ".join(clean(typed).split())
    if not name:
        raise UsageError("--escalate names nobody", "give the name of who is to decide")
    return name


def _taken(context: Context, one: Asked, side: Side) -> tuple[Answer, Any, list[Effect]]:
    question = one.question
    if question.what == "life":
        return Answer(str(side.value)), None, []
    value = side.value
    rule = field_of(one.entity.kind, question.field).rule
    texts = all(isinstance(other.value, str) for other in one.sides)
    if question.what == "value" and rule == "text" and texts:
        events = events_about(context.shard.index(context.scope), one.entity.id)
        value = text_with(events, question.field, side.id, question.members)
    return Answer(TAKE, (side.id,)), value, []


def _merged(context: Context, one: Asked, *, edit: bool) -> str:
    question = one.question
    if not all(isinstance(side.value, str) for side in one.sides):
        raise UsageError(f"the {question.field} is no text that can be merged", "take one of them")
    events = events_about(context.shard.index(context.scope), one.entity.id)
    text, overlapped = merged_text(events, question.field, question.members)
    return _settled(context, text, edit=edit) if overlapped else text


def _settled(context: Context, text: str, *, edit: bool) -> str:
    """What a person makes of a text in which two versions are marked."""
    if not edit:
        raise UsageError(
            "both changed the same lines, so they do not merge by themselves",
            "say --editor to make one text of them, or take one side",
        )
    edited = clean(context.edit(text))
    if is_unsettled(edited):
        path = context.shard.keep_aside(edited)
        raise UsageError(
            "the marks around the two versions are still in the text",
            f"take them out with the words that are not to hold; what you typed is in '{path}'",
        )
    return edited


def _merged_clash(context: Context, one: Asked, *, edit: bool) -> tuple[Answer, Any, list[Effect]]:
    """One telling made of several; it is kept by the first member, the others are not held."""
    shard, question = context.shard, one.question
    kind, index = KINDS[one.entity.kind], shard.index(context.scope)
    found = [entity for one_ in question.members if (entity := index.entity(one_))]
    members = [shard.whole(entity) for entity in found]
    rest = [name for name in kind.told if name != "body"]
    for name in rest:
        if len({entity.text(name) for entity in members} - {""}) > 1:
            raise UsageError(f"the '{name}' differs and can't be merged", "take one side")
    if "body" not in kind.told or question.field == "opposes":
        raise UsageError("these can't be merged into one", "take one side, or keep both")
    lines, overlapped = members[0].text("body").split("\n"), False
    for entity in members[1:]:
        lines, more = merge_lines([], lines, entity.text("body").split("\n"), MARKS)
        overlapped = overlapped or more
    text = "\n".join(lines)
    text = _settled(context, text, edit=edit) if overlapped else text
    holder = one.entity._replace(fields={**one.entity.fields, "body": text})
    told = {entity.id: told_by(entity) for entity in [holder, *found[1:]]}
    decided = Answer(MERGE, (holder.id,))
    field = shard.field(context.scope, text)
    if not isinstance(field, str):
        raise ShardError("a text as long as this can't be merged here", "take one side")
    again = f"{ANSWER}{clash_id(question.field, told)}"
    return decided, None, [set_field("body", text), set_field(again, decided.as_value())]


def _typed(one: Asked, text: str) -> str | int:
    field = field_of(one.entity.kind, one.question.field)
    typed = clean(text)
    if not typed.strip():
        raise UsageError("the answer is empty", "say what is to hold, or take one side")
    if field.type == "number":
        name, said = one.question.field, typed.strip()
        number, (least, most) = number_of(name, said), bounds(name)
        if number is None:
            raise UsageError(f"the {name} is a number from {least} to {most}, not '{said}'")
        return number
    if field.type not in ("text", "line"):
        raise UsageError(f"the {one.question.field} can't be typed", "take one side")
    return typed if field.type == "text" else " ".join(typed.split())


def said_of(one: Asked, decided: Answer) -> str:
    """The answer in a few words, with the words of the side that holds."""
    held = [side for side in one.sides if side.id in decided.chosen]
    if decided.strategy == TAKE and held:
        plain = " ".join((held[0].disputed or held[0].words).split())
        return f"{held[0].by}'s holds: {plain if len(plain) <= 80 else plain[:79] + '…'}"
    return answer_words(decided)
