"""Fenced register: claims side by side, of which those with the greatest fencing number count.

A fence is given once and only grows, so a write with a smaller one is of somebody who was replaced
and had not heard of it. All values are kept; in conflict are only those with one and the same
fence, such as 0, which stands for a claim that nobody gave. Source of the fence: Lampson, "How to
Build a Highly Available System Using Consensus", 1996.
"""

from collections.abc import Iterable

from agence.crdt.multi_value import multi_value
from agence.crdt.write import Outcome, Write, rivals_of, whole_writes


def fenced(writes: Iterable[Write]) -> Outcome:
    """The values as a list, each once, in the order of their canonical form."""
    left = whole_writes(writes)
    greatest = max((_fence(write) for write in left), default=0)
    rivals = rivals_of(write for write in left if _fence(write) == greatest)
    return Outcome(multi_value(left).value, (), rivals)


def _fence(write: Write) -> int:
    fence = write.value.get("fence") if isinstance(write.value, dict) else 0
    return fence if isinstance(fence, int) and not isinstance(fence, bool) else 0
