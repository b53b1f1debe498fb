"""The user's index lock, held so that a kill at any instant leaves nothing that can't be cleared.

git's protocol is that `index.lock` exists. A lock of ours holds a token that was in the journal
before the lock appeared, so the next command knows ours from a foreign one whatever has become of
process ids, in this container or another. Who holds a journal is told by a flock, which the
kernel lets go when its holder dies. One journal for each work tree.
"""

import errno
import fcntl
import json
import os
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from agence.base.errors import ShardError
from agence.git.objects import remove_folder
from agence.git.repository import Repository

_INDEX_PATIENCE = 1.0  # seconds; git's own short locks, such as that of `git status`, pass by
_PUBLISHER_PATIENCE = 30.0  # seconds; another agence may wait for a passphrase
_PAUSE = 0.02  # seconds
_NO_LINKS = (errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
_SPARE = ("next", "last", "old")  # versions of the index that may lie beside it


class Hold:
    """The index lock of a work tree, ours until the `with` block ends.

    index     the index that is locked
    folder    a private folder for new files, on the disk of the git directory
    removed   paths to blob ids that are being taken away; what an ended publisher left is in it

    Entering clears what a killed publisher left. Raises ShardError when somebody else holds the
    lock, or another agence goes on publishing for half a minute.
    """

    __slots__ = ("_flock", "_journal", "_lock", "_repo", "_token", "folder", "index", "removed")

    def __init__(self, repo: Repository, index: str) -> None:
        # git takes the lock beside what a symbolic link names, and so must we
        self.index = os.path.realpath(index)
        self._lock = f"{self.index}.lock"
        self._token = os.urandom(16).hex()
        self._journal = repo.journal
        self._repo = repo
        self.folder = _folder(repo, self._token)
        self.removed: dict[str, str] = {}
        self._flock = -1

    def spare(self, name: str) -> str:
        """The path of a version of the index beside it: "next", "last" or "old"."""
        return _spare(self.index, self._token, name)

    def note(self, removed: dict[str, str]) -> None:
        """Put into the journal which paths are about to vanish, by their blob ids."""
        if removed == self.removed:
            return
        self._write(removed)
        self.removed = removed

    def _write(self, removed: dict[str, str]) -> None:
        index_folder = os.path.relpath(os.path.dirname(self.index), os.path.dirname(self._journal))
        entry = {
            "pid": os.getpid(),
            "token": self._token,
            "index": os.path.join(index_folder, os.path.basename(self.index)),
            "removed": removed,
        }
        _replace(self._journal, json.dumps(entry))

    def __enter__(self) -> Self:
        os.makedirs(os.path.dirname(self._journal), mode=0o700, exist_ok=True)
        self._flock = _flock(f"{self._journal}.lock", _PUBLISHER_PATIENCE)
        try:
            self.removed = _clear_left(self._repo, self._journal)
            os.makedirs(self.folder, mode=0o700)
            self._write(self.removed)
            self._take()
        except BaseException:
            self._let_go()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._let_go()

    def _take(self) -> None:
        token = os.path.join(self.folder, "token")
        _replace(token, self._token)
        until = time.monotonic() + _INDEX_PATIENCE
        while True:
            try:
                _link(token, self._lock)
            except FileExistsError:
                if time.monotonic() > until:
                    raise _taken(self._lock) from None
                time.sleep(_PAUSE)
            else:
                return

    def _let_go(self) -> None:
        try:
            _clear(self.index, self._token, self.folder)
            if not self.removed:
                _unlink(self._journal)
        finally:
            os.close(self._flock)


def recover(repo: Repository) -> bool:
    """Clear what a killed publisher left in this work tree; return whether there was anything.

    A lock that is not ours, or whose publisher lives, is left alone. One `stat` when all is well.
    """
    journal = repo.journal
    if not os.path.exists(journal):
        return False
    try:
        flock = _flock(f"{journal}.lock", 0)
    except ShardError:
        return False
    try:
        if not _clear_left(repo, journal):
            _unlink(journal)
    finally:
        os.close(flock)
    return True


def _clear_left(repo: Repository, journal: str) -> dict[str, str]:
    """Clear the traces that a journal tells of; return what its publisher was taking away."""
    try:
        with open(journal, "rb") as file:
            entry = json.loads(file.read())
        token, index, removed = entry["token"], entry["index"], entry["removed"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}
    _clear(os.path.join(os.path.dirname(journal), index), token, _folder(repo, token))
    return {str(path): str(blob) for path, blob in removed.items()}


def _clear(index: str, token: str, folder: str) -> None:
    for name in _SPARE:
        _unlink(_spare(index, token, name))
        _unlink(_spare(index, token, name) + ".lock")
    remove_folder(folder)
    lock = f"{index}.lock"
    with suppress(FileNotFoundError):
        with open(lock, "rb") as file:
            ours = file.read(len(token) + 1) == token.encode()
        if ours:
            os.unlink(lock)


def _folder(repo: Repository, token: str) -> str:
    return os.path.join(repo.nexus, "tmp", token)


def _spare(index: str, token: str, name: str) -> str:
    return f"{index}.agence-{token}.{name}"


def _flock(path: str, patience: float) -> int:
    """An open file with its flock, waited for at most `patience` seconds."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + patience
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    message = "another agence is publishing in this work tree"
                    raise ShardError(message, "wait for it to end") from None
                time.sleep(_PAUSE)
            else:
                return file
    except BaseException:
        os.close(file)
        raise


def _link(token: str, lock: str) -> None:
    """Make the lock appear with its content already in it."""
    try:
        os.link(token, lock)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # This disk has no hard links: a kill between these two steps leaves an empty lock, which
        # then is the user's to remove, as with git's own.
        with open(lock, "xb") as file, open(token, "rb") as source:
            file.write(source.read())


def _taken(lock: str) -> ShardError:
    return ShardError(
        f"the index is locked: '{lock}' exists",
        "another git program is at work here, or one has crashed; let it end, then run this again",
    )


def _replace(path: str, text: str) -> None:
    new = f"{path}.new"
    with open(new, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
