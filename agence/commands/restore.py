"""Bring back what was deleted, with its id, its links and all that it said.

Examples:
    agence ^restore 3fa9c1d2
    agence ^lesson list --deleted
    agence ~restore 8c01
"""

from typing import Annotated

from agence.base.errors import ShardError
from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Report
from agence.commands.delete import is_deleted, name, refuse_internal, stamps_of
from agence.schema.effects import restore as restore_effect


def restore(
    context: Context,
    identities: Annotated[list[str], Argument(help="their ids", metavar="ID", complete="entity")],
) -> Report:
    """Append one event for each that is deleted."""
    shard, scope = context.shard, context.scope
    found = {entity.id: entity for entity in (shard.entity(one, scope) for one in identities)}
    for entity in found.values():
        refuse_internal(entity)
    gone = [entity for entity in found.values() if entity.deleted]
    drafts = [shard.draft(one.kind, scope, [restore_effect()], over=one) for one in gone]
    if drafts:
        shard.append(drafts, stamps_of(context, gone))
        shard.forget()
    back = [entity for entity in gone if not is_deleted(context, entity)]
    if len(back) < len(gone):
        names = ", ".join(short(entity.id) for entity in gone if entity not in back)
        raise ShardError(f"{names} is still deleted", "`^history` shows by whom")
    lines = [f"Restored {name(entity)}" for entity in back]
    lines += [f"{name(one)} is not deleted" for one in found.values() if not one.deleted]
    return Report("\n".join(lines), {"restored": [one.id for one in back], "count": len(back)})
