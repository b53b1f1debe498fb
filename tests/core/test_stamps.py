"""Hybrid logical clock: in order among clocks near each other, deaf to those that are not."""

import random

from hypothesis import given
from hypothesis import strategies as st

from agence.base.stamps import DRIFT, Stamp, believed, tick

TRUE = 1_767_225_600_000
SENDS = 200_000
IN_2099 = 4_070_908_800_000

times = st.integers(0, 2**42)
stamps = st.builds(Stamp, times, st.integers(0, 2**20))
near = st.integers(-3 * DRIFT, 3 * DRIFT)


@given(times, st.lists(near), st.lists(stamps))
def test_a_stamp_is_after_all_that_is_near_and_near_its_own_clock(now, offsets, others):
    seen = [Stamp(max(0, now + offset), 7) for offset in offsets] + others
    new = tick(now, seen)
    assert all(new > stamp for stamp in seen if stamp.ms <= now + 2 * DRIFT)
    assert now <= new.ms <= now + 2 * DRIFT
    assert new == tick(now, reversed(seen))


@given(times)
def test_without_anything_seen_a_stamp_is_the_time(now):
    assert tick(now, []) == Stamp(now, 0) or now == 0


@given(stamps, st.lists(stamps))
def test_what_is_believed_is_never_far_beyond_the_newest_other(stamp, others):
    told = believed(stamp, others)
    newest = max((other.ms for other in others), default=stamp.ms)
    assert told.ms <= newest + DRIFT
    assert told <= stamp
    assert told == stamp or stamp.ms > newest + DRIFT
    assert told == believed(stamp, reversed(others))


def test_the_laws_hold_among_clocks_that_are_each_ten_minutes_wrong_and_one_in_2099():
    """Clocks are off by up to DRIFT either way, and are set back and forth while they run."""
    draw = random.Random(20_260_101)
    nodes = 6  # number 0 lives in 2099
    last = [Stamp(0, 0)] * nodes
    skew = [draw.randint(-DRIFT, DRIFT) for _ in range(nodes)]
    true, largest = TRUE, 0
    for step in range(SENDS):
        true += draw.randint(0, 40)
        node = draw.randrange(nodes)
        if draw.random() < 0.01:
            skew[node] = draw.randint(-DRIFT, DRIFT)
        now = true + skew[node] if node else IN_2099 + step
        senders = draw.sample(range(nodes), draw.randint(0, 2))
        new = tick(now, [last[node], *(last[sender] for sender in senders)])
        assert new > last[node]
        if node:
            assert all(new > last[sender] for sender in senders if sender)
            assert now <= new.ms <= now + 2 * DRIFT
            assert new.ms < IN_2099
            largest = max(largest, new.counter)
        last[node] = new
    assert largest < SENDS


def test_a_clock_that_comes_back_from_2099_is_not_bound_to_it():
    assert tick(TRUE, [Stamp(IN_2099, 3)]) == Stamp(TRUE, 0)
