"""What `^commit` brings into the tree: the events it lacks, the views they change.

A known segment of which everything is needed is copied byte for byte, so that one segment on two
branches is one file; needed lines of other segments, and what was never published, go into new
ones.
"""

import json
from collections.abc import Collection, Iterable
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from agence.events.blob import blobs_of
from agence.events.segment import LIMIT, pack
from agence.git.blob_name import blob_id
from agence.git.objects import Found, list_tree, read_many, resolve_many
from agence.shard import held
from agence.shard.edited import edited
from agence.shard.index import Index
from agence.shard.ingest import events_of
from agence.shard.layout import LOG, TRACKED
from agence.shard.shard import Shard
from agence.shard.small import missing
from agence.shard.staged import staged_segments
from agence.shard.views import rendered, small_files, view_path

if TYPE_CHECKING:
    from agence.events.event import Event

CROWD = 256  # files of one writer and month before they are joined into a larger one


class Plan(NamedTuple):
    """What a publication would do.

    changes   path -> bytes, or None to remove, relative to the top of the work tree
    events    ids of the events that this brings into the tree
    drafts    paths that somebody edited by hand: left as they are
    """

    changes: dict[str, bytes | None]
    events: list[str]
    drafts: list[str]

    @property
    def message(self) -> str:
        """What its commit says when nobody says otherwise."""
        count = len(self.events)
        what = f"publish {count} event{'s' * (count != 1)}" if count else "renew the views"
        return f"agence: {what}"


def plan(shard: Shard, only: Iterable[str] = ()) -> Plan:
    """The publication of every own shared event that HEAD lacks, or of the entities `only`."""
    shard.refuse_newer_format()
    index = shard.index("shared")
    needed = _needed(shard, index, set(only))
    changes = _log_changes(shard, index, needed)
    changes |= _blob_changes(shard, index, needed)
    kept = edited(shard)
    views = stale_views(shard, index, needed)
    changes |= {path: content for path, content in views.items() if path not in kept}
    changes |= missing(shard)
    sql = "SELECT id FROM event WHERE n = ?"
    return Plan(changes, [str(index.one(sql, [n])) for n in sorted(needed)], kept)


def tree_views(shard: Shard) -> dict[str, bytes]:
    """What every view of the checked-out tree should say."""
    index = shard.index("shared")
    touched, anew = held.otherwise(index, (), shard.repo.work_tree)
    entities = [one for one in index.entities(deleted=True) if one.id not in touched]
    whole = map(shard.whole, [*entities, *anew])
    return small_files() | rendered(whole, shard.pins.founder)


def lagging(shard: Shard) -> dict[str, bytes]:
    """The views that HEAD lacks or has in another form, though it has all of their events."""
    index = shard.index("shared")
    behind = stale_views(shard, index, None)
    if not behind:
        return {}
    sql = "SELECT entity FROM event WHERE n = ?"
    ahead = {index.one(sql, [n]) for n in held.apart(index)}
    paths = {view_path(one) for one in map(index.entity, ahead) if one}
    return {path: content for path, content in behind.items() if path not in paths}


def _needed(shard: Shard, index: Index, only: set[str]) -> set[int]:
    """Own events (of the entities `only`) that the tree lacks, and every known event these rest on.

    Of `only` none, also what those in the tree rest on. Whatever it brings, the genesis and what
    its founder adopted come with it.
    """
    if only:
        sql = "SELECT n FROM event WHERE own AND entity IN (SELECT value FROM json_each(?))"
        wave = {row[0] for row in index.rows(sql, [json.dumps(list(only))])}
    else:
        sql = "SELECT n FROM event WHERE n IN (SELECT value FROM json_each(?)) AND own"
        wave = {row[0] for row in index.rows(sql, [json.dumps(list(held.apart(index)))])}
        wave |= held.missing_parents(index)
    if wave or (not only and held.tree(index)):
        wave |= _foundation(shard, index)
    needed: set[int] = set()
    while wave:
        fresh = held.without_held(index, wave)
        needed |= fresh
        wave = held.parents(index, wave) - needed
        wave = held.without_held(index, wave)
    return needed


def _foundation(shard: Shard, index: Index) -> set[int]:
    """The genesis and what its founder adopted, where the tree lacks it: nobody could join."""
    genesis = index.one("SELECT n FROM event WHERE id = ?", [shard.pins.shard])
    if genesis is None or held.is_held(index, genesis):
        return set()
    sql = (
        "SELECT event.n FROM event INDEXED BY event_codex CROSS JOIN force ON place = ?"
        " AND force.n = event.n WHERE kind = 'codex' AND writer = ?"
    )
    return {genesis, *(row[0] for row in index.rows(sql, [index.place, shard.pins.founder]))}


def _log_changes(shard: Shard, index: Index, needed: set[int]) -> dict[str, bytes | None]:
    changes: dict[str, bytes | None] = {}
    copied: set[int] = set()
    for path, (content, numbers) in staged_segments(shard, index, needed).items():
        changes[f"{LOG}/{path}"] = content
        copied |= numbers
    sql = (
        "SELECT DISTINCT segment, segment.path FROM json_each(?) AS one"
        " CROSS JOIN member ON member.n = one.value"
        " CROSS JOIN segment ON segment.oid = member.segment AND whole"
    )
    paths = dict(index.rows(sql, [json.dumps(list(needed))]))
    members = {oid: _members(index, oid) for oid in paths}
    whole = [oid for oid in paths if members[oid] <= needed]
    chosen = []
    for oid in sorted(whole, key=lambda one: (-len(members[one]), one)):
        if not members[oid] <= copied:
            copied |= members[oid]
            chosen.append(oid)
    for found in read_many(shard.repo, chosen):
        if isinstance(found, Found):
            changes[f"{LOG}/{paths[found.oid]}"] = found.content
    changes |= _new_segments(index, needed - copied)
    return changes | _compaction(shard, index, changes)


