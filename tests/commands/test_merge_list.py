"""^merge list says what is pinned and whether it can be used; where not, nothing is guessed."""

import os

import pytest

from agence.base.errors import ShardError, TrustError
from agence.commands.adopt import adopt
from agence.commands.knowledge.edit import edit
from agence.commands.knowledge.list import list_ as list_knowledge
from agence.commands.knowledge.show import show
from agence.commands.merges.add import add
from agence.commands.merges.list import list_
from agence.commands.render import render
from agence.commands.state import state
from agence.commands.undo import undo
from tests.commands.disagreeing import confidence, contradict
from tests.functions import HIGHEST, LOWEST, environment, forget, install

TARGET = "belief.confidence"


@pytest.fixture
def functions(tmp_path):
    with environment(tmp_path / "environment") as folder:
        yield folder


@pytest.fixture
def disagreeing(desks, functions, send):
    """Two desks at a belief that both hold with 70 and, later, 50; the higher counts."""
    install(functions, "highest", HIGHEST)
    ours, theirs = desks
    identity = contradict(ours, theirs, send, 70, 50)
    add(ours("^merge add"), "highest", TARGET)
    send()
    return identity


def merges(desk):
    return list_(desk("^merge list")).data["merges"]


def away(folder):
    os.rename(folder, f"{folder}.away")
    forget()


def test_nothing_is_pinned(context):
    said = list_(context("^merge list"))
    assert said.data == {"merges": [], "count": 0}
    assert "^merge add" in said.text


def test_it_can_be_used_where_it_is_installed(desks, disagreeing):
    for desk in desks:
        (one,) = merges(desk)
        assert (one["usable"], one["why"], one["refused"]) == (True, "", 0)
        assert confidence(desk, disagreeing) == 70


def test_without_the_package_there_is_no_state(desks, disagreeing, functions):
    ours, theirs = desks
    before = state(theirs("^state"), hash_only=True).data["state"]
    away(functions)
    for _ in range(2):
        with pytest.raises(TrustError, match="no installed package offers") as caught:
            state(theirs("^state"), hash_only=True)
    assert TARGET in caught.value.message
    assert "install" in caught.value.hint
    (one,) = merges(theirs)
    assert (one["usable"], one["refused"]) == (False, 1)
    os.rename(f"{functions}.away", functions)
    assert state(theirs("^state"), hash_only=True).data["state"] == before
    assert [one["refused"] for one in merges(theirs)] == [0]
    assert state(ours("^state"), hash_only=True).data["state"] == before


def test_what_is_shown_then_is_marked_and_its_view_stays(desks, disagreeing, functions):
    _, theirs = desks
    render(theirs("^render"))
    (item,) = list_knowledge(theirs("^belief list")).data["items"]
    before = theirs.clone.read(item["path"])
    assert "confidence = 70" in before
    away(functions)
    said = show(theirs("^belief show"), disagreeing)
    assert said.data["refused"] == ["confidence"]
    assert "not merged here: confidence" in said.text
    assert confidence(theirs, disagreeing) == 50
    assert "(not merged here)" in list_knowledge(theirs("^belief list")).text
    assert item["path"] not in render(theirs("^render")).data["stale"]
    theirs.keep("something else")
    assert item["path"] not in theirs.commit()
    assert theirs.clone.read(item["path"]) == before


def test_other_code_under_the_same_name_is_refused(desks, disagreeing, functions):
    _, theirs = desks
    install(functions, "highest", LOWEST)
    forget()
    with pytest.raises(TrustError, match="not the code that was pinned"):
        state(theirs("^state"), hash_only=True)
    assert confidence(theirs, disagreeing) == 50
    install(functions, "highest", HIGHEST)
    forget()
    assert confidence(theirs, disagreeing) == 70


def test_an_edit_that_has_seen_both_needs_no_function(desks, disagreeing, functions):
    _, theirs = desks
    away(functions)
    edit(theirs("^belief edit"), disagreeing, set_=["confidence=60"])
    assert state(theirs("^state"), hash_only=True).data["entities"]
    assert confidence(theirs, disagreeing) == 60


def test_a_cut_of_before_is_folded_by_what_was_pinned_then(desks, disagreeing, functions):
    ours, _ = desks
    cut = state(ours("^state"), hash_only=True).data
    install(functions, "lowest", LOWEST)
    add(ours("^merge add"), "lowest", TARGET)
    assert confidence(ours, disagreeing) == 50
    again = state(ours("^state"), hash_only=True, at=cut["cut"]).data
    assert again["state"] == cut["state"]
    assert confidence(ours, disagreeing) == 50


def test_undo_brings_back_what_the_function_said(desks, disagreeing, functions):
    ours, _ = desks
    edit(ours("^belief edit"), disagreeing, set_=["confidence=60"])
    assert confidence(ours, disagreeing) == 60
    away(functions)
    with pytest.raises(ShardError, match="function that can't be used here"):
        undo(ours("^undo"))
    os.rename(f"{functions}.away", functions)
    undo(ours("^undo"))
    assert confidence(ours, disagreeing) == 70


def test_a_hand_edit_signs_only_what_was_typed(desks, disagreeing):
    ours, _ = desks
    render(ours("^render"))
    (item,) = list_knowledge(ours("^belief list")).data["items"]
    ours.commit()
    ours.clone.write(item["path"], ours.clone.read(item["path"]).replace("+++\n\n", "+++\n\nx\n"))
    adopt(ours("^adopt"), [item["path"]])
    said = ours.events()[-1]["data"]["effects"]
    assert [one["field"] for one in said] == ["body"]
    assert confidence(ours, disagreeing) == 70
