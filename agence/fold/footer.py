"""The last line of a view: what it was rendered from, and whether somebody edited it since.

    <!-- agence heads=<ids> digest=<32 hex digits> -->

It names the entity's heads that the view was rendered from and the digest of all above it. Where
the digest agrees the file is at most stale; where it does not, somebody edited the file: a draft.
"""

from collections.abc import Iterable
from typing import NamedTuple

from agence.base.digest import hex_digest

_OPEN = b"<!-- agence heads="
_CLOSE = b" -->"
_MIDDLE = b" digest="
_NO_DIGEST = b"0" * 32


class Footer(NamedTuple):
    """What the last line of a view says."""

    heads: tuple[str, ...]
    digest: str


def seal(above_it: bytes, heads: Iterable[str]) -> bytes:
    """A view: `above_it`, which ends in a newline, and the last line that agrees with it."""
    return above_it + _line(heads, _digest(above_it))


def leave_open(above_it: bytes, heads: Iterable[str]) -> bytes:
    """A draft: the same with a digest that agrees with nothing."""
    return above_it + _line(heads, _NO_DIGEST)


def footer(content: bytes) -> Footer | None:
    """What the last line says, or None where it is no view's last line."""
    last = _split(content)[1]
    if not (last.startswith(_OPEN) and last.endswith(_CLOSE) and _MIDDLE in last):
        return None
    heads, _, digest = last[len(_OPEN) : -len(_CLOSE)].partition(_MIDDLE)
    names = tuple(heads.decode(errors="replace").split(","))
    return Footer(names, digest.decode(errors="replace"))


def is_draft(content: bytes) -> bool:
    """Whether somebody edited the view: its last line is gone, or disagrees with what is above."""
    said = footer(content)
    return said is None or said.digest.encode() != _digest(_split(content)[0])


def above(content: bytes) -> bytes:
    """All above the last line of a view, or all of it where there is no such line."""
    return _split(content)[0] if footer(content) else content


def _line(heads: Iterable[str], digest: bytes) -> bytes:
    return _OPEN + ",".join(heads).encode() + _MIDDLE + digest + _CLOSE + b"\n"


def _split(content: bytes) -> tuple[bytes, bytes]:
    text = content.replace(b"\r\n", b"\n")
    head, newline, last = text.rstrip(b"\n").rpartition(b"\n")
    return head + newline, last


def _digest(above_it: bytes) -> bytes:
    above_it = above_it.replace(b"\r\n", b"\n")  # a checkout may have changed the ends of lines
    return hex_digest("agence/view/1", above_it)[:32].encode()
