"""Put verified events into the index: what they are, what they rest on, and whose they are."""

import json
from collections.abc import Sequence

from agence.events.event import Event
from agence.shard.index import Index
from agence.shard.judging import Fact, fact_of

Judged = tuple[Fact, bytes]  # what is noted of an event, and its line


def keep(index: Index, event: Event, *, own: bool) -> int:
    """The number of `event` in the index, where it is put if new. What was erased stays so."""
    return keep_all(index, [(fact_of(event), event.line)], own=own)[0]


def keep_all(index: Index, found: Sequence[Judged], *, own: bool) -> list[int]:
    """The numbers of events in the index, in their order; those that are new are put there.

    What was erased stays so, here and in what is folded.
    """
    ids = json.dumps([fact.id for fact, _ in found])
    sql = "SELECT id, n FROM event WHERE id IN (SELECT value FROM json_each(?))"
    numbers: dict[str, int] = dict(index.rows(sql, [ids]))
    last = int(index.one("SELECT max(n) FROM event") or 0)
    rows, edges, again, erased = [], [], [], []
    for fact, line in found:
        if fact.id in numbers:
            again.append((fact, line))
            continue
        last += 1
        numbers[fact.id] = last
        what = (fact.id, fact.entity, fact.kind, fact.writer, fact.seq, fact.ms)
        rows.append((last, *what, own, line))
        edges += [(parent, last) for parent in fact.parents]
        erased += [(last,)] if fact.erased else []
    index.db.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    index.db.executemany("INSERT OR IGNORE INTO edge VALUES (?, ?)", edges)
    index.db.executemany("INSERT INTO erased VALUES (?)", erased)
    for fact, line in again:
        _keep_again(index, numbers[fact.id], fact, line, own=own)
    return [numbers[fact.id] for fact, _ in found]


def _keep_again(index: Index, number: int, fact: Fact, line: bytes, *, own: bool) -> None:
    if own:
        index.rows("UPDATE event SET own = 1 WHERE n = ? AND NOT own", [number])
        if index.db.changes():
            index.rows("INSERT OR IGNORE INTO look VALUES (?)", [number])
    if fact.erased:
        index.rows("UPDATE event SET line = ? WHERE n = ? AND line != ?", [line, number, line])
        if index.db.changes():
            _fold_anew(index, fact.entity)
            index.rows("INSERT OR IGNORE INTO erased VALUES (?)", [number])
    else:
        sql = "INSERT OR IGNORE INTO erased SELECT n FROM event WHERE n = ? AND line != ?"
        index.rows(sql, [number, line])


def _fold_anew(index: Index, entity: str) -> None:
    """Have an entity folded again in every work tree, though the same events are in force."""
    index.rows("INSERT OR IGNORE INTO stale SELECT n, ? FROM place", [entity])


def keep_blob(index: Index, digest: str, oid: str) -> None:
    """Note where a text is. What lacked it until now is folded again."""
    index.rows("REPLACE INTO blob VALUES (?, ?)", [digest, oid])
    sql = (
        "INSERT OR IGNORE INTO stale SELECT entity.place, entity.id FROM words"
        " JOIN passage ON passage.n = words.rowid JOIN entity ON entity.n = passage.entity"
        " WHERE words MATCH ?"
    )
    index.rows(sql, [f'"{digest[:16]}"'])  # what stands in for a text names it


def disown(index: Index, writer: str) -> None:
    """Nothing of a writer is this clone's own any more; what is in force is to be found anew."""
    index.rows("UPDATE event SET own = 0 WHERE writer = ? AND own", [writer])
    for sql in ("DELETE FROM ours", "DELETE FROM look", "UPDATE looked SET n = 0"):
        index.rows(sql)
    index.rows("UPDATE place SET roots = '-'")
