"""What the checked-out tree holds, told by how it differs from what is in force.

The index marks each event in force that the tree holds; the others are few, as are those that wait
for what they rest on. Nothing here looks at all events, unless a merge function came or went.
"""

import json
from collections.abc import Collection, Iterable

from agence.fold.entity import Entity, fold_entity
from agence.fold.state import closed, fold
from agence.shard.index import Index
from agence.shard.judging import known
from agence.shard.merges import KIND, in_force, of_cut

_LISTED = "(SELECT value FROM json_each(?))"


def tree(index: Index) -> str:
    """The id of the log tree that is checked out, "" for none."""
    return str(index.one("SELECT head FROM place WHERE n = ?", [index.place]) or "")


def apart(index: Index, *, waits: bool = True) -> set[int]:
    """The events in force that the tree does not hold; those that wait only where `waits`."""
    sql = "SELECT n FROM force INDEXED BY force_apart WHERE place = ? AND NOT held"
    sql += "" if waits else " AND NOT waits"
    return {row[0] for row in index.rows(sql, [index.place])}


def is_held(index: Index, number: int) -> bool:
    """Whether the tree holds this event."""
    sql = "SELECT held FROM force WHERE place = ? AND n = ?"
    return bool(index.one(sql, [index.place, number]))


def without_held(index: Index, numbers: Collection[int]) -> set[int]:
    """Those of these events that the tree does not hold."""
    sql = f"SELECT n FROM force WHERE place = ? AND n IN {_LISTED} AND held"
    return set(numbers) - {row[0] for row in index.rows(sql, [index.place, _listed(numbers)])}


def missing_parents(index: Index) -> set[int]:
    """The known events that those in the tree rest on, and that it does not hold."""
    in_force_too = (
        "SELECT apart.n FROM force AS apart INDEXED BY force_apart"
        " CROSS JOIN event ON event.n = apart.n CROSS JOIN edge ON edge.parent = event.id"
        " CROSS JOIN force AS child ON child.place = ?1 AND child.n = edge.child AND child.held"
        " WHERE apart.place = ?1 AND NOT apart.held"
    )
    waited_for = (
        "SELECT event.n FROM force INDEXED BY force_waits"
        " CROSS JOIN edge ON edge.child = force.n CROSS JOIN event ON event.id = edge.parent"
        " WHERE place = ?1 AND waits AND held"
    )
    rows = index.rows(f"{in_force_too} UNION {waited_for}", [index.place])
    return without_held(index, {row[0] for row in rows})


def parents(index: Index, numbers: Collection[int]) -> set[int]:
    """The known events that these rest on."""
    sql = (
        "SELECT DISTINCT event.n FROM json_each(?) AS one"
        " CROSS JOIN edge ON edge.child = one.value CROSS JOIN event ON event.id = edge.parent"
    )
    return {row[0] for row in index.rows(sql, [_listed(numbers)])}


def is_in_force(index: Index, more: Collection[int]) -> bool:
    """Whether what the tree holds, and `more` that it does not, is just what is in force."""
    sql = "SELECT 1 FROM force INDEXED BY force_waits WHERE place = ? AND waits AND held LIMIT 1"
    return index.one(sql, [index.place]) is None and set(more) == apart(index, waits=False)


def otherwise(index: Index, more: Collection[int], top: str) -> tuple[set[str], list[Entity]]:
    """How the fold of what the tree holds, and `more`, differs from the entities in force.

    The ids of all entities that may be otherwise, and what those of them are that there are. `top`
    is the work tree.
    """
    if is_in_force(index, more):
        return set(), []
    lost = apart(index, waits=False) - set(more)
    doubtful = _resting_on(index, lost) | _waiting(index) | set(more)
    doubtful = {n for n in doubtful if n in set(more) or is_held(index, n)}
    out = _out(index, doubtful, set(more))
    touched = _entities_of(index, lost | doubtful)
    if _is_about_merges(index, touched):
        return _all_anew(index, more, top)
    rules = in_force(index, top).rules
    found = []
    for one in sorted(touched):
        sql = (
            "SELECT line FROM event LEFT JOIN force ON force.place = ? AND force.n = event.n"
            f" WHERE entity = ? AND (held OR event.n IN {_LISTED}) AND event.n NOT IN {_LISTED}"
        )
        rows = index.rows(sql, [index.place, one, _listed(more), _listed(out)])
        found.append(fold_entity((known(line) for (line,) in rows), _Everything(), rules))
    return touched, [one for one in found if one is not None]


def _all_anew(index: Index, more: Collection[int], top: str) -> tuple[set[str], list[Entity]]:
    sql = (
        "SELECT line FROM event LEFT JOIN force ON force.place = ? AND force.n = event.n"
        f" WHERE held OR event.n IN {_LISTED}"
    )
    events = [known(line) for (line,) in index.rows(sql, [index.place, _listed(more)])]
    entities = fold(closed(events), of_cut(events, index.founder, top))
    sql = "SELECT id FROM entity WHERE place = ?"
    here = {row[0] for row in index.rows(sql, [index.place])}
    return here | entities.keys(), list(entities.values())


def _resting_on(index: Index, numbers: Collection[int]) -> set[int]:
    """The events that rest on these, directly or not."""
    sql = (
        "WITH RECURSIVE down(n) AS (SELECT value FROM json_each(?) UNION SELECT edge.child"
        " FROM down CROSS JOIN event ON event.n = down.n CROSS JOIN edge ON edge.parent = event.id)"
        " SELECT n FROM down"
    )
    return {row[0] for row in index.rows(sql, [_listed(numbers)])} - set(numbers)


def _waiting(index: Index) -> set[int]:
    sql = "SELECT n FROM force INDEXED BY force_waits WHERE place = ? AND waits"
    return {row[0] for row in index.rows(sql, [index.place])}


def _out(index: Index, doubtful: Collection[int], more: Collection[int]) -> set[int]:
    """Those of the `doubtful` that rest on what neither the tree nor `more` has."""
    sql = (
        "SELECT edge.parent, event.n, held FROM edge LEFT JOIN event ON event.id = edge.parent"
        " LEFT JOIN force ON force.place = ? AND force.n = event.n WHERE edge.child = ?"
    )
    resting: dict[int, set[int]] = {}
    out: set[int] = set()
    for number in doubtful:
        rows = list(index.rows(sql, [index.place, number]))
        resting[number] = {n for _, n, _ in rows}
        if any(n is None or not (held or n in more) for _, n, held in rows):
            out.add(number)
    while fresh := {n for n, on in resting.items() if n not in out and on & out}:
        out |= fresh
    return out


def _entities_of(index: Index, numbers: Iterable[int]) -> set[str]:
    sql = f"SELECT DISTINCT entity FROM event WHERE n IN {_LISTED}"
    return {row[0] for row in index.rows(sql, [_listed(numbers)])}


def _is_about_merges(index: Index, identities: Iterable[str]) -> bool:
    sql = f"SELECT 1 FROM event WHERE entity IN {_LISTED} AND kind = ? LIMIT 1"
    return index.one(sql, [_listed(identities), KIND]) is not None


def _listed(values: Iterable[int] | Iterable[str]) -> str:
    """Values as `json_each` takes them."""
    return json.dumps(list(values))


class _Everything:
    """Contains whatever is asked: what waits was taken out before."""

    def __contains__(self, one: object) -> bool:
        return True
