"""Two copies of a view merge: nothing is lost, and ours and theirs may change places."""

import difflib
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agence.fold.entity import Entity
from agence.fold.footer import above, footer, is_draft, seal
from agence.fold.front_matter import take_apart
from agence.fold.view import render
from agence.fold.view_merge import END, ONE, OTHER, is_unsettled, merge

HEADS = ("a" * 64, "b" * 64, "c" * 64)
MARKS = (ONE, OTHER, END)

words = st.text("abc", min_size=1, max_size=2)
texts = st.lists(words | st.just(""), max_size=6).map("\n".join)
tags = st.frozensets(words, max_size=4)


def entity(title, tags, status, body, heads=HEADS[:1]):
    fields = {"title": title, "tags": sorted(tags), "status": status, "body": body}
    return Entity(
        id="f" * 64,
        kind="plan",
        name="x",
        shard="",
        scope="",
        by="",
        writer="",
        created=0,
        updated=0,
        fields=fields,
        heads=tuple(heads),
        lost=(),
    )


entities = st.builds(
    entity,
    title=words,
    tags=tags,
    status=st.sampled_from(["", "open", "done"]),
    body=texts,
    heads=st.frozensets(st.sampled_from(HEADS), min_size=1).map(sorted),
)
views = entities.map(render)
edits = st.sampled_from([b"x", b"\n", b"+++\n", b"\r\n", b'"', b"# x\n", b"\xff"])
drafts = st.builds(
    lambda view, at, edit: view[:at] + edit + view[at:], views, st.integers(0, 300), edits
)
loose = st.lists(words, max_size=8).map(lambda some: "\n".join(some).encode())
anything = views | drafts | loose | st.just(b"")


@given(anything, anything)
def test_what_one_side_did_passes_through(base, side):
    assert merge(base, side, base) == side
    assert merge(base, base, side) == side
    assert merge(base, side, side) == side


@settings(max_examples=1000)
@given(anything, anything, anything)
def test_the_sides_may_change_places(base, ours, theirs):
    merged = merge(base, ours, theirs)
    assert merged == merge(base, theirs, ours)
    assert merge(merged, merged, ours) == ours
    assert merge(base, merged, merged) == merged


@given(views | st.just(b""), views, views)
def test_only_what_comes_of_a_draft_is_a_draft(base, ours, theirs):
    merged = merge(base, ours, theirs)
    assert not is_draft(merged)
    assert not is_unsettled(merged)
    assert not is_draft(merge(ours, merged, theirs))


@given(views, drafts, views | drafts)
def test_a_draft_stays_a_draft(base, draft, other):
    if is_draft(draft) and base not in (draft, other):
        assert is_draft(merge(base, draft, other))


@given(anything, (drafts | loose).filter(is_draft), anything)
def test_a_person_is_asked_where_drafts_overlap(base, ours, theirs):
    merged = merge(base, ours, theirs)
    if merged not in (ours, theirs):
        assert is_unsettled(merged) == (OTHER in merged.split(b"\n"))


def lines_of(view):
    return [line for line in view.replace(b"\r\n", b"\n").split(b"\n") if line]


@settings(max_examples=1000)
@given(st.data(), st.lists(words, min_size=1, max_size=12, unique=True))
def test_no_change_is_reverted_and_no_line_is_lost(data, base):
    """Each side drops, changes or adds lines; all lines of the base and all new ones differ."""
    sides = []
    for side in "XY":
        changed = []
        for at, line in enumerate(base):
            what = data.draw(st.sampled_from(["keep", "keep", "drop", "change", "add"]))
            changed += {
                "keep": [line],
                "drop": [],
                "change": [f"{side}{at}"],
                "add": [line, f"{side}{at}"],
            }[what]
        sides.append(changed)
    ours, theirs = sides
    merged = merge(*("\n".join([*one, ""]).encode() for one in (base, ours, theirs)))
    kept = [line.decode() for line in lines_of(merged)]
    settled = not any(mark in lines_of(merged) for mark in MARKS)
    for line in {*ours, *theirs}.difference(base):
        assert kept.count(line) == 1, f"{line} was added and is lost"
    for line in base:
        if line in ours and line in theirs:
            assert line in kept, f"{line} is on both sides and lost"
        elif settled:
            assert line not in kept, f"{line} was taken out and is back"


