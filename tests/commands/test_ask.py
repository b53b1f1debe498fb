"""Plain text asks the shard: without a model the best passages answer, and it says so."""

import pytest

from agence.base.errors import UsageError
from agence.commands.ask import ask


def test_the_best_passages_answer_and_it_says_that_no_model_did(context):
    for number in range(5):
        context.keep(f"Deploys {number}", "on other days")
    best = context.keep("Deploys on Fridays", "Never.")
    said = ask(context("ask"), ["How do we deploy on Fridays?"])
    assert said.data["model"] is None
    assert said.data["query"] == ["deploy", "fridays"]
    assert said.data["hits"][0]["id"] == best
    assert len(said.data["hits"]) == 3
    assert "No model is configured" in said.text
    assert "Deploys on Fridays" in said.text


def test_nothing_that_speaks_of_it_is_said_plainly(context):
    said = ask(context("ask"), ["what about rabbits?"])
    assert said.data["hits"] == []
    assert "No model is configured" in said.text
    assert "rabbits" in said.text


def test_private_text_does_not_answer(context):
    context.keep("rabbits are mine", verb="~note")
    assert ask(context("ask"), ["rabbits"]).data["hits"] == []


def test_no_question_at_all(context):
    with pytest.raises(UsageError):
        ask(context("ask"), ["?!"])


def test_through_the_door_with_and_without_its_word(context):
    identity = context.keep("Symlinks are never repaired", "They are told.")
    for words in (["ask", "why are symlinks never repaired"], ["why are symlinks never repaired"]):
        said = context.clone.agence_json(*words)
        assert said["verb"] == "ask"
        assert said["data"]["hits"][0]["id"] == identity
