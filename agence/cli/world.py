"""The world as a command may use it: the one place that ties a Context to this process."""

import os
import sys
import time
from typing import TYPE_CHECKING

from agence.base.errors import OutsideError, UsageError
from agence.base.lazy import load
from agence.cli import render
from agence.cli.prefixes import Line
from agence.cli.table import Row
from agence.commands.contract import Context

if TYPE_CHECKING:
    from agence.shard.shard import Shard


def context(line: Line, row: Row) -> Context:
    """The Context of a line for its verb. Raises OutsideError when the folder is gone."""
    interactive = _person_at_hand()
    return Context(
        scope=line.scope,
        verb=row.name,
        cwd=here(),
        speaker=line.speaker or os.environ.get("AGENCE_AGENT", ""),
        interactive=interactive,
        program=line.flags.json,
        programs=_programs(),
        now=_now,
        entropy=os.urandom,
        ask=_ask if interactive else _nobody,
        read_input=_read_input,
        notice=_notice,
        edit=_edit if interactive or _has_editor() else _no_editor,
        open_shard=_open_shard,
    )


def enter(folder: str) -> None:
    """Make `folder` (`-C`) the one that the line works in. Raises UsageError when that can't be."""
    try:
        os.chdir(folder)
    except OSError as error:
        why = (error.strerror or "").lower()
        raise UsageError(f"'-C {folder}' leads nowhere: {why}") from error


def here() -> str:
    """The folder that the line works in, absolute. Raises OutsideError when it is gone."""
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        raise OutsideError(
            "the folder you are in is not there any more", "cd into one that is"
        ) from error


def _person_at_hand() -> bool:
    streams = (sys.stdin, sys.stderr)
    seen = all(stream is not None and stream.isatty() for stream in streams)
    return seen and not os.environ.get("CI")


def _now() -> int:
    return time.time_ns() // 1_000_000


def _ask(question: str) -> str:
    sys.stderr.write(f"{render.shown(question)} ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise UsageError("the question was not answered")
    return answer.strip()


def _programs() -> list[str]:
    """Where `agence-merge` and `agence-hook` lie: beside this program, or beside its Python."""
    return [os.path.dirname(os.path.abspath(path)) for path in (sys.argv[0], sys.executable)]


def _nobody(question: str) -> str:
    raise UsageError(
        f"nobody is at the terminal to answer: {question}", "say it with an option; see --help"
    )


def _read_input() -> str:
    if sys.stdin is None:
        return ""
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("standard input is not valid UTF-8") from error


def _notice(line: str) -> None:
    render.said(render.shown(line))


def _edit(text: str) -> str:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    edited: str = load("agence.agents.editor").edit(text, command)
    return edited


def _has_editor() -> bool:
    """Whether somebody named an editor: then it may be a program that needs no terminal."""
    return bool(os.environ.get("VISUAL") or os.environ.get("EDITOR"))


def _no_editor(_text: str) -> str:
    raise UsageError("nobody is at the terminal to edit it", "say it with options; see --help")


def _open_shard(wanting: Context) -> "Shard":
    opened: Shard = load("agence.shard.shard").open_shard(wanting)
    return opened
