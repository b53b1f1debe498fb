"""/ runs what the list allows, refuses the rest, and logs before and after."""

import json
import os

import pytest

from agence.base.errors import ApprovalNeeded, OutsideError, Refusal, TrustError
from agence.commands.run import run
from agence.schema.effects import set_field
from tests.clone import Clone
from tests.commands.desk import Desk


def entries(desk):
    with open(desk.local("nexus", "logs", "commands.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def adopt(desk, text):
    """The clone adopts a list of commands for its shard."""
    shard = desk("^codex").shard
    pages = shard.index("shared").entities("codex")
    page = next(one for one in pages if one.text("path") == "commands.json")
    shard.append([shard.draft("codex", "shared", [set_field("text", text)], over=page)])


def listed(**rows):
    return json.dumps({"version": 1, "default": "inherit", "commands": rows})


def test_what_is_allowed_runs_and_is_captured_for_a_program(context):
    context.clone.write("new.txt", "x\n")
    said = run(context("run", program=True), ["git-status", "--short"])
    assert said.code == 0
    assert said.data["code"] == 0
    assert "?? new.txt" in said.data["stdout"]
    assert said.data["argv"][0] == "git"
    assert (said.data["tier"], said.data["rule"]) == ("T0", "git-status")


def test_its_output_goes_straight_to_the_terminal_of_a_person(context, capfd):
    context.clone.write("new.txt", "x\n")
    said = run(context("run"), ["git", "status", "--short"])
    assert "?? new.txt" in capfd.readouterr().out
    assert (said.text, said.data["stdout"], said.data["stderr"]) == ("", None, None)


def test_the_exit_code_is_the_commands_own(context):
    said = run(context("run", program=True), ["git-show", "0000000"])
    assert said.code == said.data["code"] == 128
    assert said.data["stderr"]


def test_it_is_logged_before_and_after(context):
    folder = os.path.join(context.clone.path, "src")
    run(context("run", cwd=folder, speaker="ralph", program=True), ["git-status"])
    before, after = entries(context)
    assert (before["phase"], after["phase"]) == ("intent", "result")
    assert before["id"] == after["id"]
    assert (before["by"], before["cwd"], before["verdict"]) == ("ralph", "src", "allow")
    assert before["argv"][:1] == ["git"]
    assert (after["outcome"], after["code"]) == ("ran", 0)
    assert before["at"] < after["at"]
    assert oct(os.stat(context.local("nexus", "logs", "commands.jsonl")).st_mode)[-3:] == "600"


REFUSED = [["rm", "-rf", "src"], ["terraform-apply"], ["/bin/rm", "x"], ["git-push", "--force"]]


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_refused_does_not_run_and_is_logged(context, words):
    context.answer = "y"
    with pytest.raises(Refusal) as raised:
        run(context("run"), words)
    assert (raised.value.exit_code, context.asked) == (5, [])
    (entry,) = entries(context)
    assert (entry["phase"], entry["outcome"], entry["verdict"]) == ("decision", "refused", "deny")
    assert os.path.exists(os.path.join(context.clone.path, "src"))


@pytest.mark.parametrize("words", [["some-program"], ["git-status", "--unheard-of"]])
def test_what_no_rule_knows_waits_for_a_person(context, words):
    with pytest.raises(ApprovalNeeded) as raised:
        run(context("run"), words)
    assert raised.value.exit_code == 7
    (entry,) = entries(context)
    assert (entry["phase"], entry["outcome"], entry["verdict"]) == (
        "decision",
        "approval needed",
        "ask",
    )


def test_a_person_at_the_terminal_is_asked(context, capfd):
    context.clone.git("config", "alias.hello", "!echo hello")
    context.answer = "n"
    with pytest.raises(ApprovalNeeded):
        run(context("run"), ["git", "hello"])
    context.answer = "y"
    assert run(context("run"), ["git", "hello"]).code == 0
    assert "hello" in capfd.readouterr().out
    assert len(context.asked) == 2
    assert "git hello" in context.asked[0]
    assert [one.get("approved") for one in entries(context)] == [None, True, None]


def test_a_program_that_is_not_installed_is_logged_as_not_started(context):
    context.answer = "y"
    with pytest.raises(OutsideError):
        run(context("run"), ["no-such-program"])
    before, after = entries(context)
    assert (before["phase"], after["outcome"]) == ("intent", "not started")


def test_there_is_no_shell(context):
    context.answer = "y"
    with pytest.raises((Refusal, OutsideError)):
        run(context("run"), ["git-status; touch made"])
    run(context("run", program=True), ["git-status", "$(touch made)", ";", "touch", "made"])
    assert not os.path.exists(os.path.join(context.clone.path, "made"))


ALLOWS_RM = listed(
    rm={"run": ["rm"], "tier": "T0", "summary": "take away", "operands": ["path..."]}
)
REFUSES_STATUS = listed(
    **{"git-status": {"run": ["git", "status"], "tier": "T3", "summary": "no", "why": "not here"}}
)
EMPTY = '{"version": 1}'
MALFORMED = ["", "{", "[]", '{"version": 2}', '{"version": 1, "version": 1}', listed(x={"run": []})]


def test_a_list_of_the_shard_that_allows_more_changes_nothing(context):
    adopt(context, ALLOWS_RM)
    with pytest.raises(Refusal) as raised:
        run(context("run"), ["rm", "README.md"])
    assert raised.value.exit_code == 5
    assert os.path.exists(os.path.join(context.clone.path, "README.md"))
    assert run(context("run", program=True), ["git-status"]).code == 0


def test_a_list_of_the_shard_can_refuse_what_the_shipped_one_allows(context):
    adopt(context, REFUSES_STATUS)
    with pytest.raises(Refusal, match="git-status") as raised:
        run(context("run"), ["git-status"])
    assert "not here" in raised.value.hint
    assert entries(context)[0]["layer"] == "codex"
    assert run(context("run", program=True), ["git-log", "--oneline"]).code == 0


def test_a_list_that_does_not_inherit_leaves_the_rest_to_a_person(context):
    adopt(context, EMPTY)
    with pytest.raises(ApprovalNeeded):
        run(context("run"), ["git-status"])


@pytest.mark.parametrize("text", MALFORMED)
def test_a_list_that_can_not_be_read_refuses_everything(context, text):
    adopt(context, text)
    context.answer = "y"
    with pytest.raises(TrustError):
        run(context("run"), ["git-status"])
    assert context.asked == []
    (entry,) = entries(context)
    assert (entry["phase"], entry["outcome"]) == ("decision", "refused")
    assert entry["argv"] == ["git-status"]


@pytest.mark.parametrize("text", [ALLOWS_RM, REFUSES_STATUS, "{"])
def test_a_list_in_the_work_tree_or_of_another_writer_changes_nothing(desks, text):
    ours, theirs = desks
    ours.clone.write(".agence/codex/commands.json", text)
    assert run(ours("run", program=True), ["git-status"]).code == 0
    adopt(theirs, text)
    shard = theirs("^codex").shard
    fields = [set_field("path", "commands.json"), set_field("text", text)]
    shard.append([shard.draft("codex", "shared", fields)])
    assert run(theirs("run", program=True), ["git-status"]).code == 0
    with pytest.raises(Refusal):
        run(theirs("run"), ["rm", "README.md"])


def test_it_works_before_init(repo):
    assert run(Desk(repo)("run", program=True), ["git-status"]).code == 0


def test_a_torn_line_in_the_log_stays_a_line_of_its_own(context):
    run(context("run", program=True), ["git-status"])
    path = context.local("nexus", "logs", "commands.jsonl")
    with open(path, "ab") as file:
        file.write(b'{"torn')
    run(context("run", program=True), ["git-status"])
    lines = Clone(os.path.dirname(path)).read("commands.jsonl").splitlines()
    assert [line for line in lines if line == '{"torn']
    assert len(lines) == 5


def test_through_the_door(context):
    clone = context.clone
    assert json.loads(clone.agence("--json", "/git-status"))["data"]["code"] == 0
    assert "On branch main" in clone.agence("/git-status")
    assert "On branch main" in clone.agence("run", "git-status")
    for words, code, name in (
        (["/terraform-apply"], 5, "refused"),
        (["/unheard-of"], 7, "approval"),
    ):
        said = json.loads(clone.agence("--json", *words, code=code))
        assert said["error"]["code"] == name
        assert said["error"]["hint"]
    clone.agence("/git-show", "0000000", code=128)
