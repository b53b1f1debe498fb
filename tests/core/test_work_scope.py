"""Scopes of tasks: paths stand for themselves and all below, and nothing else."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.work.scope import (
    Claim,
    Conflict,
    Verdict,
    covers,
    find_conflicts,
    in_scope,
    normalised,
    path_overlaps,
    scope_overlaps,
)
from agence.work.states import STATES

# Two letters and three levels: paths meet often.
places = st.lists(st.sampled_from("ab"), max_size=3).map(tuple)
TREE = [place for size in range(5) for place in product("ab", repeat=size)]


def below(place):
    """What a path stands for, by looking at every place of a tree that is one level deeper."""
    return {other for other in TREE if other[: len(place)] == place}


@st.composite
def spellings(draw, place):
    """One of the ways to write a place."""
    if not place:
        return draw(st.sampled_from(["*", ".", "./", "a/..", "./b/../."]))
    noise = st.sampled_from(["", "", "./", "/", "b/../", "a/./b/../../"])
    text = "".join(part + "/" + draw(noise.filter(bool) | st.just("")) for part in place)
    lead = draw(noise.filter(lambda one: one != "/"))
    return lead + draw(st.sampled_from([text, text.rstrip("/"), text + "x/.."]))


@st.composite
def pairs(draw):
    one, other = draw(places), draw(places)
    return one, draw(spellings(one)), other, draw(spellings(other))


@given(pairs())
def test_paths_overlap_where_they_stand_for_one_place_or_more(pair):
    one, written, other, also_written = pair
    assert path_overlaps(written, also_written) == bool(below(one) & below(other))
    assert path_overlaps(also_written, written) == path_overlaps(written, also_written)
    assert covers(written, also_written) == (below(other) <= below(one))


@given(pairs())
def test_what_is_kept_is_one_spelling_of_a_place(pair):
    assert (normalised("./"), normalised("./lib//x/../y/")) == ("*", "lib/y")
    one, written, other, also_written = pair
    assert (normalised(written) == normalised(also_written)) == (one == other)
    assert normalised(normalised(written)) == normalised(written)
    assert path_overlaps(normalised(written), also_written) == path_overlaps(written, also_written)


@given(st.text("ab./*", max_size=8), st.text("ab./*", max_size=8))
def test_any_text_is_compared_and_what_leaves_the_repository_meets_nothing(one, other):
    assert path_overlaps(one, other) == path_overlaps(other, one)
    try:
        normalised(one)
    except UsageError:
        if "*" not in one:
            assert not path_overlaps(one, other)
            assert not path_overlaps(one, one)
    else:
        assert path_overlaps(one, one)


@pytest.mark.parametrize(
    ("one", "other", "overlaps"),
    [
        ("lib/guard.ts", "lib/guard.ts", True),
        ("lib/guard.ts", "lib/matrix.ts", False),
        ("lib/", "lib/guard.ts", True),
        ("lib/guard.ts", "lib/", True),
        ("lib/", "lib/drivers/", True),
        ("lib/", "tests/", False),
        ("lib/", "lib2/foo.ts", False),
        ("lib/", "lib/deep/nested/file.ts", True),
        ("lib", "lib2", False),
        ("lib", "Lib", False),
        ("*", "lib/x", True),
        ("a/[id]/page.tsx", "a/[id]", True),
        ("../lib", "lib", False),
        ("/lib", "lib", False),
        ("", "lib", False),
    ],
)
def test_paths_that_overlap(one, other, overlaps):
    assert path_overlaps(one, other) is overlaps
    assert path_overlaps(other, one) is overlaps


@pytest.mark.parametrize(
    "path", ["", "/", "/etc", "~/x", "..", "../x", "a/../../b", "lib/*", "**", "*.py", "a\0b"]
)
def test_a_path_that_says_no_place_in_the_repository_is_refused(path):
    with pytest.raises(UsageError, match="scope"):
        normalised(path)


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        (["lib/"], ["tests/"], 0),
        (list("dacbfe"), ["*", ".", "./"], 18),
        (["lib/"], ["lib/guard.ts"], 1),
        (["lib/", "tests/"], ["lib/guard.ts", "tests/unit/"], 2),
        (["codex/", "organic/"], ["lib/", "tests/"], 0),
        ([], ["*"], 0),
    ],
)
def test_scopes_that_overlap(one, other, count):
    found = scope_overlaps(one, other)
    assert found == sorted(found)
    assert len(found) == count
    assert scope_overlaps(other, one) == sorted((b, a) for a, b in found)


CLAIMS = {
    "A": Claim("%", "@copilot", ("lib/guard.ts", "lib/policy.ts")),
    "B": Claim("%", "@ralph", ("tests/", "codex/")),
    "C": Claim("-", "@sonya", ("lib/",)),
    "D": Claim("%", None, ("lib/matrix.ts",)),
}


@pytest.mark.parametrize(
    ("task", "scope", "others"),
    [
        ("NEW", ["lib/guard.ts"], ["A"]),
        ("NEW", ["lib/foo.ts"], []),
        ("NEW", ["lib/matrix.ts"], []),
        ("NEW", ["*"], ["A", "B"]),
        ("NEW", ["organic/tasks.json"], []),
        ("A", ["lib/guard.ts"], []),
        ("NEW", [], []),
    ],
)
def test_what_others_hold_is_in_the_way(task, scope, others):
    assert [one.task for one in find_conflicts(task, scope, CLAIMS)] == others


def test_a_conflict_says_whose_files_they_are():
    assert find_conflicts("NEW", ["lib", "codex"], CLAIMS) == [
        Conflict("A", "@copilot", (("lib", "lib/guard.ts"), ("lib", "lib/policy.ts"))),
        Conflict("B", "@ralph", (("codex", "codex/"),)),
    ]


def test_only_active_tasks_that_somebody_has_hold_their_files():
    held = {
        sign
        for sign in [state.sign for state in STATES]
        if find_conflicts("NEW", ["x"], {"A": Claim(sign, "@ralph", ("x",))})
    }
    assert held == {"~", "$", "%", "&", "?"}
    assert not find_conflicts("NEW", ["x"], {"A": Claim("&", "", ("x",))})


@given(st.lists(places, max_size=3), st.lists(places, max_size=3))
def test_two_tasks_are_in_each_others_way_or_neither_is(one, other):
    here, there = (tuple(map("/".join, filter(None, scope))) for scope in (one, other))
    claims = {"A": Claim("&", "@a", here), "B": Claim("$", "@b", there)}
    assert bool(find_conflicts("A", here, claims)) == bool(find_conflicts("B", there, claims))


@pytest.mark.parametrize(
    ("task", "scope", "changed", "verdict"),
    [
        ("T", ("lib/",), ["tests/x"], Verdict(in_scope=False, out=("tests/x",))),
        ("T", ("lib/",), ["lib/x", "lib/y/z"], Verdict(in_scope=True)),
        ("T", ("lib/x",), ["z", "lib/x", "lib"], Verdict(in_scope=False, out=("lib", "z"))),
        ("T", (), ["x"], Verdict(in_scope=True)),
        ("T", ("*",), ["x"], Verdict(in_scope=True)),
        ("T", ("../lib",), ["lib/x"], Verdict(in_scope=False, out=("lib/x",))),
        ("T", ("lib/",), [], Verdict(in_scope=True)),
        ("", ("lib/",), ["lib/x"], Verdict(in_scope=False, why="no task is named")),
        ("U", ("lib/",), ["lib/x"], Verdict(in_scope=False, why="task 'U' is not found")),
    ],
)
def test_changes_lie_in_a_tasks_scope_or_the_others_are_named(task, scope, changed, verdict):
    assert in_scope(task, {"T": Claim("&", "@ralph", scope)}, changed) == verdict
