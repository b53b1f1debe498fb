"""Files put into the work tree, all of them or none."""

import os
from collections.abc import Iterable
from contextlib import suppress

from agence.base.errors import OutsideError, ShardError

_EXECUTABLE = 0o100


class Placement:
    """Files on their way into the work tree `top`; `undo` brings back what was there.

    `folder` is a private folder for what is replaced. Raises OSError where the disk refuses.
    """

    __slots__ = ("_folder", "_made", "_placed", "_top")

    def __init__(self, top: str, folder: str) -> None:
        self._top = top
        self._folder = folder
        self._made: list[str] = []
        self._placed: list[tuple[str, str | None]] = []

    def place(self, path: str, source: str) -> None:
        """Rename the file `source` to `path` in the work tree."""
        target = os.path.join(self._top, path)
        self._make_folder(os.path.dirname(target))
        kept = self._keep(target)
        self._placed.append((target, kept))
        _move(source, target)

    def undo(self) -> None:
        """Put everything back, the last first."""
        while self._placed:
            target, kept = self._placed.pop()
            if kept is not None:
                _move(kept, target)
            else:
                with suppress(FileNotFoundError):
                    os.unlink(target)
        while self._made:
            with suppress(OSError):  # somebody else has put a file there
                os.rmdir(self._made.pop())

    def _make_folder(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        self._make_folder(os.path.dirname(folder))
        os.mkdir(folder)
        self._made.append(folder)

    def _keep(self, target: str) -> str | None:
        """A second name of what is at `target`, or None for nothing."""
        if not os.path.lexists(target):
            return None
        kept = os.path.join(self._folder, f"kept-{len(self._placed)}")
        second_name(target, kept)
        return kept


def check_folders(top: str, paths: Iterable[str]) -> None:
    """Raises ShardError when a folder on the way to one of `paths` is a symbolic link or a file.

    A repository must not lead us out of its work tree.
    """
    for folder in {os.path.dirname(path) for path in paths}:
        here = top
        for name in folder.split("/"):
            here = os.path.join(here, name)
            if not os.path.lexists(here):
                break
            if os.path.islink(here) or not os.path.isdir(here):
                shown = os.path.relpath(here, top)
                raise ShardError(f"'{shown}' is not a folder", "move what is there away")


def check_writable(top: str, paths: Iterable[str]) -> None:
    """Raises OutsideError when one of `paths` can't be written or removed for want of rights."""
    for folder in {os.path.dirname(path) for path in paths}:
        there = folder
        while not os.path.isdir(os.path.join(top, there)):
            there = os.path.dirname(there)
        if not os.access(os.path.join(top, there), os.W_OK | os.X_OK):
            raise OutsideError(f"can't write in the folder '{there or top}'")


def holds(path: str, content: bytes) -> bool:
    """Whether the file at `path` is a plain one with exactly these bytes."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_size != len(content) or status.st_mode & _EXECUTABLE:
                return False
            return file.read() == content
    except OSError:
        return False


def second_name(path: str, name: str) -> None:
    """Let `name` be the file at `path` too; a copy where the disk knows no hard links.

    Raises OSError when there is none, or a folder.
    """
    try:
        os.link(path, name, follow_symlinks=False)
    except OSError:
        _copy(path, name)


def take_away(top: str, path: str) -> None:
    """Remove a file of the work tree and the folders that this leaves empty."""
    with suppress(OSError):  # already gone; or in a folder that `check_folders` found writable
        os.unlink(os.path.join(top, path))
    with suppress(OSError):
        while path := os.path.dirname(path):
            os.rmdir(os.path.join(top, path))


def write_new(path: str, content: bytes) -> None:
    """Write a new file. It is not fsynced: git has its bytes, as it has those of every checkout."""
    with open(path, "xb") as file:
        file.write(content)


def _move(source: str, target: str) -> None:
    try:
        os.replace(source, target)
    except OSError:
        if os.stat(source).st_dev == os.stat(os.path.dirname(target)).st_dev:
            raise
        # The git directory lies on another disk than the work tree.
        beside = f"{target}.agence-new"
        with suppress(FileNotFoundError):
            os.unlink(beside)
        _copy(source, beside)
        os.replace(beside, target)


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as file:
        write_new(target, file.read())
