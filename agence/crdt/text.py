"""Ordered text: versions written side by side are merged by lines, from what both come from.

Where they overlap both are kept between marked lines, and the field is in conflict. The base is
what this same rule makes of the writes that both sides had seen, so criss-cross histories have one
too. Source: Khanna, Kunal and Pierce, "A Formal Investigation of Diff3", 2007.

The result is a function of the set of writes: they are merged in the order of (stamp, event id).
Texts too large for an event are names of blobs here, and are chosen between like any other value.
"""

from collections.abc import Iterable

from agence.crdt.lines import MARKS, merge_lines
from agence.crdt.write import Outcome, Write, newest_first, others, rivals_of, unseen

_DEEP = 32  # nested criss-crosses; below, the newest version that both had seen is the base


def text(writes: Iterable[Write]) -> Outcome:
    """The merged text; None when nothing was ever written."""
    wrote = [write for write in writes if write.op == "set"]
    return _Merge(wrote).of(-1, 0)


class _Merge:
    """The outcome for each part of the writes that the merge asks for, by the mask of that part."""

    def __init__(self, writes: list[Write]) -> None:
        self._writes = writes
        self._known: dict[int, Outcome] = {}

    def of(self, mask: int, depth: int) -> Outcome:
        part = [write for write in self._writes if mask >> write.at & 1]
        key = sum(1 << write.at for write in part)
        if key not in self._known:
            self._known[key] = self._merged(unseen(part), depth)
        return self._known[key]

    def _merged(self, heads: list[Write], depth: int) -> Outcome:
        heads = newest_first(heads)[::-1]
        if not heads:
            return Outcome(None)
        values = [head.value for head in heads]
        if not all(isinstance(value, str) for value in values) or depth > _DEEP:
            return Outcome(values[-1], others(heads[-1], heads), rivals_of(heads))
        merged, covered, overlapped = heads[0].value, _covered(heads[0]), False
        for head in heads[1:]:
            base = self.of(covered & _covered(head), depth + 1).value
            base = base if isinstance(base, str) else ""
            merged, overlaps = _three_way(base, merged, head.value)
            overlapped = overlapped or overlaps
            covered |= _covered(head)
        return Outcome(merged, (), rivals_of(heads) if overlapped else ())


def _covered(write: Write) -> int:
    return write.seen | 1 << write.at


def _three_way(base: str, one: str, other: str) -> tuple[str, bool]:
    if other in (one, base):
        return one, False
    if one == base:
        return other, False
    lines, overlapped = merge_lines(base.split("\n"), one.split("\n"), other.split("\n"), MARKS)
    return "\n".join(lines), overlapped
