"""Slips of the finger: a misspelt name finds the one that was meant, a new one nothing."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agence.base.slips import near, near_name

NAMES = st.text("abcdefgh", min_size=6, max_size=12)


@given(NAMES, st.data())
def test_one_slip_finds_the_name_and_no_name_is_a_slip_of_itself(name, data):
    at = data.draw(st.integers(0, len(name) - 2))
    other = data.draw(st.sampled_from("abcdefgh"))
    slips = [
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        name[:at] + name[at + 1 :],
        name[:at] + other + name[at:],
        name[:at] + other + name[at + 1 :],
        name.upper(),
    ]
    for slip in slips:
        assert near_name(slip, [name]) == ("" if slip == name else name)


@given(NAMES, st.integers(0, 999), st.integers(0, 999))
def test_numbered_names_are_told_apart_by_their_numbers(name, one, other):
    assume(one != other)
    assert near_name(f"{name}-{one}", [f"{name}-{other}", name]) == ""


@pytest.mark.parametrize("name", ["Anna", "al", "ralphina", "robin"])
def test_a_new_name_is_nobodys(name):
    assert near_name(name, ["Ana", "ralph", "sonya", "olena"]) == ""


def test_of_words_a_replaced_letter_counts_from_five_letters_on():
    assert near("anwser", ["show", "answer"]) == "answer"
    assert near("reply", ["repla"]) == "repla"
    assert near("have", ["save"]) == ""
