"""Fold entities again from the events in force, and put them and their words into the index."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from agence.events.blob import referred
from agence.fold.entity import Entity, Merges, fold_entity
from agence.recall.passages import passages
from agence.shard.blobs import Blobs
from agence.shard.cores import spread
from agence.shard.index import EntityWriter, Index, entity_of, state_of
from agence.shard.judging import known
from agence.shard.merges import before_of, in_force, kinds_in

_SHARE = 5_000_000  # bytes of lines that are folded at once

_About = tuple[str, list[bytes]]  # an entity's id, and the lines of its events in force


def fold_again(index: Index, touched: Iterable[str], blobs: Blobs, top: str) -> None:
    """Put what each of the entities `touched` is now in the place of what it was.

    What functions merge is folded too, where these came, went, or are of another version now; `top`
    is the work tree.
    """
    _fold_all(index, touched, blobs, in_force(index, top).rules)
    now, before = in_force(index, top), before_of(index)
    if now.fingerprint != before:
        sql = "SELECT id FROM entity WHERE place = ? AND kind = ?"
        kinds = kinds_in(before) | kinds_in(now.fingerprint)
        rows = [row for kind in kinds for row in index.rows(sql, [index.place, kind])]
        _fold_all(index, {row[0] for row in rows}, blobs, now.rules)
        values = [now.fingerprint, index.place]
        index.rows("UPDATE place SET merges = ? WHERE n = ?", values)


def _fold_all(index: Index, touched: Iterable[str], blobs: Blobs, merges: Merges) -> None:
    with EntityWriter(index) as entities:
        for share, found in spread(_shares(index, touched), partial(_folded, merges)):
            for (identity, _), one in zip(share, found, strict=True):
                if one is None:
                    entities.drop(identity)
                    continue
                *row, words = one
                if words is None:
                    words = passages_of(blobs.whole(index, entity_of(row[-1])))
                entities.put_row(row, words)


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


def _shares(index: Index, touched: Iterable[str]) -> Iterator[list[_About]]:
    """The entities `touched`, sorted, each with its lines that are in force and do not wait."""
    gone = set(touched)
    index.rows("CREATE TEMP TABLE IF NOT EXISTS about(entity TEXT PRIMARY KEY) WITHOUT ROWID")
    index.rows("DELETE FROM about")
    index.db.executemany("INSERT INTO about VALUES (?)", [(one,) for one in sorted(gone)])
    sql = (
        "SELECT about.entity, line FROM about CROSS JOIN event ON event.entity = about.entity"
        " CROSS JOIN force ON force.place = ? AND force.n = event.n AND NOT force.waits"
        " ORDER BY about.entity"
    )
    share: list[_About] = []
    size = 0
    rows = index.rows(sql, [index.place])
    for identity, group in groupby(rows, itemgetter(0)):
        gone.discard(identity)
        lines = [line for _, line in group]
        share.append((identity, lines))
        size += sum(map(len, lines))
        if size > _SHARE:
            yield share
            share, size = [], 0
    share += ((identity, []) for identity in sorted(gone))
    if share:
        yield share


def _folded(merges: Merges, share: list[_About]) -> list[Any]:
    return [_fold(lines, merges) for _, lines in share]


def _fold(lines: list[bytes], merges: Merges) -> list[Any] | None:
    """What a row of the index says of an entity, and its passages: None where texts are missing."""
    entity = fold_entity(map(known, lines), _Everything(), merges)
    if entity is None:
        return None
    apart = any(map(referred, entity.fields.values()))
    return [*state_of(entity), None if apart else passages_of(entity)]


class _Everything:
    """Contains whatever is asked: what waits was taken out before."""

    def __contains__(self, one: object) -> bool:
        return True
