"""Segments that wait in git's index: staged by `^commit --stage`, or left there by a crash.

The next publication takes them along as they are. New files for the same events would leave them
staged for whatever the user commits next.
"""

import os
from collections.abc import Collection

from agence.base.errors import TrustError
from agence.events.event import read
from agence.events.segment import order_faults, split_lines
from agence.git import staging
from agence.git.objects import Found, read_many
from agence.shard.held import tree
from agence.shard.index import Index
from agence.shard.layout import LOG
from agence.shard.shard import Shard


def staged_segments(
    shard: Shard, index: Index, needed: Collection[int]
) -> dict[str, tuple[bytes, set[int]]]:
    """Staged segments of `needed` events: path below the log -> (content, numbers of its events).

    What is not known here byte for byte is the user's: left out.
    """
    sql = "SELECT path FROM tree WHERE oid = ?"
    there = {row[0] for row in index.rows(sql, [tree(index)])}
    entries = staging.read(shard.repo, os.path.join(shard.repo.git_dir, "index"))
    paths = {
        entry.blob: path.removeprefix(f"{LOG}/")
        for path, entry in entries.items()
        if path.startswith(f"{LOG}/") and path.endswith(".jsonl") and entry.holds(entry.blob)
    }
    fresh = [oid for oid, path in paths.items() if path not in there]
    segments = {}
    for found in read_many(shard.repo, fresh):
        if isinstance(found, Found):
            path = paths[found.oid]
            numbers = _known(index, path, found.content)
            if numbers and numbers <= set(needed):
                segments[path] = found.content, numbers
    return segments


def _known(index: Index, path: str, content: bytes) -> set[int]:
    """The numbers of the segment's events; empty where it holds anything else than known lines."""
    lines, torn = split_lines(content)
    try:
        ids = [read(line).id for line in lines]
    except TrustError:
        return set()
    sql = "SELECT n FROM event WHERE id = ? AND line = ?"
    numbers = {index.one(sql, [one, line]) for one, line in zip(ids, lines, strict=True)}
    if torn or None in numbers or order_faults(path, ids):
        return set()
    return numbers
