"""Delete pieces of knowledge; their ids, links and history stay, and `^restore` brings them back.

Examples:
    agence ^delete 3fa9c1d2
    agence ^delete 3fa9 77ab --reason "the queue is gone"
    agence ~delete 8c01

A delete is an event like any other: it reaches everybody, and takes away what its author had seen.
Where somebody was writing to the same thing at that time it stays, and `^conflicts` asks what is to
be done. Governance can't be deleted so.
"""

from collections.abc import Iterable
from typing import Annotated

from agence.base.errors import Refusal, ShardError
from agence.base.identifiers import short
from agence.base.stamps import Stamp
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.words import clean, refuse_credentials
from agence.fold.entity import Entity
from agence.schema.effects import delete as delete_effect
from agence.schema.kinds import KINDS
from agence.shard.conflicts import events_about


def delete(
    context: Context,
    identities: Annotated[list[str], Argument(help="their ids", metavar="ID", complete="entity")],
    reason: Annotated[str, Option(help="why, for those who look for it")] = "",
) -> Report:
    """Append one event for each. Raises Refusal for governance, and then deletes nothing."""
    shard, scope = context.shard, context.scope
    why = " ".join(clean(reason).split())
    if scope == "shared":
        refuse_credentials(why, allowed=False)
    found = {entity.id: entity for entity in (shard.entity(one, scope) for one in identities)}
    for entity in found.values():
        refuse_internal(entity)
    live = [entity for entity in found.values() if not entity.deleted]
    drafts = []
    for entity in live:
        draft = shard.draft(entity.kind, scope, [delete_effect()], over=entity)
        drafts.append(draft._replace(data=draft.data | ({"reason": why} if why else {})))
    if drafts:
        shard.append(drafts, stamps_of(context, live))
        shard.forget()
    gone = [entity for entity in live if is_deleted(context, entity)]
    if len(gone) < len(live):
        names = ", ".join(short(entity.id) for entity in live if entity not in gone)
        raise ShardError(f"{names} is still there", "`^conflicts` says who goes on with it")
    lines = [
        f"Deleted {name(entity)}; `^restore {short(entity.id)}` brings it back" for entity in gone
    ]
    lines += [f"{name(one)} was deleted before" for one in found.values() if one.deleted]
    return Report("\n".join(lines), {"deleted": [one.id for one in gone], "count": len(gone)})


def refuse_internal(entity: Entity) -> None:
    """Raises Refusal for what is no knowledge: governance, geneses, handoffs."""
    kind = KINDS.get(entity.kind)
    if kind is None or kind.scope == "internal":
        raise Refusal(
            f"{name(entity)} can't be deleted or restored by this verb",
            "governance is changed by adopting another page",
        )


def stamps_of(context: Context, entities: Iterable[Entity]) -> list[Stamp]:
    """The stamps of all events about these, which a new one comes after."""
    index = context.shard.index(context.scope)
    return [event.stamp for one in entities for event in events_about(index, one.id)]


def is_deleted(context: Context, entity: Entity) -> bool:
    """Whether reading again shows it as deleted."""
    now = context.shard.index(context.scope).entity(entity.id)
    return now is not None and now.deleted


def name(entity: Entity) -> str:
    """How a line names an entity."""
    return f'{entity.kind} {short(entity.id)} "{entity.title}"'
