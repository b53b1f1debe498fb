"""Take back what you did last, or what one event of yours did; others' work stays.

Examples:
    agence ^undo                 # the last thing that you kept or changed in this clone
    agence ^undo 3fa9c1d2        # one event of yours, as ^history lists it
    agence ~undo
    agence ^undo && agence ^undo # an undo can be undone: this changes nothing

Nothing is taken out of the log: an event is added that says the opposite. A field gets what it was
before; what was added is taken out, what was deleted comes back. Where somebody has written over it
since, nothing is written, and you are told by whom. An answer to a conflict that is taken back
opens it again where it wrote nothing else (both kept, passed on, one of two that contradict each
other); where it wrote what holds, that is what it was before, and the conflict stays closed.
"""

from typing import Annotated

from agence.base.errors import Refusal, ShardError, UsageError
from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Report
from agence.events.blob import referred
from agence.events.event import Event
from agence.fold.entity import Entity
from agence.fold.questions import OPEN
from agence.fold.undoing import UNDOES, compensation
from agence.schema.effects import Effect
from agence.schema.kinds import ANSWER, KINDS
from agence.shard.conflicts import asked, events_about
from agence.shard.merges import in_force
from agence.shard.own_events import event_named, last_own


def undo(
    context: Context,
    identity: Annotated[
        str | None, Argument(help="the event; the last one of yours without it", metavar="EVENT")
    ] = None,
) -> Report:
    """Append one compensating event. Raises ShardError where it was written over, and keeps it."""
    shard, scope = context.shard, context.scope
    index = shard.index(scope)
    event = _last(context) if identity is None else _named(context, identity)
    kind = KINDS.get(event.kind)
    if kind is None or kind.scope == "internal":
        raise Refusal(
            f"{short(event.id)} is about {event.kind}, which ^undo does not change",
            "name another event of yours; `^history ID` lists those about an entity",
        )
    entity = index.entity(event.entity)
    if entity is None or event.data is None:
        raise ShardError(f"nothing of {short(event.id)} is in force here", "nothing was changed")
    events = events_about(index, entity.id)
    merges = in_force(index, shard.repo.work_tree).rules
    effects = compensation(event, events, entity, merges)
    draft = shard.draft(entity.kind, scope, effects, over=entity)
    data = draft.data | {UNDOES: event.id}
    done = shard.append([draft._replace(data=data)], [one.stamp for one in events])[0]
    shard.forget()
    if done.id not in {one.id for one in events_about(shard.index(scope), entity.id)}:
        raise ShardError(f"the undo {short(done.id)} is not in force here", "see ^status")
    said = [f"  {said}" for effect in effects if (said := words(effect, entity.kind))]
    said += [f"  {line}" for line in _answers(context, entity, effects)]
    head = f'Undid {short(event.id)} of {entity.kind} {short(entity.id)} "{entity.title}"'
    mark = "~" if scope == "private" else "^"
    text = "\n".join([head, *said, f"`agence {mark}undo` again puts it back"])
    fields = sorted({str(one["field"]) for one in effects if "field" in one})
    data = {"id": done.id, "undoes": event.id, "entity": entity.id, "changed": fields}
    return Report(text, data | {"effects": effects})


def words(effect: Effect, kind: str) -> str:
    """What an effect does to an entity of a kind, on one line; "" for the answer to a conflict."""
    field, value = str(effect.get("field", "")), effect.get("value")
    if field.startswith(ANSWER):
        return ""
    text = _plain(value) if value is not None else "(nothing)"
    said = {"set": f"{field} = {text}", "add": f"{field} + {text}", "remove": f"{field} - {text}"}
    said |= {"increment": f"{field} counted by {text}"}
    said |= {"delete": f"the {kind} is deleted again", "restore": f"the {kind} is back"}
    return said.get(str(effect.get("op")), str(effect.get("op")))


def _plain(value: object) -> str:
    if referred(value):
        return "(a long text)"
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else text[:79] + "…"


def _answers(context: Context, entity: Entity, effects: list[Effect]) -> list[str]:
    """What became of the conflicts whose answers were taken back, or count again: read again."""
    named = {
        str(one["field"]).removeprefix(ANSWER): one.get("value")
        for one in effects
        if str(one.get("field", "")).startswith(ANSWER)
    }
    if not named:
        return []
    states = {one.question.id: one.question.state for one in asked(context.shard, context.scope)}
    mark = "~" if context.scope == "private" else "^"
    return [
        line
        for conflict, value in sorted(named.items())
        for line in _answer(
            entity,
            conflict,
            states.get(conflict, ""),
            mark,
            back=value is None,
            changed=len(named) < len(effects),
        )
    ]


def _answer(
    entity: Entity, conflict: str, state: str, mark: str, *, back: bool, changed: bool
) -> list[str]:
    """`back` says whether the answer was taken back, `changed` whether something else was too."""
    name = short(conflict)
    if state == OPEN:
        return [
            f"conflict {name} is open again",
            f"answer it: `agence {mark}conflicts answer {name} --take WORD`",
        ]
    if not back:
        return [f"the answer to conflict {name} counts again"]
    if state:
        return [f"the answer to conflict {name} is taken back; another to it counts"]
    if not changed:
        return [
            f"conflict {name} stays closed, nobody is asked again: the {entity.kind} stays",
            f"to decide otherwise, take it away with {mark}delete",
        ]
    return [
        f"conflict {name} stays closed, nobody is asked again: what is said above holds",
        f"to decide otherwise, `agence {mark}{entity.kind} edit {short(entity.id)}`",
    ]


def _named(context: Context, typed: str) -> Event:
    """The event with this id. Raises Refusal where it is somebody else's."""
    if not typed.strip():
        raise UsageError("no event is named", "`^history ID` lists those about an entity")
    event, own = event_named(context.shard, context.scope, typed)
    by = event.body["by"]
    if not own:
        raise Refusal(
            f"{short(event.id)} is {by}'s, of another clone",
            "change what it said with `edit`, or answer it where it is in conflict",
        )
    if by != context.shard.speaker:
        hint = f"whoever speaks as {by} can undo it"
        raise Refusal(f"{short(event.id)} is {by}'s, not yours", hint)
    return event


def _last(context: Context) -> Event:
    """The last event of this speaker about knowledge that is in force and this clone's own."""
    event = last_own(context.shard, context.scope)
    if event is None:
        mark = "~" if context.scope == "private" else "^"
        raise UsageError(
            f"{context.shard.speaker} has written nothing in this clone that can be undone",
            f"name an event: agence {mark}undo EVENT",
        )
    return event
