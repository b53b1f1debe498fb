"""Counters: the sum of all increments, each counted once by the event that made it.

Source: Shapiro and others, RR-7506, 2011 (G-Counter and PN-Counter). A counter can't enforce a
floor: two decrements made side by side both count.
"""

from collections.abc import Iterable

from agence.base.canonical import LARGEST
from agence.crdt.write import Outcome, Write


def counter(writes: Iterable[Write]) -> Outcome:
    """Grow-only: the sum of the positive increments."""
    return _sum(write.value for write in writes if write.op == "increment" and write.value > 0)


def up_down(writes: Iterable[Write]) -> Outcome:
    """Up and down: the sum of all increments."""
    return _sum(write.value for write in writes if write.op == "increment")


def _sum(values: Iterable[int]) -> Outcome:
    return Outcome(max(-LARGEST, min(LARGEST, sum(values))))  # what canonical JSON can say
