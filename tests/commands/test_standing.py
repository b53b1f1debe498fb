"""What is contested, and what an answer chose others over, says so wherever it is read."""

import pytest

from agence.commands.beliefs.add import add as believe
from agence.commands.conflicts.answer import answer
from agence.commands.conflicts.list import list_ as conflicts
from agence.commands.knowledge.edit import edit
from agence.commands.knowledge.list import list_
from agence.commands.recall import recall
from agence.commands.reload import reload
from agence.commands.sync import sync


@pytest.fixture
def beliefs(context):
    """Two that contradict each other, the second at 80 percent; and one beside them."""
    believe(context("^belief add"), "the queue", "runs-on", "redis")
    believe(context("^belief add"), "the queue", "runs-on", "rabbitmq", confidence=80)
    believe(context("^belief add"), "the queue", "owner", "team north")
    return context


def lines(desk):
    """The last word of an object -> its line, for each verb that shows beliefs."""
    read = (
        list_(desk("^belief list")),
        recall(desk("^recall"), ["queue"]),
        reload(desk("^reload"), budget=20_000),
    )
    return [
        {
            name: line
            for line in report.text.splitlines()
            for name in ("redis", "rabbitmq", "north")
            if "the queue " in line and name in line
        }
        for report in read
    ]


def test_both_are_contested_until_one_of_them_holds(beliefs):
    for shown in lines(beliefs):
        assert "(contested)" in shown["redis"]
        assert "(contested)" in shown["rabbitmq"]
        assert "(contested)" not in shown["north"]
    (one,) = conflicts(beliefs("^conflicts")).data["items"]
    holds = next(side["id"] for side in one["sides"] if "redis" in side["words"])
    answer(beliefs("^conflicts answer"), one["id"], pick=holds)
    for shown in lines(beliefs):
        assert "(not held)" in shown["rabbitmq"]
        assert "(not held)" not in shown["redis"] + shown["north"]
        assert "(contested)" not in "".join(shown.values())


def test_a_list_says_how_sure_their_author_is(beliefs):
    listed = lines(beliefs)[0]
    assert "(80% sure)" in listed["rabbitmq"]
    assert "sure" not in listed["redis"]


def test_a_text_with_two_versions(desks):
    ours, theirs = desks
    kept = ours.keep("Pin the compiler", "one\ntwo\n")
    sync(ours("^sync"))
    sync(theirs("^sync"))
    edit(ours("^lesson edit"), kept, body="one\na zebra\n")
    edit(theirs("^lesson edit"), kept, body="one\na zebu\n")
    sync(theirs("^sync"))
    sync(ours("^sync"))
    found = recall(ours("^recall"), ["zebra"]).text
    assert "(contested)" in found
    assert "zebra" in found
    assert "two versions" not in found
    assert "(contested)" in reload(ours("^reload"), budget=20_000).text
    assert list_(ours("^lesson list")).text.count("(contested)") == 1
