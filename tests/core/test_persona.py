"""The eight personas that are shipped, and what a persona has to say."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import ShardError
from agence.schema.persona import Handoff, parse
from tests.core.command_corpus import ROOT

TEMPLATE = os.path.join(ROOT, "codex-template")
EIGHT = {
    "claudia": "opus", "chad": "gpt", "aiko": "haiku", "sonya": "sonnet", "ralph": "ralph",
    "olena": "ollama", "peers": "3-peers", "pilot": "copilot",
}  # fmt: skip
SMALL = """+++
name = "ann"
model = "m"
role = "r"
capabilities = ["a"]
context_window = 1000
constraints = ["b"]
[[handoff]]
to = "bob"
when = "c"
+++

# Ann
"""


def read(*path: str) -> str:
    with open(os.path.join(TEMPLATE, *path), encoding="utf-8") as file:
        return file.read()


@pytest.mark.parametrize(("name", "model"), EIGHT.items())
def test_a_shipped_persona_says_all_it_has_to(name, model):
    persona = parse(read("agents", f"{name}.md"))
    assert (persona.name, persona.model) == (name, model)
    assert persona.role
    assert persona.capabilities
    assert persona.constraints
    assert persona.context_window >= 4096
    assert persona.handoff
    assert all(rule.to in EIGHT and rule.to != name for rule in persona.handoff)
    assert persona.body.startswith("# ")


def test_there_are_eight():
    assert {
        file.removesuffix(".md") for file in os.listdir(os.path.join(TEMPLATE, "agents"))
    } == set(EIGHT)


def test_laws_and_rules_fit_what_an_agent_is_given():
    assert len((read("LAWS.md") + read("RULES.md")).encode()) < 1400


def test_a_persona_is_read_field_by_field():
    persona = parse(SMALL)
    assert persona == ("ann", "m", "r", ("a",), 1000, ("b",), (Handoff("bob", "c"),), "# Ann\n")
    assert parse(SMALL.replace("\n", "\r\n")) == persona
    assert parse(SMALL.replace("role =", "later = 1\nrole =")) == persona


@pytest.mark.parametrize(
    "field", ["name", "model", "role", "capabilities", "context_window", "constraints"]
)
@pytest.mark.parametrize("value", ["", '""', "[]", "true", "0", '["a\\nb"]', "[1]"])
def test_a_wrong_field_is_named(field, value):
    lines = SMALL.split("\n")
    broken = [f"{field} = {value}" if value and line.startswith(field) else line for line in lines]
    if not value:
        broken = [line for line in lines if not line.startswith(field)]
    with pytest.raises(ShardError, match=f"'{field}'"):
        parse("\n".join(broken))


@pytest.mark.parametrize(
    ("old", "field"), [('to = "bob"', "to"), ('when = "c"', "when"), ("[[handoff]]", "handoff")]
)
def test_a_wrong_handoff_is_named(old, field):
    with pytest.raises(ShardError, match=f"'{field}'"):
        parse(SMALL.replace(old, ""))


@given(st.text() | st.text().map(lambda text: f"+++\n{text}\n+++\n"))
def test_no_text_breaks_the_reader(text):
    with pytest.raises(ShardError):
        parse(text)
