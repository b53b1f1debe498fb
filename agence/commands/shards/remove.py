"""Read another repository's shard no longer.

Examples:
    agence ^shard remove platform
    agence ^shard remove platform --json

The link and the copy of its events are taken away. What this shard holds was never mixed with it,
and stays.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Report
from agence.shard import linked


def remove(
    context: Context,
    name: Annotated[str, Argument(help="what it is called here; `^shard list` names them")],
) -> Report:
    """Unlink a shard. Raises UsageError where none has this name."""
    link = linked.unlink(context.shard, name)
    text = f"{name} (shard {short(link.genesis)}) is not read here any more; its copy is gone"
    return Report(text, {"name": name, "genesis": link.genesis, "url": link.address})
