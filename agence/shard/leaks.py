"""What must never be in a commit: found by path and by content, for git's hooks.

A path below a `nexus` or `hermetic` folder of agence is private wherever the folder was copied to.
Of the content, a key is known by its seed giving its writer, and a private event by its signature:
a text that only looks like one is none.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from agence.base.errors import TrustError
from agence.events.event import read
from agence.events.signature import public_key
from agence.git.repository import Repository
from agence.git.run import git, index_of_hook
from agence.shard.layout import TRACKED

MANY = 2000  # objects of one commit or push; of more only those named like our files are read
_LARGE = 64 << 20  # bytes of an object that is not read
_AT_ONCE = 16 << 20  # bytes of objects in memory
_FOLDERS = ("nexus", "hermetic")
_ABOVE = (".agence", "agence")
_NONE = "0" * 40


class Leak(NamedTuple):
    """A path that must not leave this machine, and why."""

    path: str
    why: str


def staged(repo: Repository) -> list[Leak]:
    """What the next commit would publish and must not, by the index that git names to its hook."""
    words = ("diff", "--cached", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=d", "-z")
    fields = git(*words, cwd=repo.work_tree, env=_index()).decode(errors="replace").split("\0")
    pairs = zip(fields[:-1:2], fields[1::2], strict=False)
    return _leaks(repo, [(head.split()[3], path) for head, path in pairs])


def pushed(repo: Repository, remote: str, lines: Iterable[str]) -> list[Leak]:
    """What a push would publish and must not; `lines` are what git says to its pre-push hook."""
    tips, there = [], []
    for line in lines:
        words = line.split()
        if len(words) == 4 and words[1] != _NONE:
            tips.append(words[1])
            there.append(words[3])
    if not tips:
        return []
    known = [oid for oid, _, _ in _heads(repo, [oid for oid in there if oid != _NONE])]
    words = ["rev-list", "--objects", *tips, "--not", f"--remotes={remote}", *known]
    listed = git(*words, cwd=repo.work_tree).decode(errors="replace")
    pairs = (line.partition(" ") for line in listed.splitlines())
    return _leaks(repo, [(oid, path) for oid, _, path in pairs if path])


def differs(repo: Repository) -> bool:
    """Whether a tracked file of the shard is otherwise than in the last commit."""
    words = ("diff", "--name-only", "-z", "HEAD", "--", TRACKED)
    return bool(git(*words, cwd=repo.work_tree, env=_index(), check=False))


def is_private_path(path: str) -> bool:
    """Whether a path lies in a private folder of agence, or in a copy of one."""
    parts = path.split("/")
    return any(above in _ABOVE and name in _FOLDERS for above, name in pairwise(parts[:-1]))


def private_content(content: bytes) -> str:
    """Why this content is private, "" where it is not."""
    for line in content.split(b"\n"):
        if line.startswith(b'{"body":') and b'"scope":"instance"' in line and _is_event(line):
            return "it holds a private event"
        if b'"seed"' in line and _is_key(line):
            return "it holds a key that signs"
    return ""


def _is_event(line: bytes) -> bool:
    try:
        return bool(read(line).body["scope"] == "instance")
    except TrustError:
        return False


def _is_key(line: bytes) -> bool:
    try:
        record = json.loads(line)
        return bool(public_key(bytes.fromhex(record["seed"])).hex() == record["writer"])
    except (ValueError, KeyError, TypeError):
        return False


def _index() -> dict[str, str]:
    named = index_of_hook()
    return {"GIT_INDEX_FILE": named} if named else {}


def _leaks(repo: Repository, objects: list[tuple[str, str]]) -> list[Leak]:
    found = {path: "its folder is private" for _, path in objects if is_private_path(path)}
    rest = [(oid, path) for oid, path in objects if path not in found]
    if len(rest) > MANY:
        rest = [(oid, path) for oid, path in rest if ".json" in path]
    contents = _contents(repo, [oid for oid, _ in rest])
    for oid, path in rest:
        if why := contents.get(oid, ""):
            found[path] = why
    return [Leak(path, found[path]) for path in sorted(found)]


def _contents(repo: Repository, oids: list[str]) -> dict[str, str]:
    """Object id -> why its content is private, "" where it is not; blobs that are here only."""
    batch: list[str] = []
    why: dict[str, str] = {}
    size = 0
    for oid, kind, length in _heads(repo, oids):
        if kind != "blob" or length > _LARGE:
            continue
        batch.append(oid)
        size += length
        if size > _AT_ONCE:
            why |= _read(repo, batch)
            batch, size = [], 0
    return why | _read(repo, batch)


def _read(repo: Repository, oids: list[str]) -> dict[str, str]:
    feed = "".join(f"{oid}\n" for oid in oids).encode()
    answer = git("cat-file", "--batch", cwd=repo.work_tree, feed=feed)
    why: dict[str, str] = {}
    at = 0
    for oid in oids:
        start = answer.index(b"\n", at) + 1
        end = start + int(answer[at:start].split()[2])
        why[oid] = private_content(answer[start:end])
        at = end + 1
    return why


def _heads(repo: Repository, oids: list[str]) -> Iterator[tuple[str, str, int]]:
    """(id, kind, size) of the objects that are here."""
    feed = "".join(f"{oid}\n" for oid in oids).encode()
    said = git("cat-file", "--batch-check", cwd=repo.work_tree, feed=feed)
    for line in said.decode().splitlines():
        words = line.split()
        if len(words) == 3:
            yield words[0], words[1], int(words[2])
