"""^restore brings back what was deleted, in every clone, with its id."""

import pytest

from agence.base.identifiers import Ambiguous
from agence.commands.delete import delete
from agence.commands.knowledge.show import show
from agence.commands.pull import pull
from agence.commands.push import push
from agence.commands.restore import restore


def test_what_another_clone_deleted_is_brought_back_in_both(desks, send):
    ours, theirs = desks
    identity = ours.keep("one", "its text", "tag")
    send()
    before = show(theirs("^lesson show"), identity).data
    delete(ours("^delete"), [identity])
    send()
    assert show(theirs("^lesson show"), identity).data["deleted"] is True
    restore(theirs("^restore"), [identity[:8]])
    theirs.commit()
    push(theirs("^push"))
    pull(ours("^pull"))
    for desk in desks:
        assert {**show(desk("^lesson show"), identity).data, "updated": 0} == {
            **before,
            "updated": 0,
        }


def test_what_is_there_is_left_alone(context):
    identity = context.keep("one")
    before = context.events()
    said = restore(context("^restore"), [identity])
    assert said.data == {"restored": [], "count": 0}
    assert "is not deleted" in said.text
    assert context.events() == before


def test_an_id_that_fits_nothing(context):
    with pytest.raises(Ambiguous):
        restore(context("^restore"), ["0" * 8])


def test_it_can_be_deleted_and_restored_again_and_again(context):
    identity = context.keep("one")
    for _ in range(3):
        assert delete(context("^delete"), [identity]).data["count"] == 1
        assert restore(context("^restore"), [identity]).data["count"] == 1
    assert "deleted" not in show(context("^lesson show"), identity).data
