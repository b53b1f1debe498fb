"""Go through the open conflicts with the person at the terminal, one after the other.

Examples:
    agence ^conflicts ask
    agence ^conflicts ask --again        # also those that you put off before

Each answer is kept at once, so what is interrupted leaves the rest open. Nobody is asked twice:
what you put off is asked again with `--again` only. Where nobody is at the terminal nothing is
asked.
"""

from typing import Annotated

from agence.base.errors import AgenceError, UsageError
from agence.base.identifiers import short
from agence.commands.conflicts.answer import SIDES, How, give, said_of
from agence.commands.conflicts.list import lines_of
from agence.commands.contract import Context, Option, Report
from agence.fold.questions import BOTH, DELETE, ESCALATE, KEEP, MERGE, VALUE
from agence.shard.conflicts import Asked, asked
from agence.shard.put_off import PutOff

_CHOICES = {
    "value": "a number, newest, both, edit, =TEXT, @NAME to pass it on",
    "life": "keep, delete",
    "answer": "a number, newest, @NAME to pass it on",
    "clash": "a number, newest, both, @NAME to pass it on",
}
_LATER, _END = ("", "later", "l"), ("end", "quit", "q")


def ask(
    context: Context,
    again: Annotated[bool, Option(help="ask also what you put off before")] = False,
) -> Report:
    """Ask about each open conflict once. Raises UsageError where nobody can be asked."""
    shard = context.shard
    queue = PutOff(shard.layout, context.scope, shard.speaker)
    waiting = [one for one in asked(shard, context.scope) if one.question.state == "open"]
    put_off = set() if again else queue.read()
    fresh = [one for one in waiting if one.question.id not in put_off]
    if fresh and not context.interactive:
        count = f"{len(fresh)} conflict{'s' * (len(fresh) != 1)}"
        raise UsageError(
            f"nobody is at the terminal to ask about {count}",
            "answer each by `^conflicts answer ID --take WORD`",
        )
    done: list[dict[str, str]] = []
    for one in fresh:
        if not _is_open(context, one):  # the answer to another one settled it
            continue
        answered = _asked(context, one)
        if answered is None:
            break
        if answered:
            done.append(answered)
            queue.take_out(one.question.id)
        else:
            queue.add(one.question.id)
    left = [one for one in asked(shard, context.scope) if one.question.state == "open"]
    off = len([one for one in left if one.question.id in queue.read()])
    text = f"Answered {len(done)}; {len(left)} open, {off} of them put off by you"
    if not waiting:
        text = "No conflict is open"
    data = {"answered": done, "open": len(left), "put_off": off}
    return Report(text, data)


def _is_open(context: Context, one: Asked) -> bool:
    return any(
        other.question.id == one.question.id and other.question.state == "open"
        for other in asked(context.shard, context.scope)
    )


def _asked(context: Context, one: Asked) -> dict[str, str] | None:
    """What was answered, {} where it was put off, None where the person wants no more."""
    for line in _numbered(one):
        context.notice(line)
    while True:
        typed = context.ask(f"Which holds? [{_CHOICES[one.question.what]}, later, end]").strip()
        if typed.lower() in _END:
            return None
        if typed.lower() in _LATER:
            return {}
        try:
            how = _how(one, typed)
            event, decided = give(context, one, how)
        except AgenceError as error:
            context.notice(f"{error.message}; {error.hint}" if error.hint else error.message)
            continue
        context.notice(f"{said_of(one, decided)} (kept as {short(event.id)})")
        return {"conflict": one.question.id, "event": event.id, "strategy": how.word}


def _numbered(one: Asked) -> list[str]:
    """The question, with its sides numbered from 1 in the order in which they were written."""
    head, *rest = lines_of(one)
    return [head, *(f"{at:>3} {line.strip()}" for at, line in enumerate(rest, 1))]


def _how(one: Asked, typed: str) -> How:
    """How the typed words answer. Raises UsageError for words that do not."""
    word = typed.lower()
    numbers = {str(at): side.id for at, side in enumerate(one.sides, 1)}
    if word in numbers:
        return How("pick", numbers[word])
    if word in (*SIDES, BOTH, KEEP, DELETE):
        return How(word)
    if word in ("edit", MERGE):
        return How(MERGE, edit=word == "edit")
    if typed.startswith("="):
        return How(VALUE, typed[1:].strip())
    if typed.startswith("@"):
        return How(ESCALATE, typed[1:].strip())
    raise UsageError(
        f"'{typed}' is no answer", f"one of: {_CHOICES[one.question.what]}, later, end"
    )
