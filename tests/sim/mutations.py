"""Three mistakes that other tools made, put into our own code: the simulator must go red."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

from agence.crdt.life import DELETE, life
from agence.crdt.write import Outcome, Write
from agence.schema import fields
from agence.shard import ingest, intake
from agence.shard.index import Index
from agence.shard.intake import Judged

KEEP, REFRESH = intake.keep_all, ingest.refresh


def remove_by_value() -> AbstractContextManager[Any]:
    """Whoever takes a tag off takes it off for those, too, who put it on meanwhile or later."""
    rule, operations, meaning = fields.RULES["add-wins"]

    def by_value(writes: Iterable[Write]) -> Outcome:
        writes = list(writes)
        off = {write.value for write in writes if write.op == "remove"}
        return rule(one for one in writes if one.op == "add" and one.value not in off)

    return mock.patch.dict(fields.RULES, {"add-wins": (by_value, operations, meaning)})


@contextmanager
def clock_of_maxima() -> Iterator[None]:
    """An event is taken as known where one with a greater number of its writer came before."""
    clock: dict[str, int] = {}

    def refresh(index: Index, *carried: Any, everywhere: bool) -> None:
        rows = index.rows("SELECT writer, max(seq) FROM event GROUP BY writer")
        clock.clear()
        clock.update(rows)
        REFRESH(index, *carried, everywhere=everywhere)

    def keep_one(index: Index, one: Judged, *, own: bool) -> int:
        fact = one[0]
        if fact.seq > clock.get(fact.writer, 0):
            return KEEP(index, [one], own=own)[0]
        later = "SELECT n FROM event WHERE writer = ? AND seq >= ? ORDER BY seq LIMIT 1"
        return int(index.one(later, [fact.writer, fact.seq]))

    def keep_all(index: Index, found: Iterable[Judged], *, own: bool) -> list[int]:
        return [keep_one(index, one, own=own) for one in found]

    with mock.patch.multiple(ingest, refresh=refresh, keep_all=keep_all):
        yield


def delete_wins() -> AbstractContextManager[Any]:
    """A delete takes away also what was written beside it."""

    def deleted_by_any(writes: Iterable[Write]) -> Outcome:
        writes = list(writes)
        deletes = [write for write in writes if write.op == DELETE]
        last = [one for one in deletes if not any(by.seen >> one.at & 1 for by in writes)]
        return life(writes)._replace(value=bool(last))

    return mock.patch("agence.fold.entity.life", deleted_by_any)


MUTATIONS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "remove by value": remove_by_value,
    "clock of maxima": clock_of_maxima,
    "delete wins": delete_wins,
}
