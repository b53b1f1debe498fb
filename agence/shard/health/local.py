"""What lies in the git directory: locks, keys, the own log, the index; and how much there is."""

import os
import stat
from collections.abc import Iterator

import apsw

from agence.events.segment import split_lines
from agence.git.index_lock import recover
from agence.shard.files import locked, outside, read_bytes
from agence.shard.health.check import Check, Finding, counted, ill, some
from agence.shard.index import remove
from agence.shard.layout import TRACKED
from agence.shard.shard import Shard

_PATIENCE = 10 * 60 * 1000  # milliseconds after which a lock of git's is nobody's: it takes moments
_MINUTE = 60_000
_CHAINS = ("shared", "private")


def _locks(shard: Shard) -> Finding:
    repo, now = shard.repo, shard.ports.now()
    if journals := list(_journals(shard)):
        return ill(
            f"a publication was cut off: {some(_aged(journals, now))}",
            "`agence ^doctor --fix` clears it, and so does the next ^commit",
        )
    if old := [path for path in _ref_locks(shard) if now - _born(path) > _PATIENCE]:
        why = f"{some(_aged(old, now))}: refs of agence can't be moved"
        return ill(why, "`agence ^doctor --fix` removes it where no git runs any more")
    lock = os.path.join(repo.git_dir, "index.lock")
    if os.path.exists(lock) and now - _born(lock) > _PATIENCE:
        return ill(
            f"{some(_aged([lock], now))}: nothing can be committed",
            "a git program has crashed here; look that none runs, and remove the file",
        )
    return Finding("no lock was left behind")


def _clear(shard: Shard) -> None:
    recover(shard.repo)
    now = shard.ports.now()
    for path in list(_ref_locks(shard)):
        if now - _born(path) > _PATIENCE:
            with outside(path):
                os.unlink(path)


def _journals(shard: Shard) -> Iterator[str]:
    """The journal of this work tree, where nobody holds it any more."""
    repo = shard.repo
    linked = "" if repo.git_dir == repo.common_dir else f"-{os.path.basename(repo.git_dir)}"
    path = os.path.join(shard.layout.nexus, f"journal{linked}.json")
    if os.path.exists(path):
        with locked(f"{path}.lock", wait=False) as free:
            if free:
                yield path


def _ref_locks(shard: Shard) -> Iterator[str]:
    for folder, _, names in os.walk(os.path.join(shard.repo.common_dir, "refs", "agence")):
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".lock"))


def _born(path: str) -> int:
    """When a file was written, in milliseconds; now where it is gone."""
    try:
        return os.stat(path).st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return 1 << 62


def _aged(paths: list[str], now: int) -> Iterator[str]:
    for path in paths:
        yield f"'{path}' is {max(0, now - _born(path)) // _MINUTE} minutes old"


def _private(shard: Shard) -> Finding:
    open_ = [path for path, _ in _too_open(shard)]
    if open_:
        what = counted(len(open_), "private file")
        return ill(f"{what} that others can read: {some(open_)}", "`agence ^doctor --fix`")
    return Finding("what is private is its owner's alone")


def _close(shard: Shard) -> None:
    for path, mode in list(_too_open(shard)):
        with outside(path):
            os.chmod(path, mode & 0o700)


def _too_open(shard: Shard) -> Iterator[tuple[str, int]]:
    for folder, _, names in os.walk(shard.layout.hermetic):
        for path in (folder, *(os.path.join(folder, name) for name in sorted(names))):
            mode = stat.S_IMODE(os.lstat(path).st_mode)
            if mode & 0o077 and not os.path.islink(path):
                yield path, mode


def _own(shard: Shard) -> Finding:
    files = [path for chain in _CHAINS for path in shard.log(chain).files().values()]
    rests = {path: split_lines(read_bytes(path))[1] for path in files}
    torn = [f"{path}: {len(rest)} bytes" for path, rest in rests.items() if rest]
    if torn:
        said = "a torn last line, never acknowledged; the next write sets it aside"
        return Finding(f"{said}: {some(torn)}")
    return Finding("every line of the own log is whole")


def _index(shard: Shard) -> Finding:
    for chain in _CHAINS:
        path = shard.layout.index(chain)
        if os.path.exists(path) and (why := _damage(path)):
            return ill(f"the index '{path}' is damaged: {why}", "--fix makes it again")
    return Finding("the index can be read")


def _damage(path: str) -> str:
    """What SQLite says against a file, "" for nothing."""
    try:
        connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(2000)
            said = next(iter(connection.execute("PRAGMA quick_check(1)")))[0]
        finally:
            connection.close()
    except (apsw.BusyError, apsw.CantOpenError):
        return ""
    except apsw.Error as error:
        return str(error)
    return "" if said == "ok" else str(said)


def _rebuild(shard: Shard) -> None:
    shard.forget()
    for chain in _CHAINS:
        path = shard.layout.index(chain)
        if os.path.exists(path) and _damage(path):
            remove(path)
        shard.index(chain)


def _size(shard: Shard) -> Finding:
    top = os.path.join(shard.repo.work_tree, TRACKED)
    size, files, largest = _measured(top)
    local = _measured(shard.layout.root)[0]
    said = f"{_bytes(size)} in {counted(files, 'file')} of {TRACKED}, {_bytes(local)} local"
    if not largest[0]:
        return Finding(said)
    name = os.path.relpath(largest[1], shard.repo.work_tree)
    return Finding(f"{said}; the largest folder: {counted(largest[0], 'file')} in {name}")


def _measured(top: str) -> tuple[int, int, tuple[int, str]]:
    """Bytes, files, and (files, path) of the folder that holds most of them."""
    size = files = 0
    largest = (0, "")
    for folder, _, names in os.walk(top):
        files += len(names)
        size += sum(os.lstat(os.path.join(folder, name)).st_size for name in names)
        largest = max(largest, (len(names), folder))
    return size, files, largest


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} KB"


INDEX = Check("index", _index, _rebuild)
CHECKS = (
    Check("locks", _locks, _clear),
    Check("private", _private, _close),
    Check("own log", _own),
)
SIZE = Check("size", _size)
