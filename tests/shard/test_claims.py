"""Who has a task, by its events and by the remote: laws over all that could stand there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.fold.entity import Entity
from agence.shard.holding import MARGIN, has_lapsed, standing
from agence.shard.leases import Lease
from agence.shard.tasks import Claim, claims_of, holders

TASK = "ab" * 32
AGENTS = st.sampled_from(["", "@a", "@b", "@c"])
CLAIMS = st.builds(
    Claim, AGENTS, st.integers(0, 3), st.sampled_from(["k1", "k2"]), st.integers(0, 9)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["agent", "fence", "writer", "until"]), inner, max_size=4)
    ),
    max_leaves=8,
)
LEASES = st.builds(
    Lease,
    st.just(TASK),
    st.integers(1, 4),
    st.just("at"),
    st.just(()),
    agent=AGENTS,
    writer=st.sampled_from(["k1", "k2"]),
    until=st.integers(0, 9),
    scope=st.just(()),
)


def task(values):
    """A task whose field `claim` holds these values side by side."""
    fields = {"claim": values}
    return Entity(TASK, "task", "t", "", "", "", "", 0, 0, fields, (), ())


def with_claims(claims):
    return task([one.value() for one in claims])


@given(st.lists(CLAIMS, max_size=5), st.randoms())
def test_the_order_of_what_stands_side_by_side_says_nothing(claims, random):
    shuffled = list(claims)
    random.shuffle(shuffled)
    assert sorted(holders(with_claims(claims))) == sorted(holders(with_claims(shuffled)))


@given(st.lists(CLAIMS, max_size=5))
def test_nobody_has_a_task_whom_a_greater_fence_replaced(claims):
    found = holders(with_claims(claims))
    assert set(found) <= set(claims)
    assert all(one.agent for one in found)
    greatest = max((one.fence for one in claims), default=0)
    for one in found:
        if one.fence:
            assert one.fence == greatest
        else:
            gone = [other for other in claims if other.fence == greatest]
            assert greatest == 0 or any(not other.agent for other in gone)


@given(st.lists(CLAIMS, max_size=5))
def test_what_was_given_back_is_nobodys(claims):
    found = holders(with_claims(claims))
    for back in (one for one in claims if not one.agent and one.fence):
        assert all(one.fence > back.fence or not one.fence for one in found)


@given(st.lists(CLAIMS, max_size=4))
def test_claims_that_are_not_exclusive_all_stand(claims):
    loose = [one._replace(fence=0) for one in claims if one.agent]
    assert set(holders(with_claims(loose))) == set(loose)


@given(JSON)
def test_what_no_claim_looks_like_is_passed_over(value):
    for field in (value, [value]):
        assert all(isinstance(one, Claim) for one in claims_of(task(field)))
        holders(task(field))


@given(st.lists(CLAIMS, max_size=4), LEASES)
def test_the_lease_counts_unless_the_events_know_a_greater_fence(claims, lease):
    entity = with_claims(claims)
    found = standing(entity, lease)
    greatest = max((one.fence for one in claims), default=0)
    if greatest > lease.fence:
        assert found == holders(entity)
        return
    back = any(one.fence == lease.fence and not one.agent for one in claims)
    if lease.agent and lease.until and not back:
        assert found == [Claim(lease.agent, lease.fence, lease.writer, lease.until)]
    else:
        assert all(not one.fence for one in found)


@given(st.lists(CLAIMS, max_size=4))
def test_without_a_lease_the_events_alone_say_it(claims):
    assert standing(with_claims(claims), None) == holders(with_claims(claims))


@pytest.mark.parametrize(("late", "lapsed"), [(-1, False), (0, False), (MARGIN, True)])
def test_a_lease_is_honoured_for_a_margin_beyond_its_end(late, lapsed):
    assert has_lapsed(Claim("@a", 1, "k1", 1_000_000), 1_000_000 + late) is lapsed
