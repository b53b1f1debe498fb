"""The join of segments: the union of their lines as sets, sorted by event id.

A pure function of the set of lines, so the order of merges, and merging twice, change nothing. It
never judges: a line that is no event is kept as well, after the events. The one line that goes is
one that is there without its data too: nothing ever restores erased data.

Lines are read as bytes, so that no JSON library has to start: in canonical JSON a key holds no
quote and a string only escaped ones, so the members that end an event are found exactly.
"""

from collections.abc import Iterable

_ERASABLE = frozenset((b"data", b"salt"))
_TAILS = (  # the names of an event's last members, and what stands between their strings
    ([b"id", b"salt", b"sig"], [b":", b",", b":", b",", b":", b"}"]),
    ([b"id", b"sig"], [b":", b",", b":", b"}"]),
)
_QUOTE, _BACKSLASH, _COMMA = b'"\\,'
_OPENING = b"{["
_CLOSING = b"}]"


def join(contents: Iterable[bytes]) -> bytes:
    """All lines of `contents`, each once and ended by a newline, erased where one is erased."""
    lines = {line for content in contents for line in content.split(b"\n") if line}
    events: dict[bytes, list[bytes]] = {}
    for line in lines:
        events.setdefault(event_id(line), []).append(line)
    others = sorted(events.pop(b"", []))
    kept = [line for one in sorted(events) for line in _without_restored(events[one])]
    return b"".join(line + b"\n" for line in [*kept, *others])


def event_id(line: bytes) -> bytes:
    """The member `id` of the object that a line is, b"" where it has none."""
    parts = line.rsplit(b'"', 12)
    for names, signs in _TAILS:
        tail = parts[-4 * len(names) :]
        if tail[::4] == names and tail[1::2] == signs:
            return tail[2]
    return members(line).get(b"id", b"").strip(b'"')


def members(line: bytes) -> dict[bytes, bytes]:
    """The members of the object that a line is, values as written; none where it is no object."""
    found: dict[bytes, bytes] = {}
    at, end = 1, len(line) - 1
    while line[:1] == b"{" and line[at : at + 1] == b'"':
        colon = _string_end(line, at)
        stop = _value_end(line, colon + 1)
        if line[colon : colon + 1] != b":" or stop > end:
            return {}
        found[line[at + 1 : colon - 1]] = line[colon + 1 : stop]
        if stop == end:
            return found
        at = stop + 1
    return {}


def _without_restored(lines: list[bytes]) -> list[bytes]:
    """Lines of one event id, sorted, without those that are there without their data as well."""
    if len(lines) == 1:
        return lines
    taken = {line: members(line) for line in sorted(lines)}
    bare = [fields for fields in taken.values() if not fields.keys() & _ERASABLE]
    return [line for line, fields in taken.items() if fields in bare or _bare(fields) not in bare]


def _bare(fields: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {name: value for name, value in fields.items() if name not in _ERASABLE}


def _value_end(line: bytes, at: int) -> int:
    """Where the value that begins at `at` ends: at the comma or bracket that follows it."""
    depth = 0
    while at < len(line):
        sign = line[at]
        if sign == _QUOTE:
            at = _string_end(line, at)
            continue
        if depth == 0 and (sign == _COMMA or sign in _CLOSING):
            return at
        depth += (sign in _OPENING) - (sign in _CLOSING)
        at += 1
    return at


def _string_end(line: bytes, at: int) -> int:
    """Just behind the quote that closes the string opened at `at`; the line's end without one."""
    while (at := line.find(b'"', at + 1)) >= 0:
        before = at - 1
        while line[before] == _BACKSLASH:
            before -= 1
        if (at - before) % 2:
            return at + 1
    return len(line)
