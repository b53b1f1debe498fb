"""What is in force in a work tree: own events with what they rest on, and the events of its trees.

Only what changed is looked at: trees are compared by their segments, and the own events that a work
tree has not taken in yet are the last ones of a list. The outcome is the same as from nothing.

    ours   own events and what they rest on, numbered by `k` in the order they were found
    look   events that became own after they were known; `looked` the last event that was looked at
"""

import json
from collections.abc import Sequence

from agence.shard.index import Index

_THESE = "oid IN (SELECT value FROM json_each(?))"


def bring_in_force(index: Index, roots: Sequence[str], head: str, *, everywhere: bool) -> set[str]:
    """Put in force what `roots` and the own events say; returns the entities to fold again.

    `roots` are the ids of log trees that the index has listed; `head` the one of them that is
    checked out, or "".
    """
    _find_ours(index)
    for table in ("fresh", "gone", "moved", "here", "dirty", "came"):
        index.rows(f"CREATE TEMP TABLE IF NOT EXISTS {table}(n INTEGER PRIMARY KEY)")
        index.rows(f"DELETE FROM {table}")
    _find_moved(index, roots, everywhere=everywhere)
    _find_held(index, head)
    sql = "INSERT INTO force SELECT ?, n, 0, n IN (SELECT n FROM came) FROM fresh"
    index.rows(sql, [index.place])
    index.rows("DELETE FROM force WHERE place = ? AND n IN (SELECT n FROM gone)", [index.place])
    index.rows("INSERT INTO moved SELECT n FROM fresh UNION SELECT n FROM gone")
    index.rows(
        "UPDATE force SET held = 1 WHERE place = ? AND NOT held AND n IN (SELECT n FROM came)",
        [index.place],
    )
    index.rows(
        "UPDATE place SET roots = ?, head = ?, ours = coalesce((SELECT max(k) FROM ours), 0)"
        " WHERE n = ?",
        ["-" if everywhere else " ".join(roots), head, index.place],
    )
    _settle_waiting(index)
    sql = "SELECT DISTINCT entity FROM moved CROSS JOIN event ON event.n = moved.n"
    touched = {str(row[0]) for row in index.rows(sql)}
    sql = "DELETE FROM stale WHERE place = ? RETURNING entity"
    return touched | {str(row[0]) for row in index.rows(sql, [index.place])}


def _find_ours(index: Index) -> None:
    """Note the own events that are new, and every known event that own ones rest on."""
    looked = index.one("SELECT n FROM looked")
    index.rows(
        "WITH RECURSIVE up(n) AS (SELECT n FROM look"
        " UNION SELECT n FROM event INDEXED BY event_own WHERE own AND n > ?1"
        " UNION SELECT event.n FROM event CROSS JOIN edge ON edge.parent = event.id"
        " CROSS JOIN ours ON ours.n = edge.child WHERE event.n > ?1"
        " UNION SELECT event.n FROM up CROSS JOIN edge ON edge.child = up.n"
        " CROSS JOIN event ON event.id = edge.parent)"
        " INSERT OR IGNORE INTO ours(n) SELECT n FROM up WHERE n NOT IN (SELECT n FROM ours)",
        [looked],
    )
    index.rows("DELETE FROM look")
    index.rows("UPDATE looked SET n = coalesce((SELECT max(n) FROM event), 0)")


def _find_moved(index: Index, roots: Sequence[str], *, everywhere: bool) -> None:
    """Into `fresh` what comes into force in this place, into `gone` what is not any more."""
    here = index.place
    before, taken = next(index.rows("SELECT roots, ours FROM place WHERE n = ?", [here]))
    old = before.split()
    if everywhere:
        index.rows("INSERT INTO fresh SELECT n FROM event")
    elif before == "-" or (old != list(roots) and not _are_listed(index, old)):
        index.rows("INSERT INTO fresh SELECT n FROM ours")
        _add_members(index, f"SELECT segment FROM tree WHERE {_THESE}", "fresh", [roots])
        everywhere = True
    else:
        index.rows("INSERT INTO fresh SELECT n FROM ours WHERE k > ?", [taken])
        if old != list(roots):
            _compare(index, old, roots)
    if everywhere:
        sql = "INSERT INTO gone SELECT n FROM force WHERE place = ? AND n NOT IN"
        index.rows(f"{sql} (SELECT n FROM fresh)", [here])
    held = "EXISTS (SELECT 1 FROM force WHERE place = ? AND force.n = {0}.n)"
    index.rows(f"DELETE FROM fresh WHERE {held.format('fresh')}", [here])
    index.rows(f"DELETE FROM gone WHERE NOT {held.format('gone')}", [here])


