"""Ask an index for the passages that words match."""

from agence.recall.query import WEIGHTS, Hit, expression, score
from agence.shard.index import Index
from agence.shard.views import view_path

_FEW = 3  # with fewer matches of every word, matches of any word are asked for too
_MOST = 200  # passages that are ranked
_SQL = (
    "SELECT passage.entity, bm25(words, {weights}) AS rank,"
    " snippet(words, 2, '', '', ' … ', 24) FROM words"
    " JOIN passage ON passage.n = words.rowid WHERE words MATCH ?"
    " ORDER BY rank, words.rowid LIMIT {most}"
).format(weights=", ".join(map(str, WEIGHTS)), most=_MOST)


def search(index: Index, words: list[str], now: int, *, in_scope: bool) -> list[Hit]:
    """The entities whose passages match, the best passage of each, in no promised order."""
    matches = list(index.rows(_SQL, [expression(words, every=True)]))
    if len(matches) < _FEW and len(words) > 1:
        matches += list(index.rows(_SQL, [expression(words, every=False)]))
    best: dict[int, tuple[float, str]] = {}
    for number, rank, snippet in matches:
        if number not in best or rank < best[number][0]:
            best[number] = (rank, snippet)
    hits = []
    for number, (rank, snippet) in best.items():
        entity = index.entity_at(number)
        if entity is None or (entity.kind == "codex" and entity.writer != index.founder):
            continue
        weight = score(rank, now - entity.updated, in_scope=in_scope)
        title = entity.text("title") or entity.text("path")
        path = "" if entity.scope == "instance" else view_path(entity)
        shown = snippet or title
        hits.append(
            Hit(entity.id, entity.kind, title, shown, weight, path, entity.tags, entity.updated)
        )
    return hits
