"""Whose governance counts: the pinned founder's. A page is changed by the key that made it, only.

What others sign in codex/ is read, kept and carried like any event; it is no law, and is named.
"""

from typing import NamedTuple

from agence.shard.shard import Shard


class Unadopted(NamedTuple):
    """How many events about pages of governance are in force by a key whose word is no law."""

    writer: str
    events: int


def unadopted(shard: Shard) -> list[Unadopted]:
    """What is in force here about governance and does not count, by writer."""
    index = shard.index("shared")
    sql = (
        "SELECT event.writer, count(*) FROM event AS page INDEXED BY event_codex"
        " CROSS JOIN event ON event.entity = page.id"
        " CROSS JOIN force ON force.place = ? AND force.n = event.n"
        " WHERE page.kind = 'codex' AND event.writer != ?"
        " GROUP BY event.writer ORDER BY event.writer"
    )
    rows = index.rows(sql, [index.place, shard.pins.founder])
    return [Unadopted(writer, count) for writer, count in rows]
