"""An agent's persona, as `codex/agents/<name>.md` describes it.

TOML front matter between two lines `+++`, then Markdown. What a persona says is data for an agent
and for people choosing one; it gives nobody a right.
"""

import tomllib
from typing import NamedTuple, cast

from agence.base.errors import ShardError

_FENCE = "+++"


class Handoff(NamedTuple):
    """To which agent to hand over, and in which case."""

    to: str
    when: str


class Persona(NamedTuple):
    """Who an agent is. `context_window` counts tokens; `body` is Markdown without front matter."""

    name: str
    model: str
    role: str
    capabilities: tuple[str, ...]
    context_window: int
    constraints: tuple[str, ...]
    handoff: tuple[Handoff, ...]
    body: str


def parse(text: str) -> Persona:
    """Read a persona file. Keys that are not known here are let be.

    Raises ShardError naming the field when one is missing or of another shape.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].strip() != _FENCE or _FENCE not in (line.strip() for line in lines[1:]):
        raise ShardError("a persona starts with front matter between two lines '+++'")
    end = next(place for place, line in enumerate(lines) if place and line.strip() == _FENCE)
    try:
        fields = cast("dict[str, object]", tomllib.loads("\n".join(lines[1:end])))
    except tomllib.TOMLDecodeError as error:
        raise ShardError(f"the front matter of a persona is not TOML: {error}") from error
    return Persona(
        name=_line(fields, "name"),
        model=_line(fields, "model"),
        role=_line(fields, "role"),
        capabilities=_lines(fields, "capabilities"),
        context_window=_tokens(fields),
        constraints=_lines(fields, "constraints"),
        handoff=_handoffs(fields),
        body="\n".join(lines[end + 1 :]).strip() + "\n",
    )


def _line(fields: dict[str, object], field: str) -> str:
    value = fields.get(field)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise _wrong(field, "one line of text")
    return value


def _lines(fields: dict[str, object], field: str) -> tuple[str, ...]:
    value = fields.get(field)
    if not isinstance(value, list) or not value:
        raise _wrong(field, "a list of texts, at least one")
    return tuple(_line({field: item}, field) for item in value)


def _tokens(fields: dict[str, object]) -> int:
    value = fields.get("context_window")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _wrong("context_window", "a number of tokens")
    return value


def _handoffs(fields: dict[str, object]) -> tuple[Handoff, ...]:
    value = fields.get("handoff")
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _wrong("handoff", "a list of tables with 'to' and 'when'")
    return tuple(Handoff(_line(item, "to"), _line(item, "when")) for item in value)


def _wrong(field: str, wanted: str) -> ShardError:
    return ShardError(f"the field '{field}' of a persona has to be {wanted}")
