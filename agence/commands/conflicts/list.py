"""List what was said in two ways at the same time, with both sides' words, until it is answered.

Examples:
    agence ^conflicts
    agence ^conflicts --settled          # what was answered, and what did not hold
    agence ^conflicts --as-of 2026-11-20
    agence ~conflicts --json

Nothing is lost and nothing stops while a conflict is open: everybody goes on, and sees both. What
is kept in two versions on purpose stays in the list and says so, and so does what waits for
somebody. The same conflict has the same id in every clone. `^conflicts show` says every word of it,
`^conflicts answer` answers it, and `^conflicts ask` goes through all of them with you.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.contract import JSON, Context, Option, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import moment, one_line
from agence.fold.clashes import OPPOSES
from agence.fold.entity import Entity
from agence.fold.questions import ESCALATED, KEPT
from agence.schema.kinds import ANSWER
from agence.shard.conflicts import Asked, asked
from agence.shard.decisions import Decision, decisions

_WIDTH = 160  # characters of a side's words in a list


def list_(
    context: Context,
    settled: Annotated[bool, Option(help="what was answered, and what did not hold")] = False,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """The conflicts that are open, or the decisions about those that were."""
    look_back(context, context.scope, at, as_of)
    if settled:
        return _settled(context)
    found = asked(context.shard, context.scope)
    mark = "~" if context.scope == "private" else "^"
    lines = [line for one in found for line in lines_of(one)]
    open_ = [one for one in found if one.question.state == "open"]
    if open_:
        name = short(open_[0].question.id)
        lines.append(f"Answer one: agence {mark}conflicts answer {name} --take newest")
        lines.append(f"or with another word, see: agence {mark}conflicts answer --help")
    waiting = [one for one in found if one.question.state == ESCALATED]
    if waiting and not open_:
        name, who = short(waiting[0].question.id), waiting[0].question.to or "whoever is to decide"
        lines.append(f"{who} answers it by: agence {mark}conflicts answer {name} --take newest")
        lines.append(f"or with another word; `agence {mark}conflicts show {name}` says which")
    text = "\n".join(lines) or "No conflict is open"
    data = {"items": [as_json(one) for one in found], "count": len(found), "open": len(open_)}
    return Report(text, data)


def lines_of(one: Asked, *, whole: bool = False) -> list[str]:
    """A question as people read it; `whole` does not cut the words of its sides."""
    question = one.question
    mark = {KEPT: " (both are kept, on purpose)"}.get(question.state, "")
    if question.state == ESCALATED:
        mark = f" (waits for {one_line(question.to) or 'somebody'})"
    lines = [f"{short(question.id)}  {about(one)}{mark}"]
    for side in one.sides:
        sure = f", {side.confidence}% sure" if side.confidence is not None else ""
        who = f"{side.by}, {moment(side.stamp.ms)}{sure}"
        said = side.words if whole else side.disputed or side.words
        lines.append(f"    {short(side.id)}  {who}: {_folded(said, whole=whole)}")
    return lines


def about(one: Asked) -> str:
    """What a question is about, in a few words."""
    question, of = one.question, _named(one.entity)
    if question.what == "life":
        return f"deleted by one, changed by another: {of}"
    if question.what == "answer":
        answered = short(one_line(question.field.removeprefix(ANSWER)))
        return f"two answers to conflict {answered} about {of}"
    if question.what == "value":
        return f"the {one_line(question.field)} of {of}"
    if question.field == OPPOSES:
        return f"{len(one.sides)} that contradict each other"
    same = ", ".join(f"{n} {one_line(one.entity.text(n))}" for n in question.field.split("+"))
    return f"{len(one.sides)} {one.entity.kind}s that tell the same differently: {same}"


def as_json(one: Asked) -> dict[str, JSON]:
    """A question as programs read it."""
    question, entity = one.question, one.entity
    return {
        "id": question.id,
        "type": question.type,
        "what": question.what,
        "state": question.state,
        "to": question.to,
        "entity": entity.id,
        "kind": entity.kind,
        "title": entity.title,
        "field": question.field,
        "sides": [
            {
                "id": side.id,
                "by": side.by,
                "at": side.stamp.ms,
                "words": side.words,
                "confidence": side.confidence,
                "mine": side.mine,
            }
            for side in one.sides
        ],
    }


def _settled(context: Context) -> Report:
    found = decisions(context.shard, context.scope)
    lines = [line for one in found for line in _decision_lines(one)]
    items = [
        {
            "id": one.conflict,
            "entity": one.entity.id,
            "kind": one.entity.kind,
            "title": one.entity.title,
            "field": one.field,
            "strategy": one.strategy,
            "by": one.by,
            "event": one.event,
            "at": one.at,
            "held": list(one.held),
            "lost": list(one.lost),
        }
        for one in found
    ]
    text = "\n".join(lines) or "Nothing was answered yet"
    return Report(text, {"items": items, "count": len(items)})


def _decision_lines(one: Decision) -> list[str]:
    field = "" if one.field.startswith(ANSWER) else one_line(one.field)
    what = f" the {field} of" if field else ""
    lines = [
        f"{short(one.conflict)} {what} {_named(one.entity)}".replace("  ", " ").replace(
            " ", "  ", 1
        ),
        f"    {one.by}, {moment(one.at)}: {one_line(one.strategy)}",
    ]
    lines += [f"    held: {_folded(said)}" for said in one.held]
    lines += [f"    not held: {_folded(said)}" for said in one.lost]
    return lines


def _named(entity: Entity) -> str:
    return f'{entity.kind} {short(entity.id)} "{entity.title}"'


def _folded(text: str, *, whole: bool = False) -> str:
    """A text in one line, cut, or with its lines below each other."""
    if whole:
        return text if "\n" not in text else "\n      " + text.replace("\n", "\n      ")
    plain = " / ".join(" ".join(line.split()) for line in text.split("\n") if line.strip())
    return plain if len(plain) <= _WIDTH else plain[: _WIDTH - 1] + "…"
