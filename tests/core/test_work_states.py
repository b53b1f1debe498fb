"""The states of a task: one order that settles concurrent ones, and one way out of done."""

from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.schema.states import ORDER
from agence.work import states
from agence.work.states import STATES
from tests.laws import assert_joins, assert_round_trip

signs = st.sampled_from(ORDER)

PRECEDENCE = "& > $ > % > ~ > ? > _ > # > !"  # as it is documented, without pending and done

MEANINGS = {  # sign: (name, runnable, active)
    "~": ("human-assigned", True, True),
    "$": ("human-working", False, True),
    "%": ("agent-assigned", True, True),
    "&": ("agent-executing", False, True),
    "+": ("pending", True, False),
    "-": ("done", False, False),
    "_": ("paused", False, False),
    "#": ("human-held", False, False),
    "!": ("failed", False, False),
    "?": ("awaiting-input", True, True),
}


def higher(one, other):
    return max(one, other, key=ORDER.index)


def test_the_order_is_the_documented_one_between_pending_and_done():
    assert list(reversed(ORDER)) == ["-", *PRECEDENCE.split(" > "), "+"]


@given(signs, signs, signs)
def test_concurrent_states_join(a, b, c):
    assert_joins(higher, a, b, c)


@given(st.lists(signs, min_size=1, max_size=5))
def test_done_wins_over_whatever_is_concurrent_and_pending_over_nothing(concurrent):
    outcomes = {reduce(higher, order) for order in permutations(concurrent)}
    assert len(outcomes) == 1
    assert (outcomes == {states.DONE}) == (states.DONE in concurrent)
    assert (outcomes == {states.PENDING}) == (set(concurrent) == {states.PENDING})


def test_each_state_has_one_sign_one_name_and_a_meaning():
    assert {state.sign: state.name for state in STATES} == {
        sign: name for sign, (name, _, _) in MEANINGS.items()
    }
    assert len(STATES) == len(MEANINGS) == len(ORDER)
    assert len({state.means for state in STATES}) == len(STATES)


def test_who_may_take_a_task_and_who_has_it():
    assert {sign for sign, (_, runnable, _) in MEANINGS.items() if runnable} == states.RUNNABLE
    assert {sign for sign, (_, _, active) in MEANINGS.items() if active} == states.ACTIVE
    assert {states.DONE} == states.TERMINAL
    assert states.TERMINAL.isdisjoint(states.RUNNABLE | states.ACTIVE)


@given(signs)
def test_signs_and_names_are_both_understood(sign):
    assert_round_trip(states.name_of, states.sign_of, sign)
    assert states.sign_of(sign) == sign
    assert states.sign_of(states.name_of(sign).upper().replace("-", " ")) == sign


@pytest.mark.parametrize("word", ["zz", "", "--", "+-", "donee"])
def test_another_word_is_refused_with_the_choices(word):
    with pytest.raises(UsageError, match="invalid state") as caught:
        states.sign_of(word)
    assert all(state.name in caught.value.hint for state in STATES)


@given(signs, signs)
def test_done_is_left_by_reopening_and_not_otherwise(old, new):
    allowed = old != "-" or new == "-"
    try:
        states.check_step(old, new)
    except UsageError:
        assert not allowed
    else:
        assert allowed


@given(signs)
def test_only_what_is_done_is_reopened(old):
    if old == "-":
        assert states.reopened(old) == "+"
    else:
        with pytest.raises(UsageError, match=states.name_of(old)):
            states.reopened(old)


def test_a_sign_of_a_newer_version_is_taken_by_nobody():
    assert "=" not in states.RUNNABLE | states.ACTIVE | states.TERMINAL
    assert states.name_of("=") == "="