def _blob_changes(shard: Shard, index: Index, needed: set[int]) -> dict[str, bytes | None]:
    """The blobs that needed events refer to; those that are not in this clone come another time."""
    wanted: set[str] = set()
    for number in needed:
        for event in events_of(index, "SELECT line FROM event WHERE n = ?", [number]):
            wanted |= blobs_of(event)
    tree = held.tree(index)
    have = set(list_tree(shard.repo, tree, under="blobs/")) if tree and wanted else set()
    changes: dict[str, bytes | None] = {}
    for digest in sorted(wanted):
        content = shard.blobs("shared").content(index, digest)
        if content is not None and f"blobs/{digest}" not in have:
            changes[f"{LOG}/blobs/{digest}"] = content
    return changes


def _members(index: Index, segment: str) -> set[int]:
    return {row[0] for row in index.rows("SELECT n FROM member WHERE segment = ?", [segment])}


def _new_segments(index: Index, numbers: set[int]) -> dict[str, bytes | None]:
    groups: dict[tuple[str, bool], list[Event]] = {}
    for number in sorted(numbers):
        event = events_of(index, "SELECT line FROM event WHERE n = ?", [number])[0]
        published = index.one("SELECT 1 FROM member WHERE n = ? LIMIT 1", [number]) is not None
        groups.setdefault((event.writer, published), []).append(event)
    changes: dict[str, bytes | None] = {}
    for (_, published), events in groups.items():
        for segment in pack(events, None if published else LIMIT):
            changes[f"{LOG}/{segment.path}"] = segment.content
    return changes


def _compaction(
    shard: Shard, index: Index, changes: dict[str, bytes | None]
) -> dict[str, bytes | None]:
    """Where one of our folders holds more than CROWD files: one larger segment for the small."""
    own = set(shard.log("shared").files())
    folders: dict[str, dict[str, str]] = {}
    for path, oid in index.rows("SELECT path, segment FROM tree WHERE oid = ?", [held.tree(index)]):
        folders.setdefault(path.rpartition("/")[0], {})[path] = oid
    result: dict[str, bytes | None] = {}
    for folder, files in folders.items():
        fresh = sum(path.startswith(f"{LOG}/{folder}/") for path in changes)
        if folder.rpartition("/")[2] not in own or len(files) + fresh <= CROWD:
            continue
        small = _small({path: _size(index, oid) for path, oid in files.items()})
        numbers = {n for path in small for n in _members(index, files[path])}
        sql = "SELECT line FROM event WHERE n = ?"
        events = [event for n in numbers for event in events_of(index, sql, [n])]
        for joined in pack(events, None):
            result |= {f"{LOG}/{path}": None for path in small if path != joined.path}
            result[f"{LOG}/{joined.path}"] = joined.content
    return result


def _small(sizes: dict[str, int]) -> set[str]:
    """The segments of which each is under a quarter of all of them together."""
    chosen = dict(sizes)
    while chosen:
        total = sum(chosen.values())
        fitting = {path: size for path, size in chosen.items() if 4 * size < total}
        if len(fitting) == len(chosen):
            break
        chosen = fitting
    return set(chosen)


def _size(index: Index, segment: str) -> int:
    sql = (
        "SELECT sum(length(line) + 1) FROM member JOIN event ON event.n = member.n"
        " WHERE segment = ?"
    )
    return int(index.one(sql, [segment]) or 0)


def stale_views(shard: Shard, index: Index, more: Collection[int] | None) -> dict[str, bytes]:
    """The views that HEAD lacks or has in another form: path -> bytes.

    They are those of the events that the tree holds and of `more` that it does not; of all that is
    in force where it is None. The small files of the folder are only ever added: another version of
    agence may have others.
    """
    listed = _listed(shard)
    files = {path: text for path, text in small_files().items() if path not in listed}
    top = shard.repo.work_tree
    touched, anew = held.otherwise(index, more, top) if more is not None else (set(), [])
    here = ((row, one) for row, one in index.entities_but(listed) if one.id not in touched)
    for row, entity in chain(here, ((0, one) for one in anew)):
        for path, content in rendered([shard.whole(entity)], shard.pins.founder).items():
            oid = blob_id(content)
            if listed.get(path) != oid:
                files[path] = content
            elif row:
                index.remember_view(row, path, oid)
    return files


def _listed(shard: Shard) -> dict[str, str]:
    """Path -> blob id of everything of the folder that HEAD has."""
    found = resolve_many(shard.repo, [f"HEAD:{TRACKED}"]).get(f"HEAD:{TRACKED}")
    if not found or found[1] != "tree":
        return {}
    entries = list_tree(shard.repo, found[0]).items()
    return {f"{TRACKED}/{path}": oid for path, (_, _, oid) in entries}
