"""Work in a fork that is killed by SIGKILL at its n-th call that something outside could notice."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

NOTICED = ("fsync", "replace", "rename", "link", "unlink", "mkdir", "write", "ftruncate")
_BECOME_SUBREAPER = 36  # prctl(2): orphans of our children are ours to wait for


def doom(work: Callable[[], bytes], calls: int) -> bytes:
    """What `work` returns in a fork, or b"" where it is killed before, at call number `calls`.

    Counted are the calls of NOTICED and the starts of processes. Of a write that is never finished
    half is written. Whatever the killed one had started has ended when this returns.
    """
    adopt_orphans()
    pipe, end = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(pipe)
            os.setpgid(0, 0)
            _count_down(calls)
            answer = work()
            with os.fdopen(end, "wb") as file:
                file.write(answer)
            code = 0
        finally:
            os._exit(code)
    os.close(end)
    with os.fdopen(pipe, "rb") as file:
        answer = file.read()
    _, status = os.waitpid(pid, 0)
    _wait_for_orphans(pid)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or status == 0, "the process ended by a fault of its own"
    return b"" if killed else answer


def adopt_orphans() -> None:
    """Be the one who waits for what a killed child leaves running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)


def _wait_for_orphans(group: int) -> None:
    while True:
        try:
            os.waitpid(-group, 0)
        except ChildProcessError:
            return


def _count_down(calls: int) -> None:
    left = [calls]

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                if function.__name__ == "write":
                    handle, content = words
                    function(handle, content[: len(content) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*words, **options)

        return call

    for name in NOTICED:
        setattr(os, name, counted(getattr(os, name)))
    start = counted(subprocess.Popen.__init__)
    name = "__init__"
    setattr(subprocess.Popen, name, start)
