"""Help: the overview of all verbs, the page of one, and the exit codes.

The overview and the exit codes import no command; the page of a verb imports that one. Examples
come first, because they are what is read.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agence.base import errors
from agence.base.errors import AgenceError, UsageError
from agence.cli import table
from agence.cli.parse import Parameter, parameters
from agence.cli.table import Row
from agence.commands.contract import JSON, Report

PREFIXES = (
    ("^verb", "what the shard shares: agence shared verb"),
    ("~verb", "what never leaves this machine: agence private verb"),
    ("/command", "a whitelisted command: agence run command"),
    ("!shell", "a shell or an agent: agence system shell"),
    ("+work", "plan a piece of work: agence plan work"),
    ("several words", "ask the shard: agence ask several words"),
    ("@name ...", "any of these, spoken for an agent: agence as name ..."),
)
GLOBAL = (
    ("--json", "answer in one line of JSON, for programs"),
    ("--as NAME", "speak for this person or agent (also AGENCE_AGENT)"),
    ("-C DIR", "work as if typed in DIR"),
    ("--color WHEN", "auto, always or never; --no-color (also NO_COLOR)"),
    ("--help, -h", "this page, or that of a verb"),
    ("--version", "the version"),
)
OTHER_CODES = (
    (0, "ok", "Done."),
    (70, "bug", "A bug of ours: one line, and a log file to attach."),
    (130, "", "Interrupted with Ctrl-C."),
    (141, "", "Whoever read our output went away."),
)
_WIDTH = 78


class Page(NamedTuple):
    """A docstring's parts: its first line, the lines of its examples, and the rest."""

    summary: str
    examples: tuple[str, ...]
    body: str


def page(docstring: str) -> Page:
    """Cut a command's docstring into its parts; any of them may be empty."""
    lines = docstring.strip("\n").split("\n")
    summary = lines[0].strip() if lines else ""
    examples: list[str] = []
    body: list[str] = []
    inside, margin = False, 0
    for line in lines[1:]:
        indent = len(line) - len(line.lstrip())
        if line.strip() == "Examples:":
            inside, margin = True, indent
        elif inside and (not line.strip() or indent > margin):
            examples.append(line)
        else:
            inside = False
            body.append(line)
    shown = [line.strip() for line in examples if line.strip()]
    return Page(summary, tuple(shown), "\n".join(body).strip("\n"))


def topic(words: Sequence[str]) -> Report:
    """The help on a topic: () for the overview, ("^", "learn"), ("learn",), ("exit-codes",).

    Raises UsageError when there is no such topic.
    """
    if not words:
        return overview()
    if tuple(words) == ("exit-codes",):
        return exit_codes()
    first, rest = words[0], tuple(words[1:])
    if (mode := _mode(first)) and not (first == "plan" and rest[:1] and rest[0] in table.ACTIONS):
        return of_verb(mode, mode.doors)
    if first not in ("^", "~"):
        first, rest = "^", tuple(words)
    if not rest:
        raise UsageError(f"help on which verb behind '{first}'?", "'agence help' lists the verbs")
    is_verb = any(row.name == rest[0] and first in row.doors for row in table.ROWS)
    if len(rest) == 1 and not is_verb and (nouns := _actions(rest[0], first)):
        return _of_noun(rest[0], first, nouns)
    return of_verb(table.find(rest, first)[0], first)


def _mode(name: str) -> Row | None:
    """The row of a mode without a verb (`/`, `!`, `+`, `ask`), or of a verb typed bare."""
    rows = [row for row in table.ROWS if row.doors not in ("^", "^~")]
    return next((row for row in rows if name and name in (row.name, row.doors)), None)


def _actions(noun: str, door: str) -> list[Row]:
    rows = [row for row in table.ROWS if row.name.startswith(f"{noun} ")]
    return [row for row in rows if door in row.doors]


def _of_noun(noun: str, door: str, rows: list[Row]) -> Report:
    """The page of a noun such as `lesson`: what can be done with one."""
    listed = [(f"agence {row.label(door)}", row.summary) for row in rows]
    more = f"More: agence help {door}{noun} {rows[0].name.split()[1]}"
    verbs: list[JSON] = [{"name": row.name, "summary": row.summary} for row in rows]
    return Report(
        "\n\n".join([_block(f"agence {door}{noun}", _columns(listed)), more]), {"verbs": verbs}
    )


def overview() -> Report:
    """Every verb, by group, on one screen. Imports no command."""
    parts = [
        "agence: one shared, signed memory for coding agents and their people, in git.",
        _block(
            "Start",
            ["agence ^init", 'agence ^learn "Never auto-heal paths"', "agence ^recall paths"],
        ),
        _block("A line begins with", _columns(PREFIXES)),
    ]
    for group in table.GROUPS:
        rows = [row for row in table.ROWS if row.group == group]
        parts.append(_block(group, _columns(_listed(rows))))
    parts.append(_block("Options of every line", _columns(GLOBAL)))
    parts.append("More: agence help VERB, agence help exit-codes, agence shell-init bash|zsh|fish")
    verbs: list[JSON] = [
        {"name": row.name, "doors": row.doors, "group": row.group, "summary": row.summary}
        for row in table.ROWS
    ]
    return Report("\n\n".join(parts), {"verbs": verbs})


