"""Looking back: a shard as it was at a cut, or at a time.

A cut is a set of events that is closed under their parents. It is asked for as a commit (the events
in its tree), as the id of an event (what it rests on, and itself), or by its name, the hash of its
event ids, where this clone has seen it before. What is read at a cut never changes: events that
come later are no part of it, however old their stamps are.

    nexus/cuts/<name>.json    {"writers": {<writer>: [[<first seq>, <last seq>, <last id>]]}}

A writer's events are named by runs, in which each has the one before as its `prev`: so a run stays
what it is where the same key later signs other events with the same numbers.
"""

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from agence.base.errors import OutsideError, ShardError, UsageError
from agence.base.identifiers import is_hex, short
from agence.base.lazy import load
from agence.events.event import Event
from agence.fold.state import closed, cut_name, fold
from agence.git.objects import resolve_many
from agence.shard.files import read_bytes, replace
from agence.shard.folding import passages_of
from agence.shard.index import EntityWriter, Index, empty_index
from agence.shard.ingest import read_tree
from agence.shard.intake import keep
from agence.shard.judging import known
from agence.shard.layout import LOG, folder
from agence.shard.merges import of_cut
from agence.shard.shard import Shard

_DAY = 86_400_000  # milliseconds
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)Z?", re.ASCII).fullmatch
_KEPT = 500  # cuts whose names are remembered
_SHORTEST = 8  # hex digits of a name or an id
_LONGEST = 9  # characters of a while ago
_NAME_ONE = "give a commit, an event's id, or a cut that `agence ^state` printed in this clone"
_PREV = "json_extract(CAST(line AS TEXT), '$.body.prev')"


class Named(NamedTuple):
    """An event as a cut names it. `prev` is the id of its writer's event before."""

    id: str
    writer: str
    seq: int
    prev: str


def look_back(shard: Shard, scope: str, at: str, as_of: int | None) -> tuple[Index, int]:
    """(the index of a past cut, the milliseconds that count as now there).

    `at` names a cut, "" for what is in force; of that the events stamped until `as_of` count.
    Raises ShardError for a cut that is not known here.
    """
    index = shard.index(scope)
    numbers = _named(shard, index, scope, at) if at else in_force(index)
    cut = closed(
        event for event in _events(index, numbers) if as_of is None or event.stamp.ms <= as_of
    )
    names = [Named(one.id, one.writer, one.seq, str(one.body["prev"])) for one in cut]
    remember(shard, scope, names)
    past = _folded(shard, scope, index, cut)
    newest = max((event.stamp.ms for event in cut), default=0)
    return past, as_of if as_of is not None else newest


def remember(shard: Shard, scope: str, cut: Collection[Named]) -> str:
    """The name of a cut, by which it can be asked for in this clone from now on.

    Where nothing can be written it is only named.
    """
    name = cut_name(event.id for event in cut)
    path = os.path.join(_folder(shard, scope), f"{name}.json")
    if not os.path.exists(path):
        with suppress(OutsideError, OSError):
            replace(path, json.dumps(_spans(cut), sort_keys=True).encode())
            _forget_old(os.path.dirname(path))
    return name


def time_of(text: str, now: int) -> int:
    """Milliseconds of a time as people type it; of a day alone, its last millisecond. All UTC.

    `2026-11-20`, `2026-11-20T13:45`, `2026-11-20 13:45:10Z`, `yesterday`, a while ago (`90m`,
    `12h`, `3d`), or `13:45`, the last time it was that late. Raises UsageError for anything else.
    """
    today = now - now % _DAY
    if text == "yesterday":
        return today - 1
    clock = _CLOCK(text)
    if clock:
        at = today + (int(clock[1]) * 60 + int(clock[2])) * 60_000
        return at if at <= now else at - _DAY
    unit = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}.get(text[-1:])
    if unit and text[:-1].isascii() and text[:-1].isdigit() and len(text) <= _LONGEST:
        return now - int(text[:-1]) * unit
    datetime = load("datetime")
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        hint = "type a day (2026-11-20, yesterday), a time (2026-11-20T13:45, 13:45, all UTC)"
        hint += ", or a while ago (3d, 12h)"
        raise UsageError(f"'{text}' is no time", hint) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    if len(text) <= len("2026-11-20"):
        moment += datetime.timedelta(days=1, milliseconds=-1)
    return int(moment.timestamp() * 1000)


