"""! starts a listed program on the terminal once a person agreed, and logs it."""

import json
import os

import pytest

from agence.base.errors import ApprovalNeeded, Refusal
from agence.commands.system import system
from agence.schema.effects import set_field


def entries(desk):
    with open(desk.local("nexus", "logs", "commands.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(autouse=True)
def shell(tmp_path, monkeypatch):
    """A `bash` that says that it started and ends with 3."""
    program = tmp_path / "bin" / "bash"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho started $*\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


def test_once_a_person_agreed_it_starts_on_the_terminal(context, capfd):
    context.answer = " Yes "
    said = system(context("system"), ["bash"])
    assert "started" in capfd.readouterr().out
    assert said.code == 3
    assert len(context.asked) == 1
    assert "bash" in context.asked[0]
    before, after = entries(context)
    assert (before["phase"], before["approved"], before["verdict"]) == ("intent", True, "ask")
    assert (after["phase"], after["code"]) == ("result", 3)


@pytest.mark.parametrize("answer", ["n", "", "no", "yess", "Y es"])
def test_anything_but_yes_is_no(context, capfd, answer):
    context.answer = answer
    with pytest.raises(ApprovalNeeded):
        system(context("system"), ["bash"])
    assert "started" not in capfd.readouterr().out
    (entry,) = entries(context)
    assert (entry["phase"], entry["outcome"]) == ("decision", "approval needed")


def test_without_a_person_it_does_not_start(context, capfd):
    with pytest.raises(ApprovalNeeded) as raised:
        system(context("system"), ["bash"])
    assert raised.value.exit_code == 7
    assert context.asked == []
    assert "started" not in capfd.readouterr().out


@pytest.mark.parametrize(
    "words", [["rm", "-rf", "src"], ["python3"], ["/bin/bash"], ["git-status"]]
)
def test_what_is_not_on_its_list_is_refused_unasked(context, words):
    context.answer = "y"
    with pytest.raises(Refusal) as raised:
        system(context("system"), words)
    assert raised.value.exit_code == 5
    assert context.asked == []
    assert "bash" in raised.value.hint


def test_the_shard_can_take_one_off_the_list(context):
    row = {"run": ["bash"], "tier": "T3", "summary": "a shell", "why": "no shells here"}
    text = json.dumps({"version": 1, "default": "inherit", "system": {"bash": row}})
    shard = context("^codex").shard
    fields = [set_field("path", "commands.json"), set_field("text", text)]
    shard.append([shard.draft("codex", "shared", fields)])
    context.answer = "y"
    with pytest.raises(Refusal, match="bash") as raised:
        system(context("system"), ["bash"])
    assert "no shells here" in raised.value.hint
    assert context.asked == []


def test_through_the_door(context):
    said = json.loads(context.clone.agence("--json", "!bash", code=7))
    assert said["error"]["code"] == "approval"
    assert json.loads(context.clone.agence("--json", "system", "rm", code=5))["ok"] is False
