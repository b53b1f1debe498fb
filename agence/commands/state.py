"""Print the folded state, or its hash: two clones with the same events print the same.

Examples:
    agence ^state --hash
    agence ^state --json

The cut is named by the hash of the ids of the events that were folded; the state by the hash of
what they folded to. Both are of what is in force here.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.contract import JSON, Context, Option, Report
from agence.fold.state import cut_name, state_hash


def state(
    context: Context,
    hash_only: Annotated[bool, Option(help="only the two hashes", name="hash")] = False,
) -> Report:
    """The state in force and the cut it was folded from."""
    index = context.shard.index(context.scope)
    sql = "SELECT id FROM event JOIN force ON force.n = event.n WHERE place = ? AND NOT waits"
    ids = [row[0] for row in index.rows(sql, [index.place])]
    entities = sorted(index.entities(), key=lambda one: one.id)
    data: dict[str, JSON] = {
        "state": state_hash(entities),
        "cut": cut_name(ids),
        "events": len(ids),
        "entities": len(entities),
    }
    lines = [f"state {data['state']}", f"cut   {data['cut']}  ({len(ids)} events)"]
    if not hash_only:
        data["all"] = [one.as_json() for one in entities]
        lines += [f"{short(e.id)}  {e.kind}  {e.text('title') or e.text('path')}" for e in entities]
    return Report("\n".join(lines), data)
