"""Exchange what is shared with the shard's own remote, beside all branches.

Examples:
    agence ^sync
    agence ^sync --json

It fetches the remote's shared log and its default branch, joins the log with this clone's, and
sends what the remote lacks. No branch of yours, index or file of the project is touched, so it
works anywhere and at any time. What came is in force here at once. Linked shards (`^shard add`) are
fetched too. The counts at the end are taken by reading again, here and on the remote: of the items
that others changed, how many fitted (clean), were changed on both sides (merged), or are in a
conflict that waits for an answer.
"""

from agence.base.errors import AgenceError
from agence.base.lazy import load
from agence.commands.contract import JSON, Context, Report
from agence.shard import sync as exchange
from agence.shard.counting import waiting
from agence.shard.shard import Shard


def sync(context: Context) -> Report:
    """Exchange and count. Raises ShardError without a remote, OutsideError when git fails."""
    done = exchange.sync(context.shard)
    sent = f"{done.sent} change{'s' * (done.sent != 1)} sent"
    lines = [f"Synced with {done.remote}: {sent}, {done.counts.text}"]
    if done.refused:
        lines.append(f"  the host refused the ref ({done.refused}): the log is in a branch there")
    linked, code = _update_linked(context.shard)
    lines += [f"  {one['name']}: {one['error'] or 'up to date'}" for one in linked]
    lines += waiting(done.counts.open)
    data = {
        "remote": done.remote,
        "tip": done.tip,
        "sent": done.sent,
        **done.counts._asdict(),
        "tries": done.tries,
        "refused": done.refused,
        "linked": linked,
    }
    return Report("\n".join(lines), data, code)


def _update_linked(shard: Shard) -> tuple[list[dict[str, JSON]], int]:
    """What became of each linked shard, and the exit code: that of the first that failed."""
    if not any(key.startswith("agence-shard.") for key in shard.repo.config()):
        return [], 0
    linked = load("agence.shard.linked")
    found: list[dict[str, JSON]] = []
    codes = []
    for link in linked.links(shard.repo).values():
        try:
            linked.update(shard, link)
        except AgenceError as error:
            found.append({"name": link.name, "error": error.message})
            codes.append(error.exit_code)
        else:
            found.append({"name": link.name, "error": ""})
    return found, next(iter(codes), 0)
