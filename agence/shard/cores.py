"""Spread work over the cores: shares go to forks while the caller handles what came before.

A fork works on one share, writes what it found into a pipe as JSON, and ends. Where one fails, or
all cores are busy, a share is worked on here.
"""

import json
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from typing import Any, TypeVar

S = TypeVar("S")

_CHUNK = 1 << 20  # bytes that are read from a pipe at once


def spread(shares: Iterable[S], work: Callable[[S], Any]) -> Iterator[tuple[S, Any]]:
    """(share, what `work` makes of it) for each share, in order; one share alone is no fork's.

    `work` returns what JSON carries unchanged, and touches nothing that forks can't share.
    """
    cores = os.cpu_count() or 1
    shares = iter(shares)
    first = list(islice(shares, 2))
    if len(first) < 2 or cores < 2 or not hasattr(os, "fork"):
        yield from ((share, work(share)) for share in chain(first, shares))
        return
    waiting: deque[tuple[S, _Worker | None, Any]] = deque()
    try:
        for share in chain(first, shares):
            busy = sum(worker is not None and not worker.ended() for _, worker, _ in waiting)
            forked = _Worker(partial(work, share)) if busy < cores else None
            waiting.append((share, forked, None if forked else work(share)))
            while waiting and ((head := waiting[0][1]) is None or head.ended()):
                yield _finished(waiting.popleft(), work)
        while waiting:
            yield _finished(waiting.popleft(), work)
    finally:
        for _, worker, _ in waiting:
            if worker is not None:
                worker.stop()


def _finished(one: tuple[S, "_Worker | None", Any], work: Callable[[S], Any]) -> tuple[S, Any]:
    share, worker, found = one
    if worker is None:
        return share, found
    answer = worker.answer()
    return share, work(share) if answer is None else answer[0]


class _Worker:
    """One fork and the pipe it writes to."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._parts: list[bytes] = []
        self._ended = False
        self._pipe, end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _work(work, self._pipe, end)
        os.close(end)
        os.set_blocking(self._pipe, False)

    def ended(self) -> bool:
        """Whether all that it writes was read."""
        while not self._ended:
            try:
                part = os.read(self._pipe, _CHUNK)
            except BlockingIOError:
                return False
            self._parts.append(part)
            self._ended = not part
        return True

    def answer(self) -> tuple[Any] | None:
        """What it found, in a tuple, once it ended; None where it failed."""
        os.set_blocking(self._pipe, True)
        self.ended()
        os.close(self._pipe)
        _, status = os.waitpid(self._pid, 0)
        if status != 0:
            return None
        try:
            return (json.loads(b"".join(self._parts)),)
        except ValueError:
            return None

    def stop(self) -> None:
        """End it: nobody waits for what it finds."""
        os.close(self._pipe)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)


def _work(work: Callable[[], Any], pipe: int, end: int) -> None:
    """What a fork does, to its end."""
    code = 1
    try:
        os.close(pipe)
        with os.fdopen(end, "wb") as file:
            file.write(json.dumps(work(), ensure_ascii=False, check_circular=False).encode())
        code = 0
    finally:
        os._exit(code)
