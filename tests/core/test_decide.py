"""The first guard: refused by default, the strictest layer wins, and only it makes permits."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import ApprovalNeeded, Refusal
from agence.guard.commands import Row, parse_policy
from agence.guard.decide import Permit, decide, decide_system, permit
from agence.guard.match import match
from tests.core.command_corpus import DANGEROUS, HARMLESS, SHIPPED

SHIPPED_LAYER = ("shipped", SHIPPED)
LISTED = Row(
    name="x",
    run=("x",),
    programs=frozenset(),
    tier="T0",
    summary="s",
    flags=frozenset({"-a", "-b", "--list", "-NUM"}),
    values={"--name": "word", "-n": "number", "--only=": "word"},
    operands=("word", "path..."),
    refused=(),
    added=(),
    why="",
    instead="",
)
STRICTNESS = {"allow": 0, "ask": 1, "deny": 2}

words = st.lists(
    st.sampled_from(
        [
            "git",
            "status",
            "log",
            "push",
            "--short",
            "-f",
            "--force",
            "-p",
            "--",
            "x",
            "../x",
            ".env",
            "ls",
            "rm",
            "grep",
            "-rn",
            "--output=x",
            "git-status",
            "status",
            "tfplan",
            "terraform",
            "plan",
            "-out",
            "apply",
            "find",
            "-exec",
            "-name",
            "cat",
            "/etc/passwd",
            "",
            "a b",
            "-5",
            "--stat",
        ],
    )
    | st.text(),
    max_size=5,
)
rows = st.fixed_dictionaries(
    {
        "run": st.sampled_from(
            [["git"], ["git", "status"], ["ls"], ["git", "push"], ["terraform", "plan"]]
        ),
        "tier": st.sampled_from(["T0", "T1", "T2", "T3", "T4"]),
        "summary": st.just("s"),
        "why": st.just("w"),
        "flags": st.lists(st.sampled_from(["--short", "-f", "--force", "-r", "-n"])),
        "operands": st.sampled_from([[], ["word..."], ["path..."]]),
        "refused": st.lists(st.sampled_from(["-f", "x", "*"])),
    },
)


@st.composite
def layers(draw):
    listed = draw(st.lists(rows, unique_by=lambda row: tuple(row["run"]), max_size=4))
    return parse_policy(
        json.dumps(
            {
                "version": 1,
                "default": draw(st.sampled_from(["ask", "inherit"])),
                "commands": {f"row{n}": row for n, row in enumerate(listed)},
            },
        ),
    )


@given(words, st.lists(layers(), max_size=3), layers())
def test_a_layer_can_only_tighten(typed, some, one_more):
    before = decide([SHIPPED_LAYER, *(("x", layer) for layer in some)], typed)
    after = decide([SHIPPED_LAYER, *(("x", layer) for layer in [*some, one_more])], typed)
    assert STRICTNESS[after.verdict] >= STRICTNESS[before.verdict]
    assert after.tier >= before.tier


@given(words, layers(), layers())
def test_the_order_of_later_layers_changes_no_verdict(typed, one, other):
    forth = decide([SHIPPED_LAYER, ("a", one), ("b", other)], typed)
    back = decide([SHIPPED_LAYER, ("b", other), ("a", one)], typed)
    assert (forth.verdict, forth.tier, forth.argv) == (back.verdict, back.tier, back.argv)


@given(words)
def test_what_is_allowed_starts_with_the_row_and_keeps_every_word(typed):
    decision = decide([SHIPPED_LAYER], typed)
    if decision.verdict == "allow":
        row = SHIPPED.rows[decision.rule]
        assert decision.argv[0] == row.run[0] or decision.argv[0] in row.programs
        rest = list(decision.argv)
        assert all(word in rest for word in typed[len(row.run) :])


@given(st.lists(st.text(), max_size=4))
def test_any_words_get_an_answer(typed):
    assert decide([SHIPPED_LAYER], typed).verdict in STRICTNESS
    assert decide_system([SHIPPED_LAYER], typed).verdict in STRICTNESS


def test_an_unknown_command_waits_for_a_person():
    decision = decide([SHIPPED_LAYER], ["frobnicate", "x"])
    assert (decision.verdict, decision.tier, decision.rule) == ("ask", "T2", "unknown")
    with pytest.raises(ApprovalNeeded) as raised:
        permit(decision, approved=False)
    assert raised.value.exit_code == 7
    assert permit(decision, approved=True).argv == ("frobnicate", "x")


def test_a_refused_command_says_rule_reason_and_way_out():
    decision = decide([SHIPPED_LAYER], ["terraform-apply"])
    for approved in (False, True):
        with pytest.raises(Refusal) as raised:
            permit(decision, approved=approved)
        assert raised.value.exit_code == 5
        assert raised.value.message == "'terraform apply' is refused (rule terraform-apply)"
        assert "can't be undone" in raised.value.hint
        assert "by hand" in raised.value.hint


@pytest.mark.parametrize(
    "command",
    [
        "git push --force",
        "git push --forc",
        "git push origin main --force",
        "git push --force-with-lease=main",
        "git push -f",
        "git push -uf origin",
        "git push origin +main",
        "git push origin :main",
        "git push -- origin +main",
        "git reset -q --hard",
        "git log --textconv",
        "git fetch --upload-p=id origin",
        "terraform plan --destroy",
        "terraform -chdir=x apply",
        "find . -exec id ;",
        "rg --pre=id x",
        "bash -lc id",
        "python3.12 -c 1",
        "kubectl get Secrets",
        "/usr/bin/sudo id",
    ],
)
def test_what_destroys_is_refused_however_it_is_spelt(command):
    assert decide([SHIPPED_LAYER], command.split(" ")).verdict == "deny"


@pytest.mark.parametrize(
    "command",
    ["git push origin main", "git push -u origin feature", "git commit -mfix", "curl https://x/y"],
)
def test_what_only_needs_a_person_is_not_refused(command):
    assert decide([SHIPPED_LAYER], command.split(" ")).verdict == "ask"


@pytest.mark.parametrize(
    ("words", "unlisted"),
    [
        (["-a", "-b", "-ab", "-7"], None),
        (["-abc"], "-abc"),
        (["--ab"], "--ab"),
        (["--list", "--lis"], "--lis"),
        (["--name", "x", "--name=-x", "-n", "-5", "-n5"], None),
        (["--name", "-a"], "--name"),
        (["--name"], "--name"),
        (["--name="], "--name="),
        (["--only=x"], None),
        (["--only", "x"], "--only"),
        (["one", "two", "three"], None),
        (["one", "../two"], "../two"),
        (["--", "-a", "-b"], None),
        (["-"], None),
    ],
)
def test_flags_values_and_operands_are_told_apart(words, unlisted):
    assert match(LISTED, words).unlisted == unlisted


def test_a_row_without_operands_takes_no_dashes_that_end_the_flags():
    assert match(LISTED._replace(operands=()), ["--"]).unlisted == "--"


def test_without_lists_nothing_runs():
    assert decide([], ["ls"]).verdict == "deny"
    assert decide_system([], ["bash"]).verdict == "deny"


@pytest.mark.parametrize(
    "typed",
    [
        [],
        [""],
        ["", "x"],
        ["git status"],
        ["FOO=1", "rm"],
        ["ls;id"],
        ["a\x00"],
        ["ls", "\x00"],
        ["ls\n"],
    ],
)
def test_words_that_can_not_be_read_are_refused(typed):
    assert decide([SHIPPED_LAYER], typed).verdict == "deny"


def test_a_team_may_forbid_what_we_allow_but_not_allow_what_we_refuse():
    team = parse_policy(
        json.dumps(
            {
                "version": 1,
                "default": "inherit",
                "commands": {
                    "no-log": {
                        "run": ["git", "log"],
                        "tier": "T3",
                        "summary": "s",
                        "why": "we said so",
                    },
                    "rm": {"run": ["rm"], "tier": "T0", "summary": "s", "operands": ["word..."]},
                    "push": {
                        "run": ["git", "push"],
                        "tier": "T0",
                        "summary": "s",
                        "flags": ["--force"],
                    },
                    "ours": {"run": ["deploy"], "tier": "T0", "summary": "s"},
                },
            },
        ),
    )
    both = [SHIPPED_LAYER, ("codex", team)]
    log = decide(both, ["git-log"])
    assert (log.verdict, log.layer, log.rule, log.why) == ("deny", "codex", "no-log", "we said so")
    assert decide(both, ["rm", "x"]).verdict == "deny"
    assert decide(both, ["git", "push", "--force"]).verdict == "deny"
    assert decide(both, ["git", "push"]).verdict == "ask"
    assert decide(both, ["deploy"]).verdict == "ask"
    assert decide(both, ["git-status"]).verdict == "allow"


def test_a_list_that_leaves_a_command_out_asks_unless_it_inherits():
    silent = parse_policy('{"version": 1}')
    assert decide([SHIPPED_LAYER, ("codex", silent)], ["git-status"]).verdict == "ask"
    inherits = parse_policy('{"version": 1, "default": "inherit"}')
    assert decide([SHIPPED_LAYER, ("codex", inherits)], ["git-status"]).verdict == "allow"
    assert decide([("shipped", inherits)], ["git-status"]).verdict == "ask"


def test_git_is_hardened_when_it_runs_unasked_and_as_shown_when_approved():
    assert decide([SHIPPED_LAYER], ["git-diff", "x"]).argv[-4:] == (
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "x",
    )
    assert "core.fsmonitor=false" in decide([SHIPPED_LAYER], ["git-status"]).argv
    assert decide([SHIPPED_LAYER], ["git-push", "origin"]).argv == ("git", "push", "origin")


def test_paths_travel_with_the_permit():
    assert permit(decide([SHIPPED_LAYER], ["cat", "a", "b/c"]), approved=False).paths == (
        "a",
        "b/c",
    )


def test_only_the_guard_makes_a_permit_and_nobody_changes_one():
    decision = decide([SHIPPED_LAYER], ["ls"])
    with pytest.raises(TypeError):
        Permit(object(), decision)
    made = permit(decision, approved=False)
    with pytest.raises(AttributeError):
        made.argv = ("rm",)
    with pytest.raises(AttributeError):
        made.more = 1


@pytest.mark.parametrize(
    "program", ["bash", "zsh", "fish", "aider", "claude", "codex", "gemini", "python"]
)
def test_programs_for_the_terminal_wait_for_a_person(program):
    decision = decide_system([SHIPPED_LAYER], [program])
    assert (decision.verdict, decision.terminal) == ("ask", True)
    assert permit(decision, approved=True).terminal


@pytest.mark.parametrize(
    "typed",
    [
        ["id"],
        ["reboot"],
        ["git", "status"],
        ["bash", "-c", "id"],
        ["bash", "-lc", "id"],
        ["python", "-c", "1"],
        ["claude", "--dangerously-skip-permissions"],
        ["./bash"],
        ["/bin/bash"],
        ["x',{});import os"],
    ],
)
def test_the_terminal_starts_nothing_else(typed):
    assert decide_system([SHIPPED_LAYER], typed).verdict == "deny"


@pytest.mark.parametrize("command", [*DANGEROUS, *HARMLESS])
def test_no_hint_repeats_a_command_that_did_not_run(command):
    decision = decide([SHIPPED_LAYER], command.split(" "))
    if decision.verdict == "allow":
        return
    for text in (decision.why, decision.instead):
        assert " ".join(decision.argv[:2]) not in text or len(decision.argv) == 1
