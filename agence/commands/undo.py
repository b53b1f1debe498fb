"""Take back what you did last, or what one event of yours did; others' work stays.

Examples:
    agence ^undo                 # the last thing that you kept or changed in this clone
    agence ^undo 3fa9c1d2        # one event of yours, as ^history lists it
    agence ~undo
    agence ^undo && agence ^undo # an undo can be undone: this changes nothing

Nothing is taken out of the log: an event is added that says the opposite. A field gets what it was
before; what was added is taken out, what was deleted comes back. Where somebody has written over it
since, nothing is written, and you are told by whom.
"""

from typing import Annotated

from agence.base.errors import Refusal, ShardError, UsageError
from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Report
from agence.events.event import Event
from agence.fold.undoing import UNDOES, compensation
from agence.schema.effects import Effect
from agence.schema.kinds import KINDS
from agence.shard.conflicts import events_about
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
    said = [f"  {words(effect)}" for effect in effects]
    head = f'Undid {short(event.id)} of {entity.kind} {short(entity.id)} "{entity.title}"'
    text = "\n".join([head, *said])
    fields = sorted({str(one["field"]) for one in effects if "field" in one})
    data = {"id": done.id, "undoes": event.id, "entity": entity.id, "changed": fields}
    return Report(text, data | {"effects": effects})


def words(effect: Effect) -> str:
    """What an effect does, on one line."""
    field, value = effect.get("field", ""), effect.get("value")
    text = " ".join(str(value).split()) if value is not None else "(nothing)"
    text = text if len(text) <= 80 else text[:79] + "…"
    said = {"set": f"{field} = {text}", "add": f"{field} + {text}", "remove": f"{field} - {text}"}
    said |= {"increment": f"{field} counted by {text}", "delete": "deleted", "restore": "restored"}
    return said.get(str(effect.get("op")), str(effect.get("op")))


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
