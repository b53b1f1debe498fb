"""Two versions of some lines merged from the lines that both come from.

The marked lines around two versions are words for people, and lines like any other: a text that
holds them merges, renders and is edited as before.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from agence.base.lazy import load

Line = TypeVar("Line", bytes, str)


class Marks(NamedTuple):
    """The lines that stand before the first version, between the two, and behind."""

    one: str
    other: str
    end: str


MARKS = Marks(
    "**[two versions; this is one]**",
    "**[this is the other version]**",
    "**[end of the two versions]**",
)


def merge_lines(
    base: Sequence[Line], one: Sequence[Line], other: Sequence[Line], marks: Sequence[Line]
) -> tuple[list[Line], bool]:
    """The merged lines, and whether two versions of some of them had to be kept.

    Two versions are kept in the order of their contents, so the sides may change places.
    """
    lines: list[Line] = []
    overlapped = False
    first, second = sorted((list(one), list(other)))
    for group in load("merge3").Merge3(list(base), first, second).merge_groups():
        if group[0] == "conflict":
            lines += _both(list(group[2]), list(group[3]), marks)
            overlapped = True
        else:
            lines += group[1]
    return lines, overlapped


def _both(one: list[Any], other: list[Any], marks: Sequence[Any]) -> list[Any]:
    """Two versions of some lines; what they share at the ends is said once."""
    start, size = 0, min(len(one), len(other))
    while start < size and one[start] == other[start]:
        start += 1
    end = 0
    while end < size - start and one[-1 - end] == other[-1 - end]:
        end += 1
    versions = sorted([one[start : len(one) - end], other[start : len(other) - end]])
    shared = one[len(one) - end :]
    return [*one[:start], marks[0], *versions[0], marks[1], *versions[1], marks[2], *shared]
