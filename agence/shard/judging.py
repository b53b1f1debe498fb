"""Verify many lines at once, on all cores where there are many.

A signature check is most of the cost of reading events that are new. A worker is a fork that gets
its share of the lines, writes one verdict for each into a pipe, and ends; where one fails, its
share is judged here.
"""

import json
import os
from collections.abc import Sequence

from agence.base.errors import TrustError
from agence.events.event import Event, read

_MANY = 500  # lines that are worth a process


def judge(lines: Sequence[bytes]) -> list[Event | str]:
    """For each line its event, or what is wrong with it. In the order given."""
    cores = min(os.cpu_count() or 1, len(lines) // _MANY)
    if cores < 2 or not hasattr(os, "fork"):
        return [_judged(line) for line in lines]
    size = -(-len(lines) // cores)
    shares = [lines[at : at + size] for at in range(0, len(lines), size)]
    workers = [_fork(share) for share in shares[1:]]
    verdicts: list[Event | str] = [_judged(line) for line in shares[0]]
    for share, (pid, pipe) in zip(shares[1:], workers, strict=True):
        verdicts += _collect(share, pid, pipe)
    return verdicts


def known(line: bytes) -> Event:
    """The event of a line that was verified before."""
    outer = json.loads(line)
    return Event(outer["id"], line, outer["body"], outer.get("data"))


def _judged(line: bytes) -> Event | str:
    try:
        return read(line)
    except TrustError as error:
        return error.message


def _fork(share: Sequence[bytes]) -> tuple[int, int]:
    pipe, end = os.pipe()
    pid = os.fork()
    if pid:
        os.close(end)
        return pid, pipe
    code = 1
    try:
        os.close(pipe)
        found = (_judged(line) for line in share)
        reasons = [one if isinstance(one, str) else "" for one in found]
        with os.fdopen(end, "wb") as file:
            file.write(json.dumps(reasons).encode())
        code = 0
    finally:
        os._exit(code)


def _collect(share: Sequence[bytes], pid: int, pipe: int) -> list[Event | str]:
    with os.fdopen(pipe, "rb") as file:
        content = file.read()
    _, status = os.waitpid(pid, 0)
    if status == 0:
        reasons = json.loads(content)
        if len(reasons) == len(share):
            return [why or known(line) for why, line in zip(reasons, share, strict=True)]
    return [_judged(line) for line in share]
