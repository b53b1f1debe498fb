"""+work shows the plans and issues that speak of it, and says that nothing was planned."""

import pytest

from agence.base.errors import UsageError
from agence.commands.plan_ahead import plan_ahead


def test_plans_and_issues_that_speak_of_it(context):
    plan = context.keep("Refactor the queue", verb="^plan")
    issue = context.keep("The queue is slow", verb="^issue")
    context.keep("Queues are hard")
    context.keep("queue", verb="~plan")
    said = plan_ahead(context("plan"), ["refactor", "the", "queue"])
    assert [hit["id"] for hit in said.data["hits"]] == [plan, issue]
    assert said.data["model"] is None
    assert "No model is configured" in said.text


def test_five_at_the_most(context):
    for number in range(7):
        context.keep(f"queue {number}", verb="^plan")
    assert len(plan_ahead(context("plan"), ["queue"]).data["hits"]) == 5


def test_without_any_it_says_how_to_keep_one(context):
    said = plan_ahead(context("plan"), ["move", "billing"])
    assert said.data["hits"] == []
    assert "^plan add" in said.text


def test_nothing_to_plan(context):
    with pytest.raises(UsageError):
        plan_ahead(context("plan"), ["..."])


def test_through_the_door_with_and_without_its_word(context):
    identity = context.keep("Refactor the queue", verb="^plan")
    for words in (["+refactor", "queue"], ["plan", "refactor", "queue"]):
        said = context.clone.agence_json(*words)
        assert said["verb"] == "plan"
        assert said["data"]["hits"][0]["id"] == identity
