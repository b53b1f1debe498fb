"""What is known and waits: not published, not in force, or resting on something that never came."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from agence.shard import held
from agence.shard.carriers import SHARED_BRANCH
from agence.shard.index import Index
from agence.shard.known import REF
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
    _note_branches(index, "on_branches", "%")
    own = "SELECT n FROM event INDEXED BY event_own WHERE own"
    sql = f"SELECT 1 FROM ref WHERE tree = ? AND {_PUBLIC} LIMIT 1"
    if index.one(sql, [held.tree(index)]):  # what the tree holds is public: few events are left
        own = (
            "SELECT n FROM force INDEXED BY force_apart CROSS JOIN event USING(n)"
            f" WHERE place = {index.place} AND NOT held AND own"
        )
    sql = (
        f"SELECT id, kind, entity FROM ({own}) AS one CROSS JOIN event ON event.n = one.n"
        " WHERE NOT EXISTS (SELECT 1 FROM member CROSS JOIN on_branches"
        " ON on_branches.segment = member.segment WHERE member.n = one.n) ORDER BY event.n"
    )
    return [(row[0], row[1], row[2]) for row in index.rows(sql)]


def shared_logs(shard: Shard) -> tuple[str, ...]:
    """The refs where the shared log of the shard's own remote lies, as it was fetched."""
    remote = shard.pins.remote
    if not remote:
        return ()
    return f"refs/agence/remotes/{remote}/log", f"refs/remotes/{remote}/{SHARED_BRANCH}"


def unsent(shard: Shard) -> int:
    """How many own events are published on a branch here, and on no remote.

    There they are in a branch, or in the shared log of the shard's own.
    """
    index = shard.index("shared")
    _note_branches(index, "on_heads", "refs/heads/%")
    _note_branches(index, "on_remotes", "refs/remotes/%", shared_logs(shard))
    sql = (
        "SELECT count(DISTINCT event.n) FROM on_heads CROSS JOIN member"
        " ON member.segment = on_heads.segment CROSS JOIN event ON event.n = member.n AND own"
        " WHERE on_heads.segment NOT IN (SELECT segment FROM on_remotes) AND NOT EXISTS ("
        " SELECT 1 FROM member AS sent CROSS JOIN on_remotes ON on_remotes.segment = sent.segment"
        " WHERE sent.n = event.n)"
    )
    return int(index.one(sql) or 0)


def elsewhere(shard: Shard) -> list[Elsewhere]:
    """For each ref that holds events which are not in force here: how many, and of which kinds."""
    index = shard.index("shared")
    roots = str(index.one("SELECT roots FROM place WHERE n = ?", [index.place]) or "").split()
    sql = (
        "SELECT count(DISTINCT event.n), group_concat(DISTINCT event.kind) FROM ("
        " SELECT segment FROM tree WHERE oid = ? EXCEPT"
        " SELECT segment FROM tree WHERE oid IN (SELECT value FROM json_each(?))) AS one"
        " CROSS JOIN member ON member.segment = one.segment CROSS JOIN event ON event.n = member.n"
        " WHERE NOT EXISTS (SELECT 1 FROM force WHERE force.place = ? AND force.n = event.n)"
    )
    found = []
    known: dict[str, tuple[int, str]] = {}
    for ref, tree in list(index.rows("SELECT name, tree FROM ref WHERE tree != '' ORDER BY name")):
        if tree not in known and ref != REF:
            known[tree] = next(index.rows(sql, [tree, json.dumps(roots), index.place]))
        if ref != REF and known[tree][0]:
            count, kinds = known[tree]
            found.append(Elsewhere(ref, count, sorted(kinds.split(","))))
    return found


def _note_branches(index: Index, table: str, names: str, logs: Sequence[str] = ()) -> None:
    """Into `table` the segments that the project's branches of these names and `logs` hold."""
    index.rows(f"CREATE TEMP TABLE IF NOT EXISTS {table}(segment TEXT PRIMARY KEY) WITHOUT ROWID")
    index.rows(f"DELETE FROM temp.{table}")
    sql = (
        f"INSERT OR IGNORE INTO temp.{table} SELECT tree.segment FROM"
        f" (SELECT DISTINCT tree FROM ref WHERE ({_PUBLIC} AND ref.name LIKE ?)"
        " OR name IN (SELECT value FROM json_each(?))) AS one"
        " CROSS JOIN tree ON tree.oid = one.tree"
    )
    index.rows(sql, [names, json.dumps(logs)])


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
