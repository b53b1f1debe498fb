"""Try an installed merge function against the laws again.

Examples:
    agence ^merge check highest
    agence ^merge check mine belief.confidence    # before it is pinned

Without a field, for each field that it is pinned to; its code has to be the pinned one then. Ends
with exit code 4, and the smallest values that were found to break a law, where one does.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.base.lazy import load
from agence.commands.contract import Argument, Context, Report
from agence.commands.merges.add import field_named
from agence.shard.installed import installed
from agence.shard.merges import agreeing, pins_in


def check(
    context: Context,
    name: Annotated[str, Argument(help="the name of its entry point")],
    target: Annotated[str, Argument(help="a field, as kind.field", metavar="KIND.FIELD")] = "",
) -> Report:
    """Run the trial. Raises TrustError where the function is not here, or not the pinned one."""
    top = context.shard.repo.work_tree
    pins = [one for one in pins_in(context.shard.index("shared")) if one.name == name]
    if target:
        field_named(target)
    elif not pins:
        raise UsageError(
            f"'{name}' is pinned to no field", "name the field to try it for, as KIND.FIELD"
        )
    offers = {one.target: agreeing(one, top) for one in pins if target in ("", one.target)}
    if target and target not in offers:
        offers[target] = installed(name, top)
    tried = [
        {
            "target": one,
            "hash": offer.hash,
            "package": offer.package,
            "broken": load("agence.shard.laws").counter_example(offer, field_named(one).type, top),
        }
        for one, offer in offers.items()
    ]
    lines = [f"{name} for {one['target']}: {one['broken'] or 'every law holds'}" for one in tried]
    code = 4 if any(one["broken"] for one in tried) else 0
    return Report("\n".join(lines), {"name": name, "tried": tried}, code)
