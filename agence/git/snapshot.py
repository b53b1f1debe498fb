r"""What a work tree looks like at a moment: branch, commit, and every file that is changed.

One git process answers all of it but the relation of two commits. Paths are relative to the top,
with `/`; bytes that are no UTF-8 are shown as `\xNN`, the same way each time.
"""

import os
import stat
from typing import Any, NamedTuple

from agence.base.digest import hex_digest
from agence.git.repository import Repository
from agence.git.run import git

FILE_LIMIT = 1 << 20  # bytes of one file that is read for its digest
TOTAL_LIMIT = 32 << 20  # bytes of all of them
_ORDINARY, _UNMERGED = 8, 10  # fields before the path in a line of `git status --porcelain=v2`
_STATUS = (
    *("status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--no-ahead-behind"),
    "--untracked-files=normal",
)


class Snapshot(NamedTuple):
    """`git` and `files` as a session's record holds them.

    git    branch ("" when detached), head ("" when unborn), upstream ("" for none);
           dirty: path, status of what differs from the index; staged: path, status, blob of what
           the index has that HEAD has not; untracked: paths, a folder with a `/` behind it
    files  path and size of each dirty or untracked file that is there; digest of its content,
           unless it is larger than FILE_LIMIT
    """

    git: dict[str, Any]
    files: list[dict[str, Any]]


class Relation(NamedTuple):
    """How the commit that is checked out lies to another one.

    kind   "same", "ahead", "behind", "diverged", "unrelated", or "absent": the other is not here
    ahead  how many commits only HEAD has; `behind` how many only the other has
    """

    kind: str
    ahead: int = 0
    behind: int = 0


def snapshot(repo: Repository) -> Snapshot:
    """The work tree as it is now. Raises OutsideError when git can't say."""
    state = parse_status(git(*_STATUS, cwd=repo.work_tree))
    there = [*(one[0] for one in state[1]), *state[2]]
    return Snapshot(state[0], _files(os.fsencode(repo.work_tree), there))


def parse_status(answer: bytes) -> tuple[dict[str, Any], list[tuple[bytes, str]], list[bytes]]:
    """The state, the dirty paths with their status, the untracked paths.

    Source: git-status(1), "Porcelain Format Version 2" with `-z`.
    """
    state: dict[str, Any] = {"branch": "", "head": "", "upstream": ""}
    staged: list[dict[str, str]] = []
    dirty: list[tuple[bytes, str]] = []
    untracked: list[bytes] = []
    for line in answer.split(b"\0"):
        kind = line[:1]
        if kind == b"#":
            _headed(line, state)
        elif kind == b"1":
            _, pair, _, _, _, _, _, blob, path = line.split(b" ", _ORDINARY)
            index, tree = pair[:1].decode(), pair[1:].decode()
            if index != ".":
                staged.append({"path": text_of(path), "status": index, "blob": blob.decode()})
            if tree != ".":
                dirty.append((path, tree))
        elif kind == b"u":
            fields = line.split(b" ", _UNMERGED)
            dirty.append((fields[_UNMERGED], fields[1].decode()))
        elif kind == b"?":
            untracked.append(line[2:])
    state["dirty"] = [{"path": text_of(path), "status": status} for path, status in dirty]
    state["staged"] = staged
    state["untracked"] = [text_of(path) for path in untracked]
    return state, dirty, untracked


def relation(repo: Repository, other: str, head: str) -> Relation:
    """How the commit `head` lies to `other`; both are whole ids, or "" for none."""
    if other == head:
        return Relation("same")
    if not other or not head:
        return Relation("unrelated")
    words = ("rev-list", "--left-right", "--count", f"{other}...{head}", "--")
    counts = git(*words, cwd=repo.work_tree, check=False).split()
    if len(counts) != 2:
        return Relation("absent")
    behind, ahead = int(counts[0]), int(counts[1])
    if not behind or not ahead:
        return Relation("behind" if behind else "ahead", ahead, behind)
    base = git("merge-base", other, head, cwd=repo.work_tree, check=False)
    return Relation("diverged" if base.strip() else "unrelated", ahead, behind)


def relative(repo: Repository, folder: str) -> str:
    """A folder of the work tree relative to its top, "." for the top itself."""
    path = os.path.relpath(os.path.realpath(folder), os.path.realpath(repo.work_tree))
    return text_of(os.fsencode(path.replace(os.sep, "/")))


def text_of(path: bytes) -> str:
    r"""A path, or a name of a branch, as text: what is no UTF-8 becomes `\xNN`."""
    return path.decode("utf-8", "backslashreplace")


def _headed(line: bytes, state: dict[str, Any]) -> None:
    _, name, value = line.split(b" ", 2)
    if name == b"branch.oid" and value != b"(initial)":
        state["head"] = value.decode()
    elif name == b"branch.head" and value != b"(detached)":
        state["branch"] = text_of(value)
    elif name == b"branch.upstream":
        state["upstream"] = text_of(value)


def _files(top: bytes, paths: list[bytes]) -> list[dict[str, Any]]:
    left = TOTAL_LIMIT
    files = []
    for path in paths:
        if path.endswith(b"/"):
            continue
        found = _file(os.path.join(top, path), left)
        if found is not None:
            left -= found["size"] if "digest" in found else 0
            files.append({"path": text_of(path), **found})
    return files


def _file(path: bytes, left: int) -> dict[str, Any] | None:
    """Size and digest of a file or a link; None for what is gone, or neither."""
    try:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            target = os.readlink(path)
            return {"size": len(target), "digest": hex_digest("agence/link/1", target)}
        if not stat.S_ISREG(found.st_mode):
            return None
        if found.st_size > min(FILE_LIMIT, left):
            return {"size": found.st_size}
        with open(path, "rb") as file:
            content = file.read(FILE_LIMIT)
    except OSError:
        return None
    return {"size": found.st_size, "digest": hex_digest("agence/file/1", content)}
