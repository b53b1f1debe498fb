"""Every state and action: only the drawn arrows exist, and lines fold by the same table."""

import json
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import ShardError
from agence.session.lifecycle import ACTIONS, TABLE, Book, after
from tests.core.session_samples import IDENTITY, line, moved, record

STATES = ("active", "saved", "resumed", "transferred", "archived")
DRAWN = {
    ("active", "save"): "saved",
    ("saved", "resume"): "resumed",
    ("saved", "handoff"): "transferred",
    ("saved", "archive"): "archived",
    ("resumed", "resume"): "resumed",
    ("resumed", "handoff"): "transferred",
    ("resumed", "archive"): "archived",
    ("transferred", "accept"): "resumed",
    ("transferred", "archive"): "archived",
}


@pytest.mark.parametrize(("state", "action"), list(product(STATES, ACTIONS)))
def test_every_pair(state, action):
    if (state, action) in DRAWN:
        assert after(state, action, "69a8f74c") == DRAWN[state, action]
    else:
        with pytest.raises(ShardError) as caught:
            after(state, action, "69a8f74c")
        assert state in caught.value.message
        assert f"'{action}'" in caught.value.message
        assert caught.value.hint


def test_no_arrow_is_drawn_that_the_table_lacks():
    assert TABLE == DRAWN


def test_a_state_of_a_newer_version_allows_nothing():
    with pytest.raises(ShardError, match="asleep"):
        after("asleep", "resume", "69a8f74c")


actions = st.lists(st.sampled_from(ACTIONS), max_size=12)


@given(actions)
def test_the_fold_of_legal_lines_is_the_walk_of_the_table(wanted):
    book, state = Book(), "saved"
    book.take(line(record()))
    for action in wanted:
        if (state, action) in TABLE:
            state = TABLE[state, action]
            book.take(line(moved(action, state)))
    assert book.sessions[IDENTITY].status == state
    assert book.faults == []


@given(actions)
def test_an_illegal_line_is_reported_and_changes_nothing(wanted):
    book = Book()
    book.take(line(record()))
    for action in wanted:
        before = book.sessions[IDENTITY].status
        faults = len(book.faults)
        book.take(line(moved(action, "resumed")))
        legal = TABLE.get((before, action)) == "resumed"
        assert len(book.faults) == faults + (not legal)
        assert book.sessions[IDENTITY].status == ("resumed" if legal else before)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an object"),
        (b"", "not JSON"),
        (b"{}", "neither"),
        (line({**record(), "id": "x"}), "id"),
        (line(moved("resume", "resumed", "f" * 32)), "no record"),
        (line(record()), "here already"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_hides_nothing(bad, said):
    other = record("ab" * 16)
    book = Book()
    book.feed(b"\n".join([line(record()), bad, line(other)]) + b"\n")
    assert set(book.sessions) == {IDENTITY, other["id"]}
    (fault,) = book.faults
    assert fault.line == 2
    assert said in fault.what
    assert not fault.torn


def test_a_torn_last_line_is_only_noted():
    book = Book()
    book.feed(line(record()) + b"\n" + b'{"v":1,"se')
    assert list(book.sessions) == [IDENTITY]
    assert [(one.line, one.torn) for one in book.faults] == [(2, True)]


def test_unknown_fields_and_actions_of_a_newer_version_are_kept():
    newer = {**record(), "v": 2, "mood": {"x": [1]}}
    book = Book()
    book.take(line(newer))
    book.take(line(moved("pause", "asleep", why="lunch")))
    session = book.sessions[IDENTITY]
    assert session.record == json.loads(line(newer))
    assert session.status == "asleep"
    assert session.transitions[0]["why"] == "lunch"
    assert book.faults == []


def test_a_session_may_come_back_once_it_was_handed_away():
    back = {**record(title="Further"), "status": "resumed", "received": {"offer": "e" * 64}}
    book = Book()
    for entry in (record(), moved("handoff", "transferred", offer="d" * 64), back):
        book.take(line(entry))
    session = book.sessions[IDENTITY]
    assert book.faults == []
    assert session.status == "resumed"
    assert session.record["runstate"]["agent_context"] == "Further"
    assert (session.offers, session.sent) == (("e" * 64,), {"d" * 64})


def test_what_was_touched_last_is_the_newest():
    other = record("ab" * 16)
    book = Book()
    for entry in (record(), other, moved("resume", "resumed")):
        book.take(line(entry))
    assert [one.id for one in book.newest()] == [IDENTITY, other["id"]]
