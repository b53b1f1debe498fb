"""What a publication has to do, found out without changing anything."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from agence.git import placing, staging
from agence.git.blob_name import blob_id
from agence.git.index_lock import Hold
from agence.git.objects import Entry, list_tree
from agence.git.repository import Repository
from agence.git.staging import FOLDER, Staged


class Plan(NamedTuple):
    """What is wanted, and where HEAD, the index and the work tree are otherwise."""

    contents: Mapping[str, bytes]  # what is wanted; the rest is to vanish
    blobs: Mapping[str, str]  # the blob ids of `contents`
    head: str | None
    differing: list[str]  # paths that HEAD has otherwise
    files: list[str]  # paths to write into the work tree
    entries: dict[str, str]  # path to blob, to put into the index
    unstaged: list[str]  # paths to take out of the index
    gone: list[str]  # paths to take out of the work tree
    left_out: set[str]  # paths that a sparse checkout leaves out
    new: set[str]  # paths whose blob git may not have yet


class _Seen(NamedTuple):
    """What HEAD and the index have below `.agence/`, and what a killed publisher left behind."""

    tracked: Mapping[str, Entry]
    staged: Mapping[str, Staged]
    behind: Mapping[str, str]

    def blob(self, path: str) -> str | None:
        """The blob that stands for what is at `path` now, as far as git knows."""
        if path in self.staged:
            return self.staged[path].blob
        if path in self.tracked:
            return self.tracked[path].oid
        return self.behind.get(path)

    def differs(self, path: str, blob: str | None) -> bool:
        """Whether HEAD has something else at `path`."""
        entry = self.tracked.get(path)
        return entry != (None if blob is None else Entry("100644", "blob", blob))

    def holds(self, path: str, blob: str) -> bool:
        """Whether the index has exactly this file at `path`."""
        return path in self.staged and self.staged[path].holds(blob)

    def knows(self, path: str, blob: str) -> bool:
        """Whether HEAD or the index names this blob at `path`, so that git has it."""
        entry = self.tracked.get(path)
        return self.holds(path, blob) or (entry is not None and entry.oid == blob)


def make_plan(repo: Repository, hold: Hold, changes: Mapping[str, bytes | None]) -> Plan:
    """Compare `changes` with what is there, and note in the journal what will vanish.

    Raises ShardError when a symbolic link is in the way, OutsideError when rights are missing.
    """
    _, head = repo.head()
    tracked = {} if head is None else list_tree(repo, head, under=f"{FOLDER}/")
    seen = _Seen(tracked, staging.read(repo, hold.index), hold.removed)
    wanted, edited = _with_left_behind(repo, seen, changes)
    left_out = staging.absent(seen.staged, wanted)
    here = [path for path in wanted if path not in left_out]
    placing.check_folders(repo.work_tree, here)

    contents = {path: content for path, content in wanted.items() if content is not None}
    blobs = {path: blob_id(content) for path, content in contents.items()}
    files = _unwritten(repo, {path: contents[path] for path in here if path in contents})
    rewritten = set(files)
    gone = [path for path in here if path not in blobs and path not in edited]
    gone = [path for path in gone if os.path.lexists(os.path.join(repo.work_tree, path))]
    placing.check_writable(repo.work_tree, files + gone)
    plan = Plan(
        contents=contents,
        blobs=blobs,
        head=head,
        differing=sorted(path for path in wanted if seen.differs(path, blobs.get(path))),
        files=files,
        entries={p: b for p, b in blobs.items() if p in rewritten or not seen.holds(p, b)},
        unstaged=[path for path in wanted if path not in blobs and path in seen.staged],
        gone=gone,
        left_out=left_out,
        new={path for path, blob in blobs.items() if not seen.knows(path, blob)},
    )
    vanishing = {path: seen.blob(path) for path in plan.unstaged + gone}
    hold.note({path: blob for path, blob in vanishing.items() if blob is not None})
    return plan


def _with_left_behind(
    repo: Repository, seen: _Seen, changes: Mapping[str, bytes | None]
) -> tuple[dict[str, bytes | None], set[str]]:
    """`changes`, and away what a killed publisher took out of HEAD but not yet out of the rest.

    With them, the paths whose file somebody has edited since: these stay, untracked.
    """
    wanted = dict(changes)
    edited = set()
    for path, blob in seen.behind.items():
        foreign = path in seen.staged and not seen.staged[path].holds(blob)
        if path in changes or path in seen.tracked or foreign:
            continue
        wanted[path] = None
        if _file_id(os.path.join(repo.work_tree, path)) != blob:
            edited.add(path)
    return wanted, edited


def _unwritten(repo: Repository, wanted: Mapping[str, bytes]) -> list[str]:
    """The paths whose file has not the content wanted."""
    top = repo.work_tree
    return [p for p, content in wanted.items() if not placing.holds(os.path.join(top, p), content)]


def _file_id(path: str) -> str | None:
    """The blob id of a file's bytes; None when it can't be read."""
    try:
        with open(path, "rb") as file:
            return blob_id(file.read())
    except OSError:
        return None
