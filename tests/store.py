"""A large store: a shard whose tree holds many events of many writers, for benches and soaks."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

from agence.base.stamps import Stamp
from agence.events.event import Draft, Event, write
from agence.events.segment import LIMIT, pack

START = 1_767_225_600_000  # 2026-01-01
_TEXT = 840  # characters of a body: with its title and the form of an effect, 1 KB of data
_CONCURRENT = 20  # one edit of so many rests on what stood before the newest edit

_WORDS = [
    f"{first}{second}"
    for first in ("ba", "co", "du", "fi", "ga", "hu", "ke", "lo", "mi", "no")
    for second in (f"{c}{d}{e}" for c in "rstlmnk" for d in "aeiou" for e in ("n", "rd", "st", "x"))
]


def make_events(shard: str, count: int, *, writers: int = 20, entities: int = 0) -> Iterator[Event]:
    """`count` lessons and edits of about 1 KB, by `writers`, each over what stood before it.

    There are `entities` lessons, a fifth of `count` where 0 is given.
    """
    pick = random.Random(7)
    lessons = entities or max(1, count // 5)
    chains = dict.fromkeys(range(writers), (0, ""))
    seeds = [bytes([number + 1]) * 32 for number in range(writers)]
    heads: dict[int, tuple[str, list[str]]] = {}
    for number in range(count):
        lesson = number if number < lessons else pick.randrange(lessons)
        entity, seen = heads.get(lesson, ("", []))
        back = 2 if len(seen) > 1 and pick.randrange(_CONCURRENT) == 0 else 1
        writer = pick.randrange(writers)
        seq, prev = chains[writer]
        draft = Draft(
            "lesson", entity, _data(pick, new=not entity), shard, f"collective:{shard}",
            f"writer {writer}", tuple(seen[-back : len(seen) - back + 1]),
        )  # fmt: skip
        salt = pick.randbytes(16)
        event = write(draft, seeds[writer], seq + 1, prev, Stamp(START + number * 1000, 0), salt)
        chains[writer] = (seq + 1, event.id)
        heads[lesson] = (entity or event.id, [*seen[-1:], event.id])
        yield event


def _data(pick: random.Random, *, new: bool) -> dict[str, object]:
    text = " ".join(pick.choices(_WORDS, k=_TEXT // 6))
    effects = [{"field": "body", "op": "set", "value": text}]
    if new:
        title = " ".join(pick.choices(_WORDS, k=6))
        effects.insert(0, {"field": "title", "op": "set", "value": title})
        effects.append({"field": "tags", "op": "add", "value": pick.choice(_WORDS)})
    return {"effects": effects}


def segments(events: Iterator[Event], limit: int = LIMIT) -> Iterator[tuple[str, bytes]]:
    """(path below the log, bytes) of the segments that hold `events`."""
    waiting: dict[str, list[Event]] = {}
    sizes: dict[str, int] = {}
    for event in events:
        size = len(event.line) + 1
        if sizes.get(event.writer, 0) + size > limit:
            yield from _packed(waiting.pop(event.writer))
            sizes[event.writer] = 0
        waiting.setdefault(event.writer, []).append(event)
        sizes[event.writer] = sizes.get(event.writer, 0) + size
    for left in waiting.values():
        yield from _packed(left)


def _packed(events: list[Event]) -> Iterator[tuple[str, bytes]]:
    for segment in pack(events, None):
        yield segment.path, segment.content


def commit_segments(
    repo: Path, found: Iterator[tuple[str, bytes]], branch: str = "main", message: str = "Publish"
) -> None:
    """One commit on `branch` that adds these segments; the work tree is left as it is."""
    ref = f"refs/heads/{branch}"
    head = (
        f"commit {ref}\ncommitter bench <bench@example.org> {START // 1000} +0000\n"
        f"data {len(message)}\n{message}\nfrom {ref}^0\n"
    )
    words = ["git", "-C", str(repo), "fast-import", "--quiet", "--depth=0"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as importer:
        assert importer.stdin
        importer.stdin.write(head.encode())
        for path, content in found:
            line = f"M 100644 inline .agence/log/{path}\ndata {len(content)}\n"
            importer.stdin.write(line.encode() + content + b"\n")
        importer.stdin.close()
        assert importer.wait() == 0