@settings(max_examples=1000)
@given(entities, entities, entities)
def test_an_uncontested_merge_is_what_the_next_render_gives(base, ours, theirs):
    """Each field comes from a side; heads as the fold has them: what a side replaced is gone."""
    theirs = theirs._replace(fields={**theirs.fields, "title": base.text("title")})
    ours = ours._replace(fields={**base.fields, "title": ours.text("title"), "tags": ours.tags})
    old, new, newer = (set(one.tags) for one in (base, ours, theirs))
    both = (new & newer) | (new - old) | (newer - old)
    fields = {**theirs.fields, "title": ours.text("title"), "tags": sorted(both)}
    base = base._replace(heads=HEADS[:1])
    ours = ours._replace(heads=HEADS[1:2])
    theirs = theirs._replace(heads=HEADS[2:])
    whole = base._replace(fields=fields, heads=HEADS[1:])
    assert merge(render(base), render(ours), render(theirs)) == render(whole)


def view(body, *, title="t", status="open", heads=HEADS[:1]):
    return render(entity(title, {"x"}, status, body, heads))


def test_both_versions_are_kept_and_named():
    base, ours = view("one\ntwo\nthree"), view("one\n2\nthree", title="u", heads=HEADS[1:2])
    theirs = view("one\nII\nthree", title="v", status="", heads=HEADS[2:])
    merged = merge(base, ours, theirs)
    fields = take_apart(above(merged)).fields
    assert fields is not None
    assert fields[b"title"] == b'"v"'
    assert b'# or: title = "u"' in fields
    assert b"status" not in fields
    assert fields[b"contested"] == b'["body", "title"]'
    assert b"\n".join([b"one", ONE, b"2", OTHER, b"II", END, b"three"]) in merged
    said = footer(merged)
    assert said is not None
    assert said.heads == HEADS[1:]


def test_a_field_taken_out_and_changed_is_kept():
    taken_out, changed = view("", status=""), view("", status="done")
    fields = take_apart(above(merge(view(""), taken_out, changed))).fields
    assert fields is not None
    assert fields[b"status"] == b'"done"'
    assert b"# or: no status" in fields


def test_unknown_fields_and_comments_are_kept():
    def own(extra):
        return seal(above(view("b")).replace(b"\n+++\n\n", b"\n" + extra + b"+++\n\n"), HEADS[:1])

    merged = merge(own(b""), own(b"owner = 3\n# why\n"), own(b"until = 4\n# so\n"))
    assert above(merged) == above(own(b"owner = 3\nuntil = 4\n# so\n# why\n"))


def test_front_matter_of_several_lines_merges_as_text():
    def own(extra):
        return view("b").replace(b'tags = ["x"]', b'tags = [\n  "x",\n' + extra + b"]\nm = 1")

    merged = merge(own(b""), own(b'  "y",\n'), own(b"").replace(b"m = 1", b"m = 2"))
    assert is_draft(merged)
    assert above(merged) == above(own(b'  "y",\n').replace(b"m = 1", b"m = 2"))


def test_line_ends_of_another_system_are_no_change():
    base, theirs = view("one\ntwo\nthree\nfour"), view("one\ntwo\nthree\n4")
    ours = view("1\ntwo\nthree\nfour").replace(b"\n", b"\r\n")
    assert above(merge(base, ours, theirs)) == above(view("1\ntwo\nthree\n4"))


FREE = ("title", "status", "owner", "due")  # fields of one value; tags are a set


def changed(chance, base, side):
    """A side of a merge: (fields, tags, lines) of `base` after a few edits of its own."""
    fields, tags, lines = dict(base[0]), set(base[1]), list(base[2])
    for name in FREE:
        if chance.random() < 0.3:
            fields[name] = chance.choice(["", f"{side} {name}", "the same"])
    for _ in range(chance.randrange(3)):
        tags ^= {chance.choice("abcde")}
    for number in range(chance.randrange(3)):
        at = chance.randrange(len(lines) + 1)
        lines[at : at + chance.randrange(3)] = [f"{side}{number}"] * chance.randrange(2)
    return fields, tags, lines


