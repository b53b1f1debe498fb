"""The events that are in force, by id, and the last one that somebody wrote here."""

from agence.base.identifiers import choose
from agence.events.event import Event
from agence.schema.kinds import KNOWLEDGE
from agence.shard.judging import known
from agence.shard.shard import Shard


def event_named(shard: Shard, scope: str, prefix: str) -> tuple[Event, bool]:
    """The event in force whose id begins with `prefix`, and whether it is this clone's own.

    Raises Ambiguous for none or several.
    """
    index = shard.index(scope)
    typed = prefix.strip().lower()
    sql = (
        "SELECT id FROM event JOIN force ON force.n = event.n"
        " WHERE place = ? AND id >= ? AND id < ?"
    )
    found = [row[0] for row in index.rows(sql, [index.place, typed, typed + "g"])] if typed else []
    name = choose(prefix, found, "event", "`^history ID` lists the events about an entity")
    line, own = next(iter(index.rows("SELECT line, own FROM event WHERE id = ?", [name])))
    return known(line), bool(own)


def last_own(shard: Shard, scope: str) -> Event | None:
    """The last event about knowledge that this clone wrote for whoever speaks now."""
    index = shard.index(scope)
    kinds = [kind.name for kind in KNOWLEDGE]
    sql = (
        "SELECT line FROM event JOIN force ON force.n = event.n WHERE place = ? AND own"
        f" AND kind IN ({', '.join('?' * len(kinds))}) ORDER BY ms DESC, writer, seq DESC"
    )
    for (line,) in index.rows(sql, [index.place, *kinds]):
        event = known(line)
        if event.body["by"] == shard.speaker:
            return event
    return None
