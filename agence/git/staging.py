"""What the user's index says about our paths, and new versions of it beside the old one.

A new version is made from a copy: what the user has staged, and every extension of the index
(split, sparse, untracked cache, fsmonitor), is git's to carry over. Nothing here touches the index
itself; whoever holds its lock renames a version into place.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from agence.base.errors import ShardError
from agence.git.refs import ZERO
from agence.git.repository import Repository
from agence.git.run import git, index_of_hook

FOLDER = ".agence"
_FILE = "100644"
_CHUNK = 1 << 20


class Staged(NamedTuple):
    """An entry of the index. `absent` is git's skip-worktree: sparse, not in the work tree."""

    mode: str
    blob: str
    absent: bool
    merged: bool

    def holds(self, blob: str) -> bool:
        """Whether this is the plain file `blob`, and no conflict."""
        return self.merged and self.mode == _FILE and self.blob == blob


def index_path(repo: Repository, *, in_hook: bool) -> str:
    """The index to lock. In a hook of `git commit -a` that is the one being committed.

    Raises ShardError in a hook of `git commit PATH...`: what is staged there would be seen as
    deleted right after.
    """
    named = index_of_hook() if in_hook else ""
    if not named:
        return os.path.join(repo.git_dir, "index")
    path = os.path.realpath(os.path.join(repo.work_tree, named))
    if os.path.basename(path).startswith("next-index-"):
        raise ShardError(
            "a `git commit` of single paths is running",
            "commit without paths, or without this hook",
        )
    return path if os.path.dirname(path) == repo.git_dir else os.path.join(repo.git_dir, "index")


def read(repo: Repository, index: str) -> dict[str, Staged]:
    """All entries below `.agence/`, by path."""
    words = ("ls-files", "-s", "-t", "-z", "--full-name", "--", FOLDER)
    listed = git(*words, cwd=repo.work_tree, env={"GIT_INDEX_FILE": index})
    entries = {}
    for record in listed.split(b"\0")[:-1]:
        head, _, path = record.partition(b"\t")
        tag, mode, blob, stage = head.decode().split(" ")
        entries[os.fsdecode(path)] = Staged(mode, blob, tag == "S", stage == "0")
    return entries


def unmodified(repo: Repository, folder: str, blobs: Mapping[str, str]) -> set[str]:
    """Those of `blobs` (path below `folder` to blob) that the index and the work tree have so.

    The work tree by the size and times of the files, as git goes by them. What git was told to
    assume is left out.
    """
    words = ("ls-files", "--cached", "--modified", "-v", "-s", "-z", "--full-name", "--", folder)
    records = set(os.fsdecode(git(*words, cwd=repo.work_tree)).split("\0"))
    same = set()
    for path, blob in blobs.items():
        entry = f"{_FILE} {blob} 0\t{path}"
        if f"H {entry}" in records and f"C {entry}" not in records:
            same.add(path)
    return same


def absent(entries: Mapping[str, Staged], paths: Iterable[str]) -> set[str]:
    """Those of `paths` that a sparse checkout leaves out of the work tree.

    A path that is new is left out when the nearest folder that has entries has only such.
    """
    if not any(entry.absent for entry in entries.values()):
        return set()
    folders: dict[str, bool] = {}
    for path, entry in entries.items():
        for folder in _folders(path):
            folders[folder] = folders.get(folder, True) and entry.absent
    left_out = set()
    for path in paths:
        known = entries.get(path)
        nearest = next((folders[folder] for folder in _folders(path) if folder in folders), False)
        if nearest if known is None else known.absent:
            left_out.add(path)
    return left_out


def add(
    repo: Repository,
    version: str,
    blobs: Mapping[str, str],
    left_out: Collection[str],
) -> None:
    """Put `blobs` (path to blob id) into the index file `version`, with the files' stat data."""
    _update(repo, version, (f"{_FILE} {blob}\t{path}\0" for path, blob in blobs.items()))
    env = {"GIT_INDEX_FILE": version, "GIT_LITERAL_PATHSPECS": "1"}
    if not left_out:
        git("add", "--refresh", "--", FOLDER, cwd=repo.work_tree, env=env)
        return
    skipped = b"".join(os.fsencode(path) + b"\0" for path in blobs if path in left_out)
    words = ("update-index", "-z", "--skip-worktree", "--stdin")
    git(*words, cwd=repo.work_tree, feed=skipped, env=env)
    here = b"".join(os.fsencode(path) + b"\0" for path in blobs if path not in left_out)
    if here:
        words = ("add", "--refresh", "--pathspec-from-file=-", "--pathspec-file-nul")
        git(*words, cwd=repo.work_tree, feed=here, env=env)


def remove(repo: Repository, version: str, paths: Iterable[str]) -> None:
    """Take `paths` out of the index file `version`."""
    _update(repo, version, (f"0 {ZERO}\t{path}\0" for path in paths))


def copy(source: str, target: str) -> None:
    """Copy an index file, if there is one; sized for the indexes of huge repositories."""
    try:
        with open(source, "rb") as old, open(target, "xb") as new:
            while chunk := old.read(_CHUNK):
                new.write(chunk)
            new.flush()
            # By the time of the index git knows which entries may have changed unseen since.
            was = os.fstat(old.fileno())
            os.utime(new.fileno(), ns=(was.st_atime_ns, was.st_mtime_ns))
    except FileNotFoundError:
        return  # an empty repository has none yet: git makes it


def _update(repo: Repository, version: str, lines: Iterable[str]) -> None:
    feed = os.fsencode("".join(lines))
    words = ("update-index", "-z", "--index-info")
    git(*words, cwd=repo.work_tree, feed=feed, env={"GIT_INDEX_FILE": version})


def _folders(path: str) -> Iterable[str]:
    """The folders a path lies in, nearest first, within `.agence`."""
    while path := os.path.dirname(path):
        yield path