def written(chance, side, head):
    """The bytes of a side: as rendered, or typed over the base by a person."""
    fields, tags, lines = side
    front = [f'{name} = "{fields[name]}"' for name in FREE if fields.get(name)]
    listed = ", ".join(f'"{tag}"' for tag in sorted(tags))
    text = "\n".join(["+++", 'id = "i"', *front, f"tags = [{listed}]", "+++", "", *lines, ""])
    sealed = seal(text.encode(), [head])
    return sealed if chance.random() < 0.7 else sealed.replace(b"digest=", b"digest=0")


def blocks_of(base, side):
    """Where a side changed the base's lines: pairs (first, behind the last), in the base."""
    matcher = difflib.SequenceMatcher(None, base, side, autojunk=False)
    return [(one[1], one[2]) for one in matcher.get_opcodes() if one[0] != "equal"]


def assert_nothing_reverted(base, ours, theirs, merged):
    """Every field, tag and line that one side alone changed is as that side has it."""
    taken = take_apart(above(merged))
    assert taken.fields is not None
    for name in FREE:
        was, here, there = (one[0].get(name, "") for one in (base, ours, theirs))
        value = taken.fields.get(name.encode(), b"").decode().strip('"')
        if was in (here, there) or here == there:
            wanted = here if there == was else there
            assert value == wanted, f"{name} is {value!r} and not {wanted!r}"
        else:
            assert value in (here, there), f"{name} is nobody's {value!r}"
    was, here, there = (one[1] for one in (base, ours, theirs))
    tags = set(json.loads(taken.fields[b"tags"]))
    assert tags == (here & there) | (here - was) | (there - was), "a tag is lost or back"
    lines = [line for line in taken.body.decode().split("\n") if line]
    assert_no_line_reverted(base[2], ours[2], theirs[2], lines)


def assert_no_line_reverted(base, ours, theirs, lines):
    for line in {*ours, *theirs} - {*base}:
        assert line in lines, f"{line} was typed and is lost"
    both = [blocks_of(base, side) for side in (ours, theirs)]
    for mine, others, side in ((both[0], both[1], ours), (both[1], both[0], theirs)):
        for first, last in mine:
            if all(end < first or last < start for start, end in others):
                for line in set(base[first:last]) - set(side):
                    assert line not in lines, f"{line} was taken out by one side and is back"
    for line in {*base} & {*ours} & {*theirs}:
        assert line in lines, f"{line} is on both sides and lost"


def try_pairs(count, seed):
    chance = random.Random(seed)
    for number in range(count):
        fields = {name: chance.choice(["", f"old {name}"]) for name in FREE}
        lines = [f"L{at}" for at in range(chance.randrange(1, 9))]
        base = fields, set(chance.sample("abcde", 2)), lines
        sides = base, *(changed(chance, base, side) for side in "XY")
        files = [written(chance, one, head) for one, head in zip(sides, HEADS, strict=True)]
        merged = merge(*files)
        assert merged == merge(files[0], files[2], files[1])
        try:
            assert_nothing_reverted(sides[0], sides[1], sides[2], merged)
        except AssertionError as error:
            pytest.fail(f"seed {seed}, pair {number}: {error}: {sides}\n{merged.decode()}")


def test_random_pairs_revert_no_uncontested_edit():
    try_pairs(300, seed=1)


@pytest.mark.soak
def test_10_000_random_pairs_revert_no_uncontested_edit():
    try_pairs(10_000, seed=random.SystemRandom().randrange(1 << 32))


HALF = rb'["a", "\ud800"]'  # of a character: JSON names it, and no bytes can


@pytest.mark.parametrize("key", [b"tags", b"contested", b"x"])
def test_lists_that_nobody_can_write_lose_neither_side(key):
    base, one, other = (
        b"+++\n" + key + b" = " + value + b"\n+++\n\nsaid\n" for value in (b'["a"]', HALF, b'["b"]')
    )
    merged = merge(base, one, other)
    assert merged == merge(base, other, one)
    if key != b"contested":
        assert HALF in merged
        assert b'["b"]' in merged
