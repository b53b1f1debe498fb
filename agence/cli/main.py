"""The door `agence`: route the line, run its verb, print what it says, end with its code.

This is the one place that catches what a line may raise.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from agence.base.errors import AgenceError, OutsideError
from agence.base.lazy import load
from agence.base.version import VERSION
from agence.cli import parse, prefixes, render, table, world
from agence.cli.prefixes import Flags, Line
from agence.cli.table import Row
from agence.commands.contract import Report

DOORS = {mode: prefix for prefix, mode in prefixes.MODES.items()}
BARE = {"external": "run", "system": "system", "plan": "plan", "ask": "ask"}


def entry() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Carry out one line, given without the program's name; return the exit code."""
    flags, mode = Flags(json=prefixes.wants_json(argv)), ""
    try:
        line = prefixes.split(argv)
        flags, mode = line.flags, line.mode
        return _carry_out(line)
    except AgenceError as error:
        return render.failure(error, flags)
    except render.Unwritable as error:
        return _unwritten(error, flags)
    except KeyboardInterrupt:
        render.said("")
        return render.INTERRUPTED
    except OSError as error:
        return render.failure(_machine(error), flags)
    except Exception as error:  # the one catch of what nobody foresaw
        return render.failure(load("agence.cli.faults").fault(error, mode, _folder()), flags)


def _carry_out(line: Line) -> int:
    if line.flags.folder:
        world.enter(line.flags.folder)
    if line.mode == "complete":
        render.report("complete", load("agence.cli.complete").answer(line.words), Flags())
        return 0
    if line.mode == "version":
        render.report("version", Report(f"agence {VERSION}", {"version": VERSION}), line.flags)
        return 0
    if line.mode == "help":
        render.report("help", load("agence.cli.help").topic(line.words), line.flags)
        return 0
    row, words = _verb(line)
    function = table.function_of(row)
    label = row.label(DOORS.get(line.mode, ""))
    arguments = _arguments(label, function, (*(["--"] if line.flags.sealed else []), *words))
    said: Report = function(world.context(line, row), **arguments)
    render.report(row.name, said, line.flags)
    return said.code


def _verb(line: Line) -> tuple[Row, tuple[str, ...]]:
    if line.mode in BARE:
        return table.named(BARE[line.mode]), line.words
    if line.mode == "shell-init":
        return table.named("shell-init"), line.words
    return table.find(line.words, DOORS[line.mode])


def _arguments(label: str, function: Callable[..., Any], words: Sequence[str]) -> dict[str, Any]:
    try:
        return dict(parse.parse(function, words))
    except parse.NotWellFormed:
        arguments: dict[str, Any] = load("agence.cli.usage").parse(label, function, words)
        return arguments


def _unwritten(error: render.Unwritable, flags: Flags) -> int:
    if error.why:
        carried = "the command was carried out, but its answer could not be printed"
        render.failure(OutsideError(f"{carried}: {error.why}"), flags._replace(json=False))
    return error.code


def _machine(error: OSError) -> AgenceError:
    """What the machine would not do, said without a trace."""
    why = (error.strerror or str(error) or type(error).__name__).lower()
    about = f": '{os.fsdecode(error.filename)}'" if error.filename else ""
    return OutsideError(f"{why}{about}")


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
