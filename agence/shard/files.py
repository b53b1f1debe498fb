"""Files that survive a crash: appended under a lock and fsynced, or replaced as a whole."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from agence.base.errors import OutsideError


@contextmanager
def locked(path: str, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file `path` exclusively; yields False where `wait` is False and it is taken.

    The kernel lets go of it when the process ends, however it ends.
    """
    with outside(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)


def append_line(handle: int, line: bytes, end: int) -> None:
    """Append `line` and its newline at `end`, the file's length; fsync. All of it or nothing."""
    whole = line + b"\n"
    try:
        written = os.write(handle, whole)
        if written != len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # noqa: TRY301 - undone below
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, end)
        raise


def replace(path: str, content: bytes, mode: int = 0o600) -> None:
    """Put `content` at `path` as a whole: a reader sees the old file or the new one."""
    beside = f"{path}.{os.getpid()}.new"
    with outside(path):
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except OSError:
            os.unlink(beside)
            raise
        sync_folder(os.path.dirname(path))


def sync_folder(path: str) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_bytes(path: str) -> bytes:
    """The whole file; OutsideError when it can't be read."""
    with outside(path), open(path, "rb") as file:
        return file.read()


@contextmanager
def outside(path: str) -> Iterator[None]:
    """Turn what the machine says about `path` into an OutsideError that says what to do."""
    try:
        yield
    except OSError as error:
        raise OutsideError(
            f"'{path}' can't be used: {(error.strerror or str(error)).lower()}",
            _remedy(error.errno),
        ) from error


def _remedy(number: int | None) -> str:
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full: nothing of this was kept; make room and do it again"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "the folder is read-only for you: nothing of this was kept; get write access to it"
    return "nothing of this was kept"
