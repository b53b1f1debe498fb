"""Canonical JSON: one byte string for each value.

The form is JCS (RFC 8785) narrowed until a sorted, compact `json.dumps` equals it: objects have
keys of [a-z0-9_], numbers are integers within 2^53, strings are valid Unicode. Whatever is outside
of that is refused, when writing and when reading.
"""

import json
import re

from agence.base.errors import TrustError

JSON = None | bool | int | str | list["JSON"] | dict[str, "JSON"]

LARGEST = 2**53 - 1
_KEY = re.compile(r"[a-z0-9_]+").fullmatch
_KEYS: set[str] = set()  # keys seen to be good: a few dozen names make up all events
_DEPTH = 32
_MARK = b"\xef\xbb\xbf"

_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, sort_keys=True, separators=(",", ":")
).encode
_decoder = json.JSONDecoder().decode


class NotCanonical(TrustError):
    """A value or a line that is outside of the canonical form."""

    code = "not-canonical"


def encode(value: JSON) -> bytes:
    """The canonical bytes of `value`, UTF-8. Raises NotCanonical for what has no such form."""
    _check(value, _DEPTH)
    return _write(value)


def decode(line: bytes) -> JSON:
    """The value of `line`, which has no newline at its end.

    Raises NotCanonical unless encoding the value gives the same bytes again: so duplicate keys,
    white space, CRLF, a byte order mark and foreign forms of numbers are all refused, by name.
    """
    value = _parse(line)
    if _write(value) != line:
        raise NotCanonical(_why_not_canonical(line))
    return value


def decode_members(line: bytes) -> tuple[JSON, dict[str, bytes]]:
    """The same, with the canonical bytes of each member where the value is an object."""
    value = _parse(line)
    if not isinstance(value, dict):
        return decode(line), {}
    members = {name: _write(value[name]) for name in sorted(value)}
    written = b",".join(b'"%s":%s' % (name.encode(), part) for name, part in members.items())
    if b"{%s}" % written != line:
        raise NotCanonical(_why_not_canonical(line))
    return value, members


def _parse(line: bytes) -> JSON:
    """The value of a line, checked to have a canonical form."""
    try:
        value: JSON = _decoder(line.decode())
    except (ValueError, RecursionError) as error:
        raise NotCanonical(_why_not_json(line, error)) from error
    _check(value, _DEPTH)
    return value


def _write(value: JSON) -> bytes:
    try:
        return _encoder(value).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("a string that is not valid Unicode") from error


def _why_not_json(line: bytes, error: Exception) -> str:
    if line.startswith(_MARK):
        return "begins with a byte order mark"
    if isinstance(error, RecursionError):
        return f"nested deeper than {_DEPTH}"
    if type(error) is ValueError:  # Python parses no integer of more than 4,300 digits
        return "a number beyond 2^53"
    return f"not JSON in UTF-8 ({str(error)[:60]})"


def _why_not_canonical(line: bytes) -> str:
    """Which rule a line breaks that has a value but is not the canonical form of it."""
    if line.endswith(b"\r"):
        return "ends in CRLF"
    repeated: list[str] = []

    def note(pairs: list[tuple[str, JSON]]) -> None:
        names: set[str] = set()
        for name, _ in pairs:
            if name in names:
                repeated.append(name)
            names.add(name)

    json.loads(line, object_pairs_hook=note)
    if repeated:
        return f"a duplicate key: '{repeated[0]}'"
    return "not in canonical form: order, white space, escapes or a number's form differ"


def _check_key(key: object) -> None:
    if type(key) is not str or not _KEY(key):
        raise NotCanonical(f"a key outside of [a-z0-9_]: {key!r:.40}")
    if len(_KEYS) < 1000:
        _KEYS.add(key)


def _check(value: JSON, depth: int) -> None:  # noqa: C901 - one pass is what reading costs
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -LARGEST <= value <= LARGEST:  # type: ignore[operator]
            raise NotCanonical("a number beyond 2^53")
        return
    if depth == 0:
        raise NotCanonical(f"nested deeper than {_DEPTH}")
    if kind is dict:
        for key, inner in value.items():  # type: ignore[union-attr]
            if key not in _KEYS:
                _check_key(key)
            if type(inner) is not str:
                _check(inner, depth - 1)
    elif kind is list:
        for inner in value:  # type: ignore[union-attr]
            if type(inner) is not str:
                _check(inner, depth - 1)
    else:
        raise NotCanonical(f"a {kind.__name__}, which has no canonical form here")
