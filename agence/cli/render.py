"""What a line has to say, on the streams: text for people, or one line of JSON for programs.

Data goes to standard output, everything else to standard error. Control characters that came out
of somebody's event, and those that turn the direction of a line, are shown and never obeyed by the
terminal. Only this module writes.
"""

import errno
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from agence.base.errors import AgenceError
from agence.base.lazy import load
from agence.cli.prefixes import Flags
from agence.commands.contract import JSON, Report

INTERRUPTED, READER_GONE = 130, 141
_CONTROLS = [number for number in (*range(32), *range(127, 160)) if chr(number) not in "\n\t"]
_TURNS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))  # marks of direction that reach onwards
_ESCAPED = {number: f"\\u{number:04x}" for number in (*range(127, 160), *_TURNS)}
_SHOWN = _ESCAPED | {number: f"\\x{number:02x}" for number in _CONTROLS}
_RED, _DIM, _PLAIN = "\x1b[1;31m", "\x1b[2m", "\x1b[0m"


class Unwritable(Exception):
    """Standard output took not everything. `code` is the exit code, `why` is "" when quiet."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


def report(verb: str, said: Report, flags: Flags) -> None:
    """Print what a command says. Raises Unwritable."""
    if flags.json:
        _out(_line({"ok": True, "verb": verb, "data": dict(said.data)}))
    elif said.text:
        text = shown(said.text)
        _out(text if text.endswith("\n") else f"{text}\n")


def failure(error: AgenceError, flags: Flags) -> int:
    """Print an error where the line wanted it; return its exit code. Never raises."""
    code = error.exit_code
    if flags.json:
        fields: dict[str, JSON] = {
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
        }
        try:
            _out(_line({"ok": False, "error": fields}))
        except Unwritable as gone:
            return gone.code if not gone.why else code
        return code
    colour = colourful(flags.color, sys.stderr)
    before, dim, after = (_RED, _DIM, _PLAIN) if colour else ("", "", "")
    said(f"{before}agence:{after} {shown(error.message)}")
    for line in shown(error.hint).splitlines():
        said(f"{dim}  hint: {line}{after}")
    return code


def said(line: str) -> None:
    """One line on standard error. Never raises: there is nowhere left to say it."""
    try:
        _write(sys.stderr, f"{line}\n")
    except (OSError, ValueError):
        _silence(sys.stderr)


def shown(text: str) -> str:
    """The text with its control characters and turns made visible; lines and tabs stay."""
    return text.replace("\r\n", "\n").translate(_SHOWN)


def colourful(wanted: str, stream: TextIO | None) -> bool:
    """Whether to colour a stream: `wanted` decides, else NO_COLOR, FORCE_COLOR and the terminal."""
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream is not None and stream.isatty()


def _line(envelope: Mapping[str, JSON]) -> str:
    dumped: str = load("json").dumps(envelope, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return dumped.translate(_ESCAPED) + "\n"


def _out(text: str) -> None:
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        _silence(sys.stdout)
        raise Unwritable(READER_GONE, "") from None
    except (OSError, ValueError) as error:
        _silence(sys.stdout)
        number = error.errno if isinstance(error, OSError) and error.errno else errno.EBADF
        raise Unwritable(6, os.strerror(number).lower()) from None


def _write(stream: TextIO | None, text: str) -> None:
    """Write all of it, now. A character the stream's encoding lacks is shown by its number."""
    if stream is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _silence(stream: TextIO | None) -> None:
    """Let the interpreter's last flush of a stream that fails go nowhere, without a word."""
    if stream is None:
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
