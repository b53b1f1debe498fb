"""Read another repository's shard beside this one.

Examples:
    agence ^shard add platform https://example.org/platform.git
    agence ^shard add tools ../tools --genesis 3fa9c1d2
    agence ^recall deploy --shard platform

Only its events are fetched, into a copy of its own inside the git directory. `^recall` shows what
it knows with its name; nothing of it enters this shard, its commits or what an agent is told
unasked. Its genesis is pinned now, and `^sync` brings what is new as long as that stays.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.shards.list import described
from agence.shard import linked


def add(
    context: Context,
    name: Annotated[str, Argument(help="what it is called here: a-z, 0-9, - and _")],
    url: Annotated[str, Argument(help="the address of its repository, or a folder")],
    genesis: Annotated[
        str, Option(help="which shard is meant where several are there", metavar="ID")
    ] = "",
) -> Report:
    """Link a shard. Raises TrustError where several could be meant, OutsideError offline."""
    link = linked.add(context.shard, name, url, genesis)
    data = described(context.shard, link)
    lines = [f"Linked shard {short(link.genesis)} ({data['called']}) as {name}: {link.address}"]
    lines.append(f"  root of trust: key {link.founder[:16]}, founder of that shard")
    lines.append(f"  {data['events']} events read; `agence ^recall WORDS --shard {name}` asks it")
    return Report("\n".join(lines), data)
