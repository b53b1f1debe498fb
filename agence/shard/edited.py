"""Which files of `.agence/` somebody edited by hand: drafts, that are never overwritten.

A view is a draft where its last line does not agree with what is above it. A page of governance is
one where it says what no event about the page ever said. What a merge left with its markers is no
draft: the next `^commit` or `^render` renews it from the events. Whether git has the edit
committed is no matter.
"""

import os
import re

from agence.events.event import Event
from agence.fold.view import is_draft
from agence.schema.kinds import KINDS
from agence.shard.index import Index
from agence.shard.judging import known
from agence.shard.layout import TRACKED
from agence.shard.shard import Shard
from agence.shard.views import read, view_path

_VIEW = re.compile(r"-[0-9a-f]{8}\.md").search  # how the name of a view ends


def edited(shard: Shard) -> list[str]:
    """The paths of the drafts in the work tree, sorted."""
    return sorted([*_views(shard.repo.work_tree), *_pages(shard)])


def _views(top: str) -> list[str]:
    found = []
    for kind in KINDS.values():
        folder = f"{TRACKED}/{kind.folder}"
        if kind.closed or not kind.folder or os.path.islink(os.path.join(top, folder)):
            continue
        try:
            names = os.listdir(os.path.join(top, folder))
        except (FileNotFoundError, NotADirectoryError):
            continue
        for name in names:
            content = read(top, f"{folder}/{name}") if _VIEW(name) else None
            if content is not None and is_draft(content) and not _has_markers(content):
                found.append(f"{folder}/{name}")
    return found


def _has_markers(content: bytes) -> bool:
    """Whether a merge left its markers: nobody's words, and both sides are in git's history."""
    lines = content.split(b"\n")
    starts = [sum(line.startswith(mark) for line in lines) for mark in (b"<<<<<<< ", b">>>>>>> ")]
    return starts[0] == starts[1] > 0 and b"=======" in lines


def _pages(shard: Shard) -> list[str]:
    index = shard.index("shared")
    found = []
    for page in index.entities("codex"):
        path = view_path(page)
        there = read(shard.repo.work_tree, path) if path else None
        if there is None or page.writer != shard.pins.founder:
            continue
        if there.decode(errors="replace") not in _texts(shard, index, page.id):
            found.append(path)
    return found


def _texts(shard: Shard, index: Index, identity: str) -> set[str]:
    """Every text that a page of governance ever had."""
    found = set()
    for event in map(known, index.lines_of(identity)):
        found |= {text for text in map(shard.text_of, _values(event, "text")) if text is not None}
    return found


def _values(event: Event, field: str) -> list[object]:
    effects = (event.data or {}).get("effects")
    effects = effects if isinstance(effects, list) else []
    return [
        one.get("value") for one in effects if isinstance(one, dict) and one.get("field") == field
    ]
