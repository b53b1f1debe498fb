"""A segment: a file of events that never grows, named by what it holds.

Its lines are one writer's events, each ended by a newline, sorted by event id; its name is

    <first seq>-<first 32 hex digits of BLAKE3-256("agence/segment/1" || 0x00 || ids, sorted,
    raw)>.jsonl

So one set of events is one file name and, erasures aside, one byte string: the same segment on two
branches is the same file to git.
"""

from collections.abc import Iterable, Sequence
from time import gmtime
from typing import NamedTuple

from agence.base.digest import hex_digest
from agence.events.event import Event

LIMIT = 256 * 1024  # bytes of a segment as it is first published


class Segment(NamedTuple):
    """`path` relative to the log folder, `content` its bytes, `ids` of its events."""

    path: str
    content: bytes
    ids: frozenset[str]


def month(ms: int) -> str:
    """`yyyy-mm`, UTC, of milliseconds since 1970; years beyond 9999 stay in the last month."""
    moment = gmtime(min(ms, 253_402_300_799_999) // 1000)
    return f"{moment.tm_year:04}-{moment.tm_mon:02}"


def fingerprint(ids: Iterable[str]) -> str:
    """The part of a segment's name that its event ids decide: 32 hex digits."""
    return hex_digest("agence/segment/1", *(bytes.fromhex(one) for one in sorted(ids)))[:32]


def pack(events: Iterable[Event], limit: int | None = LIMIT) -> list[Segment]:
    """The segments that hold `events`, in order of seq, cut at `limit` bytes.

    The events are all of one writer. With `limit` None it is one segment, however large.
    """
    segments: list[Segment] = []
    batch: list[Event] = []
    size = 0
    for event in sorted(events, key=lambda one: (one.seq, one.id)):
        if batch and limit is not None and size + len(event.line) + 1 > limit:
            segments.append(_segment(batch))
            batch, size = [], 0
        batch.append(event)
        size += len(event.line) + 1
    if batch:
        segments.append(_segment(batch))
    return segments


def split_lines(content: bytes) -> tuple[list[bytes], bytes]:
    """The complete lines of `content` without their newlines, and what follows the last newline."""
    *lines, tail = content.split(b"\n")
    return lines, tail


def order_faults(path: str, ids: Sequence[str]) -> list[str]:
    """What is wrong with a segment of this path and these event ids, in the order found."""
    faults = []
    if list(ids) != sorted(set(ids)):
        faults.append("its lines are reordered or repeated")
    name = path.rsplit("/", 1)[-1].removesuffix(".jsonl")
    if name.partition("-")[2] != fingerprint(set(ids)):
        faults.append(
            "its lines are not those its name stands for: some are missing, changed or foreign"
        )
    return faults


def _segment(events: list[Event]) -> Segment:
    first = min(events, key=lambda one: (one.seq, one.id))
    content = b"".join(one.line + b"\n" for one in sorted(events, key=lambda one: one.id))
    ids = frozenset(one.id for one in events)
    path = f"{month(first.stamp.ms)}/{first.writer}/{first.seq}-{fingerprint(ids)}.jsonl"
    return Segment(path, content, ids)
