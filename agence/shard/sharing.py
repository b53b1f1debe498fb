"""What the shared log of a remote lacks, as files: what `^sync` adds to it.

It gets what this clone has of the shared log, what another carrier of the same remote holds, and
the own events that neither it nor the remote's default branch holds; each with every known event
that it rests on, and nothing else that is known. Nothing is ever taken out of it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from agence.events.blob import blobs_of
from agence.events.event import Event
from agence.events.join import join
from agence.events.segment import LIMIT, pack
from agence.git.objects import Found, read_many, resolve_many, write_blobs
from agence.shard.index import Index
from agence.shard.judging import known
from agence.shard.shard import Shard


class Addition(NamedTuple):
    """What a log lacks.

    files    path below the log -> id of the blob
    sources  the refs that hold some of it
    """

    files: dict[str, str]
    sources: list[str]


def addition(
    shard: Shard, target: str, sources: Sequence[str], default: str, *, own: bool = True
) -> Addition:
    """What the log at the ref `target` lacks of the logs at `sources` and of the own events.

    Each is the name of a ref that the index has read, or "" for none; `default` is the remote's
    default branch. Without `own` it is only what the logs hold.
    """
    index = shard.index("shared")
    there = held(index, target)
    bringing = {one: held(index, one) - there for one in sources}
    public = there | held(index, default)
    ours: set[int] = _own(shard, index, public) if own else set()
    events = _with_ancestors(index, ours.union(*bringing.values()), public)
    files = _known_segments(shard, index, set(events))
    covered = _members(index, files.values())
    fresh = dict(_packed(event for n, event in events.items() if n not in covered))
    fresh |= _texts(shard, index, events.values())
    fresh |= _mended(shard, index, target, sources)
    if fresh:
        files |= write_blobs(shard.repo, fresh)
    return Addition(files, [one for one, numbers in bringing.items() if numbers])


def held(index: Index, ref: str) -> set[int]:
    """The numbers of the events that the log at a ref holds."""
    sql = (
        "SELECT DISTINCT member.n FROM ref JOIN tree ON tree.oid = ref.tree"
        " JOIN member ON member.segment = tree.segment WHERE ref.name = ?"
    )
    return {row[0] for row in index.rows(sql, [ref])} if ref else set()


def _own(shard: Shard, index: Index, public: set[int]) -> set[int]:
    """The own events that are not public; with any, the genesis and what its founder adopted.

    Nobody could join without these.
    """
    own = {row[0] for row in index.rows("SELECT n FROM event WHERE own")} - public
    genesis = index.one("SELECT n FROM event WHERE id = ?", [shard.pins.shard])
    if not own or genesis is None or genesis in public:
        return own
    sql = (
        "SELECT event.n FROM event JOIN force ON force.n = event.n"
        " WHERE place = ? AND kind = 'codex' AND writer = ?"
    )
    adopted = {row[0] for row in index.rows(sql, [index.place, shard.pins.founder])}
    return (own | {genesis} | adopted) - public


def _with_ancestors(index: Index, needed: set[int], public: set[int]) -> dict[int, Event]:
    """Number -> event of all `needed`, and of what these rest on that is known and not public."""
    found: dict[int, Event] = {}
    wave = needed
    while wave:
        sql = "SELECT n, line FROM event WHERE n IN (SELECT value FROM json_each(?))"
        fresh = {n: known(line) for n, line in index.rows(sql, [_listed(wave)])}
        found |= fresh
        parents = {parent for event in fresh.values() for parent in event.parents}
        sql = "SELECT n FROM event WHERE id IN (SELECT value FROM json_each(?))"
        wave = {row[0] for row in index.rows(sql, [_listed(parents)])} - public - found.keys()
    return found


def _known_segments(shard: Shard, index: Index, numbers: set[int]) -> dict[str, str]:
    """Path -> blob of the known segments of which everything is needed, the larger ones first.

    So one segment, wherever it came from, is one file.
    """
    sql = (
        "SELECT member.segment, path, member.n FROM member JOIN segment ON oid = member.segment"
        " WHERE whole AND oid IN (SELECT segment FROM member"
        " WHERE n IN (SELECT value FROM json_each(?)))"
    )
    members: dict[tuple[str, str], set[int]] = {}
    for oid, path, number in index.rows(sql, [_listed(numbers)]) if numbers else ():
        members.setdefault((path, oid), set()).add(number)
    whole = [one for one, held_by_it in members.items() if held_by_it <= numbers]
    here = resolve_many(shard.repo, [oid for _, oid in whole]) if whole else {}
    files: dict[str, str] = {}
    covered: set[int] = set()
    for path, oid in sorted(whole, key=lambda one: (-len(members[one]), one)):
        if here[oid] and not members[path, oid] <= covered:
            covered |= members[path, oid]
            files[path] = oid
    return files


def _members(index: Index, segments: Iterable[str]) -> set[int]:
    sql = "SELECT n FROM member WHERE segment IN (SELECT value FROM json_each(?))"
    return {row[0] for row in index.rows(sql, [_listed(segments)])}


def _packed(events: Iterable[Event]) -> Iterator[tuple[str, bytes]]:
    """Path and content of new segments: one writer's events each."""
    writers: dict[str, list[Event]] = {}
    for event in events:
        writers.setdefault(event.writer, []).append(event)
    for group in writers.values():
        for segment in pack(group, LIMIT):
            yield segment.path, segment.content


def _texts(shard: Shard, index: Index, events: Iterable[Event]) -> dict[str, bytes]:
    """The texts that the events refer to; those that are not in this clone come another time."""
    digests = {digest for event in events for digest in blobs_of(event)}
    blobs = shard.blobs("shared")
    contents = {digest: blobs.content(index, digest) for digest in sorted(digests)}
    return {f"blobs/{one}": text for one, text in contents.items() if text is not None}


def _mended(shard: Shard, index: Index, target: str, sources: Sequence[str]) -> dict[str, bytes]:
    """Segments that the target has with other bytes: joined, so that what was erased stays so.

    A copy that is what its name stands for counts before one that is not.
    """
    sql = (
        "SELECT theirs.path, theirs.segment, ours.segment FROM ref AS at"
        " JOIN tree AS theirs ON theirs.oid = at.tree JOIN ref AS from_ ON from_.name = ?"
        " JOIN tree AS ours ON ours.oid = from_.tree AND ours.path = theirs.path"
        " WHERE at.name = ? AND ours.segment != theirs.segment"
    )
    copies: dict[str, list[str]] = {}
    for source in sources:
        for path, there, here in index.rows(sql, [source, target]):
            copies.setdefault(path, [there]).append(here)
    changed: dict[str, bytes] = {}
    for path, oids in copies.items():
        found = {b.oid: b.content for b in read_many(shard.repo, oids) if isinstance(b, Found)}
        whole = [
            oid
            for oid in found
            if index.one("SELECT whole FROM segment WHERE oid = ? AND path = ?", [oid, path])
        ]
        joined = join(found[oid] for oid in whole or found)
        if joined != found.get(oids[0]):
            changed[path] = joined
    return changed


def _listed(values: Iterable[int] | Iterable[str]) -> str:
    """Values as a query's `json_each` takes them."""
    return json.dumps(list(values))
