"""Which views of the work tree need not be read: git has them as they were rendered.

Git knows by a file's size and times whether it is as the index has it, and the index of the shard
knows which blobs are what was rendered. What git was told not to look at is read.
"""

from agence.git.staging import unmodified
from agence.shard.layout import TRACKED
from agence.shard.shard import Shard


def untouched(shard: Shard) -> set[str]:
    """The paths of views that nobody changed since they were rendered from what is in force."""
    index = shard.index("shared")
    sql = "SELECT path, shown.oid FROM shown JOIN entity ON n = entity WHERE place = ?"
    views: dict[str, str] = dict(index.rows(sql, [index.place]))
    return unmodified(shard.repo, TRACKED, views) if views else set()
