"""What differs is exactly what differs."""

from hypothesis import given
from hypothesis import strategies as st

from agence.session.difference import difference
from tests.core.session_samples import GIT

paths = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2), max_size=5)


def state(dirty, staged, untracked):
    return {
        **GIT,
        "dirty": [{"path": path, "status": "M"} for path in dirty],
        "staged": [{"path": path, "status": "M", "blob": str(n)} for path, n in staged.items()],
        "untracked": list(untracked),
    }


def contents(*sorts):
    return [
        {"path": path, "size": 1, "digest": str(n)} for sort in sorts for path, n in sort.items()
    ]


@given(paths, paths)
def test_a_state_does_not_differ_from_itself(dirty, staged):
    one = state(dirty, staged, [])
    assert difference(one, contents(dirty), one, contents(dirty)).nothing


@given(paths, paths)
def test_both_directions_agree_and_say_all(then, now):
    for sort in ("dirty", "staged", "untracked"):
        sides = [
            state(**{"dirty": {}, "staged": {}, "untracked": {}, sort: one}) for one in (then, now)
        ]
        there = getattr(difference(sides[0], contents(then), sides[1], contents(now)), sort)
        back = getattr(difference(sides[1], contents(now), sides[0], contents(then)), sort)
        assert (there.then, there.now, there.other) == (back.now, back.then, back.other)
        assert set(there.then) == then.keys() - now.keys()
        assert set(there.now) == now.keys() - then.keys()
        assert set(there.other) == {
            one for one in then.keys() & now.keys() if then[one] != now[one]
        }


def test_branch_and_head_are_compared():
    now = {**GIT, "branch": "", "head": "b" * 40}
    found = difference(GIT, [], now, [])
    assert found.branch == ("main", "")
    assert found.head == ("a" * 40, "b" * 40)
    assert not found.nothing
