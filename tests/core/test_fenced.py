"""Claims side by side: the greatest fence counts, and only its equals are in conflict."""

from hypothesis import given
from hypothesis import strategies as st

from agence.base.stamps import Stamp
from agence.crdt.fenced import fenced
from agence.crdt.multi_value import multi_value
from agence.crdt.write import Write

VALUES = st.fixed_dictionaries({"agent": st.sampled_from("ab"), "fence": st.integers(0, 3)})
OTHERS = st.sampled_from([None, "x", 7, {}, {"fence": "1"}, {"fence": True}, {"fence": None}])


def beside(values):
    """Writes of which none has seen another."""
    return [Write(f"{n:064x}", Stamp(n, 0), n, 0, "set", one) for n, one in enumerate(values)]


@given(st.lists(VALUES | OTHERS, max_size=6))
def test_all_values_are_kept(values):
    assert fenced(beside(values)).value == multi_value(beside(values)).value


@given(st.lists(VALUES, max_size=6))
def test_only_different_claims_with_the_greatest_fence_are_rivals(values):
    top = max((one["fence"] for one in values), default=0)
    agents = {one["agent"] for one in values if one["fence"] == top}
    rivals = [one.value for one in fenced(beside(values)).rivals]
    expected = [one for one in values if one["fence"] == top] if len(agents) > 1 else []
    assert rivals == expected


@given(st.lists(OTHERS, max_size=4), VALUES)
def test_what_has_no_number_is_as_what_nobody_gave(values, claim):
    given_ = claim | {"fence": 1}
    assert fenced(beside([*values, given_])).rivals == ()
    assert fenced(beside(values)).rivals == multi_value(beside(values)).rivals
