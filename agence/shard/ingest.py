"""Bring an index up to date with the carriers: own log, refs and segments.

Only what changed is read: refs whose tip moved, segments not read before, the tail of the own log.
A line that does not verify is left out and listed as a fault; it never stops the others.
"""

import gc
import os
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from agence.base.digest import hex_digest
from agence.events.blob import blob_digest
from agence.events.event import Event
from agence.events.segment import order_faults, pack, split_lines
from agence.fold.entity import Entity, fold_entity
from agence.git.objects import Found, list_tree, read_many, resolve_many
from agence.git.repository import Repository
from agence.recall.passages import passages
from agence.shard.blobs import Blobs
from agence.shard.carriers import SHARED_LOG, Carriers, log_folder
from agence.shard.index import EntityWriter, Index
from agence.shard.judging import judge, known
from agence.shard.own_log import OwnLog

_BATCH = 4000  # lines that are verified at once


def refresh(  # noqa: PLR0913 - the carriers, each by its name
    index: Index, repo: Repository, log: OwnLog, blobs: Blobs, at: Carriers, *, everywhere: bool
) -> None:
    """Read what is new, and fold again what it touches, in one transaction of the caller.

    `everywhere` puts all that is known in force.
    """
    collecting = gc.isenabled()
    gc.disable()  # thousands of events are made and kept: looking for cycles among them is in vain
    try:
        _refresh(index, repo, log, blobs, at, everywhere=everywhere)
    finally:
        if collecting:
            gc.enable()


def _refresh(  # noqa: PLR0913 - the carriers, each by its name
    index: Index, repo: Repository, log: OwnLog, blobs: Blobs, at: Carriers, *, everywhere: bool
) -> None:
    _ingest_refs(index, repo, at.refs)
    if at.head:
        _ingest_trees(index, repo, {at.head})
    _ingest_own(index, log)
    roots = _roots(index, at)
    before = index.one("SELECT roots FROM place WHERE n = ?", [index.place])
    if before == " ".join(roots) and not everywhere:
        touched = _extend_force(index)
    else:
        touched = _recompute_force(index, roots, everywhere=everywhere)
        index.rows("UPDATE place SET roots = ? WHERE n = ?", [" ".join(roots), index.place])
    _prune_trees(index)
    _prune_places(index)
    with EntityWriter(index) as entities:
        for identity, events in _events_about(index, touched):
            _fold_again(index, identity, events, entities, blobs)


def _ingest_refs(index: Index, repo: Repository, refs: dict[str, str]) -> None:
    known: dict[str, str] = dict(index.rows("SELECT name, oid FROM ref"))
    for name in known.keys() - refs.keys():
        index.rows("DELETE FROM ref WHERE name = ?", [name])
    changed = {name: oid for name, oid in refs.items() if known.get(name) != oid}
    if not changed:
        return
    wanted = {name: f"{oid}:{log_folder(name)}" for name, oid in changed.items()}
    found = resolve_many(repo, sorted(set(wanted.values())))
    trees = {}
    for name, spec in wanted.items():
        entry = found.get(spec)
        trees[name] = entry[0] if entry and entry[1] == "tree" else ""
        index.rows("REPLACE INTO ref VALUES (?, ?, ?)", [name, changed[name], trees[name]])
    _ingest_trees(index, repo, {tree for tree in trees.values() if tree})


def read_tree(index: Index, repo: Repository, tree: str) -> None:
    """Read the segments of a log tree that no ref needs to have: of a commit of the past."""
    _ingest_trees(index, repo, {tree})


def _prune_trees(index: Index) -> None:
    """Forget the listings of trees that no ref and no work tree has any more."""
    roots = {tree for (line,) in index.rows("SELECT roots FROM place") for tree in line.split()}
    sql = "SELECT DISTINCT oid FROM tree WHERE oid NOT IN (SELECT tree FROM ref)"
    for (oid,) in list(index.rows(sql)):
        if oid not in roots:
            index.rows("DELETE FROM tree WHERE oid = ?", [oid])


