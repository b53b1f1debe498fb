"""Keep what is needed to mend a bug of ours: a file with the trace, never the words of the line.

Loaded only when there is a bug. What was typed may be private, and so is left out; the trace holds
lines of our own source and the bug's own message.
"""

import os
import platform
import sys
import time
import traceback

from agence.base.errors import AgenceError
from agence.base.version import VERSION


def fault(error: BaseException, mode: str, cwd: str) -> AgenceError:
    """Write the file and return the error that names it. Never raises OSError.

    `mode` is the mode of the line, or "" when it was not routed.
    """
    kind = type(error).__name__
    first = str(error).partition("\n")[0][:200]
    message = f"a bug of ours: {kind}" + (f": {first}" if first else "")
    try:
        path = _keep(error, mode, cwd)
    except OSError as unkept:
        return AgenceError(message, f"it could not be logged: {unkept.strerror}")
    return AgenceError(message, f"please attach {path}")


def _keep(error: BaseException, mode: str, cwd: str) -> str:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    text = "\n".join(
        [
            f"agence {VERSION}",
            f"python {sys.version}",
            f"platform {platform.platform()}",
            f"mode {mode or 'not routed'}",
            f"at {stamp}",
            "",
            "".join(traceback.format_exception(error, limit=-100)),
        ]
    )
    folder = _folder(cwd)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, f"{stamp}-{os.getpid()}.txt")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path


def _folder(cwd: str) -> str:
    """The shard's own folder for faults where there is a shard, else the user's state folder."""
    common = _common_dir(cwd)
    if common and os.path.isdir(os.path.join(common, "agence")):
        return os.path.join(common, "agence", "nexus", "faults")
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(state, "agence", "faults")


def _common_dir(folder: str) -> str:
    """The git directory that all linked work trees share, found without git; "" when none is."""
    while folder:
        dot = os.path.join(folder, ".git")
        if os.path.isdir(dot):
            return dot
        if os.path.isfile(dot):
            return _linked(folder, dot)
        parent = os.path.dirname(folder)
        folder = parent if parent != folder else ""
    return ""


def _linked(folder: str, dot: str) -> str:
    with open(dot, encoding="utf-8", errors="replace") as file:
        git_dir = os.path.join(folder, file.read().partition("gitdir:")[2].strip())
    common = os.path.join(git_dir, "commondir")
    if not os.path.isfile(common):
        return git_dir
    with open(common, encoding="utf-8", errors="replace") as file:
        return os.path.normpath(os.path.join(git_dir, file.read().strip()))
