"""Count what came from others: which entities it touched, and how it met what was here.

A function of two sets of events, those in force before and those in force after, and of the fold.
It knows nothing of commits, so a squash or a rebase on the way changes no number.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from agence.base.lazy import load
from agence.shard.index import Index
from agence.shard.judging import known

CLEAN, MERGED, CONFLICTS = "clean", "merged", "conflicts"


class Counts(NamedTuple):
    """Of the entities that new events of others are about, how many are of which kind; disjoint.

    received   the new events of others, in force now
    clean      entities of which the new events had seen all that was here
    merged     entities with something here that the new events had not seen
    conflicts  entities that a conflict is about which waits for an answer
    open       all conflicts that wait for an answer, whatever they are about
    """

    received: int
    clean: int
    merged: int
    conflicts: int
    open: int = 0

    @property
    def text(self) -> str:
        """What came in words: how many events, about how many entities, and how these fitted."""
        if not self.received:
            return "nothing new from others"
        items = self.clean + self.merged + self.conflicts
        what = f"{self.received} change{'s' * (self.received != 1)} by others"
        what += f" in {items} item{'s' * (items != 1)}: {self.clean} clean, {self.merged} merged"
        return f"{what}, {self.conflicts} in conflict"


def waiting(count: int) -> list[str]:
    """The line that says how many conflicts wait for an answer; none where none does."""
    what = "conflict waits" if count == 1 else "conflicts wait"
    return [f"{count} {what} for an answer: `agence ^conflicts`"] if count else []


def in_force(index: Index) -> frozenset[str]:
    """The ids of the events in force, without those that wait for what they rest on."""
    sql = "SELECT id FROM event JOIN force ON force.n = event.n WHERE place = ? AND NOT waits"
    return frozenset(row[0] for row in index.rows(sql, [index.place]))


def counted(index: Index, before: Collection[str]) -> Counts:
    """What others' events did that are in force in `index` and were not among `before`."""
    sql = (
        "SELECT id, entity FROM event JOIN force ON force.n = event.n"
        " WHERE place = ? AND NOT waits AND NOT own"
    )
    fresh = {one: entity for one, entity in index.rows(sql, [index.place]) if one not in before}
    conflicts = load("agence.shard.conflicts")
    open_ = conflicts.unanswered(index)
    disputed = {entity for one in open_ for entity in conflicts.entities_of(one)}
    found = [
        CONFLICTS if entity in disputed else _met(index, entity, fresh)
        for entity in dict.fromkeys(fresh.values())
    ]
    clean, merged, disagree = (found.count(one) for one in (CLEAN, MERGED, CONFLICTS))
    return Counts(len(fresh), clean, merged, disagree, len(open_))


def _met(index: Index, identity: str, fresh: Mapping[str, str]) -> str:
    """How the new events met what was here of one entity; "" where it can't be folded."""
    if index.entity(identity) is None:
        return ""
    events = [known(line) for line in index.lines_of(identity)]
    parents = {event.id: event.parents for event in events}
    return MERGED if is_merge(parents, fresh.keys() & parents.keys()) else CLEAN


def is_merge(parents: Mapping[str, Collection[str]], fresh: Collection[str]) -> bool:
    """Whether one of an entity's events is neither in `fresh` nor seen by any event that is.

    `parents` maps each event about the entity to what it rests on.
    """
    seen: set[str] = set()
    wave = set(fresh)
    while wave:
        seen |= wave
        wave = {parent for one in wave for parent in parents.get(one, ())} - seen
    return not parents.keys() <= seen
