"""A coding agent's hook gets its answer, and never a code that it reads as something else."""

import json
import os
import shutil

import pytest

from agence.drivers.hook import EDITED, hook


def answer(told):
    """What the hook says to Claude before a tool: (verdict, reason), or None."""
    said = hook(("claude", "pre-tool"), json.dumps(told).encode())
    if said is None:
        return None
    inner = said["hookSpecificOutput"]
    assert said.keys() == {"hookSpecificOutput"}
    assert inner.keys() == {"hookEventName", "permissionDecision", "permissionDecisionReason"}
    assert inner["hookEventName"] == "PreToolUse"
    return inner["permissionDecision"], inner["permissionDecisionReason"]


def bash(line):
    said = answer({"tool_name": "Bash", "tool_input": {"command": line}})
    return said and said[0]


DENIED = [
    "terraform apply",
    "terraform apply -auto-approve",
    "cd infra && terraform -chdir=x apply",
    "echo hello; TF_LOG=1 /usr/bin/terraform destroy",
    "make plan || terraform apply",
    "ls | terraform apply",
    "ls\nterraform apply",
    "(terraform apply)",
    "echo $(terraform apply)",
    "if true; then terraform apply; fi",
    "'terraform' \"apply\"",
    "ter\\\nraform apply",
    "git push && git clean -fd",
    "git -C other clean -fd",
    "git log --ext-diff",
    "KUBECTL.exe delete pod x",
    "find . -name x -delete",
    "python3.12 -c 'x'",
    "mkfs.ext4 /dev/sda",
]
ASKED = [
    "git push",
    "git push origin main 2>&1 | cat",
    "ls && git commit -m 'terraform apply'",
    "python3.12 build.py",
    "cat <<EOF\nterraform apply\nEOF",
    "echo don't\nterraform apply",
]
UNJUDGED = [
    "ls -la",
    "git status",
    "git branch -D x",
    "npm test",
    "echo terraform apply",
    "grep -rn 'terraform apply' .",
    "git log --grep='git push'",
    "cat <<EOF > notes\ngit push\nEOF",
    "./terraform-apply",
    "$TOOL apply",
    "=x",
    "",
    "'",
]


@pytest.mark.parametrize("line", DENIED)
def test_what_the_list_refuses_is_denied(line):
    assert bash(line) == "deny"


@pytest.mark.parametrize("line", ASKED)
def test_what_needs_a_person_is_asked(line):
    assert bash(line) == "ask"


@pytest.mark.parametrize("line", UNJUDGED)
def test_of_the_rest_there_is_no_opinion(line):
    assert bash(line) is None


def test_a_reason_names_the_rule_and_never_the_line():
    line = "terraform apply -var password=hunter2"
    verdict, reason = answer({"tool_name": "Bash", "tool_input": {"command": line}})
    assert verdict == "deny"
    assert "terraform-apply" in reason
    assert "hunter2" not in reason


def edit(repo, path, tool="Edit"):
    told = {"tool_name": tool, "tool_input": {EDITED[tool]: path}, "cwd": repo.path}
    said = answer(told)
    return said and said[0]


@pytest.mark.parametrize("tool", EDITED)
def test_every_tool_that_edits_is_looked_at(repo, tool):
    assert edit(repo, ".git/config", tool) == "deny"
    assert edit(repo, "src/shop.py", tool) is None


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        (".git/hooks/pre-commit", "deny"),
        (".git/agence/nexus/own/x", "deny"),
        (".git/modules/sub/config", "deny"),
        (".GIT/config", "deny"),
        ("src/../.git/config", "deny"),
        ("link/config", "deny"),
        (".git", "deny"),
        (".git/info/exclude", None),
        (".agence/codex/LAWS.md", "ask"),
        (".agence/log/2026-01/a/1-b.jsonl", "ask"),
        (".agence/synthetic/lessons/x.md", None),
        ("git/config", None),
        ("", None),
    ],
)
def test_what_governs_is_not_edited_unasked(repo, path, verdict):
    os.symlink(".git", os.path.join(repo.path, "link"))
    assert edit(repo, path) == verdict
    assert edit(repo, path and os.path.join(repo.path, path)) == verdict


def test_a_git_directory_elsewhere_is_known(repo, tmp_path):
    elsewhere = str(tmp_path / "meta")
    shutil.move(os.path.join(repo.path, ".git"), elsewhere)
    repo.write(".git", f"gitdir: {elsewhere}\n")
    repo.git("worktree", "add", "--quiet", "../linked")
    assert edit(repo, f"{elsewhere}/config") == "deny"
    repo.path = os.path.join(repo.path, "src")
    assert edit(repo, f"{elsewhere}/agence/nexus/own/x") == "deny"
    repo.path = str(tmp_path / "linked")
    assert edit(repo, f"{elsewhere}/hooks/pre-commit") == "deny"
    assert edit(repo, f"{elsewhere}/description") is None


CALM = [
    ((), "{}"),
    (("claude",), "{}"),
    (("claude", "pre-tool", "--help"), "{}"),
    (("--help",), ""),
    (("nobody", "pre-tool"), "{}"),
    (("claude", "no-event"), "{}"),
    (("claude", "pre-tool"), ""),
    (("claude", "pre-tool"), "["),
    (("claude", "pre-tool"), "[]"),
    (("claude", "pre-tool"), "[" * 100_000),
    (("claude", "pre-tool"), '{"tool_name": "Write", "tool_input": {"file_path": "\\u0000"}}'),
    (("claude", "pre-tool"), '{"tool_name": [], "tool_input": {}}'),
    (("claude", "session-start"), "\udcff"),
    (("claude", "session-start"), '{"cwd": "/nowhere"}'),
    (("claude", "session-start"), "{}"),
]


@pytest.mark.parametrize(("words", "feed"), CALM)
def test_whatever_goes_wrong_is_no_opinion(repo, words, feed):
    done = repo.run("agence-hook", *words, feed=feed)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"tool_name": "Bash"},
        {"tool_name": "Bash", "tool_input": {"command": 3}},
        {"tool_name": "Edit", "tool_input": {}},
        {"tool_name": "Read", "tool_input": {"file_path": ".git/config"}},
    ],
)
def test_what_is_not_for_the_guard_gets_no_answer(repo, told):
    done = repo.run("agence-hook", "claude", "pre-tool", feed=json.dumps(told))
    assert (done.stdout, done.stderr) == ("", "")


def test_the_process_prints_one_wrapped_answer(repo):
    told = {"tool_name": "Bash", "tool_input": {"command": "terraform apply"}, "cwd": repo.path}
    done = repo.run("agence-hook", "claude", "pre-tool", feed=json.dumps(told))
    assert json.loads(done.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert done.stderr == ""


def test_a_closed_pipe_is_no_crash(repo):
    feed = json.dumps({"tool_name": "Bash", "tool_input": {"command": "terraform apply"}})
    done = repo.run("sh", "-c", "agence-hook claude pre-tool >&-", feed=feed)
    assert "Traceback" not in done.stderr


def test_a_session_starts_with_what_is_known(repo):
    repo.agence("^init")
    repo.agence("^learn", "Rebase before review")
    folder = os.path.join(repo.path, "src")
    done = repo.run("agence-hook", "claude", "session-start", feed=json.dumps({"cwd": folder}))
    inner = json.loads(done.stdout)["hookSpecificOutput"]
    assert inner["hookEventName"] == "SessionStart"
    assert "Rebase before review" in inner["additionalContext"]
    assert inner["additionalContext"].strip() == repo.agence("^reload").strip()
    assert len(inner["additionalContext"].encode()) <= 2000
    assert done.stderr == ""
