"""A write: what one event does to one field, with what its author had seen.

Every rule of this folder is a function of a *set* of writes, so replicas that hold the same events
show the same value, in whatever order the events came.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from agence.base.canonical import encode
from agence.base.stamps import Stamp


class Write(NamedTuple):
    """One effect on one field.

    at     this event's place in the fold's order, counted from 0
    seen   bit n is set when the author had seen the event at place n
    """

    event: str
    stamp: Stamp
    at: int
    seen: int
    op: str
    value: Any
    cites: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What a rule makes of the writes to a field.

    lost    concurrent writes that another value was chosen over
    rivals  concurrent writes between which no rule can choose: a person has to. Sorted by event
    """

    value: Any
    lost: tuple[Write, ...] = ()
    rivals: tuple[Write, ...] = ()


Rule = Callable[[Iterable[Write]], Outcome]


def unseen(writes: Iterable[Write]) -> list[Write]:
    """The writes that no other write has seen: the causally maximal ones."""
    writes = list(writes)
    known = 0
    for write in writes:
        known |= write.seen
    return [write for write in writes if not known >> write.at & 1]


def newest_first(writes: Iterable[Write]) -> list[Write]:
    """In the order of the last writer: the greatest (stamp, event id) first."""
    return sorted(writes, key=lambda write: (write.stamp, write.event), reverse=True)


def whole_writes(writes: Iterable[Write]) -> list[Write]:
    """The writes of whole values that no other such write has seen, the newest first."""
    return newest_first(unseen(write for write in writes if write.op == "set"))


def rivals_of(writes: Iterable[Write]) -> tuple[Write, ...]:
    """All of `writes` where they do not say the same, sorted by event; none where they do."""
    writes = list(writes)
    if len({encode(write.value) for write in writes}) < 2:
        return ()
    return tuple(sorted(writes, key=lambda write: write.event))


def others(winner: Write, writes: Iterable[Write]) -> tuple[Write, ...]:
    """Those of `writes` that say something else than `winner`."""
    said = encode(winner.value)
    return tuple(write for write in writes if encode(write.value) != said)
