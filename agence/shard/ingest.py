"""Bring an index up to date with the carriers: own log, refs and segments.

Only what changed is read: refs whose tip moved, folders of the log that differ from the last look,
segments not read before, the tail of the own log. A line that does not verify is left out and
listed as a fault; it never stops the others.
"""

import gc
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from agence.base.digest import hex_digest
from agence.base.errors import OutsideError
from agence.events.blob import blob_digest
from agence.events.event import Event
from agence.events.segment import month, order_faults, split_lines
from agence.git.objects import Found
from agence.git.reader import Reader
from agence.git.repository import Repository
from agence.shard.blobs import Blobs
from agence.shard.carriers import KNOWN_LOG, SHARED_LOG, Carriers, log_folder
from agence.shard.cores import spread
from agence.shard.folding import fold_again
from agence.shard.in_force import bring_in_force
from agence.shard.index import Index
from agence.shard.intake import Judged, disown, erase, keep_all, keep_blob, note_bare
from agence.shard.judging import Fact, judge_facts, known
from agence.shard.own_log import OwnLog

_SHARE = 5_000_000  # bytes of lines that are verified at once

_Segment = tuple[str, list[bytes]]  # the id of its blob, and its lines


def refresh(  # noqa: PLR0913 - the carriers, each by its name
    index: Index, repo: Repository, log: OwnLog, blobs: Blobs, at: Carriers, *, everywhere: bool
) -> None:
    """Read what is new, and fold again what it touches, in one transaction of the caller.

    `everywhere` puts all that is known in force.
    """
    collecting = gc.isenabled()
    gc.disable()  # thousands of events are made and kept: looking for cycles among them is in vain
    try:
        with Reader(repo) as reader:
            _ingest_refs(index, reader, at)
        _ingest_own(index, log)
        roots = _roots(index, at)
        erase(index, [*roots, *_trusted(index)])
        touched = bring_in_force(index, roots, at.head, everywhere=everywhere)
        _prune_trees(index)
        _prune_places(index)
        fold_again(index, touched, blobs, repo.work_tree)
    finally:
        if collecting:
            gc.enable()


def read_tree(index: Index, repo: Repository, tree: str) -> None:
    """Read the segments of a log tree that no ref needs to have: of a commit of the past."""
    with Reader(repo) as reader:
        _ingest_tree(index, reader, tree, [])


def events_of(index: Index, sql: str, values: Iterable[Any] = ()) -> list[Event]:
    """The events whose lines a query gives."""
    return [known(row[0]) for row in index.rows(sql, values)]


def _ingest_refs(index: Index, reader: Reader, at: Carriers) -> None:
    """Read the logs of the refs that moved, and of what is checked out."""
    sql = "SELECT name, oid, tree FROM ref"
    before = {name: (oid, tree) for name, oid, tree in index.rows(sql)}
    for name in before.keys() - at.refs.keys():
        index.rows("DELETE FROM ref WHERE name = ?", [name])
    sql = "SELECT roots FROM place WHERE n = ?"
    roots = str(index.one(sql, [index.place]) or "").split()
    for name, oid in at.refs.items():
        known_oid, known_tree = before.get(name, ("", ""))
        if known_oid == oid:
            continue
        found = reader.read(f"{oid}:{log_folder(name)}")
        tree = found.oid if isinstance(found, Found) and found.kind == "tree" else ""
        index.rows("REPLACE INTO ref VALUES (?, ?, ?)", [name, oid, tree])
        if tree:
            _ingest_tree(index, reader, tree, [known_tree, *roots])
    if at.head:
        _ingest_tree(index, reader, at.head, roots)


