"""The gate for merge functions: no function is pinned that breaks a law.

The trial runs in a child process that can write to no file, has no standard input and little time
and memory; what it found comes back through a pipe. Then another interpreter, with other hashes of
texts, is asked what the function says of the same values.
"""

import json
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from signal import SIGKILL, SIGXCPU
from tempfile import TemporaryDirectory
from typing import Any

from agence.base.errors import OutsideError, TrustError
from agence.base.lazy import load
from agence.crdt.custom import Unmerged, joined
from agence.schema.shapes import fits
from agence.shard.installed import Installed, function, installed, outside_paths
from agence.shard.trial import Trial, Watch, changed

_SECONDS = 20  # of work that the function may take for all of its answers
_PATIENCE = 120  # seconds until a child that only waits is ended
_MEMORY = 4 << 30  # bytes
_FIRST_LINE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    " from agence.shard.laws import again; again(sys.argv[2], int(sys.argv[3]))"
)


def counter_example(offer: Installed, type_: str, top: str) -> str:
    """What breaks a law, in words; "" where all hold. `type_` is that of the field's values.

    Raises OutsideError where what draws the values is not installed, TrustError where the function
    can't be loaded.
    """
    if load("importlib.util").find_spec("hypothesis") is None:
        raise OutsideError(
            "trying a merge function needs hypothesis, which is not installed",
            "install it beside agence: pip install 'agence[laws]'",
        )
    said = _asked(lambda end: _try(end, offer, type_, top))
    if said["error"]:
        raise TrustError(said["error"])
    if said["verdict"]:
        return str(said["verdict"])
    question = {"name": offer.name, "hash": offer.hash, "top": top, "type": type_}
    with TemporaryDirectory() as folder:
        path = os.path.join(folder, "question.json")
        with open(path, "w", encoding="ascii") as file:
            json.dump(question | {"pairs": said["tried"]}, file)
        answers = _asked(lambda end: _ask_again(end, path, top))["answers"]
    for (one, other, first), second in zip(said["tried"], answers, strict=True):
        if first != second:
            return changed(one, other, first, second, "in another process")
    return ""


def _try(end: int, offer: Installed, type_: str, top: str) -> None:
    """The child: try the function, loaded anew so that nothing of it was there before the watch."""
    for name in ("hypothesis", "hypothesis.strategies", "hypothesis.errors"):
        load(name)
    for name in [name for name, module in sys.modules.items() if _is_of(module, offer)]:
        del sys.modules[name]
    watch = Watch()
    watch.start()
    said: dict[str, Any] = {"error": "", "verdict": "", "tried": []}
    try:
        trial = Trial(function(offer, top), type_, watch)
        said["verdict"] = trial.verdict()
        said["tried"] = trial.tried
    except TrustError as error:
        said["error"] = error.message
    left = sorted(set(os.listdir(".")) - {".hypothesis"})
    if left and not said["error"] and not said["verdict"]:
        said["verdict"] = f"it leaves files behind: {', '.join(left)}"
    _answer(end, said)


def _is_of(module: object, offer: Installed) -> bool:
    return (getattr(module, "__file__", None) or "") in offer.files.values()


def _ask_again(end: int, path: str, top: str) -> None:
    """The other child: become another interpreter, which finds the question in a file."""
    os.set_inheritable(end, True)  # noqa: FBT003 - as the library has it
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = json.dumps([*outside_paths(top), own])
    os.execv(sys.executable, [sys.executable, "-IBc", _FIRST_LINE, paths, path, str(end)])  # noqa: S606 - our own interpreter


def again(path: str, end: int) -> None:
    """What the other interpreter does: ask the function the same, and answer."""
    with open(path, "rb") as file:
        question = json.loads(file.read())
    offer = installed(question["name"], question["top"])
    join, fitting = function(offer, question["top"]), fits(question["type"])
    answers = []
    for one, other, _ in question["pairs"]:
        try:
            answers.append(joined(join, fitting, one, other))
        except Unmerged as error:
            answers.append(str(error))
    _answer(end, {"answers": answers if offer.hash == question["hash"] else []})


def _asked(child: Callable[[int], None]) -> dict[str, Any]:
    """What a child answers that runs under limits, in an empty folder. Raises TrustError."""
    with TemporaryDirectory() as place:
        pipe, end = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                os.close(pipe)
                _confine(place)
                child(end)
            finally:
                os._exit(0)
        os.close(end)
        content = _read(pipe, pid)
        _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        late = os.WTERMSIG(status) in (SIGKILL, SIGXCPU)
        why = f"it takes more than {_SECONDS} s" if late else "it brings its process down"
        raise TrustError(f"the trial of the function was stopped: {why}")
    try:
        said: dict[str, Any] = json.loads(content)
    except ValueError as error:
        raise TrustError("the function ended the process that tried it, or broke it") from error
    return said


def _read(pipe: int, pid: int) -> bytes:
    """All that a child says; one that says nothing for too long is ended."""
    parts: list[bytes] = []
    with os.fdopen(pipe, "rb", buffering=0) as file:
        while select.select([file], [], [], _PATIENCE)[0]:
            part = file.read(1 << 16)
            if not part:
                return b"".join(parts)
            parts.append(part)
    os.kill(pid, SIGKILL)
    return b""


def _answer(end: int, said: dict[str, Any]) -> None:
    with os.fdopen(end, "wb") as file:
        file.write(json.dumps(said).encode())


def _confine(place: str) -> None:
    """Let this process write to no file, hear and say nothing, and have little time and memory."""
    os.chdir(place)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    sys.dont_write_bytecode = True
    limits = load("resource")
    for what, most in (
        (limits.RLIMIT_CPU, _SECONDS),
        (limits.RLIMIT_FSIZE, 0),
        (limits.RLIMIT_AS, _MEMORY),
    ):
        with suppress(ValueError, OSError):  # a limit that is lower already, or not of this system
            limits.setrlimit(what, (most, most))
