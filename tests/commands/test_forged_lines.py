"""What a stranger writes stays inside of the line or the text that it belongs to."""

import pytest

from agence.commands.conflicts.list import list_ as conflicts
from agence.commands.conflicts.show import show as show_conflict
from agence.commands.history import history
from agence.commands.knowledge.list import list_
from agence.commands.knowledge.show import show
from agence.commands.status import status
from agence.commands.tasks.add import add as add_task
from agence.commands.tasks.list import list_ as list_tasks
from agence.commands.tasks.show import show as show_task
from agence.schema.effects import add_member, delete, increment, set_field
from tests.commands.stranger import Stranger

NEW = "bad\nFORGED line"


def check(text, *, said=True):
    """No line of an answer begins with what a stranger said, where it says that at all (`said`)."""
    assert "FORGED" in text or not said
    assert [line for line in text.split("\n") if line.startswith("FORGED")] == []


@pytest.fixture
def stranger(context):
    return Stranger(context)


def test_a_lesson_s_fields_reasons_and_answers_begin_no_line(context, stranger):
    lesson = context.keep("x", "the body")
    context.commit()
    for number in range(2):
        said = [set_field(name, f"{NEW} {number}") for name in (NEW, "title", "body", "links")]
        said += [set_field("status", NEW), set_field(f"answer:{NEW}", {"strategy": NEW + "x"})]
        stranger.write(
            said,
            over=lesson,
            resolves={"conflict": NEW, "strategy": NEW, "chosen": [NEW]},
            undoes="\nFORGED",
        )
    stranger.write([delete(), increment(NEW, 1)], over=lesson, reason=NEW)
    stranger.write([add_member(NEW, NEW), {"op": NEW, "field": NEW, "value": NEW}], over=lesson)
    stranger.put(stranger.chain)
    check(conflicts(context("^conflicts")).text)
    check(history(context("^history"), lesson).text)
    check(show(context("^lesson show"), lesson).text.partition("\n\n")[0])
    for verb in (status, list_):
        check(verb(context("^lesson list")).text, said=False)
    for one in conflicts(context("^conflicts")).data["items"]:
        check(show_conflict(context("^conflicts show"), one["id"]).text, said=False)


def test_a_task_s_state_and_name_begin_no_line(context, stranger):
    task = add_task(context("^task add"), ["ship"]).data["id"]
    context.commit()
    for number in range(2):
        said = [set_field(name, f"{NEW} {number}") for name in ("state", "name", "agent", NEW)]
        said += [add_member(name, NEW) for name in ("needs", "after", "scope", "tags")]
        said.append(set_field("claim", {"agent": NEW, "fence": 0, "writer": NEW, "until": 1}))
        stranger.write(said, "task", over=task)
    stranger.put(stranger.chain)
    check(list_tasks(context("^task list")).text)
    check(show_task(context("^task show"), task).text)
    check(history(context("^history"), task).text)
    check(conflicts(context("^conflicts")).text)


def test_a_belief_s_subject_begins_no_line(context, stranger):
    for value in "ab":
        said = {"subject": NEW, "relation": NEW, "object": f"{NEW} {value}", "title": NEW}
        stranger.write([set_field(name, word) for name, word in said.items()], "belief")
    stranger.put(stranger.chain)
    check(conflicts(context("^conflicts")).text)
    check(list_(context("^belief list")).text)


@pytest.mark.parametrize("sure", [10**15, 101, -1, True, "99"])
def test_a_confidence_that_nobody_can_have_is_none(context, stranger, sure):
    lesson = context.keep("x")
    context.commit()
    stranger.write([set_field("title", "theirs"), set_field("confidence", sure)], over=lesson)
    stranger.write([set_field("title", "other"), set_field("confidence", 70)], over=lesson)
    stranger.put(stranger.chain)
    asked = conflicts(context("^conflicts"))
    titles = next(one for one in asked.data["items"] if one["field"] == "title")
    assert {side["words"]: side["confidence"] for side in titles["sides"]} == {
        "theirs": None,
        "other": 70,
    }