def _prune_places(index: Index) -> None:
    """Forget the state of work trees that are gone."""
    for number, name in list(index.rows("SELECT n, name FROM place WHERE n != ?", [index.place])):
        if name.startswith("/") and not os.path.isdir(name):
            for table in ("force", "entity"):
                index.rows(f"DELETE FROM {table} WHERE place = ?", [number])
            index.rows("DELETE FROM place WHERE n = ?", [number])
            index.rows("DELETE FROM passage WHERE entity NOT IN (SELECT n FROM entity)")
            index.rows("DELETE FROM words WHERE rowid NOT IN (SELECT n FROM passage)")


def _ingest_trees(index: Index, repo: Repository, trees: set[str]) -> None:
    for tree in sorted(trees):
        if index.one("SELECT 1 FROM tree WHERE oid = ? LIMIT 1", [tree]):
            continue
        listed = {
            path: oid for path, (_, kind, oid) in list_tree(repo, tree).items() if kind == "blob"
        }
        entries = {path: oid for path, oid in listed.items() if path.endswith(".jsonl")}
        _ingest_blobs(index, repo, listed)
        index.db.executemany(
            "REPLACE INTO tree VALUES (?, ?, ?)",
            [(tree, path, oid) for path, oid in entries.items()],
        )
        _ingest_segments(index, repo, {oid: path for path, oid in entries.items()})


def _ingest_blobs(index: Index, repo: Repository, listed: dict[str, str]) -> None:
    """Note where the texts of a log tree are: those that are what their names stand for."""
    names = {
        oid: path.removeprefix("blobs/") for path, oid in listed.items() if path[:6] == "blobs/"
    }
    fresh = [oid for oid in names if not index.one("SELECT 1 FROM blob WHERE oid = ?", [oid])]
    for blob in read_many(repo, fresh):
        if isinstance(blob, Found) and blob_digest(blob.content) == names[blob.oid]:
            index.rows("REPLACE INTO blob VALUES (?, ?)", [names[blob.oid], blob.oid])


def _ingest_segments(index: Index, repo: Repository, segments: dict[str, str]) -> None:
    have = {oid for oid in segments if index.one("SELECT 1 FROM segment WHERE oid = ?", [oid])}
    batch: list[tuple[str, list[bytes]]] = []
    for found in read_many(repo, [oid for oid in segments if oid not in have]):
        if isinstance(found, Found):
            lines, torn = split_lines(found.content)
            batch.append((found.oid, [*lines, *([torn] if torn else [])]))
        if sum(len(lines) for _, lines in batch) >= _BATCH:
            _keep_segments(index, segments, batch)
            batch = []
    _keep_segments(index, segments, batch)


def _keep_segments(
    index: Index, paths: dict[str, str], batch: list[tuple[str, list[bytes]]]
) -> None:
    verdicts = iter(judge([line for _, lines in batch for line in lines]))
    for oid, lines in batch:
        path = paths[oid]
        events = _valid(index, (path, oid), list(islice(verdicts, len(lines))), private=False)
        numbers = [keep(index, event, own=False) for event in events]
        faults = order_faults(path, [event.id for event in events]) or _misplaced(path, events)
        for fault in faults:
            index.rows("INSERT INTO fault VALUES (?, ?, ?, ?)", [path, oid, 0, fault])
        index.db.executemany("REPLACE INTO member VALUES (?, ?)", [(oid, n) for n in numbers])
        index.rows("REPLACE INTO segment VALUES (?, ?, ?)", [oid, path, not faults])


def _misplaced(path: str, events: list[Event]) -> list[str]:
    """A segment lies in the folder of its writer and month; its path is not believed."""
    places = [segment.path for segment in pack(events, None)] if events else []
    return (
        [] if places == [path] and len({e.writer for e in events}) == 1 else ["it lies elsewhere"]
    )


def _ingest_own(index: Index, log: OwnLog) -> None:
    for path, length in log.lengths().items():
        start, last = _read_so_far(index, path)
        if length < start or (start and not log.ends_with(path, start, last)):
            _read_anew(index, path, log)
            start = 0
        lines = log.lines(path, start) if start < length else iter(())
        while batch := list(islice(lines, _BATCH)):
            start += sum(len(line) + 1 for line in batch)
            last = hex_digest("agence/line/1", batch[-1])
            source = (path, "")
            for event in _valid(index, source, judge(batch), private=log.chain == "private"):
                keep(index, event, own=True)
        index.rows("REPLACE INTO own VALUES (?, ?, ?)", [path, start, last])


