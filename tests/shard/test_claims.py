"""Who has a task, by its events and by the remote: laws over all that could stand there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.fold.entity import Entity
from agence.shard.holding import MARGIN, has_lapsed, last_fence, standing
from agence.shard.leases import LONGEST, Lease
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


@given(st.lists(CLAIMS, max_size=4), LEASES)
def test_where_the_remote_was_asked_no_event_says_who_has_the_lease(claims, lease):
    found = standing(with_claims(claims), lease, asked=True)
    if lease.agent and lease.until:
        assert found == [Claim(lease.agent, lease.fence, lease.writer, lease.until)]
    else:
        assert set(found) == {one for one in claims if one.agent and not one.fence}


@given(
    st.lists(CLAIMS, max_size=4),
    LEASES,
    st.integers(10**12 + 1, 10**14) | st.integers(10**14 - 2, 10**14),
)
def test_the_next_fence_is_greater_than_each_that_was_given_and_is_itself_believed(
    claims, lease, forged
):
    said = [*claims, Claim("@evil", forged, "k", 1)]
    following = last_fence(with_claims(said), lease) + 1
    assert following > max(one.fence for one in [*claims, lease])
    following = last_fence(with_claims(said), lease._replace(fence=following)) + 1
    assert claims_of(task([Claim("@a", following, "k", 1).value()]))


@given(st.lists(CLAIMS, max_size=4))
def test_without_a_lease_the_events_alone_say_it(claims):
    for asked in (False, True):
        found = standing(with_claims(claims), None, asked=asked)
        assert found == holders(with_claims(claims))


@pytest.mark.parametrize(
    "odd", [{"fence": True}, {"fence": -1}, {"until": True}, {"until": -1}, {"fence": 10**14 + 1}]
)
def test_what_is_no_number_from_0_on_makes_no_claim(odd):
    value = Claim("@a", 1, "k", 1).value()
    assert claims_of(task([value])) == [Claim("@a", 1, "k", 1)]
    assert claims_of(task([value | odd])) == []


@pytest.mark.parametrize(
    ("beyond", "lapsed"), [(-MARGIN, False), (0, False), (1, True), (2**53, True)]
)
def test_what_ends_later_than_any_claim_may_keeps_nobody_away(beyond, lapsed):
    now = 1_000_000
    latest = now + LONGEST * 60_000 + MARGIN
    assert has_lapsed(Claim("@a", 1, "k1", latest + beyond), now) is lapsed


@pytest.mark.parametrize(("late", "lapsed"), [(-1, False), (0, False), (MARGIN, True)])
def test_a_lease_is_honoured_for_a_margin_beyond_its_end(late, lapsed):
    assert has_lapsed(Claim("@a", 1, "k1", 1_000_000), 1_000_000 + late) is lapsed
