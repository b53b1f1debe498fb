"""The command whitelist, read: which words a row of `commands.json` stands for.

A policy is one layer's list: the one shipped with the program, then the shard's own. A row names
the words that lead (`run`) and the words that may follow; `match.py` compares what follows, and
`decide.py` judges. A policy that can't be read whole is not used in part.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from agence.base.errors import TrustError, UsageError

VERSION = 1
TIERS = ("T0", "T1", "T2", "T3", "T4")
KINDS = ("word", "number", "name", "path", "revision", "ending")

_ROW_KEYS = frozenset(
    {
        "run", "or", "tier", "summary", "flags", "values", "operands", "refused", "with", "why",
        "instead",
    },
)  # fmt: skip
_OPERATORS = frozenset(";&|<>()`$")
_NO_SHELL = "one command, with plain words: there is no shell here to read operators or variables"


class Row(NamedTuple):
    """One rule. What is not listed is not allowed.

    run       the leading words, a bare program name first
    programs  other names of the same program, casefolded; `*` may stand at either end
    flags     flags without a value; one-letter flags may be bundled; `-NUM` stands for -5 and such
    values    flags with a value, and its kind; a trailing `=` means only `--flag=value` is meant
    operands  the kinds of the words that are not flags, by position; `...` at the end repeats
    refused   flags, or operands with `*` at either end, that make the command T3
    added     words put after `run` when the command is started unasked
    """

    name: str
    run: tuple[str, ...]
    programs: frozenset[str]
    tier: str
    summary: str
    flags: frozenset[str]
    values: Mapping[str, str]
    operands: tuple[str, ...]
    refused: tuple[str, ...]
    added: tuple[str, ...]
    why: str
    instead: str


class Policy(NamedTuple):
    """One layer: its rows by name, its shortcuts, and what `!` may start on a terminal.

    `inherits` says that a command without a row here is left to the other layers.
    """

    rows: Mapping[str, Row]
    aliases: Mapping[str, str]
    system: Mapping[str, Row]
    inherits: bool


def glob_matches(pattern: str, word: str) -> bool:
    """Whether `word` fits `pattern`, in which a `*` at either end stands for any text."""
    core = pattern.strip("*")
    if pattern.startswith("*"):
        return core in word if pattern.endswith("*") else word.endswith(core)
    return word.startswith(core) if pattern.endswith("*") else word == pattern


def split_words(text: str) -> list[str]:
    """The words of a command typed as one text, by a shell's rules of quoting.

    Raises UsageError for what only a shell could carry out (operators, `$`, backticks, several
    lines), for control characters, for a quote that is not closed, and when there are no words.
    """
    line = text.strip()
    if any((sign < " " and sign != "\t") or sign == "\x7f" for sign in line):
        raise UsageError("a command is one line without control characters", _NO_SHELL)
    if sign := _shell_sign(line):
        raise UsageError(f"'{sign}' means something only to a shell", _NO_SHELL)
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"the quotes in {show([line])} are not closed") from error
    if not words:
        raise UsageError("no command was given", "such as /git-status")
    return words


def _shell_sign(line: str) -> str:
    """The first sign that a shell would act on and a program would not, or ""."""
    quote = ""
    escaped = False
    for sign in line:
        if escaped:
            escaped = False
        elif sign == "\\" and quote != "'":
            escaped = True
        elif sign in "'\"" and quote in ("", sign):
            quote = sign if not quote else ""
        elif (not quote and sign in _OPERATORS) or (quote == '"' and sign in "`$"):
            return sign
    return ""


def show(words: Sequence[str]) -> str:
    """The words as a person reads them: quoted where needed, nothing invisible left in."""
    return " ".join(
        shlex.quote(word) if word.isprintable() else ascii(word)  # a hidden character would mislead
        for word in words
    )


def expand(policy: Policy, words: Sequence[str]) -> tuple[str, ...] | None:
    """The program's words when the first word is a row's name or a shortcut, otherwise None."""
    row = policy.rows.get(policy.aliases.get(words[0], words[0]))
    return (*row.run, *words[1:]) if row else None


def resolve(policy: Policy, words: Sequence[str]) -> Row | None:
    """The row that `words` fall under, a row's name, a shortcut or a program first, or None."""
    return find(policy, expand(policy, words) or tuple(words))


def find(policy: Policy, argv: tuple[str, ...]) -> Row | None:
    """The row that a program's words fall under, or None.

    The longest `run` that leads the words wins. When none does, a refused row is also found
    behind a path (`/bin/rm`), in other case, or past words in between (`terraform -x apply`).
    """
    found = [row for row in policy.rows.values() if _leads(row, argv)]
    if not found or all(len(row.run) == 1 and row.tier == "T2" for row in found):
        hidden = [row for row in policy.rows.values() if row.tier >= "T3" and _hides(row, argv)]
        found = hidden or found
    return max(found, key=lambda row: len(row.run), default=None)


