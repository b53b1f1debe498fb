"""A task in one line, as people and agents write it: `***&web:ship@ralph:sec=internal ^ web:test`.

    TASK := [HEAD] DEPENDENCY*                                           one of them at least
    HEAD := ["*" to "*****"] [">" | "<"] [state] [repo ":"] name ["@" agent] (":" key "=" value)*
    DEPENDENCY := ("^" | ";") [repo ":"] name                            hard or soft

Stars are the priority; ">" says that it is a child, "<" that it is a parent; the state is its sign.
Spaces may stand around dependencies and nowhere else. Names, keys and values are ASCII, so that
two that look alike are alike; a name starts with a letter or a digit, which no sign does.
"""

import re
from typing import NamedTuple

from agence.base.errors import UsageError
from agence.work.score import HIGHEST
from agence.work.states import STATES

_FORM = "[***][state][repo:]task[@agent][:key=value]... [^ task]... [; task]..."
_RELATIONS = {"": "", ">": "child", "<": "parent"}
_TRAVELS = ("", "public", "internal")  # labels; any other keeps a task where it is

_SPACE = re.compile(r"\s*", re.ASCII)
_STARS = re.compile(r"\**")
_RELATION = re.compile(r"[<>]?")
_STATE = re.compile("[" + re.escape("".join(state.sign for state in STATES)) + "]?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_AT = re.compile(r"@")
_AGENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_COLON = re.compile(r":")
_COLON_IN_NAME = re.compile(r":(?![a-z][a-z0-9_-]*=)")
_KEY = re.compile(r"[a-z][a-z0-9_-]*")
_EQUALS = re.compile(r"=")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]*")
_DEPENDS = re.compile(r"[\^;]")


class Dependency(NamedTuple):
    """`sign` is "^" (hard) or ";" (soft); `ref` is `task` or `repo:task`."""

    sign: str
    ref: str


class Expression(NamedTuple):
    """What a line says of a task; "", 0 and () for what it does not say.

    priority  1 to 5               relation  "child" or "parent"
    state     a sign               agent     with its "@"
    metadata  pairs of key and value, sorted, each key once
    """

    task: str = ""
    repo: str = ""
    priority: int = 0
    relation: str = ""
    state: str = ""
    agent: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    dependencies: tuple[Dependency, ...] = ()

    @property
    def assignee(self) -> str:
        """The agent, named after the task or as metadata."""
        return self.agent or dict(self.metadata).get("agent", "")

    @property
    def secure(self) -> bool:
        """Whether its label keeps the task on this machine."""
        return stays_here(dict(self.metadata).get("sec", ""))


class _Reader:
    """A text that is read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def take(self, pattern: re.Pattern[str]) -> str:
        """What matches here, "" where nothing does; reads on behind it."""
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found.group()

    def need(self, pattern: re.Pattern[str], what: str) -> str:
        return self.take(pattern) or self.fail(f"{what} is missing")

    def fail(self, what: str, at: int | None = None) -> str:
        """Raise UsageError, which names the column, from 1."""
        at = self.at if at is None else at
        here = f"before '{self.text[at]}'" if at < len(self.text) else "at the end"
        raise UsageError(
            f"task expression '{self.text}', column {at + 1}, {here}: {what}",
            f"the form is {_FORM}",
        )


def parse(text: str) -> Expression:
    """Read a line. Raises UsageError naming the column of the first mistake."""
    reader = _Reader(text)
    reader.take(_SPACE)
    only_dependencies = _DEPENDS.match(text, reader.at)
    head = Expression() if only_dependencies else _head(reader)
    reader.take(_SPACE)
    dependencies = []
    while sign := reader.take(_DEPENDS):
        reader.take(_SPACE)
        repo, task = _reference(reader)
        dependencies.append(Dependency(sign, _ref(repo, task)))
        reader.take(_SPACE)
    if reader.at < len(text):
        reader.fail("only '^' or ';' can follow here")
    return head._replace(dependencies=tuple(dependencies))


def render(expression: Expression) -> str:
    """The line for an expression that `parse` could have given."""
    sign = next(sign for sign, name in _RELATIONS.items() if name == expression.relation)
    head = "*" * expression.priority + sign + expression.state
    head += _ref(expression.repo, expression.task) + expression.agent
    head += "".join(f":{key}={value}" for key, value in expression.metadata)
    dependencies = (f"{one.sign} {one.ref}" for one in expression.dependencies)
    return " ".join(filter(None, (head, *dependencies)))


def stays_here(label: str) -> bool:
    """Whether a security label keeps a task on this machine: all do but the two for sharing."""
    return label not in _TRAVELS


def _head(reader: _Reader) -> Expression:
    start = reader.at
    priority = len(reader.take(_STARS))
    if priority > HIGHEST:
        reader.fail(f"priority must be 1-{HIGHEST} stars", start + HIGHEST)
    relation = _RELATIONS[reader.take(_RELATION)]
    state = reader.take(_STATE)
    repo, task = _reference(reader)
    at = reader.take(_AT)
    agent = at and at + reader.need(_AGENT, "the name of an agent")
    metadata = _metadata(reader, agent=agent)
    return Expression(task, repo, priority, relation, state, agent, metadata)


def _reference(reader: _Reader) -> tuple[str, str]:
    """The repository ("" where none is named) and the task."""
    name = reader.need(_NAME, "the name of a task")
    if reader.take(_COLON_IN_NAME):
        return name, reader.need(_NAME, "the name of a task")
    return "", name


def _metadata(reader: _Reader, *, agent: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    while reader.take(_COLON):
        start = reader.at
        key = reader.need(_KEY, "a key")
        reader.need(_EQUALS, f"the '=' after '{key}'")
        if key == "security":
            reader.fail("the key of the label is 'sec'", start)
        if key in found or (key == "agent" and agent):
            reader.fail(f"'{key}' is said twice", start)
        found[key] = reader.take(_AT) + reader.need(_VALUE, f"the value of '{key}'")
    return tuple(sorted(found.items()))


def _ref(repo: str, task: str) -> str:
    return f"{repo}:{task}" if repo else task
