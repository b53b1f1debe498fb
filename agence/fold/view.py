"""A view: one entity as a Markdown file, rendered from the fold and never read back as truth.

    +++
    id = "..."
    kind = "lesson"
    title = "..."
    tags = ["...", "..."]
    +++

    the body

    <!-- agence heads=<ids> digest=<32 hex digits> -->

The last line names the heads it was rendered from and the digest of all above it. Where the digest
agrees the file is at most stale; where it does not, somebody edited the file: it is a draft.
"""

import json
from typing import NamedTuple

from agence.base.digest import hex_digest
from agence.fold.entity import Entity

_OPEN = b"<!-- agence heads="
_CLOSE = b" -->"
_MIDDLE = b" digest="


class Footer(NamedTuple):
    """What the last line of a view says."""

    heads: tuple[str, ...]
    digest: str


def render(entity: Entity) -> bytes:
    """The bytes of the view of `entity`: the same on every machine."""
    front = [f"id = {quote(entity.id)}", f"kind = {quote(entity.kind)}"]
    front.append(f"title = {quote(entity.text('title'))}")
    front.append(f"tags = [{', '.join(quote(tag) for tag in entity.tags)}]")
    if entity.text("status"):
        front.append(f"status = {quote(entity.text('status'))}")
    contested = sorted({one.field for one in entity.lost})
    if contested:
        front.append(f"contested = [{', '.join(quote(field) for field in contested)}]")
    body = entity.text("body").strip("\n")
    lines = ["+++", *front, "+++", "", *([body, ""] if body else [])]
    return seal("\n".join(lines).encode() + b"\n", entity.heads)


def seal(above: bytes, heads: tuple[str, ...]) -> bytes:
    """`above`, which ends in a newline, with the last line that names `heads` and its digest."""
    return above + _OPEN + ",".join(heads).encode() + _MIDDLE + _digest(above) + _CLOSE + b"\n"


def footer(content: bytes) -> Footer | None:
    """What the last line says, or None where it is no view's last line."""
    last = _split(content)[1]
    if not (last.startswith(_OPEN) and last.endswith(_CLOSE) and _MIDDLE in last):
        return None
    heads, _, digest = last[len(_OPEN) : -len(_CLOSE)].partition(_MIDDLE)
    names = tuple(heads.decode(errors="replace").split(","))
    return Footer(names, digest.decode(errors="replace"))


def is_draft(content: bytes) -> bool:
    """Whether somebody edited the view: its last line is gone, or does not agree with what is above."""
    said = footer(content)
    return said is None or said.digest.encode() != _digest(_split(content)[0])


def above(content: bytes) -> bytes:
    """All above the last line of a view, or all of it where there is no such line."""
    return _split(content)[0] if footer(content) else content


def quote(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _split(content: bytes) -> tuple[bytes, bytes]:
    text = content.replace(b"\r\n", b"\n")
    head, newline, last = text.rstrip(b"\n").rpartition(b"\n")
    return head + newline, last


def _digest(above_it: bytes) -> bytes:
    return hex_digest("agence/view/1", above_it)[:32].encode()