def _read_so_far(index: Index, path: str) -> tuple[int, str]:
    """How much of an own log was read, in bytes, and the digest of the last line of that."""
    row = next(iter(index.rows("SELECT length, last FROM own WHERE path = ?", [path])), None)
    return (int(row[0]), str(row[1])) if row else (0, "")


def _read_anew(index: Index, path: str, log: OwnLog) -> None:
    """An own log is not what it was: what it no longer holds is this clone's own no more."""
    index.rows("UPDATE event SET own = 0 WHERE writer = ?", [log.writer_of(path)])
    index.rows("DELETE FROM fault WHERE source = ?", [path])


def _valid(
    index: Index, source: tuple[str, str], verdicts: list[Event | str], *, private: bool
) -> list[Event]:
    """The events among the verdicts on a source's lines; the other lines are noted as faults.

    `source` is a path, and the id of its blob or "".
    """
    events = []
    for number, verdict in enumerate(verdicts, 1):
        said = verdict if isinstance(verdict, str) else _out_of_place(verdict, private=private)
        if said:
            index.rows("INSERT INTO fault VALUES (?, ?, ?, ?)", [*source, number, said])
        elif isinstance(verdict, Event):
            events.append(verdict)
    return events


def _out_of_place(event: Event, *, private: bool) -> str:
    if (event.body["scope"] == "instance") == private:
        return ""
    return "a shared event in a private log" if private else "a private event in a shared log"


def keep(index: Index, event: Event, *, own: bool) -> int:
    """The number of `event` in the index, where it is put if new. What was erased stays so."""
    number = index.one(
        "INSERT INTO event(id, entity, kind, writer, seq, ms, own, line)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING RETURNING n",
        [
            *(event.id, event.entity, event.kind, event.writer, event.seq),
            *(event.stamp.ms, own, event.line),
        ],
    )
    if number is None:
        number = index.one("SELECT n FROM event WHERE id = ?", [event.id])
        if own:
            index.rows("UPDATE event SET own = 1 WHERE n = ? AND NOT own", [number])
        if event.data is None:
            index.rows("UPDATE event SET line = ? WHERE n = ?", [event.line, number])
        return int(number)
    if event.parents:
        edges = [(parent, number) for parent in event.parents]
        index.db.executemany("INSERT OR IGNORE INTO edge VALUES (?, ?)", edges)
    return int(number)


def _roots(index: Index, at: Carriers) -> list[str]:
    def tree_of(ref: str) -> str:
        return str(index.one("SELECT tree FROM ref WHERE name = ?", [ref]) or "") if ref else ""

    checked_out = at.head or tree_of(at.stand_in)
    held = (checked_out, tree_of(at.default), tree_of(SHARED_LOG))
    return sorted({tree for tree in held if tree})


def _recompute_force(index: Index, roots: list[str], *, everywhere: bool) -> set[str]:
    index.rows("CREATE TEMP TABLE IF NOT EXISTS next(n INTEGER PRIMARY KEY)")
    index.rows("DELETE FROM next")
    if everywhere:
        index.rows("INSERT INTO next SELECT n FROM event")
    else:
        index.rows("INSERT INTO next SELECT n FROM event WHERE own")
        marks = ", ".join("?" * len(roots))
        index.rows(
            "INSERT OR IGNORE INTO next SELECT member.n FROM member"
            f" JOIN tree ON tree.segment = member.segment WHERE tree.oid IN ({marks})",
            roots,
        )
        _add_ancestors(index, "SELECT n FROM event WHERE own")
    here = [index.place]
    gone = "SELECT n FROM force WHERE place = ? EXCEPT SELECT n FROM next"
    new = "SELECT n FROM next EXCEPT SELECT n FROM force WHERE place = ?"
    sql = "SELECT DISTINCT entity FROM event WHERE n IN ({})"
    touched = {row[0] for part in (gone, new) for row in index.rows(sql.format(part), here)}
    index.rows(f"DELETE FROM force WHERE place = ? AND n IN ({gone})", here * 2)
    index.rows(f"INSERT INTO force SELECT ?, n, 0 FROM ({new})", here * 2)
    return touched | _settle_waiting(index)


def _add_ancestors(index: Index, start: str) -> None:
    """What own events rest on is in force with them, wherever it came from."""
    index.rows(
        f"WITH RECURSIVE up(n) AS ({start} UNION SELECT event.n FROM up"
        " JOIN edge ON edge.child = up.n JOIN event ON event.id = edge.parent)"
        " INSERT OR IGNORE INTO next SELECT n FROM up"
    )


