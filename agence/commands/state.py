"""Print the folded state, or its hash: two clones with the same events print the same.

Examples:
    agence ^state --hash
    agence ^state --json
    agence ^state --at HEAD~3 --hash
    agence ^state --as-of 2026-11-20

The cut is named by the hash of the ids of the events that were folded; the state by the hash of
what they folded to. Both are of what is in force here, or was. Where a merge function is needed and
not installed there is no state (exit 4). The name of a cut that was printed here can be given to
`--at` again, and answers the same for ever.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.base.lazy import load
from agence.commands.contract import JSON, Context, Option, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.fold.state import state_hash
from agence.shard.merges import refuse


def state(
    context: Context,
    hash_only: Annotated[bool, Option(help="only the two hashes", name="hash")] = False,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """The state in force, or as it was, and the cut it was folded from."""
    look_back(context, context.scope, at, as_of)
    index = context.shard.index(context.scope)
    cut = load("agence.shard.past").cut_in_force(index)
    entities = sorted(index.entities(deleted=True), key=lambda one: one.id)
    refuse(index, entities, context.shard.repo.work_tree)
    data: dict[str, JSON] = {
        "state": state_hash(entities),
        "cut": load("agence.shard.past").remember(context.shard, context.scope, cut),
        "events": len(cut),
        "entities": len(entities),
    }
    lines = [f"state {data['state']}", f"cut   {data['cut']}  ({len(cut)} events)"]
    if not hash_only:
        data["all"] = [one.as_json() for one in entities]
        lines += [f"{short(e.id)}  {e.kind}  {e.text('title') or e.text('path')}" for e in entities]
    return Report("\n".join(lines), data)
