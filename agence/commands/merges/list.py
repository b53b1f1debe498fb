"""List the functions that merge fields, and whether each can be used here.

Examples:
    agence ^merge list
    agence ^merge list --json

For each the hash of the code that the founder pinned, and what is installed in this environment.
Where the two differ, or nothing is installed, what needs the function is not folded here.
"""

from agence.commands.contract import JSON, Context, Report
from agence.shard.merges import Usable, in_force, pins_in


def list_(context: Context) -> Report:
    """The pinned functions, by kind and field."""
    index = context.shard.index("shared")
    used = in_force(index, context.shard.repo.work_tree)
    refused = [entity for entity in index.entities(deleted=True) if entity.refused]
    items: list[dict[str, JSON]] = []
    lines = []
    for pin in pins_in(index):
        waiting = sum(one.kind == pin.kind and pin.field in one.refused for one in refused)
        why = _why(used, pin.kind, pin.field)
        items.append(
            {
                "id": pin.id,
                "name": pin.name,
                "target": pin.target,
                "hash": pin.hash,
                "usable": not why,
                "why": why,
                "refused": waiting,
            }
        )
        lines.append(f"{pin.target}: {pin.name}, code {pin.hash[:16]}, {why or 'usable here'}")
        if waiting:
            lines.append(f"  needed for {waiting} of the {pin.kind}s, which are not folded here")
    text = "\n".join(lines) or "No function is pinned. Pin one: agence ^merge add NAME KIND.FIELD"
    return Report(text, {"merges": items, "count": len(items)})


def _why(used: Usable, kind: str, field: str) -> str:
    error = used.reasons.get((kind, field))
    return error.message if error else ""