def _find_held(index: Index, head: str) -> None:
    """Into `came` what the checked-out tree holds that the one before did not; mark all it holds.

    What is held is in force: the tree is one of the roots.
    """
    here = index.place
    old = str(index.one("SELECT head FROM place WHERE n = ?", [here]))
    if old == head:
        return
    if old and not _are_listed(index, [old]):
        index.rows("UPDATE force SET held = 0 WHERE place = ? AND held", [here])
        old = ""
    only = "SELECT segment FROM tree WHERE {0} EXCEPT SELECT segment FROM tree WHERE {0}"
    _note_segments(index, [head])
    index.rows(
        "UPDATE force SET held = 0 WHERE place = ? AND held AND n IN (SELECT member.n"
        f" FROM ({only.format('oid = ?')}) AS one CROSS JOIN member"
        " ON member.segment = one.segment) AND NOT EXISTS (SELECT 1 FROM member CROSS JOIN"
        " noted ON noted.segment = member.segment WHERE member.n = force.n)",
        [here, old, head],
    )
    _add_members(index, only.format(_THESE), "came", [[head], [old]])


def _note_segments(index: Index, trees: Sequence[str]) -> None:
    """Into `noted` the segments of trees."""
    index.rows("CREATE TEMP TABLE IF NOT EXISTS noted(segment TEXT PRIMARY KEY) WITHOUT ROWID")
    index.rows("DELETE FROM noted")
    sql = f"INSERT OR IGNORE INTO noted SELECT segment FROM tree WHERE {_THESE}"
    index.rows(sql, [json.dumps(list(trees))])


def _are_listed(index: Index, trees: Sequence[str]) -> bool:
    return all(index.one("SELECT 1 FROM tree WHERE oid = ? LIMIT 1", [one]) for one in trees)


def _compare(index: Index, old: Sequence[str], new: Sequence[str]) -> None:
    """Into `fresh` what trees hold that others did not, into `gone` what these do not any more."""
    only = "SELECT segment FROM tree WHERE {0} EXCEPT SELECT segment FROM tree WHERE {0}"
    _add_members(index, only.format(_THESE), "fresh", [new, old])
    _add_members(index, only.format(_THESE), "gone", [old, new])
    if index.one("SELECT 1 FROM gone LIMIT 1"):
        index.rows("DELETE FROM gone WHERE n IN (SELECT n FROM ours)")
        _note_segments(index, new)
        index.rows(
            "DELETE FROM gone WHERE EXISTS (SELECT 1 FROM member CROSS JOIN noted"
            " ON noted.segment = member.segment WHERE member.n = gone.n)"
        )


def _add_members(index: Index, segments: str, table: str, trees: Sequence[Sequence[str]]) -> None:
    """Into `table` the events of the segments that a query over lists of trees gives."""
    index.rows(
        f"INSERT OR IGNORE INTO {table} SELECT member.n FROM ({segments}) AS one"
        " CROSS JOIN member ON member.segment = one.segment",
        [json.dumps(list(one)) for one in trees],
    )


def _settle_waiting(index: Index) -> None:
    """Mark what rests on an event that is not in force, or that waits itself.

    What changed is added to `moved`. Each round looks at what rests on what the last one changed.
    """
    here = index.place
    wave = "moved"
    while True:
        index.rows(
            "INSERT OR IGNORE INTO dirty SELECT edge.child FROM"
            f" {wave} CROSS JOIN event ON event.n = {wave}.n"
            " CROSS JOIN edge ON edge.parent = event.id"
        )
        if wave == "moved":
            index.rows("INSERT OR IGNORE INTO dirty SELECT n FROM moved")
        index.rows("DELETE FROM here")
        changed = index.rows(
            "INSERT INTO here SELECT force.n FROM dirty CROSS JOIN force"
            " ON force.place = ?1 AND force.n = dirty.n WHERE force.waits != EXISTS ("
            " SELECT 1 FROM edge WHERE edge.child = force.n AND NOT EXISTS ("
            " SELECT 1 FROM event CROSS JOIN force AS held ON held.place = ?1"
            " AND held.n = event.n AND NOT held.waits WHERE event.id = edge.parent))"
            " RETURNING n",
            [here],
        )
        if not list(changed):
            return
        sql = "UPDATE force SET waits = NOT waits WHERE place = ? AND n IN (SELECT n FROM here)"
        index.rows(sql, [here])
        index.rows("INSERT OR IGNORE INTO moved SELECT n FROM here")
        index.rows("DELETE FROM dirty")
        wave = "here"
