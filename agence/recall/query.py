"""From what somebody asks to a full-text query, and from matches to a ranking.

The words are matched by SQLite's FTS5 with Porter stemming; here is what is pure: which words carry
something, how the query is worded, and how recency and scope weigh. Source of the ranking function
underneath: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
"""

import re
from collections.abc import Iterable
from math import log
from typing import NamedTuple

WEIGHTS = (8.0, 6.0, 3.0, 1.0)  # of title, tags, body and the passages around
_SATURATION = 1.2  # k1 of FTS5's bm25: a word counts 1 + k1 times at the most
_LEAST = 1e-6  # what FTS5 gives to a word that more than half of all passages hold
_HALF_LIFE = 90 * 86_400_000  # milliseconds after which recency weighs half
_RECENCY = 0.25  # what a passage of today gains over one of long ago
_SCOPE = 1.15  # what the asked scope gains over the other
_WORD = re.compile(r"\w+", re.UNICODE).findall

_EMPTY = frozenset(  # words that carry nothing
    (  # noqa: SIM905 - a list of a hundred words reads best as text
        "a about after again all also am an and any are as at be because been before "
        "being but by can could did do does doing for from had has have having he her "
        "here hers him his how i if in into is it its just me more most my no nor not now "
        "of off on once only or other our out over own same she should so some such than "
        "that the their them then there these they this those through to too under until "
        "up very was we were what when where which while who whom why will with would you "
        "your "
    ).split()
)


class Hit(NamedTuple):
    """One answer: the entity's id and kind, its title, the passage that matched, and how well.

    `refs` are the refs that alone hold it, or a change of it; empty where all of it is in force.
    `shard` is the name of the linked shard that it is of, "" for this one.
    """

    id: str
    kind: str
    title: str
    snippet: str
    score: float
    path: str
    tags: list[str]
    updated: int
    refs: list[str]
    shard: str = ""


class Wanted(NamedTuple):
    """What is looked for: words, in entities of one of `kinds` (any when empty) with all `tags`."""

    words: list[str]
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def carrying(question: str) -> list[str]:
    """The words of a question that carry something; all of them when none does."""
    words = [word.lower() for word in _WORD(question)]
    return list(dict.fromkeys(w for w in words if w not in _EMPTY)) or list(dict.fromkeys(words))


def expression(words: list[str], *, every: bool) -> str:
    """The FTS5 expression that matches every one of the words, or any of them."""
    return (" AND " if every else " OR ").join(f'"{word}"' for word in words)


def tagged(tag: str) -> str:
    """The FTS5 expression for passages of what has a tag, or "" for a tag without letters."""
    words = _WORD(tag)
    return f'tags : "{" ".join(words)}"' if words else ""


def best_rank(passages: int, holding: Iterable[int]) -> float:
    """What FTS5's bm25 comes to at the most, for words that so many of all passages hold.

    Ranks of two indexes compare as parts of it: a word says less where many passages hold it, and
    next to nothing where there are only a few passages.
    """
    weights = (log((passages - count + 0.5) / (count + 0.5)) for count in holding)
    return (1 + _SATURATION) * sum(max(weight, _LEAST) for weight in weights)


def score(part: float, age: int, *, in_scope: bool) -> float:
    """The weight of a match: `part` of the best rank there could be, `age` in milliseconds."""
    recency: float = 1 + _RECENCY * 0.5 ** (max(age, 0) / _HALF_LIFE)
    return float(round(part * recency * (_SCOPE if in_scope else 1.0), 6))
