"""The merge of two copies of a view, from the copy that both come from.

Front matter merges field by field, lists as sets, the rest of the text by lines. Where both sides
changed one thing differently, both versions are kept: of a field one as a comment, of text both
between marked lines. Their bytes decide the order, so ours and theirs may change places.

Views are not truth: the next render replaces what came of two rendered views. What came of a draft
stays a draft.
"""

from typing import TypeVar

from agence.crdt.lines import MARKS, merge_lines
from agence.fold.footer import above, footer, is_draft, leave_open, seal
from agence.fold.front_matter import line, list_of, put_together, take_apart, words_of

ONE, OTHER, END = (mark.encode() for mark in MARKS)
_OR = b"# or: "
_CONTESTED = b"contested"

T = TypeVar("T")


def merge(base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """The merged view: exactly one side where the other is the same or did not change `base`.

    `base` is b"" where the sides have no common copy.
    """
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    base, one, other = (_plain(side) for side in (base, *sorted((ours, theirs))))
    text = _text(*(above(side) for side in (base, one, other)))
    if not (footer(one) or footer(other)):
        return text
    if is_draft(one) or is_draft(other):
        return leave_open(text, _heads(base, one, other))
    return seal(text, _heads(base, one, other))


def is_unsettled(view: bytes) -> bool:
    """Whether a person has to choose between two versions, since no render replaces a draft."""
    return is_draft(view) and OTHER in view.split(b"\n")


def _plain(side: bytes) -> bytes:
    text = side.replace(b"\r\n", b"\n")
    return text if text.endswith(b"\n") or not text else text + b"\n"


def _text(base: bytes, one: bytes, other: bytes) -> bytes:
    """All above the last line."""
    was, here, there = (take_apart(side) for side in (base, one, other))
    if here.fields is None or there.fields is None:
        return _by_lines(base, one, other)[0]
    body, overlapped = _by_lines(was.body, here.body, there.body)
    fields = _fields(was.fields or {}, here.fields, there.fields)
    if overlapped:
        fields[_CONTESTED] = list_of({"body"} | (words_of(fields.get(_CONTESTED)) or set()))
    return put_together(fields, body)


def _fields(
    base: dict[bytes, bytes], one: dict[bytes, bytes], other: dict[bytes, bytes]
) -> dict[bytes, bytes]:
    merged = {}
    contested = set()
    for key in (one | other).keys() - {_CONTESTED}:
        values = (base.get(key), one.get(key), other.get(key))
        value, alternative = _value(*values)
        if value is not None:
            merged[key] = value
        if alternative is not None:
            merged[_OR + (line(key, alternative) if alternative else b"no " + key)] = b""
            contested.add(key.decode())
    before = (words_of(fields.get(_CONTESTED)) or set() for fields in (base, one, other))
    contested |= _of_both(*before)
    if contested:
        merged[_CONTESTED] = list_of(contested)
    return merged


def _value(
    base: bytes | None, one: bytes | None, other: bytes | None
) -> tuple[bytes | None, bytes | None]:
    """A field's value and, where both sides changed it, the other one: b"" for taken out."""
    if other in (one, base):
        return one, None
    if one == base:
        return other, None
    was, here, there = words_of(base), words_of(one), words_of(other)
    if was is not None and here is not None and there is not None:
        return list_of(_of_both(was, here, there)), None
    alternative, value = sorted((one or b"", other or b""))
    return value, alternative


def _by_lines(base: bytes, one: bytes, other: bytes) -> tuple[bytes, bool]:
    """The merged text, and whether there are two versions of some lines."""
    was, here, there = (side.split(b"\n") for side in (base, one, other))
    lines, overlapped = merge_lines(was, here, there, (ONE, OTHER, END))
    return _plain(b"\n".join(lines)), overlapped


def _heads(base: bytes, one: bytes, other: bytes) -> list[str]:
    """The heads that the merged view rests on; a side without a last line says nothing of them."""
    said = [footer(side) for side in (base, one, other)]
    was, here, there = (set(found.heads) if found else None for found in said)
    here, there = here or there or set(), there or here or set()
    return sorted(_of_both(was or set(), here, there) or here | there)


def _of_both(base: set[T], one: set[T], other: set[T]) -> set[T]:
    """The merged set: what both have and what either added, without what either took out."""
    return (one & other) | (one - base) | (other - base)
