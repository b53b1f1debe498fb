"""The sessions of this clone: nexus/sessions/session-saved.jsonl, and INDEX.md as its view.

A line is appended with one call, under a lock, and fsynced before its command says that it is done.
A transition is judged under the same lock, so of two at once one wins and the other is told.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from agence.base.errors import OutsideError
from agence.session import index_page
from agence.session.lifecycle import ACTIVE, Book, Fault, Session, after, transition
from agence.session.record import Record
from agence.shard.files import append_line, locked, outside, read_bytes, replace, sync_folder
from agence.shard.layout import Layout, folder

_RECENT = 20  # commands
_TAIL = 64 * 1024  # bytes of the command log that are looked at for them


class _Open(NamedTuple):
    """The file under its lock: `end` is its length."""

    handle: int
    end: int


class Sessions:
    """The store of one clone. Nothing is read before it is asked for."""

    def __init__(self, layout: Layout) -> None:
        self._folder = layout.sessions
        self._commands = os.path.join(layout.logs, "commands.jsonl")
        self.path = os.path.join(layout.sessions, "session-saved.jsonl")
        self._page = os.path.join(layout.sessions, "INDEX.md")

    def keep(self, record: Record) -> Session:
        """Append the record of a new session. Raises OutsideError when the disk refuses."""
        after(ACTIVE, "save", record["session_id"])
        with self._writing() as file:
            line = _line(record)
            append_line(file.handle, line, file.end)
            length = file.end + len(line) + 1
            session = Session(record["id"], record, record["status"], (), 0)
            text = index_page.extended(self._read_page(), file.end, session, length)
            self._write_page(text or self._rendered(self.read(), length))
        return session

    def receive(self, record: Record) -> Session:
        """Append the record of a session that was handed over to here; its status is "resumed".

        Raises ShardError where the session is here and was not handed away.
        """
        with self._writing() as file:
            book = self.read()
            before = book.sessions.get(record["id"])
            if before:
                after(before.status, "accept", before.label)
            return self._add(file, book, record)

    def move(self, identity: str, action: str, at: str, by: str, **more: str) -> Session:
        """Append a transition. Raises ShardError where the table of transitions has none.

        `more` are further fields of its line. The session must be one of `read()`.
        """
        with self._writing() as file:
            book = self.read()
            entry = transition(book.sessions[identity], action, at, by)
            return self._add(file, book, entry | more)

    def read(self) -> Book:
        """All sessions as they are now, and what could not be understood."""
        book = Book()
        if os.path.exists(self.path):
            book.feed(read_bytes(self.path))
        return book

    def faults(self) -> list[tuple[str, Fault]]:
        """(path:line, fault) of each line that counts for nothing."""
        return [(f"{self.path}:{one.line}", one) for one in self.read().faults]

    def freshen(self) -> None:
        """Renew INDEX.md if it is stale, unless somebody else is writing or it can't be written."""
        if not os.path.exists(self.path) or index_page.is_current(self._read_page(), self._size()):
            return
        with suppress(OutsideError), locked(f"{self.path}.lock", wait=False) as free:
            if free:
                self._write_page(self._rendered(self.read(), self._size()))

    def recent_commands(self) -> list[dict[str, Any]]:
        """The last commands that went through the gate, the oldest first."""
        try:
            with open(self._commands, "rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _TAIL))
                lines = file.read().split(b"\n")
        except OSError:
            return []
        whole = lines if size <= _TAIL else lines[1:]
        found = [one for one in map(_command, whole) if one is not None]
        return found[-_RECENT:]

    def _add(self, file: _Open, book: Book, entry: dict[str, Any]) -> Session:
        line = _line(entry)
        append_line(file.handle, line, file.end)
        book.take(line)
        self._write_page(self._rendered(book, file.end + len(line) + 1))
        return book.sessions[entry.get("session") or entry["id"]]

    @contextmanager
    def _writing(self) -> Iterator[_Open]:
        with outside(self._folder):
            folder(self._folder)
        with locked(f"{self.path}.lock"), outside(self.path):
            new = not os.path.exists(self.path)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                if new:
                    sync_folder(self._folder)
                yield _Open(handle, self._set_aside_torn(handle))
            finally:
                os.close(handle)

    def _set_aside_torn(self, handle: int) -> int:
        """Move what follows the last newline to a file of its own; return the length left."""
        end = os.fstat(handle).st_size
        if not end or os.pread(handle, 1, end - 1) == b"\n":
            return end
        content = os.pread(handle, end, 0)
        whole = content.rfind(b"\n") + 1
        replace(f"{self.path}.torn-{whole}", content[whole:])
        os.ftruncate(handle, whole)
        os.fsync(handle)
        return whole

    def _size(self) -> int:
        with outside(self.path):
            return os.stat(self.path).st_size

    def _rendered(self, book: Book, length: int) -> str:
        return index_page.page(book.sessions.values(), length)

    def _read_page(self) -> str:
        try:
            with open(self._page, encoding="utf-8", newline="") as file:
                return file.read()
        except (OSError, UnicodeDecodeError):
            return ""

    def _write_page(self, text: str) -> None:
        """Put the page in place. What it shows is kept: a page that can't be written waits.

        It is a view: not fsynced, since one that a crash spoiled is stale and is made again.
        """
        with suppress(OSError):
            with open(f"{self._page}.new", "w", encoding="utf-8", newline="") as file:
                file.write(text)
            os.replace(f"{self._page}.new", self._page)


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()


def _command(line: bytes) -> dict[str, Any] | None:
    """What a session keeps of a line of the command log; None for an intent, or a damaged one."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or entry.get("phase") not in ("decision", "result"):
        return None
    words = entry.get("argv")
    if not _are_texts(words):
        return None
    kept = {name: entry[name] for name in ("at", "cwd", "outcome", "code") if name in entry}
    return {"argv": words, **kept}


def _are_texts(words: object) -> bool:
    return isinstance(words, list) and all(isinstance(one, str) for one in words)
