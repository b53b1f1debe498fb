"""A write: what one event does to one field, with what its author had seen.

Every rule of this folder is a function of a *set* of writes, so replicas that hold the same events
show the same value, in whatever order the events came.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

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
    """The field's `value`, and the concurrent writes that another value was chosen over."""

    value: Any
    lost: tuple[Write, ...] = ()


def unseen(writes: Iterable[Write]) -> list[Write]:
    """The writes that no other write has seen: the causally maximal ones."""
    writes = list(writes)
    known = 0
    for write in writes:
        known |= write.seen
    return [write for write in writes if not known >> write.at & 1]
