"""Forks of a chain: two events of one writer with one number, and keys that went on elsewhere."""

from typing import NamedTuple

from agence.base.errors import TrustError
from agence.shard.index import Index
from agence.shard.keyring import Keyring


class Fork(NamedTuple):
    """A proof that anybody can check: two signed events of one writer with one seq."""

    writer: str
    seq: int
    events: tuple[str, ...]


def forks(index: Index) -> list[Fork]:
    """Every fork among the events that this clone knows."""
    sql = "SELECT writer, seq FROM event GROUP BY writer, seq HAVING count(*) > 1"
    found = []
    for writer, seq in list(index.rows(sql)):
        ids = index.rows(
            "SELECT id FROM event WHERE writer = ? AND seq = ? ORDER BY id", [writer, seq]
        )
        found.append(Fork(writer, seq, tuple(row[0] for row in ids)))
    return found


def retire_continued(index: Index, keyring: Keyring) -> list[str]:
    """Retire each own key with which something else wrote on; returns the writers.

    That shows in a known event of the key that the own log lacks.
    """
    retired = []
    try:
        keys = keyring.keys("shared")
    except TrustError:  # who only reads goes on; the next write says what is wrong
        return []
    for key in keys:
        if key.retired:
            continue
        sql = "SELECT 1 FROM event WHERE writer = ? AND NOT own LIMIT 1"
        if index.one(sql, [key.writer]) and key.bound == keyring.binding():
            keyring.retire(key, "another copy of this clone wrote with it")
            retired.append(key.writer)
    return retired