def _ingest_tree(index: Index, reader: Reader, tree: str, like: Sequence[str]) -> None:
    """Read what a log tree has, if it is not listed yet.

    `like` are trees that it may be much like: the first of them that is listed is compared with.
    """
    if _is_listed(index, tree):
        return
    base = next((one for one in like if _is_listed(index, one)), "")
    try:
        changes = dict(reader.changes(tree, base))
    except OutsideError:  # a commit that was rewritten away, and its trees with it
        base, changes = "", dict(reader.changes(tree))
    if base:
        index.rows("INSERT INTO tree SELECT ?, path, segment FROM tree WHERE oid = ?", [tree, base])
    texts = {path: oid for path, oid in changes.items() if path[:6] == "blobs/" and oid}
    segments = {path: oid for path, oid in changes.items() if path.endswith(".jsonl")}
    _ingest_blobs(index, reader, texts)
    gone = [(tree, path) for path, oid in segments.items() if not oid]
    index.db.executemany("DELETE FROM tree WHERE oid = ? AND path = ?", gone)
    listed = [(tree, path, oid) for path, oid in segments.items() if oid]
    index.db.executemany("REPLACE INTO tree VALUES (?, ?, ?)", listed)
    _ingest_segments(index, reader, {oid: path for _, path, oid in listed})


def _is_listed(index: Index, tree: str) -> bool:
    return index.one("SELECT 1 FROM tree WHERE oid = ? LIMIT 1", [tree]) is not None


def _ingest_blobs(index: Index, reader: Reader, texts: dict[str, str]) -> None:
    """Note where the texts of a log tree are: those that are what their names stand for."""
    for path, oid in texts.items():
        if index.one("SELECT 1 FROM blob WHERE oid = ?", [oid]):
            continue
        blob, digest = reader.read(oid), path.removeprefix("blobs/")
        if isinstance(blob, Found) and blob_digest(blob.content) == digest:
            keep_blob(index, digest, oid)


def _ingest_segments(index: Index, reader: Reader, paths: dict[str, str]) -> None:
    """Read the segments `paths`, blob id -> path, that were not read before."""
    fresh = (oid for oid in paths if not index.one("SELECT 1 FROM segment WHERE oid = ?", [oid]))
    for share, found in spread(_shares(reader, fresh), _judge_segments):
        for (oid, lines), verdicts in zip(share, found, strict=True):
            _keep_segment(index, (paths[oid], oid), lines, verdicts)


def _shares(reader: Reader, oids: Iterable[str]) -> Iterator[list[_Segment]]:
    """The segments of these blobs, in shares that are worth a process."""
    share: list[_Segment] = []
    size = 0
    for oid in oids:
        found = reader.read(oid)
        if isinstance(found, Found):
            lines, torn = split_lines(found.content)
            share.append((oid, [*lines, *([torn] if torn else [])]))
            size += len(found.content)
        if size > _SHARE:
            yield share
            share, size = [], 0
    if share:
        yield share


def _judge_segments(share: list[_Segment]) -> list[list[Fact | str]]:
    return [judge_facts(lines) for _, lines in share]


def _keep_segment(
    index: Index, source: tuple[str, str], lines: list[bytes], verdicts: Iterable[Any]
) -> None:
    path, oid = source
    found = _valid(index, source, lines, verdicts, private=False)
    numbers = keep_all(index, found, own=False)
    note_bare(index, oid, found)
    faults = order_faults(path, [fact.id for fact, _ in found]) or _misplaced(path, found)
    for fault in faults:
        index.rows("INSERT INTO fault VALUES (?, ?, ?, ?)", [path, oid, 0, fault])
    index.db.executemany("REPLACE INTO member VALUES (?, ?)", [(oid, n) for n in numbers])
    index.rows("REPLACE INTO segment VALUES (?, ?, ?)", [oid, path, not faults])


def _misplaced(path: str, found: list[Judged]) -> list[str]:
    """A segment lies in the folder of its writer and month; its path is not believed."""
    facts = [fact for fact, _ in found]
    first = min(facts, key=lambda one: (one.seq, one.id), default=None)
    if first is None or {one.writer for one in facts} != {first.writer}:
        return ["it lies elsewhere"]
    name = path.rpartition("-")[2]
    where = f"{month(first.ms)}/{first.writer}/{first.seq}-{name}"
    return [] if path == where else ["it lies elsewhere"]


