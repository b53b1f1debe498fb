"""Numbers that people type are those that their field can have, by every verb."""

import pytest

from agence.base.errors import UsageError
from agence.base.identifiers import Ambiguous, choose
from agence.commands.conflicts.answer import answer
from agence.commands.conflicts.ask import ask
from agence.commands.conflicts.list import list_
from agence.commands.knowledge.edit import edit
from tests.commands.disagreeing import confidence, contradict

NO_PERCENT = ["²", "٣", "9" * 5000, "9" * 30, "101", "500", "-1", "1e2", "5.5"]


def test_no_answer_and_no_edit_takes_what_is_no_percentage(desks, send):
    ours, theirs = desks
    belief = contradict(ours, theirs, send, 60, 70)
    (one,) = list_(ours("^conflicts")).data["items"]
    before = len(ours.events())
    for typed in NO_PERCENT:
        with pytest.raises(UsageError, match="the confidence is a number from 0 to 100"):
            answer(ours("^conflicts answer"), one["id"], value=typed)
        with pytest.raises(UsageError, match="'confidence' is a number from 0 to 100"):
            edit(ours("^belief edit"), belief, set_=[f"confidence={typed}"])
    assert len(ours.events()) == before
    ours.answer = "²"
    with pytest.raises(StopIteration):
        ask(stopping(ours, ["²", "9" * 5000, "0", "3", "01"]))
    assert len(ours.events()) == before
    answer(ours("^conflicts answer"), one["id"], value=" 100 ")
    assert confidence(ours, belief) == 100


def stopping(desk, answers):
    """A context whose person types these, one after the other, and is then gone."""
    left = iter(answers)
    context = desk("^conflicts ask")
    context.ask = lambda _: next(left)
    return context


@pytest.mark.parametrize(
    ("what", "said"), [("entity", "the id of an entity"), ("task", "the id of a task")]
)
def test_what_is_no_id_is_said_so(what, said):
    with pytest.raises(Ambiguous, match=said):
        choose("zz", [], what)
