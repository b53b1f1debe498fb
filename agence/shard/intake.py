"""Put verified events into the index: what they are, what they rest on, and whose they are.

A copy without its data is signed like any other, so anybody can make one. It counts as erased only
where it lies in what is in force in this clone; anywhere else a whole copy counts before it.

    bare    which segments hold copies without data ("" stands for an own log)
    gone    events that are erased here; their data does not come back
    hollow  events of which no whole copy is known, and that nobody erased here
    erased  what has become erased since the last look of what keeps all that is known
"""

import json
from collections.abc import Sequence

from agence.events.event import Event, without_data
from agence.shard.index import Index
from agence.shard.judging import Fact, fact_of

Judged = tuple[Fact, bytes]  # what is noted of an event, and its line


def keep(index: Index, event: Event, *, own: bool) -> int:
    """The number of `event` in the index, where it is put if new. What was erased stays so."""
    return keep_all(index, [(fact_of(event), event.line)], own=own)[0]


def keep_all(index: Index, found: Sequence[Judged], *, own: bool) -> list[int]:
    """The numbers of events in the index, in their order; those that are new are put there."""
    ids = json.dumps([fact.id for fact, _ in found])
    sql = "SELECT id, n FROM event WHERE id IN (SELECT value FROM json_each(?))"
    numbers: dict[str, int] = dict(index.rows(sql, [ids]))
    last = int(index.one("SELECT max(n) FROM event") or 0)
    rows, edges, again, hollow = [], [], [], []
    for fact, line in found:
        if fact.id in numbers:
            again.append((fact, line))
            continue
        last += 1
        numbers[fact.id] = last
        what = (fact.id, fact.entity, fact.kind, fact.writer, fact.seq, fact.ms)
        rows.append((last, *what, own, line))
        edges += [(parent, last) for parent in fact.parents]
        hollow += [(last,)] if fact.erased else []
    index.db.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    index.db.executemany("INSERT OR IGNORE INTO edge VALUES (?, ?)", edges)
    index.db.executemany("INSERT INTO hollow VALUES (?)", hollow)
    for fact, line in again:
        _keep_again(index, numbers[fact.id], fact, line, own=own)
    return [numbers[fact.id] for fact, _ in found]


def _keep_again(index: Index, number: int, fact: Fact, line: bytes, *, own: bool) -> None:
    if own:
        index.rows("UPDATE event SET own = 1 WHERE n = ? AND NOT own", [number])
        if index.db.changes():
            index.rows("INSERT OR IGNORE INTO look VALUES (?)", [number])
    if fact.erased:
        return
    index.rows("DELETE FROM hollow WHERE n = ?", [number])
    if index.db.changes():
        index.rows("UPDATE event SET line = ? WHERE n = ?", [line, number])
        _fold_anew(index, fact.entity)
    else:
        index.rows("INSERT OR IGNORE INTO erased SELECT n FROM gone WHERE n = ?", [number])


def note_bare(index: Index, segment: str, found: Sequence[Judged]) -> None:
    """Note which events a segment, or with "" an own log, holds without their data."""
    sql = "INSERT OR IGNORE INTO bare SELECT ?, n FROM event WHERE id = ?"
    index.db.executemany(sql, [(segment, fact.id) for fact, _ in found if fact.erased])


def erase(index: Index, trees: Sequence[str]) -> None:
    """Erase here what own logs and the log trees `trees` hold without its data."""
    if not index.one("SELECT 1 FROM bare LIMIT 1"):
        return
    sql = (
        "SELECT DISTINCT event.n, entity, line FROM bare JOIN event ON event.n = bare.n"
        " WHERE (bare.segment = '' OR bare.segment IN (SELECT segment FROM tree WHERE oid IN"
        " (SELECT value FROM json_each(?)))) AND bare.n NOT IN (SELECT n FROM gone)"
    )
    for number, entity, line in list(index.rows(sql, [json.dumps(list(trees))])):
        values = [without_data(line), number]
        index.rows("UPDATE event SET line = ? WHERE n = ?", values)
        for table in ("gone", "erased"):
            index.rows(f"INSERT OR IGNORE INTO {table} VALUES (?)", [number])
        index.rows("DELETE FROM hollow WHERE n = ?", [number])
        _fold_anew(index, str(entity))


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
