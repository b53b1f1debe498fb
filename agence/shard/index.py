"""The index: a SQLite file derived from the events, for which nobody waits.

It remembers which segments were read and verified, which events are in force in which work tree,
and the folded entities with their words. Nothing is ever written back from it. Who gets its lock
brings it up to date; who does not, or may not write there, works on a copy in memory.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import apsw

from agence.base.errors import OutsideError
from agence.fold.conflicts import Conflict, Settled
from agence.fold.entity import Entity, Lost

VERSION = 9

_SCHEMA = f"""
CREATE TABLE event(
    n INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, entity TEXT NOT NULL, kind TEXT NOT NULL,
    writer TEXT NOT NULL, seq INTEGER NOT NULL, ms INTEGER NOT NULL, own INTEGER NOT NULL,
    line BLOB NOT NULL);
CREATE INDEX event_entity ON event(entity);
CREATE INDEX event_own ON event(n) WHERE own;
CREATE INDEX event_chain ON event(writer, seq, own);
CREATE INDEX event_codex ON event(id) WHERE kind = 'codex';
CREATE TABLE erased(n INTEGER PRIMARY KEY);
CREATE TABLE gone(n INTEGER PRIMARY KEY);
CREATE TABLE hollow(n INTEGER PRIMARY KEY);
CREATE TABLE bare(segment TEXT, n INTEGER, PRIMARY KEY(segment, n)) WITHOUT ROWID;
CREATE TABLE edge(parent TEXT, child INTEGER, PRIMARY KEY(parent, child)) WITHOUT ROWID;
CREATE INDEX edge_child ON edge(child);
CREATE TABLE ours(k INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER UNIQUE);
CREATE TABLE look(n INTEGER PRIMARY KEY);
CREATE TABLE looked(n INTEGER NOT NULL);
INSERT INTO looked VALUES (0);
CREATE TABLE segment(oid TEXT PRIMARY KEY, path TEXT NOT NULL, whole INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE member(segment TEXT, n INTEGER, PRIMARY KEY(segment, n)) WITHOUT ROWID;
CREATE INDEX member_n ON member(n);
CREATE TABLE tree(oid TEXT, path TEXT, segment TEXT NOT NULL, PRIMARY KEY(oid, path)) WITHOUT ROWID;
CREATE TABLE blob(digest TEXT, oid TEXT, PRIMARY KEY(digest, oid)) WITHOUT ROWID;
CREATE TABLE ref(name TEXT PRIMARY KEY, oid TEXT NOT NULL, tree TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE own(path TEXT PRIMARY KEY, length INTEGER NOT NULL, last TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE place(n INTEGER PRIMARY KEY, name TEXT UNIQUE, seen TEXT NOT NULL,
    roots TEXT NOT NULL, ours INTEGER NOT NULL DEFAULT 0, merges TEXT NOT NULL DEFAULT '',
    head TEXT NOT NULL DEFAULT '');
CREATE TABLE force(place INTEGER, n INTEGER, waits INTEGER NOT NULL, held INTEGER NOT NULL,
    PRIMARY KEY(place, n)) WITHOUT ROWID;
CREATE INDEX force_apart ON force(place, n) WHERE NOT held;
CREATE INDEX force_waits ON force(place, n) WHERE waits;
CREATE TABLE stale(place INTEGER, entity TEXT, PRIMARY KEY(place, entity)) WITHOUT ROWID;
CREATE TABLE entity(
    n INTEGER PRIMARY KEY, place INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
    updated INTEGER NOT NULL, deleted INTEGER NOT NULL, state TEXT NOT NULL, UNIQUE(place, id));
CREATE INDEX entity_kind ON entity(place, kind, updated);
CREATE TABLE shown(entity INTEGER PRIMARY KEY, path TEXT NOT NULL, oid TEXT NOT NULL);
CREATE TABLE passage(n INTEGER PRIMARY KEY, entity INTEGER NOT NULL);
CREATE INDEX passage_entity ON passage(entity);
CREATE VIRTUAL TABLE words USING fts5(
    title, tags, body, around, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE TABLE fault(source TEXT, segment TEXT, line INTEGER, reason TEXT NOT NULL);
PRAGMA user_version = {VERSION};
"""


class Index:
    """One open index.

    place    the number of the work tree whose state is asked for
    founder  the key whose governance counts, the pinned root of trust
    """

    def __init__(self, connection: apsw.Connection, *, in_memory: bool) -> None:
        self.db = connection
        self.in_memory = in_memory
        self.place = 0
        self.founder = ""

    def rows(self, sql: str, values: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Run one statement; yields its rows."""
        return self.db.execute(sql, tuple(values))

    def one(self, sql: str, values: Iterable[Any] = ()) -> Any:  # noqa: ANN401 - a column of any type
        """The first column of the first row, or None."""
        row = next(iter(self.rows(sql, values)), None)
        return row[0] if row else None

    def enter(self, name: str) -> None:
        """Ask from now on for the state of the work tree `name` (its git directory)."""
        found = self.one("SELECT n FROM place WHERE name = ?", [name])
        self.place = found or 0

    def entity(self, identity: str) -> Entity | None:
        """The entity with this whole id, as it is in force here."""
        sql = "SELECT state FROM entity WHERE place = ? AND id = ?"
        state = self.one(sql, [self.place, identity])
        return entity_of(state) if state else None

    def entity_at(self, number: int) -> Entity | None:
        """The entity of a row, where it is one of this place."""
        sql = "SELECT state FROM entity WHERE n = ? AND place = ?"
        state = self.one(sql, [number, self.place])
        return entity_of(state) if state else None

    def entities(self, kind: str = "", *, deleted: bool = False) -> Iterator[Entity]:
        """The entities in force here, of one kind or of all, the newest first.

        Those that were deleted are among them only where `deleted` says so.
        """
        sql = "SELECT state FROM entity WHERE place = ?"
        sql += "" if deleted else " AND NOT deleted"
        values: list[Any] = [self.place]
        if kind:
            sql += " AND kind = ?"
            values.append(kind)
        for (state,) in self.rows(sql + " ORDER BY updated DESC, id", values):
            yield entity_of(state)

    def entities_but(self, listed: Mapping[str, str]) -> Iterator[tuple[int, Entity]]:
        """(row, entity) of those in force here whose view is not known to be as `listed` has it.

        `listed` is path -> blob id.
        """
        sql = "SELECT n, path, oid FROM entity LEFT JOIN shown ON shown.entity = n WHERE place = ?"
        for number, path, oid in list(self.rows(sql, [self.place])):
            if path is None or listed.get(path) != oid:
                sql = "SELECT state FROM entity WHERE n = ?"
                yield number, entity_of(self.one(sql, [number]))

    def remember_view(self, number: int, path: str, oid: str) -> None:
        """The view of the entity of this row is the blob `oid`, for as long as the row is there."""
        self.rows("REPLACE INTO shown VALUES (?, ?, ?)", [number, path, oid])

    def identities(self, prefix: str) -> list[str]:
        """The ids of the entities in force here that begin with `prefix`."""
        sql = "SELECT id FROM entity WHERE place = ? AND id >= ? AND id < ? ORDER BY id"
        return [row[0] for row in self.rows(sql, [self.place, prefix, prefix + "g"])]

    def lines_of(self, identity: str) -> list[bytes]:
        """The lines of the events about one entity that are in force here."""
        sql = (
            "SELECT line FROM event CROSS JOIN force ON force.place = ? AND force.n = event.n"
            " WHERE entity = ? ORDER BY event.n"
        )
        return [row[0] for row in self.rows(sql, [self.place, identity])]


def open_index(path: str) -> Index | None:
    """The index file opened for writing, made where it is missing; None where that is not allowed.

    A file that is damaged or of another version is set aside by making a new one: it is derived.
    """
    try:
        return Index(_open(path), in_memory=False)
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, apsw.IOError, OSError):
        return None
    except (apsw.CorruptError, apsw.NotADBError, apsw.SchemaChangeError):
        remove(path)
        return Index(_open(path), in_memory=False)


def copy_in_memory(path: str) -> Index:
    """A copy of the index file in memory; an empty index where no file can be read."""
    connection = apsw.Connection(":memory:")
    try:
        source = apsw.Connection(f"file:{_uri(path)}?mode=ro", flags=_READ | apsw.SQLITE_OPEN_URI)
        source.setbusytimeout(2000)
        with connection.backup("main", source, "main") as backup:
            backup.step()
        source.close()
    except apsw.Error:
        connection = apsw.Connection(":memory:")
    if _version(connection) != VERSION:
        return empty_index()
    return Index(connection, in_memory=True)


def empty_index() -> Index:
    """An index in memory that nothing was read into."""
    connection = apsw.Connection(":memory:")
    connection.execute(_SCHEMA)
    return Index(connection, in_memory=True)


class EntityWriter:
    """Puts entities and their passages in the place of what was there, in bulk at the end."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._entity = int(index.one("SELECT max(n) FROM entity") or 0)
        self._passage = int(index.one("SELECT max(n) FROM passage") or 0)
        sql = "SELECT 1 FROM entity WHERE place = ? LIMIT 1"
        self._empty = index.one(sql, [index.place]) is None
        self._entities: list[tuple[Any, ...]] = []
        self._words: list[tuple[Any, ...]] = []
        self._passages: list[tuple[int, int]] = []

    def put(self, entity: Entity, passages: Sequence[Sequence[str]]) -> None:
        """An entity with its passages (title, tags, body, around)."""
        self.put_row(state_of(entity), passages)

    def put_row(self, row: Sequence[Any], passages: Sequence[Sequence[str]]) -> None:
        """The same, of what `state_of` says about an entity."""
        self.drop(row[0])
        self._entity += 1
        self._entities.append((self._entity, self._index.place, *row))
        for passage in passages:
            self._passage += 1
            self._words.append((self._passage, *passage))
            self._passages.append((self._passage, self._entity))
        if len(self._entities) >= _BATCH:
            self._flush()

    def drop(self, identity: str) -> None:
        """Take an entity and its passages out of the state of this place."""
        if self._empty:
            return
        index = self._index
        sql = "SELECT n FROM entity WHERE place = ? AND id = ?"
        number = index.one(sql, [index.place, identity])
        if number is not None:
            sql = "DELETE FROM words WHERE rowid IN (SELECT n FROM passage WHERE entity = ?)"
            index.rows(sql, [number])
            index.rows("DELETE FROM passage WHERE entity = ?", [number])
            index.rows("DELETE FROM shown WHERE entity = ?", [number])
            index.rows("DELETE FROM entity WHERE n = ?", [number])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is None:
            self._flush()

    def _flush(self) -> None:
        db = self._index.db
        db.executemany("INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?, ?)", self._entities)
        sql = "INSERT INTO words(rowid, title, tags, body, around) VALUES (?, ?, ?, ?, ?)"
        db.executemany(sql, self._words)
        db.executemany("INSERT INTO passage VALUES (?, ?)", self._passages)
        self._entities.clear()
        self._words.clear()
        self._passages.clear()


_BATCH = 1000
_PAGE = 16384  # bytes: a line of 2 KB fills a smaller page badly
_CACHE = 64 << 10  # KiB of pages in memory at the most
_dumps = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_READ = apsw.SQLITE_OPEN_READONLY


def _open(path: str) -> apsw.Connection:
    connection = apsw.Connection(path)
    connection.setbusytimeout(2000)
    version = _version(connection)
    if version not in (0, VERSION):
        connection.close()
        raise apsw.SchemaChangeError("another version of the index")
    connection.execute(f"PRAGMA page_size = {_PAGE}; PRAGMA cache_size = -{_CACHE}")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == 0:  # nobody else made it while we waited
            connection.execute(_SCHEMA)
        connection.execute("COMMIT")
    if os.name == "posix":
        os.chmod(path, 0o600)
    return connection


def _version(connection: apsw.Connection) -> int:
    return int(next(iter(connection.execute("PRAGMA user_version")))[0])


def remove(path: str) -> None:
    """Take a damaged index away: it is derived, and the next one to read makes it again."""
    for name in (path, f"{path}-wal", f"{path}-shm"):
        try:
            os.unlink(name)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OutsideError(f"the index '{path}' is damaged and can't be replaced") from error


def _uri(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def state_of(entity: Entity) -> tuple[str, str, int, bool, str]:
    """What a row says of an entity: its id, kind, time of change, deletion and whole state."""
    return entity.id, entity.kind, entity.updated, entity.deleted, _dumps(entity._asdict())


def entity_of(state: str) -> Entity:
    """The entity of the last part of what `state_of` says."""
    record = json.loads(state)
    record["heads"] = tuple(record["heads"])
    record["lost"] = tuple(Lost(*one) for one in record["lost"])
    record["refused"] = tuple(record["refused"])
    if record["conflicts"] or record["settled"]:
        record["conflicts"] = tuple(_conflict(*one) for one in record["conflicts"])
        record["settled"] = tuple(_settled(*one) for one in record["settled"])
    else:
        record["conflicts"] = record["settled"] = ()
    return Entity(**record)


def _conflict(name: str, type_: str, field: str, events: list[str]) -> Conflict:
    return Conflict(name, type_, field, tuple(events))


def _settled(name: str, field: str, events: list[str], by: str, strategy: str) -> Settled:
    return Settled(name, field, tuple(events), by, strategy)
