"""What is known and waits: not published, not in force, or resting on something that never came."""

from typing import NamedTuple

from agence.shard.carriers import SHARED_BRANCH
from agence.shard.shard import Shard

# A branch of the project, not what is passed around beside it.
_PUBLIC = f"ref.name NOT LIKE 'refs/agence/%' AND ref.name NOT LIKE '%/{SHARED_BRANCH}'"


class Elsewhere(NamedTuple):
    """Events that only `ref` holds: known, and not in force."""

    ref: str
    events: int
    kinds: list[str]


def unpublished(shard: Shard) -> list[tuple[str, str, str]]:
    """(event id, kind, entity id) of the own shared events that no branch holds."""
    index = shard.index("shared")
    sql = (
        "SELECT id, kind, entity FROM event WHERE own AND NOT EXISTS ("
        " SELECT 1 FROM member JOIN tree ON tree.segment = member.segment"
        " JOIN ref ON ref.tree = tree.oid"
        f" WHERE member.n = event.n AND {_PUBLIC})"
        " ORDER BY n"
    )
    return [(row[0], row[1], row[2]) for row in index.rows(sql)]


def unsent(shard: Shard) -> int:
    """How many own events are published on a branch here and on no branch of a remote."""
    held = (
        "EXISTS (SELECT 1 FROM member JOIN tree ON tree.segment = member.segment"
        " JOIN ref ON ref.tree = tree.oid"
        f" WHERE member.n = event.n AND {_PUBLIC} AND ref.name LIKE ?)"
    )
    sql = f"SELECT count(*) FROM event WHERE own AND {held} AND NOT {held}"
    return int(shard.index("shared").one(sql, ["refs/heads/%", "refs/remotes/%"]) or 0)


def elsewhere(shard: Shard) -> list[Elsewhere]:
    """For each ref that holds events which are not in force here: how many, and of which kinds."""
    index = shard.index("shared")
    sql = (
        "SELECT ref.name, count(DISTINCT event.n), group_concat(DISTINCT event.kind) FROM ref"
        " JOIN tree ON tree.oid = ref.tree JOIN member ON member.segment = tree.segment"
        " JOIN event ON event.n = member.n"
        " WHERE ref.name NOT LIKE 'refs/agence/log' AND NOT EXISTS"
        " (SELECT 1 FROM force WHERE force.place = ? AND force.n = event.n)"
        " GROUP BY ref.name ORDER BY ref.name"
    )
    rows = index.rows(sql, [index.place])
    return [Elsewhere(name, count, sorted(kinds.split(","))) for name, count, kinds in rows]


def waiting(shard: Shard) -> list[str]:
    """The ids of events in force that rest on an event which is not."""
    index = shard.index("shared")
    sql = (
        "SELECT id FROM event JOIN force ON force.n = event.n WHERE place = ? AND waits ORDER BY id"
    )
    return [row[0] for row in index.rows(sql, [index.place])]


def faults(shard: Shard) -> list[tuple[str, int, str]]:
    """(source, line, reason) of each line that is here and was left out: it does not verify."""
    sql = (
        "SELECT source, line, reason FROM fault"
        " WHERE segment = '' OR segment IN (SELECT segment FROM tree) ORDER BY source, line"
    )
    return [(source, line, why) for source, line, why in shard.index("shared").rows(sql)]
