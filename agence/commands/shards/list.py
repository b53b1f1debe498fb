"""List the shards of other repositories that are read beside this one.

Examples:
    agence ^shard list
    agence ^shard list --json

Each has the genesis and the founder's key that were pinned when it was linked, and how many of its
events are here. Nothing is fetched: `^sync` does that.
"""

from agence.base.identifiers import short
from agence.commands.contract import JSON, Context, Report
from agence.shard import linked
from agence.shard.linked import Link
from agence.shard.shard import Shard


def list_(context: Context) -> Report:
    """The linked shards of this clone."""
    shard = context.shard
    items = [described(shard, link) for link in linked.links(shard.repo).values()]
    lines = [
        f"{one['name']}: shard {short(one['genesis'])} ({one['called']}), {one['events']} events,"
        f" founder {one['founder'][:16]}, {one['url']}"
        for one in items
    ]
    text = "\n".join(lines) or "No shard is linked. Link one: agence ^shard add NAME URL"
    return Report(text, {"shards": items, "count": len(items)})


def described(shard: Shard, link: Link) -> dict[str, JSON]:
    """A link with what is known of it."""
    index = linked.opened(shard, link)
    genesis = index.entity(link.genesis)
    sql = "SELECT count(*) FROM force WHERE place = ?"
    return {
        **link._asdict(),
        "url": link.address,
        "called": genesis.text("name") if genesis else "",
        "events": int(index.one(sql, [index.place]) or 0),
    }
