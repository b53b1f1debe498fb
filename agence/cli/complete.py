"""Completion: what may stand where the cursor is. Called by the shells, at each Tab.

`agence complete --shell bash|zsh|fish -- WORDS...` has the words after the program's name, the last
one being the one under the cursor, perhaps empty. It prints one candidate per line; for zsh and
fish a tab and a summary follow. The line `:files` stands for the names of files, which the shell
knows.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

from agence.base.errors import AgenceError, UsageError
from agence.base.lazy import load
from agence.cli import table
from agence.cli.parse import Parameter, parameters
from agence.cli.prefixes import COLOURS, MODES, TWINS
from agence.commands.contract import Report

Found = list[tuple[str, str]]
FILES: Found = [(":files", "")]
_GLOBALS = ("--json", "--as", "-C", "--color", "--no-color", "--help", "--version")
_LATER = ("--json", "--as", "--help")
_SHELLS = ("bash", "zsh", "fish")


def answer(words: Sequence[str]) -> Report:
    """The candidates for a line, as the shell that asks wants them printed.

    Raises UsageError when the words are not as above.
    """
    if len(words) < 3 or words[0] != "--shell" or words[1] not in _SHELLS or words[2] != "--":
        raise UsageError("completion is asked for as: complete --shell bash -- WORDS...")
    *before, current = words[3:] or ("",)
    found = candidates(before, current)
    plain = words[1] == "bash"
    return Report(
        "\n".join(name if plain or not said else f"{name}\t{said}" for name, said in found)
    )


def candidates(before: Sequence[str], current: str) -> Found:
    """What may be typed for `current` behind the words `before`, each with its summary."""
    left = list(before)
    while left:
        word = left[0]
        wants = {"-C": "file", "--as": "agent", "as": "agent", "--color": "colour"}.get(word)
        if wants and len(left) == 1:
            return _fitting(_values(wants), current)
        if not (wants or word in _GLOBALS or word.startswith("@")):
            break
        left = left[2 if wants else 1 :]
    return _fitting(_behind(left, current) if left else _first(current), current)


def _fitting(found: Found, current: str) -> Found:
    return [
        one for one in found if one == FILES[0] or one[0].startswith(current) or _verb(one, current)
    ]


def _verb(one: tuple[str, str], current: str) -> bool:
    """Whether a bare `le` means `^learn`."""
    return bool(current) and one[0][0] == "^" and one[0][1:].startswith(current)


def _first(current: str) -> Found:
    door = current[:1]
    if door == "/":
        return [(f"/{name}", said) for name, said in _values("command")]
    if door == "@":
        return [(f"@{name}", said) for name, said in _values("agent")]
    if door == "!":
        return [(f"!{name}", said) for name, said in [*_values("shell"), *_values("agent")]]
    if door == "-":
        return [(name, "") for name in _GLOBALS]
    words = ("help", "shell-init", *TWINS, "ask", "as")
    private = _heads("~", "~") if door == "~" else []
    return [*_heads("^", "^"), *private, *((word, "") for word in words)]


def _heads(door: str, glue: str) -> Found:
    """The verbs behind a door, `glue` before each."""
    said = {row.name: row.summary for row in table.ROWS if door in row.doors}
    return [(f"{glue}{name}", said.get(name, "")) for name in table.heads(door)]


def _behind(left: list[str], current: str) -> Found:
    first, rest = left[0], left[1:]
    if first == "help":
        return [*_heads("^", ""), *_heads("^", "^"), ("exit-codes", "")] if not rest else []
    if first == "shell-init":
        return _values("shell") if not rest else []
    door = TWINS.get(first, first[:1])
    if door in ("^", "~"):
        glued = first[1:] if first[:1] == door else ""
        return _of_verb(door, [*([glued] if glued else []), *rest], current)
    if door in MODES and first in (door, *TWINS) and not rest:
        return {"/": _values("command"), "!": _values("shell")}.get(door, [])
    return FILES if door in ("/", "!") else []


def _of_verb(door: str, words: list[str], current: str) -> Found:
    """Candidates behind `^` or `~` and the words that follow it."""
    if not words:
        return _heads(door, "")
    if len(words) == 1:
        nouns = {
            row.name.partition(" ")[2]: row
            for row in table.ROWS
            if row.name.startswith(f"{words[0]} ")
        }
        if nouns:
            return [(action, row.summary) for action, row in nouns.items() if door in row.doors]
    try:
        row, given = table.find(words, door)
        function: Callable[..., Any] = table.function_of(row)
    except (UsageError, ImportError, AttributeError):
        return []
    return _parameter(parameters(function), list(given), current)


def _parameter(every: tuple[Parameter, ...], given: list[str], current: str) -> Found:
    by_flag = {flag: one for one in every for flag in (one.flag, one.short) if flag}
    kinds = {flag: one.complete for flag, one in by_flag.items() if one.kind is not bool}
    kinds["--as"] = "agent"
    place, waiting = 0, ""
    for word in given:
        if waiting or word.startswith("-"):
            waiting = "" if waiting or word not in kinds else word
        else:
            place += 1
    if waiting:
        return _values(kinds[waiting])
    if current.startswith("-"):
        fresh = [one for one in every if one.flag and (one.many or one.flag not in given)]
        return [*((one.flag, one.help) for one in fresh), *((flag, "") for flag in _LATER)]
    positional = [one for one in every if not one.flag]
    if positional and (place < len(positional) or positional[-1].many):
        return _values(positional[min(place, len(positional) - 1)].complete)
    return []


def _values(kind: str) -> Found:
    """The values of a kind: fixed ones, files, or what the shard knows of it."""
    if kind in ("", "file"):
        return FILES if kind else []
    if kind in ("shell", "colour"):
        return [(name, "") for name in (_SHELLS if kind == "shell" else COLOURS)]
    try:
        known: list[str] = load("agence.shard.candidates").candidates(kind, os.getcwd())
    except (ModuleNotFoundError, AgenceError, OSError):
        return []  # a completion that finds nothing says nothing
    return [(name, "") for name in known]