def in_force(index: Index) -> set[int]:
    """The numbers of the events that are in force and folded."""
    sql = "SELECT n FROM force WHERE place = ? AND NOT waits"
    return {row[0] for row in index.rows(sql, [index.place])}


def cut_in_force(index: Index) -> list[Named]:
    """The events that are in force and folded, by their names."""
    sql = (
        f"SELECT id, writer, seq, {_PREV} FROM force CROSS JOIN event ON event.n = force.n"
        " WHERE place = ? AND NOT waits"
    )
    return [Named(*row) for row in index.rows(sql, [index.place])]


def _named(shard: Shard, index: Index, scope: str, at: str) -> set[int]:
    """The numbers of the events of the cut that `at` names."""
    found: list[tuple[str, str | int]] = []
    if not at.isprintable():  # git takes one name a line
        raise UsageError("what --at names is no line of text", _NAME_ONE)
    if is_hex(at, len(at)) and _SHORTEST <= len(at) <= 64:
        found += [("cut", one) for one in _remembered(_folder(shard, scope), at)]
        sql = "SELECT n FROM event WHERE id >= ? AND id < ?"
        found += [("event", row[0]) for row in index.rows(sql, [at, at + "g"])]
    spec = f"{at}:{LOG}"
    tree = resolve_many(shard.repo, [spec]).get(spec) if scope == "shared" else None
    if tree and tree[1] == "tree":
        found.append(("commit", tree[0]))
    if len(found) > 1:
        raise ShardError(f"'{at}' fits {len(found)} cuts, events or commits", "type more of it")
    if not found:
        raise _unknown_cut(shard, scope, at)
    what, name = found[0]
    if isinstance(name, int):
        return _whole_past_of(index, name, at)
    if what == "commit":
        return _of_tree(shard, index, name)
    return _read(index, os.path.join(_folder(shard, scope), f"{name}.json"), name)


def _unknown_cut(shard: Shard, scope: str, at: str) -> ShardError:
    """Why `at` names no cut: there is no such commit, or it is older than the shard."""
    if scope == "shared" and not at.startswith("-"):
        spec = f"{at}^{{commit}}"
        commit = resolve_many(shard.repo, [spec]).get(spec)
        if commit:
            hint = "what the shard holds was kept later; `--as-of` takes a time"
            return ShardError(f"commit {short(commit[0])} is older than this shard", hint)
    if is_hex(at, len(at)) or scope != "shared":
        hint = "name a commit, an event's id, or a cut that `agence ^state` printed in this clone"
        return ShardError(f"'{at}' is no cut that is known here", hint)
    hint = "name a commit or a branch, an event's id, or a cut that `agence ^state` printed"
    return ShardError(f"there is no commit {at} here", hint)


def _past_of(index: Index, number: int) -> set[int]:
    """An event and all that it rests on."""
    sql = (
        "WITH RECURSIVE up(n) AS (SELECT ? UNION SELECT event.n FROM up"
        " JOIN edge ON edge.child = up.n JOIN event ON event.id = edge.parent) SELECT n FROM up"
    )
    return {row[0] for row in index.rows(sql, [number])}


def _whole_past_of(index: Index, number: int, at: str) -> set[int]:
    """The same. Raises ShardError where some of it is not here: later the cut would be another."""
    numbers = _past_of(index, number)
    if len(closed(_events(index, numbers))) < len(numbers):
        raise ShardError(
            f"'{short(at)}' rests on events that are not in this clone",
            "fetch the branch that holds them, then try again",
        )
    return numbers


