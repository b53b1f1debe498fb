"""^belief add keeps what is held to be true of a subject."""

import pytest

from agence.base.errors import Refusal
from agence.commands.beliefs.add import add as believe
from agence.commands.knowledge.show import show
from tests.commands.desk import effects
from tests.commands.test_fields import entity


def test_a_belief_says_what_of_what_and_how_sure(context):
    said = believe(context("^belief add"), " the queue ", "runs-on", "rabbitmq", confidence=80)
    fields = entity(context, said.data["id"]).fields
    wanted = {"subject": "the queue", "relation": "runs-on", "object": "rabbitmq", "confidence": 80}
    assert wanted.items() <= fields.items()
    assert said.data["title"] == "the queue runs-on rabbitmq"


def test_a_belief_is_shown_with_what_it_says(context):
    said = believe(context("^belief add"), "billing", "owner", "team north", body="In May.")
    text = show(context("^belief show"), said.data["id"]).text
    assert "billing owner team north" in text
    assert "In May." in text


def test_a_credential_in_a_field_is_refused(context):
    secret = "AKIA" + "IOSFODNN7" + "ABCDEFG"
    with pytest.raises(Refusal):
        believe(context("^belief add"), "the key", "is", secret)
    assert not any("the key" in str(one) for one in effects(context.events()))
