"""One git process that is asked and answers, over pipes.

For `cat-file --batch`, `mktree --batch` and `update-ref --stdin`: thousands of questions for the
price of one process, and a ref transaction that stays open while other work is done.
"""

import subprocess
import threading
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

from agence.git.run import GitFailed, environment, not_started

_HEARD_AT_MOST = 64 * 1024  # bytes of standard error worth keeping for the message


class Talk:
    """A running `git WORDS`. Leaving the `with` block waits for it, or ends it after an error.

    Raises GitFailed when git ends before it has answered, or ends with a code other than 0.
    """

    __slots__ = ("_ears", "_feeder", "_heard", "_process", "_stdin", "_stdout", "_words")

    def __init__(self, *words: str, cwd: str) -> None:
        self._words = words
        self._heard = bytearray()
        self._feeder: threading.Thread | None = None
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(
                ["git", *words], cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe, env=environment()
            )
        except FileNotFoundError as error:
            raise not_started(cwd) from error
        self._stdin = _open(self._process.stdin)
        self._stdout = _open(self._process.stdout)
        self._ears = threading.Thread(
            target=self._listen, args=(_open(self._process.stderr),), daemon=True
        )
        self._ears.start()

    def send(self, data: bytes) -> None:
        """Write `data` to git and flush it. The caller keeps it small enough for a pipe."""
        try:
            self._stdin.write(data)
            self._stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None

    def feed(self, lines: Iterable[bytes]) -> None:
        """Write all `lines` and then the end of input, in the background: reading can start now."""
        self._feeder = threading.Thread(target=self._pour, args=(lines,), daemon=True)
        self._feeder.start()

    def line(self) -> bytes:
        """The next line of the answer, without its end."""
        line = self._stdout.readline()
        if not line.endswith(b"\n"):
            raise self._failure()
        return line[:-1]

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes of the answer."""
        data = self._stdout.read(size)
        if len(data) != size:
            raise self._failure()
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._process.terminate()  # by SIGTERM git still takes its lock files away
        code = self._end()
        if kind is None and code != 0:
            raise self._failure()

    def _end(self) -> int:
        if self._feeder is not None:
            self._feeder.join()
        with suppress(BrokenPipeError):
            self._stdin.close()
        code = self._process.wait()
        self._stdout.close()
        self._ears.join()
        return code

    def _failure(self) -> GitFailed:
        if self._process.poll() is None:
            self._process.terminate()
        code = self._end()
        return GitFailed(self._words, code, self._heard.decode(errors="replace"))

    def _pour(self, lines: Iterable[bytes]) -> None:
        try:
            self._stdin.writelines(lines)
            self._stdin.close()
        except BrokenPipeError:
            return  # git ended early; whoever reads the answer meets that

    def _listen(self, stderr: IO[bytes]) -> None:
        with stderr:
            while chunk := stderr.read(4096):
                self._heard += chunk[: max(0, _HEARD_AT_MOST - len(self._heard))]


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("a pipe that was not asked for")
    return pipe
