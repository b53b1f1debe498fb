"""What was typed is told from what editors and merges do: nothing else is signed or lost."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merge3 import Merge3

from agence.base.stamps import Stamp
from agence.crdt.lines import MARKS
from agence.events.event import write
from agence.fold import view_merge
from agence.fold.adoption import NOTHING, Unreadable, effects, read, typed
from agence.fold.bases import Lineage, agrees
from agence.fold.entity import Entity, fold_entity
from agence.fold.footer import is_draft
from agence.fold.view import contested_fields, render
from agence.schema.effects import add_member, remove_member, set_field
from agence.shard.edited import Draft, judged_with
from tests.core.values import NOW, SEEDS
from tests.core.values import draft as draft_of

LINES = [f"line {number}" for number in range(12)]
TYPED = "what somebody typed"


class Edit(NamedTuple):
    """What somebody does to an entity by a verb: each is done over what is there then."""

    title: str | None
    status: str | None
    tag: str | None
    untag: int | None
    body: tuple[tuple[str, int], ...]


edits = st.builds(
    Edit,
    title=st.none() | st.sampled_from(["t1", "t2", "t3"]),
    status=st.none() | st.sampled_from(["open", "doing", "done"]),
    tag=st.none() | st.sampled_from("abcd"),
    untag=st.none() | st.integers(0, 3),
    body=st.lists(
        st.tuples(st.sampled_from(["drop", "change", "add"]), st.integers(0, 11)), max_size=3
    ).map(tuple),
)
histories = st.lists(edits, max_size=2)


def signed(made, entity, parents, hand, number):
    """An event by one of several hands, the `number`th of all."""
    what = draft_of({"effects": made}, entity, parents, kind="plan")
    prev = "0" * 64 if number > 1 else ""
    return write(what, SEEDS[hand], number, prev, Stamp(NOW + number * 1000, 0), bytes(16))


class Story:
    """The events about one plan, written by several hands on branches of their own."""

    def __init__(self, body):
        made = [set_field("title", "t0"), set_field("body", "\n".join(body))]
        made += [add_member("tags", "a"), add_member("tags", "b"), set_field("status", "open")]
        self.count = 1
        first = signed(made, "", (), 0, 1)
        self.events = {first.id: first}
        self.first = first.id

    def entity(self, heads: Sequence[str]) -> Entity:
        seen = self.lineage().before(heads)
        entity = fold_entity([one for one in self.events.values() if one.id in seen])
        assert entity is not None
        return entity

    def now(self) -> Entity:
        return self.entity(list(self.events))

    def lineage(self):
        entity = fold_entity(self.events.values())
        assert entity is not None
        return Lineage(entity, self.events.values(), lambda one: one)

    def write(self, heads, made, hand=0):
        self.count += 1
        one = signed(made, self.first, heads, hand, self.count)
        self.events[one.id] = one
        return (one.id,)

    def edit(self, heads, edit, hand):
        """The heads after an edit over what was seen at `heads`."""
        entity = self.entity(heads)
        made = [set_field(n, v) for n, v in (("title", edit.title), ("status", edit.status)) if v]
        if edit.tag:
            made.append(add_member("tags", edit.tag))
        if edit.untag is not None and edit.untag < len(entity.tags):
            seen = [self.events[one] for one in self.lineage().before(heads)]
            made.append(remove_member("tags", entity.tags[edit.untag], seen))
        before = entity.text("body").split("\n")
        body = changed(before, edit.body, f"by {hand} in {self.count}")
        if body != before:
            made.append(set_field("body", "\n".join(body)))
        return self.write(heads, made, hand) if made else heads


def changed(lines, changes, mark):
    """The lines after some changes; every new line differs from all others."""
    lines = list(lines)
    for number, (what, place) in enumerate(changes):
        at = place % (len(lines) + 1)
        if what == "add":
            lines.insert(at, f"{mark}.{number}")
        elif at < len(lines):
            lines[at : at + 1] = [] if what == "drop" else [f"{mark}.{number}"]
    return lines


def by_lines(base, ours, theirs, settle):
    """A merge as git does it without a driver; conflicts are settled by `settle`."""
    merged = []
    sides = (side.decode().split("\n") for side in (base, ours, theirs))
    for group in Merge3(*sides).merge_groups():
        if group[0] == "conflict":
            merged += settle(list(group[2]), list(group[3]))
        else:
            merged += group[1]
    return "\n".join(merged).encode()


SETTLED = {
    "ours": lambda one, _: one,
    "theirs": lambda _, other: other,
    "both": lambda one, other: one + other,
    "marks": lambda one, other: ["<<<<<<< HEAD", *one, "=======", *other, ">>>>>>> side"],
}
merges = st.sampled_from(["driver", *SETTLED, "left", "right"])


def merged(how, base, ours, theirs):
    if how in ("left", "right"):
        return ours if how == "left" else theirs
    if how == "driver":
        return view_merge.merge(base, ours, theirs)
    return by_lines(base, ours, theirs, SETTLED[how])


def judged(story, content, versions):
    """The draft that a file is, None where nothing was typed into it."""
    if not is_draft(content):
        return None
    entity = story.now()
    draft = Draft("x-00000000.md", content, entity)
    known = [one for one in versions if agrees(one)]
    return judged_with(draft, story.lineage(), render(entity), known)


class Met(NamedTuple):
    """Two branches that met: views of what both come from, of each side, and the file now."""

    story: Story
    base: bytes
    ours: bytes
    theirs: bytes


@st.composite
def meetings(draw) -> Met:
    story = Story(LINES[: draw(st.integers(0, 12))])
    heads = (story.first,)
    for one in draw(st.lists(edits, max_size=1)):
        heads = story.edit(heads, one, 0)
    sides = []
    for hand in (1, 2):
        side = heads
        for one in draw(histories):
            side = story.edit(side, one, hand)
        sides.append(side)
    base, ours, theirs = (render(story.entity(one)) for one in (heads, *sides))
    return Met(story, base, ours, theirs)


@settings(max_examples=500)
@given(meetings(), merges, st.booleans(), st.lists(edits, max_size=1))
def test_after_a_merge_nothing_is_signed_that_nobody_typed(met, how, squashed, later):
    content = merged(how, met.base, met.ours, met.theirs)
    for one in later:
        met.story.edit(met.story.now().heads, one, 0)
    history = [met.ours] if squashed else [met.ours, met.theirs]
    found = judged(met.story, content, history)
    assert found is None, (found, content.decode())


class Typing(NamedTuple):
    """One thing that somebody types into a view: a line in its text, or a field."""

    what: str
    at: int


typings = st.builds(
    Typing,
    st.sampled_from(["insert", "replace", "delete", "title", "status", "tag", "untag"]),
    st.integers(0, 11),
)


def type_into(view, typing):
    """The file after it, and the line that it takes out; None where there is nothing to change."""
    head, fence, rest = view.decode().partition("\n+++\n")
    body, comment, last = rest.strip("\n").rpartition("<!--")
    lines, gone = body.strip("\n").split("\n") if body.strip("\n") else [], ""
    at = typing.at % (len(lines) + 1)
    if typing.what in ("replace", "delete"):
        if at >= len(lines):
            return None
        gone = lines[at]
        lines[at : at + 1] = [TYPED] if typing.what == "replace" else []
    elif typing.what == "insert":
        lines.insert(at, TYPED)
    else:
        typed_head = FIELDS[typing.what](head)
        if typed_head == head:
            return None
        head = typed_head
    text = "\n".join(lines)
    return f"{head}{fence}\n{text}\n\n{comment}{last}\n".encode(), gone


def after(key, value):
    return lambda head: "\n".join(
        f"{key} = {value}" if line.startswith(f"{key} = ") else line for line in head.split("\n")
    )


FIELDS = {
    "title": after("title", f'"{TYPED}"'),
    "status": after("status", '"dropped"'),
    "tag": lambda head: head.replace("tags = [", 'tags = ["typed", ').replace(", ]", "]"),
    "untag": lambda head: head.replace('"a", ', "").replace('["a"]', "[]"),
}


@settings(max_examples=500)
@given(meetings(), typings, merges, st.booleans())
def test_one_typed_edit_is_exactly_that_edit(met, typing, how, squashed):
    done = type_into(met.ours, typing)
    if done is None:
        return
    draft, gone = done
    content = merged(how, met.base, draft, met.theirs)
    history = [met.theirs] if squashed else [met.ours, met.theirs]
    if how in ("marks", "both", "ours"):
        return  # a person has to choose, or has chosen to drop what the other side wrote
    took = typing.what in ("delete", "untag")
    if took and (how not in ("left", "right") or says(met.theirs, typing, gone)):
        return  # that the other side lacks it is as good a reason for its absence
    found = judged(met.story, content, history)
    before = met.story.now()
    if not is_draft(content) or not says(content, typing, gone):
        return  # whoever settled the merge has taken the other side
    if found is None:
        assert says(render(before), typing, gone), content.decode()
        return
    if found.why:
        assert how != "left", found.why
        return
    seen = [met.story.events[one] for one in met.story.lineage().before(found.base.heads)]
    met.story.write(found.base.heads, effects(found.typed, "plan", seen), 2)
    now = met.story.now()
    sides = (read(one).body for one in (met.base, met.ours, met.theirs))
    check(before, now, {line for side in sides for line in side}, typing, gone)


def says(content, typing, gone):
    """Whether what was typed is in a file."""
    view = read(content)
    front = dict(view.front or {})
    if typing.what in ("insert", "replace"):
        return TYPED in view.body
    if typing.what == "delete":
        return gone not in view.body
    wanted = {"title": TYPED, "status": "dropped"}.get(typing.what)
    if wanted:
        return front[typing.what] == wanted
    return ("typed" in front["tags"]) == (typing.what == "tag") and (
        typing.what == "tag" or "a" not in front["tags"]
    )


def check(before, now, sides, typing, gone):
    """What was typed is there, and whatever else was there still is."""
    for name in {"title", "status"} - {typing.what}:
        assert now.text(name) == before.text(name), name
    if typing.what in ("title", "status"):
        assert now.text(typing.what) == {"title": TYPED, "status": "dropped"}[typing.what]
    tags = set(before.tags) | ({"typed"} if typing.what == "tag" else set())
    assert tags - ({"a"} if typing.what == "untag" else set()) <= set(now.tags) <= tags
    was, lines = ({*one.text("body").split("\n"), ""} for one in (before, now))
    if typing.what in ("insert", "replace"):
        assert TYPED in lines
    assert was - {gone, *MARKS} <= lines
    contested = "body" in {*contested_fields(before), *contested_fields(now)}
    beside = sides if contested else set()
    assert lines <= was | beside | {TYPED, gone, *MARKS}


@pytest.mark.parametrize(
    "front",
    [
        b"tags = " + b"[" * 50_000,
        b"x = " + b"{a=" * 5_000,
        b"x = {" + b"a." * 20_000 + b"a = 1}",
        b"a." * 20_000 + b"a = 1",
        b"[" + b'"a" . ' * 5_000 + b"a]",
        b"x = " + b"[" * 300 + b"]" * 300,
        b" \t" * 32_000 + b"x",
        b'title = "' + b"x" * 70_000 + b'"',
        b"confidence = " + b"9" * 5_000,
        b'tags = ["\\ud800"]',
        b"k\xff = 1",
    ],
    ids=range(11),
)
def test_a_front_matter_that_no_view_has_is_unreadable(front):
    with pytest.raises(Unreadable):
        read(b"+++\n" + front + b"\n+++\n\nsaid\n")


def test_dots_in_texts_are_no_dotted_keys():
    front = b'title = "a.b = c.d"\ntags = [\n  "a.b",\n  "c.d=e",\n]\nconfidence = 50'
    said = read(b"+++\n" + front + b"\n+++\n\nsaid\n").front
    assert said == {"title": "a.b = c.d", "tags": ["a.b", "c.d=e"], "confidence": 50}


@pytest.mark.parametrize("number", [-1, 101, 10**23])
def test_a_number_that_its_field_can_not_take_is_unreadable(number):
    view = read(f"+++\ntitle = 'x'\nconfidence = {number}\n+++\n\nsaid\n".encode())
    with pytest.raises(Unreadable, match="'confidence' has to be a number from 0 to 100"):
        typed("belief", view, [NOTHING], NOTHING)
