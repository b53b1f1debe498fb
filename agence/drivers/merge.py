"""The door `agence-merge KIND %O %A %B %P`: how git merges what agence keeps in the tree.

KIND is `log` or `view`. The merged file replaces %A. The exit code is git's: 0 for merged, 1 for a
conflict (of drafts only: what is rendered is never one), above 128 for input that can't be read; %A
is then as it was. What git is told to merge depends on no folder, clock or configuration.
"""

import os
import stat
import sys
from collections.abc import Sequence

from agence.base.lazy import load

CONFLICT = 1
FAILED = 129
USAGE = "usage: agence-merge log|view %O %A %B %P"


def entry() -> int:
    """The console script."""
    try:
        return main(sys.argv[1:])
    except KeyboardInterrupt:
        return FAILED
    except Exception as error:  # git gets an exit code, never a traceback
        why = str(error) or type(error).__name__
        print(f"agence-merge: nothing was merged: {why}", file=sys.stderr)
        return FAILED


def main(words: Sequence[str]) -> int:
    """Merge the files that `words` name; return the exit code. Raises OSError, OverflowError."""
    if len(words) not in (4, 5) or words[0] not in ("log", "view"):
        print(USAGE, file=sys.stderr)
        return FAILED
    kind, base, ours, theirs = words[:4]
    if kind == "log":
        merged: bytes = load("agence.events.join").join([_read(ours), _read(theirs)])
        _replace(ours, merged)
        return 0
    sides = [_read(path) for path in (base, ours, theirs)]
    if any(b"\0" in side for side in sides):
        return CONFLICT  # no text, so no view: our side stays, as git itself has it
    view_merge = load("agence.fold.view_merge")
    merged = view_merge.merge(*sides)
    _replace(ours, merged)
    return CONFLICT if view_merge.is_unsettled(merged) else 0


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _replace(path: str, content: bytes) -> None:
    """Put `content` at `path` in one step, with the mode of what is there."""
    beside = f"{path}.{os.getpid()}.new"
    mode = stat.S_IMODE(os.stat(path).st_mode)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with open(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(content)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
