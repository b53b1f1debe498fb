"""Own keys that something else went on with: a copied clone, a restored backup, a snapshot."""

import json
import os
from collections.abc import Mapping
from typing import Any

from agence.base.errors import TrustError
from agence.events.segment import split_lines
from agence.git.objects import Found, list_tree, read_many, resolve_many
from agence.git.repository import Repository
from agence.shard.carriers import log_folder
from agence.shard.index import Index
from agence.shard.keyring import Keyring
from agence.shard.own_log import OwnLog

_TAIL = 4 << 20  # bytes at the end of an own log in which its newest events are looked for


def retire_continued(index: Index, keyring: Keyring) -> list[str]:
    """Retire each own key with which something else wrote on; returns the writers.

    That shows in a known event of the key that the own log lacks.
    """
    retired = []
    try:
        keys = keyring.keys("shared")
    except TrustError:  # who only reads goes on; the next write says what is wrong
        return []
    for key in keys:
        if key.retired:
            continue
        sql = "SELECT 1 FROM event WHERE writer = ? AND NOT own LIMIT 1"
        if index.one(sql, [key.writer]) and key.bound == keyring.binding():
            keyring.retire(key, "another copy of this clone wrote with it")
            retired.append(key.writer)
    return retired


def look_of(refs: Mapping[str, str], log: OwnLog) -> bytes:
    """What is remembered of the refs and of the own log, to see later what changed."""
    return json.dumps({"refs": dict(refs), "own": log.lengths()}, sort_keys=True).encode()


def may_have_gone_on(repo: Repository, log: OwnLog, before: bytes, refs: Mapping[str, str]) -> bool:
    """Whether a chain of this clone may be longer elsewhere than here, as a quick look tells.

    `before` is an earlier `look_of`. Only what moved since is looked at, and of that only the
    newest segment of each own writer: no command waits for the index.
    """
    try:
        seen: dict[str, Any] = json.loads(before)
        old_refs, old_own = dict(seen["refs"]), dict(seen["own"])
    except (ValueError, KeyError, TypeError):
        return True
    lengths = log.lengths()
    if any(lengths.get(path, 0) < length for path, length in old_own.items()):
        return True
    moved = {name: oid for name, oid in refs.items() if old_refs.get(name) != oid}
    return bool(moved) and _shows_more(repo, log, moved)


def _shows_more(repo: Repository, log: OwnLog, moved: Mapping[str, str]) -> bool:
    specs = sorted({f"{oid}:{log_folder(name)}" for name, oid in moved.items()})
    trees = {one[0] for one in resolve_many(repo, specs).values() if one and one[1] == "tree"}
    own = log.files()
    newest: dict[tuple[str, str], tuple[int, str]] = {}
    for tree in trees:
        for path, (_, _, oid) in list_tree(repo, tree).items():
            folder, _, name = path.rpartition("/")
            first, writer = name.partition("-")[0], folder.rpartition("/")[2]
            if writer in own and first.isdigit():
                newest[tree, writer] = max(newest.get((tree, writer), (0, "")), (int(first), oid))
    tails = {writer: _tail(path) for writer, path in own.items()}
    writers = {oid: writer for (_, writer), (_, oid) in newest.items()}
    return any(
        not _holds(tails[writers[blob.oid]], blob.content)
        for blob in read_many(repo, sorted(writers))
        if isinstance(blob, Found)
    )


def _holds(tail: bytes, segment: bytes) -> bool:
    """Whether the newest event of a segment stands in the tail of the own log."""
    lines, _ = split_lines(segment)
    try:
        newest = max((json.loads(line) for line in lines), key=lambda one: one["body"]["seq"])
        return newest["id"].encode() in tail
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _tail(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            return file.read()
    except OSError:
        return b""