def _leads(row: Row, words: tuple[str, ...]) -> bool:
    named = words[0] == row.run[0] or any(glob_matches(p, words[0]) for p in row.programs)
    return named and words[1 : len(row.run)] == row.run[1:]


def _hides(row: Row, words: tuple[str, ...]) -> bool:
    program = words[0].replace("\\", "/").rpartition("/")[2].casefold().removesuffix(".exe")
    if program != row.run[0] and not any(glob_matches(p, program) for p in row.programs):
        return False
    rest = iter(words[1:])
    return all(word in rest for word in row.run[1:])  # in this order, whatever lies between


def parse_policy(text: str) -> Policy:
    """Read one layer's `commands.json`.

    Raises TrustError when anything in it is malformed, doubled or unknown: a rule misread is worse
    than no rule, so nothing of such a layer is used.
    """
    try:
        top = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _bad(f"it is not JSON ({error})") from error
    if not isinstance(top, dict) or not top.keys() <= {
        "$schema", "version", "default", "commands", "system",
    }:  # fmt: skip
        raise _bad("it has a part that nothing reads")
    if top.get("version") != VERSION or isinstance(top["version"], bool):
        raise _bad(f"its version is not {VERSION}")
    default = top.get("default", "ask")
    if default not in ("ask", "inherit"):
        raise _bad("its default is neither 'ask' nor 'inherit'")
    commands = _table(top.get("commands", {}), "commands")
    aliases = {
        name: _text(row["alias"], f"{name}.alias")
        for name, row in commands.items()
        if isinstance(row, dict) and row.keys() == {"alias"}
    }
    rows = {name: _row(name, row) for name, row in commands.items() if name not in aliases}
    if not rows.keys() >= set(aliases.values()):
        raise _bad("a shortcut in it leads to no row")
    if len({row.run for row in rows.values()}) != len(rows):
        raise _bad("two of its rows have the same words")
    system = {
        name: _row(name, row) for name, row in _table(top.get("system", {}), "system").items()
    }
    return Policy(rows, aliases, system, inherits=default == "inherit")


def _row(name: str, value: object) -> Row:
    row = _table(value, name)
    if not row.keys() <= _ROW_KEYS or not row.keys() >= {"run", "tier", "summary"}:
        raise _bad(f"row '{name}' lacks a field or has one that nothing reads")
    run = _words(row["run"], f"{name}.run")
    if not run or "/" in run[0] or "\\" in run[0] or run[0].startswith("-"):
        raise _bad(f"row '{name}' does not start with a bare program name")
    tier = _text(row["tier"], f"{name}.tier")
    why = _text(row.get("why", ""), f"{name}.why")
    if tier not in TIERS or (tier >= "T2" and not why):
        raise _bad(f"row '{name}' has no known tier, or does not say why it asks")
    values = {flag: _kind(kind, name) for flag, kind in _table(row.get("values", {}), name).items()}
    operands = _words(row.get("operands", []), f"{name}.operands")
    for position, kind in enumerate(operands):
        last = position == len(operands) - 1
        _kind(kind.removesuffix("...") if last else kind, name)
    return Row(
        name=name,
        run=run,
        programs=frozenset(p.casefold() for p in _words(row.get("or", []), f"{name}.or")),
        tier=tier,
        summary=_text(row["summary"], f"{name}.summary"),
        flags=frozenset(_dashed(_words(row.get("flags", []), f"{name}.flags"), name)),
        values=dict(zip(_dashed(values, name), values.values(), strict=True)),
        operands=operands,
        refused=_words(row.get("refused", []), f"{name}.refused"),
        added=_words(row.get("with", []), f"{name}.with"),
        why=why,
        instead=_text(row.get("instead", ""), f"{name}.instead"),
    )


def _kind(value: object, name: str) -> str:
    kind = _text(value, name)
    if kind not in KINDS and "|" not in kind:
        raise _bad(f"row '{name}' has a value of the unknown kind '{kind}'")
    return kind


def _dashed(flags: Sequence[str] | Mapping[str, str], name: str) -> tuple[str, ...]:
    if not all(flag.startswith("-") and flag.strip("-=") for flag in flags):
        raise _bad(f"row '{name}' lists a flag that does not start with a dash")
    return tuple(flags)


def _words(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _bad(f"'{field}' is not a list of words")
    return tuple(_text(word, field) or _empty(field) for word in value)


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise _bad(f"'{field}' is not one line of text")
    return value


def _table(value: object, field: str) -> dict[str, object]:
    if not isinstance(value, dict) or "" in value:
        raise _bad(f"'{field}' is not a table of names")
    return cast("dict[str, object]", value)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name is there twice")
    return table


def _empty(field: str) -> str:
    raise _bad(f"'{field}' holds an empty word")


def _bad(reason: str) -> TrustError:
    return TrustError(
        f"the list of commands can't be used: {reason}",
        "no command runs until whoever keeps the list has put it right",
    )