def _ingest_own(index: Index, log: OwnLog) -> None:
    for path, length in log.lengths().items():
        start, last = _read_so_far(index, path)
        if length == start and last and log.ends_with(path, start, last):
            continue
        if length < start or (start and not log.ends_with(path, start, last)):
            disown(index, log.writer_of(path))
            index.rows("DELETE FROM fault WHERE source = ?", [path])
            start = 0
        for lines, verdicts in spread(_own_shares(log, path, start), judge_facts):
            start += sum(len(line) + 1 for line in lines)
            last = hex_digest("agence/line/1", lines[-1])
            found = _valid(index, (path, ""), lines, verdicts, private=log.chain == "private")
            keep_all(index, found, own=True)
            note_bare(index, "", found)
        index.rows("REPLACE INTO own VALUES (?, ?, ?)", [path, start, last])


def _own_shares(log: OwnLog, path: str, start: int) -> Iterator[list[bytes]]:
    """The lines of an own log from byte `start`, in shares that are worth a process."""
    lines = log.lines(path, start)
    while share := list(islice(lines, 1000)):
        yield share


def _read_so_far(index: Index, path: str) -> tuple[int, str]:
    """How much of an own log was read, in bytes, and the digest of the last line of that."""
    row = next(iter(index.rows("SELECT length, last FROM own WHERE path = ?", [path])), None)
    return (int(row[0]), str(row[1])) if row else (0, "")


def _valid(
    index: Index,
    source: tuple[str, str],
    lines: list[bytes],
    verdicts: Iterable[Any],
    *,
    private: bool,
) -> list[Judged]:
    """The events among a source's lines; the other lines are noted as faults.

    `source` is a path, and the id of its blob or "".
    """
    found = []
    for number, (line, verdict) in enumerate(zip(lines, verdicts, strict=True), 1):
        said = (
            verdict if isinstance(verdict, str) else _out_of_place(Fact(*verdict), private=private)
        )
        if said:
            index.rows("INSERT INTO fault VALUES (?, ?, ?, ?)", [*source, number, said])
        else:
            found.append((Fact(*verdict), line))
    return found


def _out_of_place(fact: Fact, *, private: bool) -> str:
    if fact.private == private:
        return ""
    return "a shared event in a private log" if private else "a private event in a shared log"


def _roots(index: Index, at: Carriers) -> list[str]:
    def tree_of(ref: str) -> str:
        return str(index.one("SELECT tree FROM ref WHERE name = ?", [ref]) or "") if ref else ""

    checked_out = at.head or tree_of(at.stand_in)
    held = (checked_out, tree_of(at.default), tree_of(SHARED_LOG))
    return sorted({tree for tree in held if tree})


def _trusted(index: Index) -> list[str]:
    """The log trees that can erase here beside those in force: of other work trees, and of ours."""
    sql = "SELECT tree FROM ref WHERE name = ?"
    places = [tree for (roots,) in index.rows("SELECT roots FROM place") for tree in roots.split()]
    return [*places, *(row[0] for row in index.rows(sql, [KNOWN_LOG]))]


def _prune_trees(index: Index) -> None:
    """Forget the listings of trees that no ref and no work tree has any more."""
    roots = {tree for (line,) in index.rows("SELECT roots FROM place") for tree in line.split()}
    sql = (
        "WITH RECURSIVE listed(oid) AS (SELECT min(oid) FROM tree"
        " UNION ALL SELECT (SELECT min(oid) FROM tree WHERE oid > listed.oid) FROM listed"
        " WHERE listed.oid IS NOT NULL)"
        " SELECT oid FROM listed WHERE oid IS NOT NULL AND oid NOT IN (SELECT tree FROM ref)"
    )
    for (oid,) in list(index.rows(sql)):
        if oid not in roots:
            index.rows("DELETE FROM tree WHERE oid = ?", [oid])


def _prune_places(index: Index) -> None:
    """Forget the state of work trees that are gone."""
    for number, name in list(index.rows("SELECT n, name FROM place WHERE n != ?", [index.place])):
        if name.startswith("/") and not os.path.isdir(name):
            for table in ("force", "entity", "stale"):
                index.rows(f"DELETE FROM {table} WHERE place = ?", [number])
            index.rows("DELETE FROM place WHERE n = ?", [number])
            for table in ("passage", "shown"):  # a new entity may get the number of an old one
                index.rows(f"DELETE FROM {table} WHERE entity NOT IN (SELECT n FROM entity)")
            index.rows("DELETE FROM words WHERE rowid NOT IN (SELECT n FROM passage)")