def _extend_force(index: Index) -> set[str]:
    index.rows("CREATE TEMP TABLE IF NOT EXISTS next(n INTEGER PRIMARY KEY)")
    index.rows("DELETE FROM next")
    index.rows(
        "INSERT INTO next SELECT n FROM event WHERE own EXCEPT SELECT n FROM force WHERE place = ?",
        [index.place],
    )
    _add_ancestors(index, "SELECT n FROM next")
    fresh = "SELECT n FROM next EXCEPT SELECT n FROM force WHERE place = ?"
    sql = f"SELECT DISTINCT entity FROM event WHERE n IN ({fresh})"
    touched = {row[0] for row in index.rows(sql, [index.place])}
    index.rows(f"INSERT INTO force SELECT ?, n, 0 FROM ({fresh})", [index.place, index.place])
    return touched | _settle_waiting(index)


def _settle_waiting(index: Index) -> set[str]:
    """Mark what rests on an event that is not in force, or that waits itself; say which changed."""
    here = index.place
    rows = index.rows(
        "WITH RECURSIVE waiting(n) AS ("
        " SELECT force.n FROM force JOIN edge ON edge.child = force.n"
        " LEFT JOIN event ON event.id = edge.parent"
        " LEFT JOIN force AS held ON held.place = force.place AND held.n = event.n"
        " WHERE force.place = ? AND held.n IS NULL"
        " UNION SELECT edge.child FROM waiting JOIN event ON event.n = waiting.n"
        " JOIN edge ON edge.parent = event.id"
        " JOIN force AS below ON below.place = ? AND below.n = edge.child)"
        " SELECT n FROM waiting",
        [here, here],
    )
    waiting = {row[0] for row in rows}
    before = {row[0] for row in index.rows("SELECT n FROM force WHERE place = ? AND waits", [here])}
    changed = waiting ^ before
    for number in changed:
        index.rows(
            "UPDATE force SET waits = ? WHERE place = ? AND n = ?",
            [number in waiting, here, number],
        )
    return {str(index.one("SELECT entity FROM event WHERE n = ?", [number])) for number in changed}


def _events_about(index: Index, touched: set[str]) -> Iterator[tuple[str, list[Event]]]:
    """(entity id, its events that are in force and do not wait) for each of `touched`."""
    index.rows("CREATE TEMP TABLE IF NOT EXISTS about(entity TEXT PRIMARY KEY) WITHOUT ROWID")
    index.rows("DELETE FROM about")
    index.db.executemany("INSERT INTO about VALUES (?)", [(one,) for one in touched])
    sql = (
        "SELECT about.entity, force.waits, line FROM about"
        " LEFT JOIN event ON event.entity = about.entity"
        " LEFT JOIN force ON force.place = ? AND force.n = event.n ORDER BY about.entity"
    )
    for identity, rows in groupby(index.rows(sql, [index.place]), itemgetter(0)):
        yield identity, [known(line) for _, waits, line in rows if waits == 0]


def _fold_again(
    index: Index, identity: str, events: list[Event], entities: EntityWriter, blobs: Blobs
) -> None:
    entity = fold_entity(events, _Everything())
    if entity is None:
        entities.drop(identity)
    else:
        entities.put(entity, passages_of(blobs.whole(index, entity)))


def passages_of(entity: Entity) -> list[tuple[str, str, str, str]]:
    """The passages by which an entity is found; of governance, the laws, rules and principles.

    What was deleted is not found.
    """
    if entity.deleted:
        return []
    title, body = entity.text("title"), entity.text("body")
    if entity.kind == "codex":
        title, body = entity.text("path"), entity.text("text")
        if not title.endswith(".md") or "/" in title:
            return []
    tags = " ".join(entity.tags)
    return [(title, tags, piece, around) for piece, around in passages(body)] if title else []


class _Everything:
    """Contains whatever is asked: what waits was taken out before."""

    def __contains__(self, one: object) -> bool:
        return True


def events_of(index: Index, sql: str, values: Iterable[Any] = ()) -> list[Event]:
    """The events whose lines a query gives."""
    return [known(row[0]) for row in index.rows(sql, values)]
