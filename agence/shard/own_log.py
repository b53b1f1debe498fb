"""The own log: everything this clone's writers wrote, one file for each writer.

A line is written with one call, under a lock, and fsynced before its command says that it is done;
so after a crash every acknowledged event is there, once. What a crash left after the last newline
was never acknowledged: the next writer sets it aside.
"""

import os
from collections.abc import Callable, Iterator

from agence.base.digest import hex_digest
from agence.base.errors import TrustError
from agence.base.stamps import Stamp, tick
from agence.events.event import LINE_LIMIT, Draft, Event, read, write
from agence.shard.files import append_line, locked, outside, replace, sync_folder
from agence.shard.keyring import Key, Keyring
from agence.shard.layout import folder


class OwnLog:
    """The own log of one chain, "shared" or "private"."""

    def __init__(self, path: str, chain: str, keyring: Keyring) -> None:
        self.path = path
        self.chain = chain
        self._keyring = keyring

    def append(
        self, drafts: list[Draft], now: int, entropy: Callable[[int], bytes], seen: list[Stamp]
    ) -> list[Event]:
        """Sign and keep `drafts` in this order; they are durable when this returns.

        `seen` are the stamps of what they rest on. Raises OutsideError when the disk refuses.
        """
        with outside(self.path):
            folder(self.path)
        with locked(os.path.join(self.path, "lock")):
            return self._append(drafts, now, entropy, seen)

    def files(self) -> dict[str, str]:
        """Writer -> path of its file, for every writer that ever wrote in this folder."""
        if not os.path.isdir(self.path):
            return {}
        with outside(self.path):
            names = sorted(name for name in os.listdir(self.path) if name.endswith(".jsonl"))
        return {name.removesuffix(".jsonl"): os.path.join(self.path, name) for name in names}

    def lengths(self) -> dict[str, int]:
        """Path -> length in bytes of each file."""
        sizes = {}
        for path in self.files().values():
            with outside(path):
                sizes[path] = os.stat(path).st_size
        return sizes

    def lines(self, path: str, start: int = 0) -> Iterator[bytes]:
        """The complete lines of a file from byte `start`, without newlines, without a torn tail."""
        with outside(path), open(path, "rb") as file:
            file.seek(start)
            rest = b""
            while chunk := file.read(1 << 20):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from lines

    def writer_of(self, path: str) -> str:
        """The writer whose file this is."""
        return os.path.basename(path).removesuffix(".jsonl")

    def ends_with(self, path: str, end: int, digest: str) -> bool:
        """Whether the line that ends at byte `end` is the one of this digest."""
        start = max(0, end - LINE_LIMIT - 1)
        with outside(path), open(path, "rb") as file:
            file.seek(start)
            part = file.read(end - start)
        line = part[:-1].rpartition(b"\n")[2]
        return part.endswith(b"\n") and hex_digest("agence/line/1", line) == digest

    def _append(
        self, drafts: list[Draft], now: int, entropy: Callable[[int], bytes], seen: list[Stamp]
    ) -> list[Event]:
        key = self._keyring.current(self.chain)
        path = self._file(key)
        with outside(path):
            new = not os.path.exists(path)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                if new:
                    sync_folder(self.path)
                end = self._set_aside_torn(handle, path)
                last = _last(handle, end, key.writer)
                if last is None:
                    self._keyring.retire(key, "its own log can't be continued")
                    return self._append(drafts, now, entropy, seen)
                return _write_all(handle, key, drafts, (now, entropy, seen), (*last, end))
            finally:
                os.close(handle)

    def _file(self, key: Key) -> str:
        return os.path.join(self.path, f"{key.writer}.jsonl")

    def _set_aside_torn(self, handle: int, path: str) -> int:
        """Move what follows the last newline to a file of its own; return the length left."""
        end = os.fstat(handle).st_size
        whole = _after_last_newline(handle, end)
        if whole < end:
            replace(f"{path}.torn-{whole}", os.pread(handle, end - whole, whole))
            os.ftruncate(handle, whole)
            os.fsync(handle)
        return whole


def _after_last_newline(handle: int, end: int) -> int:
    while end:
        start = max(0, end - LINE_LIMIT)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _last(handle: int, end: int, writer: str) -> tuple[int, str, Stamp] | None:
    """(seq, id, stamp) of the last event, (0, "", ...) in an empty file, None if it is damaged."""
    if end == 0:
        return 0, "", Stamp(0, 0)
    tail = os.pread(handle, min(end, LINE_LIMIT + 1), max(0, end - LINE_LIMIT - 1))
    line = tail[:-1].rpartition(b"\n")[2]
    try:
        event = read(line)
    except TrustError:
        return None
    return (event.seq, event.id, event.stamp) if event.writer == writer else None


def _write_all(
    handle: int,
    key: Key,
    drafts: list[Draft],
    ports: tuple[int, Callable[[int], bytes], list[Stamp]],
    last: tuple[int, str, Stamp, int],
) -> list[Event]:
    now, entropy, seen = ports
    seq, prev, stamp, end = last
    events: list[Event] = []
    for draft in drafts:
        seq, stamp = seq + 1, tick(now, [stamp, *seen])
        event = write(draft, key.seed, seq, prev, stamp, entropy(16))
        if len(event.line) > LINE_LIMIT:
            raise TrustError("an event that is too large to be read back")
        events.append(event)
        prev = event.id
    append_line(handle, b"\n".join(event.line for event in events), end)
    return events
