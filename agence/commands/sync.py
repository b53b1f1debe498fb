"""Exchange what is shared with the shard's own remote, beside all branches.

Examples:
    agence ^sync
    agence ^sync --json

It fetches the remote's shared log, joins it with this clone's, and sends what the remote lacks. No
branch, index or file of the project is touched, so it works anywhere and at any time. What came is
in force here at once. Linked shards (`^shard add`) are fetched too. The counts at the end are taken
by reading again, here and on the remote.
"""

from agence.commands.contract import Context, Report
from agence.shard import sync as exchange


def sync(context: Context) -> Report:
    """Exchange and count. Raises ShardError without a remote, OutsideError when git fails."""
    done = exchange.sync(context.shard)
    sent = f"{done.sent} event{'s' * (done.sent != 1)} sent"
    lines = [f"Synced with {done.remote}: {sent}, {done.counts.text}"]
    if done.refused:
        lines.append(f"  the host refused the ref ({done.refused}): the log is in a branch there")
    data = {
        "remote": done.remote,
        "tip": done.tip,
        "sent": done.sent,
        **done.counts._asdict(),
        "tries": done.tries,
        "refused": done.refused,
    }
    return Report("\n".join(lines), data)
