"""Hybrid logical clock stamps.

A stamp is (milliseconds since 1970, counter). It orders concurrent writes; it never decides
authority, deletion or compaction. Source: Kulkarni and others, "Logical Physical Clocks", 2014,
with a bound on drift, since one wrong clock would otherwise drag everyone along.
"""

from collections.abc import Iterable
from typing import NamedTuple

DRIFT = 600_000  # milliseconds that a stamp may run ahead before it is not believed
COUNTER = 2**31 - 1  # the largest counter; after it the next millisecond begins
_ADOPTED = 2 * DRIFT  # between two clocks of which each is at most DRIFT wrong


class Stamp(NamedTuple):
    """`ms` milliseconds since 1970, UTC; `counter` tells stamps of one millisecond apart."""

    ms: int
    counter: int


def tick(now: int, seen: Iterable[Stamp]) -> Stamp:
    """The stamp of a new event at `now`, after all of `seen` that are near it.

    Near is at most 2 * DRIFT ahead: so writers whose clocks are each at most DRIFT wrong are in
    order, and no clock that is further off drags the others along.
    """
    last = max((stamp for stamp in seen if stamp.ms <= now + _ADOPTED), default=Stamp(0, 0))
    if last.ms < now:
        return Stamp(now, 0)
    return Stamp(last.ms, last.counter + 1) if last.counter < COUNTER else Stamp(last.ms + 1, 0)


def believed(stamp: Stamp, others: Iterable[Stamp]) -> Stamp:
    """`stamp`, or the limit: DRIFT beyond the newest of the other stamps of its entity."""
    newest = max((other.ms for other in others), default=stamp.ms)
    return stamp if stamp.ms <= newest + DRIFT else Stamp(newest + DRIFT, stamp.counter)