def _of_tree(shard: Shard, index: Index, tree: str) -> set[int]:
    with index.db:
        read_tree(index, shard.repo, tree)
    sql = (
        "SELECT DISTINCT member.n FROM tree JOIN member ON member.segment = tree.segment"
        " WHERE tree.oid = ?"
    )
    return {row[0] for row in index.rows(sql, [tree])}


def _events(index: Index, numbers: Iterable[int]) -> Iterator[Event]:
    for number in sorted(numbers):
        for (line,) in index.rows("SELECT line FROM event WHERE n = ?", [number]):
            yield known(line)


def _folded(shard: Shard, scope: str, now: Index, cut: Collection[Event]) -> Index:
    """An index in memory of these events and nothing else."""
    past = empty_index()
    past.founder = now.founder
    with past.db:
        past.rows("INSERT INTO place(name, seen, roots) VALUES ('past', '', '')")
        past.enter("past")
        for event in cut:
            number = keep(past, event, own=False)
            past.rows("INSERT INTO force VALUES (?, ?, 0, 0)", [past.place, number])
        past.db.executemany("INSERT INTO blob VALUES (?, ?)", list(now.rows("SELECT * FROM blob")))
        blobs = shard.blobs(scope)
        with EntityWriter(past) as entities:
            merges = of_cut(cut, past.founder, shard.repo.work_tree)
            for entity in fold(cut, merges).values():
                entities.put(entity, passages_of(blobs.whole(past, entity)))
    return past


def _folder(shard: Shard, scope: str) -> str:
    path = os.path.join(os.path.dirname(shard.layout.index(scope)), "cuts")
    with suppress(OSError):
        folder(path)
    return path


def _spans(cut: Collection[Named]) -> dict[str, object]:
    """The runs of each writer, as they are kept."""
    writers: dict[str, list[list[int | str]]] = {}
    ends: dict[tuple[str, int, str], list[int | str]] = {}
    for event in sorted(cut, key=lambda one: (one.writer, one.seq, one.id)):
        run = ends.pop((event.writer, event.seq - 1, event.prev), [])
        if not run:
            run += [event.seq, 0, ""]
            writers.setdefault(event.writer, []).append(run)
        run[1:] = [event.seq, event.id]
        ends[event.writer, event.seq, event.id] = run
    return {"writers": writers}


def _remembered(path: str, prefix: str) -> list[str]:
    names = os.listdir(path) if os.path.isdir(path) else []
    return sorted(one[:-5] for one in names if one.endswith(".json") and one.startswith(prefix))


def _read(index: Index, path: str, name: str) -> set[int]:
    said = json.loads(read_bytes(path))
    numbers: set[int] = set()
    for writer, runs in said["writers"].items():
        for first, last, *tip in runs:
            numbers |= _run(index, (writer, first, last), tip[0] if tip else "")
    if cut_name(event.id for event in _events(index, numbers)) != name:
        raise ShardError(
            f"the cut {short(name)} can't be read any more: events of it are not in this clone",
            "fetch the branch that holds them, then try again",
        )
    return numbers


def _run(index: Index, run: tuple[str, int, int], tip: str) -> set[int]:
    """The numbers of the events of a run, from its last one back; of all of them without a `tip`.

    A tip is what the versions before did not keep.
    """
    sql = f"SELECT id, n, {_PREV} FROM event WHERE writer = ? AND seq BETWEEN ? AND ?"
    rows = {row[0]: (row[1], row[2]) for row in index.rows(sql, run)}
    if not tip:
        return {number for number, _ in rows.values()}
    numbers: set[int] = set()
    while tip in rows:
        number, tip = rows.pop(tip)
        numbers.add(number)
    return numbers


def _forget_old(path: str) -> None:
    """Keep the newest names: they are a convenience, a commit names a cut for ever."""
    names = sorted(os.scandir(path), key=lambda one: one.stat().st_mtime, reverse=True)
    for one in names[_KEPT:]:
        os.unlink(one.path)
