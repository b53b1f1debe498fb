"""Ask an index for the passages that words match."""

from collections.abc import Iterator
from typing import Any

from agence.recall.query import WEIGHTS, Hit, Wanted, best_rank, expression, score, tagged
from agence.shard.index import Index
from agence.shard.views import view_path

_FEW = 3  # with fewer matches of every word, matches of any word are asked for too
_MOST = 200  # passages that are ranked
_SQL = (
    "SELECT passage.entity, bm25(words, {weights}) AS rank,"
    " snippet(words, 2, '', '', ' … ', 24) FROM words"
    " JOIN passage ON passage.n = words.rowid JOIN entity ON entity.n = passage.entity"
    " WHERE words MATCH ? AND entity.place = ?{also}"
    " ORDER BY rank, words.rowid LIMIT {most}"
)
_COUNT = "SELECT count(*) FROM words WHERE words MATCH ?"


def search(index: Index, wanted: Wanted, now: int, *, in_scope: bool) -> list[Hit]:
    """The entities whose passages match, the best passage of each, in no promised order."""
    words = wanted.words
    matches = list(_matches(index, wanted, every=True))
    if len(matches) < _FEW and len(words) > 1:
        matches += _matches(index, wanted, every=False)
    best: dict[int, tuple[float, str]] = {}
    for number, rank, snippet in matches:
        if number not in best or rank < best[number][0]:
            best[number] = (rank, snippet)
    if not best:
        return []
    holding = [int(index.one(_COUNT, [expression([word], every=True)])) for word in words]
    most = best_rank(int(index.one("SELECT count(*) FROM passage")), holding)
    hits = []
    for number, (rank, snippet) in best.items():
        entity = index.entity_at(number)
        if entity is None or not set(wanted.tags) <= set(entity.tags):
            continue
        if entity.kind == "codex" and entity.writer != index.founder:
            continue
        weight = score(-rank / most, now - entity.updated, in_scope=in_scope)
        title = entity.title
        path = "" if entity.scope == "instance" else view_path(entity)
        said = (title, snippet or title, weight, path, entity.tags, entity.updated)
        hits.append(Hit(entity.id, entity.kind, *said, refs=[]))
    return hits


def beyond(index: Index, identities: list[str]) -> dict[str, list[str]]:
    """For each entity with events that are not in force in `index`: the refs that hold these.

    The ref that keeps what is known counts only where no other holds them.
    """
    marks = ", ".join("?" * len(identities))
    sql = (
        "SELECT DISTINCT event.entity, ref.name FROM ref JOIN tree ON tree.oid = ref.tree"
        " JOIN member ON member.segment = tree.segment JOIN event ON event.n = member.n"
        f" WHERE event.entity IN ({marks}) AND NOT EXISTS"
        " (SELECT 1 FROM force WHERE force.place = ? AND force.n = event.n) ORDER BY ref.name"
    )
    found: dict[str, list[str]] = {}
    for identity, name in index.rows(sql, [*identities, index.place]):
        found.setdefault(identity, []).append(name)
    kept = "refs/agence/log"
    return {one: [n for n in names if n != kept] or [kept] for one, names in found.items()}


def _matches(index: Index, wanted: Wanted, *, every: bool) -> Iterator[tuple[Any, ...]]:
    also = ""
    values: list[Any] = [expression(wanted.words, every=every), index.place]
    if wanted.kinds:
        also += f" AND entity.kind IN ({', '.join('?' * len(wanted.kinds))})"
        values += wanted.kinds
    for match in filter(None, map(tagged, wanted.tags)):
        also += " AND +words.rowid IN (SELECT rowid FROM words WHERE words MATCH ?)"
        values.append(match)
    weights = ", ".join(map(str, WEIGHTS))
    return index.rows(_SQL.format(weights=weights, also=also, most=_MOST), values)
