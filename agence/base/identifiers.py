"""Identifiers: how they are shortened, typed, matched and put into file names."""

import re
import unicodedata
from collections.abc import Iterable

from agence.base.errors import UsageError

SHORT = 8  # hex digits that people type
_HEX = re.compile(r"[0-9a-f]+").fullmatch
_GAP = re.compile(r"[^a-z0-9]+")
_AGENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}").fullmatch


class Ambiguous(UsageError):
    """A prefix that fits several identifiers, or none."""

    code = "id"


def short(identifier: str) -> str:
    """The first 8 digits: what people see and type."""
    return identifier[:SHORT]


def is_hex(text: str, length: int | None = None) -> bool:
    """Whether `text` is lower-case hex, of `length` digits where one is given."""
    return bool(_HEX(text)) and (length is None or len(text) == length)


def is_agent(name: str) -> bool:
    """Whether `name` can be an agent's name: it becomes part of a ref and of a file name."""
    return bool(_AGENT(name))


def choose(prefix: str, known: Iterable[str], what: str, hint: str = "") -> str:
    """The one of `known` that begins with `prefix`. Raises Ambiguous for none or several."""
    typed = prefix.strip().lower()
    if len(typed) < 4 or not is_hex(typed):
        a = "an" if what[:1] in tuple("aeiou") else "a"
        raise Ambiguous(
            f"'{prefix}' is not the id of {a} {what}", "ids are hex; type 4 digits or more"
        )
    found = sorted({one for one in known if one.startswith(typed)})
    if len(found) == 1:
        return found[0]
    if not found:
        raise Ambiguous(f"there is no {what} with the id '{prefix}' here", hint)
    length = next(
        n for n in range(len(typed) + 1, 65) if len({one[:n] for one in found}) == len(found)
    )
    names = ", ".join(one[: max(length, SHORT)] for one in found[:6])
    raise Ambiguous(f"'{prefix}' fits {len(found)} of them: {names}", "type more digits")


def slug(title: str, length: int = 48) -> str:
    """A readable part of a file name: ASCII letters and digits with hyphens, never empty."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = _GAP.sub("-", plain).strip("-")
    if len(words) > length:
        words = words[:length].rsplit("-", 1)[0] if "-" in words[:length] else words[:length]
    return words or "untitled"
