"""What somebody typed into a view, with an editor that knows nothing of agence.

A file is compared with its bases, the views that it can come from, and with the view as it is
rendered now. Typed is what none of them says: text by a three-way merge by lines, sets by what was
put in and taken out, other fields by value. What an editor or a merge does unasked is
nothing typed: line ends, byte order marks, blanks at the ends of lines, the order of the front
matter, what others wrote since. What is absent says nothing: a line of front matter that is gone
keeps its field.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from agence.base.lazy import load
from agence.crdt.lines import MARKS
from agence.events.event import Event
from agence.fold.footer import Footer, footer
from agence.fold.front_matter import halves, values_of
from agence.schema.effects import Effect, add_member, increment, remove_member, set_field
from agence.schema.fields import INCREMENT, MEMBERS, SET, Field, bounds
from agence.schema.kinds import KINDS

Lines = list[str]

_OURS = ("id", "kind", "contested")  # said by the view, never taken from it
_GIT = ("<<<<<<< ", "||||||| ", "=======", ">>>>>>> ")
_OR = "# or: "  # before the other value of a field, in a view that was merged
_TITLE_LIMIT = 200


class Unreadable(ValueError):
    """A file that is no view: the message says why."""


class Reading(NamedTuple):
    """A view as it was read.

    front   the fields of the front matter, None where there is no front matter
    notes   the comments in it
    body    its lines, without blank ones at both ends
    heads   what its last line says that it was rendered from, sorted
    """

    front: Mapping[str, Any] | None
    notes: frozenset[str]
    body: Lines
    heads: tuple[str, ...]


NOTHING = Reading({}, frozenset(), [], ())


class Typed(NamedTuple):
    """What was typed.

    fields   name -> the new value, or for a counter by how much it changed
    added    name of a set -> what was put in; `removed` what was taken out
    unknown  what was typed where nothing keeps it
    """

    fields: Mapping[str, Any] = {}
    added: Mapping[str, Lines] = {}
    removed: Mapping[str, Lines] = {}
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.fields or self.added or self.removed or self.unknown)

    @property
    def names(self) -> list[str]:
        """The names of the fields that change, sorted."""
        return sorted({*self.fields, *self.added, *self.removed})


def decoded(content: bytes) -> str:
    """Text with LF line ends, without byte order mark and control characters. Raises Unreadable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("it is no text in UTF-8") from error
    if "\0" in text:
        raise Unreadable("it is no text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in text if letter in "\n\t" or ord(letter) >= 32)


def lines_of(text: str) -> Lines:
    """The lines of a text without blank ones at both ends."""
    lines = text.split("\n")
    full = [at for at, line in enumerate(lines) if line.strip()]
    return lines[full[0] : full[-1] + 1] if full else []


def origin(content: bytes) -> tuple[tuple[str, ...], str]:
    """The heads that a file's last line names, sorted, and the digest; () and "" without one.

    It is a last line wherever it stands: editors and shells write behind it. Of several, as a
    merge leaves them, the last counts.
    """
    found = [said for line in content.split(b"\n") if (said := _last_line(line))]
    return (tuple(sorted(found[-1].heads)), found[-1].digest) if found else ((), "")


def read(content: bytes) -> Reading:
    """A view, edited or not. Raises Unreadable."""
    lines = decoded(content).split("\n")
    text = "\n".join(line for line in lines if not _last_line(line.encode())).lstrip("\n") + "\n"
    front, body = halves(text.encode())
    if front is None:
        return Reading(None, frozenset(), lines_of(text), origin(content)[0])
    try:
        fields = values_of(front)
    except ValueError as error:
        raise Unreadable(f"its front matter can't be read: {error}") from error
    notes = {line.strip() for line in front.decode().split("\n")}
    comments = frozenset(one for one in notes if one.startswith("#") and not one.startswith(_OR))
    return Reading(fields, comments, lines_of(body.decode()), origin(content)[0])


def has_two_versions(content: bytes, known: Sequence[bytes]) -> bool:
    """Whether a merge left two versions in the file for a person to choose from.

    What one of the views `known` says anyway is none: it was left there for everybody, or an event
    says it.
    """
    left = _marks(content)
    for view in known:
        left -= _marks(view)
    said = {line for view in known for line in _plain_lines(view)}
    return any(line.removeprefix(_OR) not in said for line in left)


def is_nobodys(content: bytes, known: Iterable[bytes]) -> bool:
    """Whether each line of the file stands in one of the views `known`, but for a merge's marks."""
    lines = set(_plain_lines(content))
    return lines <= {line for view in known for line in _plain_lines(view)}


def contains(file: Reading, old: Reading, new: Reading) -> bool:
    """Whether a file says all that `new` changed of `old`: whoever typed on had it before them."""
    was, then, now = old.front or {}, new.front or {}, file.front or {}
    for name in (was.keys() | then.keys()) - set(_OURS):
        if isinstance(then.get(name, was.get(name)), list):
            one, other, here = (_set(side.get(name)) for side in (was, then, now))
            same = other - one <= here and not (one - other) & here
        else:
            same = _same(was.get(name), then.get(name)) or _same(then.get(name), now.get(name))
        if not same:
            return False
    before, after, lines = set(old.body), set(new.body), set(file.body)
    return after - before <= lines and not (before - after) & lines


def typed(kind: str, file: Reading, bases: Sequence[Reading], now: Reading) -> Typed:
    """What was typed into `file`. The first of `bases` is the view that it was made from.

    With `now` as the only base all that it says counts as typed. Raises Unreadable where the
    front matter is gone, and for a value that its field can't take.
    """
    if file.front is None and now.front is not None:
        raise Unreadable("its front matter is gone: the lines between two lines of +++")
    fields: dict[str, Any] = {}
    added: dict[str, Lines] = {}
    removed: dict[str, Lines] = {}
    unknown: list[str] = sorted(file.notes.difference(now.notes, *(base.notes for base in bases)))
    sides = [side.front or {} for side in (*bases, now)]
    for name, value in (file.front or {}).items():
        field = _field(kind, name)
        if name in _OURS or any(_same(side.get(name), value) for side in sides):
            continue
        if field is None or field.operations not in (SET, MEMBERS, INCREMENT):
            unknown.append(f"{name} = {value!r}")
        elif field.operations == MEMBERS:
            come, gone = _members(name, value, [_set(side.get(name)) for side in sides])
            added |= {name: come} if come else {}
            removed |= {name: gone} if gone else {}
        else:
            fields[name] = checked(name, field, value, sides[0].get(name))
    body = remaining(file.body, [base.body for base in bases], now.body)
    if body is not None:
        fields["body"] = body
    return Typed(fields, added, removed, tuple(unknown))


def from_scratch(kind: str, content: bytes, name: str) -> Typed:
    """A new entity that somebody wrote as a file of this name, without its ending.

    Its title is that of the front matter, else a heading in its first line, else the name.
    """
    file = read(content)
    said = file._replace(front=file.front or {})
    found = typed(kind, said, [NOTHING], NOTHING)
    fields = dict(found.fields)
    body = file.body
    if "title" not in fields:
        first = body[0] if body else ""
        if first.startswith("# ") and first[2:].strip():
            body = lines_of("\n".join(body[1:]))
        else:
            first = name.replace("-", " ").replace("_", " ")
        title = " ".join(first.removeprefix("# ").split())
        fields["title"] = checked("title", KINDS[kind].fields["title"], title, None)
    fields.pop("body", None)
    return found._replace(fields=fields | ({"body": "\n".join(body)} if body else {}))


def effects(said: Typed, kind: str, seen: Sequence[Event]) -> list[Effect]:
    """What was typed as the effects of one event by somebody who had `seen` these events."""
    made = [
        increment(name, value) if _is_counted(kind, name) else set_field(name, value)
        for name, value in said.fields.items()
    ]
    made += [add_member(name, one) for name, many in said.added.items() for one in many]
    made += [remove_member(name, one, seen) for name, many in said.removed.items() for one in many]
    return made


def remaining(file: Lines, bases: Sequence[Lines], now: Lines) -> str | None:
    """The text of the first base with what was typed into it, None where nothing was.

    Where somebody typed over what others have changed since, the typed lines are in it: the fold
    then has both.
    """
    merged = with_typed(file, bases, now)
    if merged == now:
        return None
    made = _three_way(now, merged, bases[0])
    return None if made == bases[0] else "\n".join(made)


def with_typed(file: Lines, bases: Sequence[Lines], now: Lines) -> Lines:
    """The lines of `now` with what was typed into them."""
    for side in (now, *reversed(bases)):
        file = _without_stripped_ends(file, side)
    merged = file
    for base in reversed(bases):
        merged = _three_way(base, merged, now)
    if merged == now or len(bases) == 1:
        return merged
    return now if _is_mixed(file, bases, merged, now) else _unexplained(merged, bases, now)


def checked(name: str, field: Field, value: object, before: object) -> object:
    """The value as its field keeps it. Raises Unreadable for one that it can't take."""
    number = isinstance(value, int) and not isinstance(value, bool)
    fits = {"number": number, "flag": isinstance(value, bool)}.get(
        field.type, isinstance(value, str)
    )
    if not fits or (field.order and value not in field.order):
        wanted = f"one of {' '.join(field.order)}" if field.order else _WANTED[field.type]
        raise Unreadable(f"'{name}' has to be {wanted}")
    least, most = (-(10**9), 10**9) if field.operations == INCREMENT else bounds(name)
    if isinstance(value, int) and not (least <= value <= most):
        raise Unreadable(f"'{name}' has to be a number from {least} to {most}")
    if field.operations == INCREMENT:
        return int(str(value)) - (before if isinstance(before, int) else 0)
    if not isinstance(value, str):
        return value
    line = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if name == "title" and not 0 < len(line) <= _TITLE_LIMIT:
        raise Unreadable(f"the title has {len(line)} characters; 1 to {_TITLE_LIMIT} are possible")
    return line


_WANTED = {
    "number": "a whole number",
    "flag": "true or false",
    "line": "text in quotes",
    "text": "text in quotes",
    "id": "an id in quotes",
}


def _last_line(line: bytes) -> Footer | None:
    return footer(line.strip()) if line.startswith(b"<!--") else None


def _field(kind: str, name: str) -> Field | None:
    known = KINDS.get(kind)
    field = known.fields.get(name) if known else None
    return field if field and field.front and field.type in _WANTED else None


def _is_counted(kind: str, name: str) -> bool:
    field = _field(kind, name)
    return field is not None and field.operations == INCREMENT


def _same(one: object, other: object) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return _set(one) == _set(other)
    return type(one) is type(other) and one == other


def _set(value: object) -> set[str]:
    return {one for one in value if isinstance(one, str)} if isinstance(value, list) else set()


def _members(name: str, value: object, sides: Sequence[set[str]]) -> tuple[Lines, Lines]:
    """What was put into a set, and what was taken out. The last of `sides` is what it holds now."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unreadable(f"'{name}' has to be a list of texts in quotes")
    there = {" ".join(one.lower().split()) if name == "tags" else one for one in value} - {""}
    come = there.difference(*sides)
    gone = set.intersection(*sides) - there - set(value)
    return sorted(come), sorted(gone)


def _marks(content: bytes) -> Counter[str]:
    lines = content.decode(errors="replace").splitlines()
    return Counter(
        line for line in lines if line in MARKS or line.startswith(_OR) or _is_gits(line)
    )


def _is_gits(line: str) -> bool:
    return line.startswith((_GIT[0], _GIT[-1]))


def _plain_lines(content: bytes) -> Iterable[str]:
    for line in content.decode("utf-8-sig", errors="replace").splitlines():
        plain = line.strip()
        ours = line.startswith((*_GIT, _OR, "<!-- agence ", "contested = ")) or plain in MARKS
        if plain and not ours:
            yield plain


def _without_stripped_ends(file: Lines, side: Lines) -> Lines:
    """The file's lines, those of `side` where they differ in the blanks at their ends only."""
    plain, other = [one.rstrip() for one in file], [one.rstrip() for one in side]
    if plain == other:
        return side
    restored = list(file)
    matcher = load("difflib").SequenceMatcher(None, plain, other, autojunk=False)
    for start, at, size in matcher.get_matching_blocks():
        restored[start : start + size] = side[at : at + size]
    return restored


def _three_way(base: Lines, typed_: Lines, other: Lines) -> Lines:
    """Both changes of `base`; where they overlap, what was typed."""
    if typed_ in (base, other):
        return other
    if other == base:
        return typed_
    lines: Lines = []
    for group in load("merge3").Merge3(base, typed_, other).merge_groups():
        lines += group[2] if group[0] == "conflict" else group[1]
    return lines


def _is_mixed(file: Lines, bases: Sequence[Lines], merged: Lines, now: Lines) -> bool:
    """Whether a merge of the bases explains all: it has put lines in or out, and nobody else has.

    Lines that only stand in another order were moved by somebody.
    """
    known = {line for base in (*bases, now) for line in base}
    kept = set(now).intersection(*bases)
    return set(file) != set(bases[0]) and kept <= set(merged) <= known


def _unexplained(merged: Lines, bases: Sequence[Lines], now: Lines) -> Lines:
    """The merged lines without the changes of `now` that a merge of the bases explains.

    Each new line of such a change is one of a base, each line that it takes out is missing in one;
    and none of them was moved, or said once more.
    """
    matcher = load("difflib").SequenceMatcher(None, now, merged, autojunk=False)
    changes = [one for one in matcher.get_opcodes() if one[0] != "equal"]
    out = [line for _, i1, i2, _, _ in changes for line in now[i1:i2]]
    into = [line for _, _, _, j1, j2 in changes for line in merged[j1:j2]]
    known = {line for base in bases for line in base}.difference(out) | {""}
    common = set(bases[0]).intersection(*bases[1:]).union(into) - {""}
    lines: Lines = []
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        gone, come = set(now[i1:i2]), set(merged[j1:j2])
        again = not gone and come - {""} and come <= set(now)
        explained = come <= known and not gone & common and not again
        lines += now[i1:i2] if what == "equal" or explained else merged[j1:j2]
    return lines