def _listed(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """The rows as label and summary; the actions of one noun share a line."""
    listed: dict[str, str] = {}
    for row in rows:
        head, _, action = row.name.partition(" ")
        label = row.label("~" if head in table.SHORT_KINDS else "")
        if action and head in (*table.KINDS, *table.WORK_KINDS):
            listed[label.split()[0] + " ..."] = f"{', '.join(table.ACTIONS)} {head}s"
        else:
            listed[", ".join(dict.fromkeys([label, *map(row.label, row.doors)]))] = row.summary
    return list(listed.items())


def exit_codes() -> Report:
    """Every exit code, with its name in the envelope and what it says."""
    every = codes()
    rows = [(f"{code:>3}  {name}", says) for code, name, says in every]
    data: list[JSON] = [{"exit": code, "code": name, "says": says} for code, name, says in every]
    return Report(_block("Exit codes", _columns(rows)), {"exit_codes": data})


def codes() -> list[tuple[int, str, str]]:
    """(exit code, name, meaning), in order; the meanings are the errors' own first sentences."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    families = [kind for kind in kinds if issubclass(kind, AgenceError) and kind is not AgenceError]
    said = [(one.exit_code, one.code, (one.__doc__ or "").partition("\n")[0]) for one in families]
    return sorted([*OTHER_CODES, *said])


def of_verb(row: Row, door: str) -> Report:
    """The page of one verb. Imports its module."""
    function = table.function_of(row)
    every = parameters(function)
    text = page(sys.modules[function.__module__].__doc__ or f"{row.summary}\n")
    label = row.label(door)
    also = [f"agence {row.label(other)}" for other in row.doors if row.label(other) != label]
    arguments = [one for one in every if not one.flag]
    options = [one for one in every if one.flag]
    shared = [(flag, what) for flag, what in GLOBAL if flag[:6] in ("--json", "--as N", "--help")]
    parts = [
        f"agence {label}: {row.summary}",
        _block("Examples", text.examples),
        _block("Usage", [*_folded(label, every), *(f"{one} ..." for one in also)]),
        _block("Arguments", _columns((one.metavar, one.help) for one in arguments)),
        _block("Options", _columns([*((_option(one), one.help) for one in options), *shared])),
        text.body,
        "Exit codes: agence help exit-codes",
    ]
    data: dict[str, JSON] = {
        "verb": row.name,
        "doors": row.doors,
        "summary": row.summary,
        "usage": usage(label, every),
        "examples": list(text.examples),
        "text": text.body,
        "parameters": [_described(one) for one in every],
    }
    return Report("\n\n".join(part for part in parts if part), data)


def usage(label: str, every: Sequence[Parameter]) -> str:
    """The usage line of a verb: `agence ^learn [--tag TAG]... TEXT`."""
    return " ".join([f"agence {label}", *_pieces(every)])


def _pieces(every: Sequence[Parameter]) -> list[str]:
    pieces = []
    for one in (*(one for one in every if one.flag), *(one for one in every if not one.flag)):
        value = "" if one.kind is bool else one.metavar
        piece = f"{one.flag} {value}".strip()
        pieces.append((piece if one.required else f"[{piece}]") + ("..." if one.many else ""))
    return pieces


def _folded(label: str, every: Sequence[Parameter]) -> list[str]:
    """The usage line, cut between its pieces to fit a narrow terminal."""
    lines = [f"agence {label}"]
    for piece in _pieces(every):
        if len(lines[-1]) + len(piece) >= _WIDTH:
            lines.append("   ")
        lines[-1] += f" {piece}"
    return lines


def _option(one: Parameter) -> str:
    names = f"{one.flag}, {one.short}" if one.short else one.flag
    return names if one.kind is bool else f"{names} {one.metavar}"


def _described(one: Parameter) -> dict[str, JSON]:
    default: JSON = list(one.default) if isinstance(one.default, list) else one.default
    return {
        "name": one.flag or one.metavar,
        "type": one.kind.__name__,
        "many": one.many,
        "required": one.required,
        "default": default,
        "help": one.help,
    }


def _block(title: str, lines: Iterable[str]) -> str:
    shown = [f"  {line}" for line in lines]
    return "\n".join([title, *shown]) if shown else ""


def _columns(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Two columns; a left side too wide for its column has the line to itself."""
    rows = list(pairs)
    width = min(max((len(left) for left, _ in rows), default=0), 24)
    lines = []
    for left, right in rows:
        if len(left) > width:
            lines += [left, f"{'':{width}}  {right}"]
        else:
            lines.append(f"{left:{width}}  {right}".rstrip())
    return lines
