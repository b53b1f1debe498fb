"""The front matter of a view: one `key = value` of TOML a line, between two lines of `+++`.

Values are kept as they are written. What needs more than a line (a table, a text of several lines)
is not taken apart here.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from agence.base.lazy import load

_FENCE = b"+++\n"
_ORDER = tuple(  # as the views of all kinds have them; a test compares with the table of kinds
    b"id kind title tags links opposes confidence status subject relation object many episode when"
    b" name state priority stars complexity agent scope needs after workflow security project"
    b" contested".split()
)
_LONGEST = 65_536  # bytes of a front matter
_NESTED = re.compile(
    rb"""^[ \t]*(\[\[?[ \t]*)?([\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.""", re.MULTILINE
).search


class Taken(NamedTuple):
    """A view's text taken apart. `fields` is None where no front matter can be read by line.

    fields  key -> value as written; a comment is a key of its own, the whole line, without a value
    body    what follows the front matter, or all of the text
    """

    fields: dict[bytes, bytes] | None
    body: bytes


def quote(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def take_apart(text: bytes) -> Taken:
    """The front matter of a view's text (without its last line), and the rest."""
    front, body = halves(text)
    fields = None if front is None else _fields(front.split(b"\n"))
    return Taken(fields, text if fields is None else body)


def halves(text: bytes) -> tuple[bytes | None, bytes]:
    """What stands between the two fences, None where there are none; and what follows, or all."""
    front, fence, body = text.removeprefix(_FENCE).partition(b"\n" + _FENCE)
    return (front, body) if text.startswith(_FENCE) and fence else (None, text)


def values_of(front: bytes) -> dict[str, Any]:
    """The fields of a front matter by TOML: texts, numbers, flags, times, and lists of these.

    Raises ValueError for what is no TOML, and for tables, lists in lists and more than 64 KB, which
    no view has: a parser needs a frame for each level and time by the square for keys with dots.
    """
    if len(front) > _LONGEST:
        raise ValueError(f"it has {len(front)} bytes; {_LONGEST} are possible")
    if _NESTED(front):
        raise ValueError("it has a key with a dot")
    try:
        fields: dict[str, Any] = load("tomllib").loads(front.decode())
    except RecursionError as error:
        raise ValueError("it has lists in lists") from error
    for key, value in fields.items():
        if any(isinstance(one, list | dict) for one in (value if _is_list(value) else [value])):
            raise ValueError(f"'{key}' is a table, or a list of lists")
    return fields


def put_together(fields: Mapping[bytes, bytes], body: bytes) -> bytes:
    """The text of a view: known keys in their order, then others, then comments."""
    lines = [line(key, fields[key]) for key in sorted(fields, key=_place)]
    return _FENCE + b"".join(one + b"\n" for one in lines) + _FENCE + body


def line(key: bytes, value: bytes) -> bytes:
    """One line of front matter."""
    return key if key.startswith(b"#") else key + b" = " + value


def words_of(value: bytes | None) -> set[str] | None:
    """The strings of a list: none without a value, None where it is no list of strings."""
    if value is None:
        return set()
    if not value.startswith(b"["):
        return None
    try:
        words = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return set(words) if all(_is_text(word) for word in words) else None


def list_of(words: set[str]) -> bytes:
    """The list of these strings, sorted, as a view has it."""
    return f"[{', '.join(quote(word) for word in sorted(words))}]".encode()


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_text(word: object) -> bool:
    """Whether it is a text that can be written: JSON also names halves of characters."""
    return isinstance(word, str) and not any("\ud800" <= letter <= "\udfff" for letter in word)


def _fields(lines: list[bytes]) -> dict[bytes, bytes] | None:
    fields: dict[bytes, bytes] = {}
    for one in lines:
        text = one.strip()
        if not text:
            continue
        key, equals, value = (part.strip() for part in text.partition(b"="))
        if text.startswith(b"#"):
            key, value = text, b""
        elif not equals or key in fields or not _stands_alone(key, value):
            return None
        fields[key] = value
    return fields


def _stands_alone(key: bytes, value: bytes) -> bool:
    plain = key.replace(b"_", b"a").replace(b"-", b"a").isalnum()
    open_list = value.startswith(b"[") and not value.endswith(b"]")
    return plain and bool(value) and not open_list and not value.startswith((b'"""', b"'''"))


def _place(key: bytes) -> tuple[int, bytes]:
    if key.startswith(b"#"):
        return len(_ORDER) + 1, key
    return _ORDER.index(key) if key in _ORDER else len(_ORDER), key
