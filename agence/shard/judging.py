"""Verify lines, and tell of each event what the index notes of it.

A signature check is most of the cost of reading events that are new, so whoever reads many does it
on all cores; what comes back from there is small.
"""

import json
from collections.abc import Iterable
from typing import NamedTuple

from agence.base.errors import TrustError
from agence.events.event import Event, read


class Fact(NamedTuple):
    """What the index notes of a verified event, beside its line.

    private  whether it is of the private chain; `erased` whether its data is gone
    """

    id: str
    entity: str
    kind: str
    writer: str
    seq: int
    ms: int
    parents: list[str]
    private: bool
    erased: bool


def judge(lines: Iterable[bytes]) -> list[Event | str]:
    """For each line its event, or what is wrong with it. In the order given."""
    return [_judged(line) for line in lines]


def judge_facts(lines: Iterable[bytes]) -> list[Fact | str]:
    """The same, with no more of each event than the index notes."""
    return [one if isinstance(one, str) else fact_of(one) for one in map(_judged, lines)]


def fact_of(event: Event) -> Fact:
    """What the index notes of `event`."""
    return Fact(
        event.id,
        event.entity,
        event.kind,
        event.writer,
        event.seq,
        event.stamp.ms,
        event.parents,
        event.body["scope"] == "instance",
        event.data is None,
    )


def known(line: bytes) -> Event:
    """The event of a line that was verified before."""
    outer = json.loads(line)
    return Event(outer["id"], line, outer["body"], outer.get("data"))


def _judged(line: bytes) -> Event | str:
    try:
        return read(line)
    except TrustError as error:
        return error.message
