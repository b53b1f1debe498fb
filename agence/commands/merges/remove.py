"""Let a field be merged by its own rule again.

Examples:
    agence ^merge remove belief.confidence
    agence ^merge remove lesson.title --json

Only the founder of the shard can. What was written stays as it is; it is folded again, here and in
every clone that the change reaches.
"""

from typing import Annotated

from agence.base.errors import ShardError, UsageError
from agence.commands.contract import Argument, Context, Report
from agence.commands.merges.add import pinned, refuse_others
from agence.schema.effects import delete
from agence.shard.merges import KIND


def remove(
    context: Context,
    target: Annotated[str, Argument(help="the field, as kind.field", metavar="KIND.FIELD")],
) -> Report:
    """Sign that the pin is gone. Raises UsageError where none is there."""
    shard = context.shard
    pin = pinned(shard, target)
    if pin is None:
        raise UsageError(f"no function is pinned to '{target}'", "see `agence ^merge list`")
    refuse_others(shard)
    gone = []
    while pin is not None and pin.id not in gone:
        over = shard.index("shared").entity(pin.id)
        shard.append([shard.draft(KIND, "shared", [delete()], over=over)])
        shard.forget()
        gone.append(pin.id)
        pin = pinned(shard, target)
    if pin is not None:
        raise ShardError(f"the pin of {target} is still in force", "see `agence ^merge list`")
    return Report(f"{target} is merged by its own rule", {"target": target, "removed": gone})
