"""Show every event of one entity: who wrote what, when, over what.

Examples:
    agence ^history 3fa9c1d2
    agence ~history 8c01 --json

Nothing that was written is lost: values that were replaced, or written at the same time, are all
here.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.contract import JSON, Argument, Context, Report
from agence.commands.shown import moment
from agence.events.event import Event
from agence.fold.entity import present
from agence.shard.judging import known


def history(
    context: Context,
    identity: Annotated[str, Argument(help="its id", metavar="ID", complete="entity")],
) -> Report:
    """The events about one entity that are in force, in the fold's order."""
    shard = context.shard
    entity = shard.entity(identity, context.scope)
    events = [known(line) for line in shard.index(context.scope).lines_of(entity.id)]
    mine = {event.id for event in events}
    others = {parent for event in events for parent in event.parents} - mine
    ordered = present(events, others)
    text = "\n".join(_line(event) for event in ordered)
    return Report(
        text, {"id": entity.id, "kind": entity.kind, "events": [_json(e) for e in ordered]}
    )


def _line(event: Event) -> str:
    head = f"{short(event.id)}  {moment(event.stamp.ms)}  {event.body['by']}"
    if event.data is None:
        return f"{head}  (erased)"
    effects = event.data.get("effects")
    shown = [one for one in effects if isinstance(one, dict)] if isinstance(effects, list) else []
    return "\n".join([head, *(f"    {_effect(one)}" for one in shown)])


def _effect(effect: dict[str, JSON]) -> str:
    value = str(effect.get("value", "")).replace("\n", "\n      ")
    signs = {"set": "=", "add": "+", "remove": "-"}
    return f"{effect.get('field')} {signs.get(str(effect.get('op')), effect.get('op'))} {value}"


def _json(event: Event) -> dict[str, JSON]:
    return {
        "id": event.id,
        "by": event.body["by"],
        "writer": event.writer,
        "seq": event.seq,
        "stamp": [event.stamp.ms, event.stamp.counter],
        "parents": list(event.parents),
        "data": event.data,
    }
