"""The table of verbs, the files, the help, the envelope, the reference and the tests agree."""

import json
import os
import re
import sys
from importlib.util import find_spec

import pytest

from agence.cli import help as pages
from agence.cli import table
from agence.cli.main import main
from tests.clone import Clone
from tests.conftest import ROOT, make_history
from tests.functions import HIGHEST, environment, install

COMMANDS = os.path.join(ROOT, "agence", "commands")
SHARED_BY_COMMANDS = {
    *("contract", "fields", "gated", "reading", "shown", "words"),
    *("sessions.shown", "tasks.shown"),
}
SENTENCE = re.compile(r"[A-Z][^\n]*[^.\s]\.").fullmatch
ROWS = pytest.mark.parametrize("row", table.ROWS, ids=lambda row: row.name)


def module_of(row):
    return row.module if row.module.startswith("agence.") else f"agence.commands.{row.module}"


def docstring_of(row):
    table.function_of(row)
    return sys.modules[module_of(row)].__doc__ or ""


def typed(row):
    """The words that a verb is typed with, without its arguments."""
    if row.doors in ("", "+"):
        return row.name.split()
    return row.label().split()


@ROWS
def test_a_row_has_its_module_and_function(row):
    assert find_spec(module_of(row))
    assert callable(table.function_of(row))
    assert table.function_of(row).__module__ == module_of(row)


@ROWS
def test_a_docstring_is_one_sentence_then_examples(row):
    text = docstring_of(row)
    first, blank, examples_begin = text.split("\n")[:3]
    assert SENTENCE(first), first
    assert (blank, examples_begin) == ("", "Examples:")
    examples = pages.page(text).examples
    assert len(examples) >= 2
    assert any("agence" in one for one in examples)


@ROWS
def test_help_prints_the_examples_first(row, capsys):
    assert main([*typed(row), "--help"]) == 0
    said = capsys.readouterr().out.split("\n\n")
    assert said[0] == f"agence {row.label()}: {row.summary}"
    first = pages.page(docstring_of(row)).examples[0]
    assert said[1].split("\n")[:2] == ["Examples", f"  {first}"]
    assert main(["help", *row.name.split()]) == 0
    assert capsys.readouterr().out.split("\n\n") == said


def test_every_module_of_a_command_is_reached():
    found = set()
    for folder, _, names in os.walk(COMMANDS):
        inside = os.path.relpath(folder, COMMANDS).replace(os.sep, ".").lstrip(".")
        for name in names:
            if name.endswith(".py") and name != "__init__.py":
                found.add(".".join(filter(None, [inside, name.removesuffix(".py")])))
    reached = {row.module for row in table.ROWS if not row.module.startswith("agence.")}
    assert found - reached == SHARED_BY_COMMANDS


@ROWS
def test_the_reference_has_a_heading_for_it(row):
    with open(os.path.join(ROOT, "docs", "commands.md"), encoding="utf-8") as file:
        headings = [line for line in file if line.startswith("### ")]
    assert any(f"`{row.label()}`" in heading for heading in headings)


@ROWS
def test_a_test_calls_it(row):
    if row.name == "shell-init":  # only a shell can tell whether its lines are right
        assert "shell-init" in Clone(os.path.join(ROOT, "tests", "cli")).read("test_shells.py")
        return
    folder = Clone(os.path.join(ROOT, "tests", "commands"))
    words = ", ".join(f'"{word}"' for word in typed(row))
    named = re.compile(
        rf"^from {re.escape(module_of(row))} import |{re.escape(words)}", re.MULTILINE
    )
    stem = row.module.partition(".")[0].removesuffix("s")
    names = [name for name in os.listdir(folder.path) if name.startswith(f"test_{stem}")]
    assert any(named.search(folder.read(name)) for name in names), names


@pytest.fixture(scope="module")
def shard(tmp_path_factory, programs, git_identity):
    """A shard with a remote, one of each kind and a session; the lines that work in it."""
    folder = tmp_path_factory.mktemp("table")
    remote, clone = Clone(folder / "remote.git"), Clone(folder / "clone")
    for place, more in ((remote, ["--bare"]), (clone, [])):
        os.mkdir(place.path)
        place.git("init", "--quiet", *more)
    make_history(clone)
    clone.git("remote", "add", "origin", remote.path)
    clone.git("push", "--quiet", "--set-upstream", "origin", "main")
    clone.run("agence", "^init")
    lines = {row.name: typed(row) for row in table.ROWS}
    for kind in (*table.KINDS, *table.WORK_KINDS):
        rest = ("runs-on", "rabbitmq") if kind == "belief" else ()
        said = json.loads(
            clone.run("agence", f"^{kind}", "add", "the queue", *rest, "--json").stdout
        )
        lines[f"{kind} add"] += ["another", *rest]
        lines[f"{kind} show"].append(said["data"]["id"])
        lines[f"{kind} edit"] += [said["data"]["id"], "--title", "a better title"]
    lines["history"].append(lines["lesson show"][-1])
    session = json.loads(clone.run("agence", "^save", "half way", "--json").stdout)["data"]
    lines["session show"].append(session["session_id"])
    for name in ("learn", "recall", "save", "ask", "plan"):
        lines[name].append("queue")
    lines["restore"].append(_kept(clone, "gone"))
    lines["delete"].append(lines["restore"][-1])
    lines["undo"].append(_kept(clone, "undone"))
    opposed = _kept(clone, "tabs")
    _kept(clone, "spaces", "--opposes", opposed)
    conflict = json.loads(clone.run("agence", "^conflicts", "--json").stdout)["data"]["items"][0]
    lines["conflicts show"].append(conflict["id"])
    lines["conflicts answer"] += [conflict["id"], "--take", "newest"]
    lines["shard add"] += ["other", _another_shard(str(folder / "other"))]
    lines["shard remove"].append("other")
    _add_task_lines(clone, lines)
    lines["shell-init"].append("bash")
    for name in ("hooks install", "hooks remove"):
        lines[name].append("git")
    lines["hooks run"].append("pre-commit")
    lines["handoff"] += ["ralph", "go on", "--file", "bundle"]
    lines["run"].append("git-status")
    lines["system"].append("bash")
    with environment(folder / "environment") as functions:
        _add_merge_lines(functions, lines)
        yield clone, lines


def _add_merge_lines(functions, lines):
    install(functions, "highest", HIGHEST)
    lines["merge add"] += ["highest", "belief.confidence"]
    lines["merge check"].append("highest")
    lines["merge remove"].append("belief.confidence")


def _kept(clone, title, *more):
    """The id of a lesson that is kept."""
    said = clone.run("agence", "^lesson", "add", title, *more, "--json").stdout
    return json.loads(said)["data"]["id"]


def _another_shard(path):
    """The path of a repository with a shard of its own, to be linked."""
    other = Clone(path)
    os.mkdir(path)
    other.git("init", "--quiet")
    make_history(other)
    other.run("agence", "^init")
    other.run("agence", "^commit")
    return path


def _add_task_lines(clone, lines):
    """Tasks in the states that the verbs want, and the lines that do something to them."""
    given = ("--agent", "ralph", "--state", "agent-assigned")
    options = {"waits": ("--needs", "plain"), "over": ("--state", "done"), "given": given}
    for name in ("plain", "waits", "over", "given", "free", "renewed", "released", "other"):
        more = options.get(name, ())
        clone.run("agence", "^task", "add", f"do {name}", "--id", name, *more)
    for name in ("renewed", "released"):
        clone.run("agence", "^task", "claim", name)
    typed_ = {
        "add": "another",
        "expr": "***made ^ plain",
        "show": "plain",
        "dep": "other plain",
        "undep": "waits plain",
        "set": "other paused",
        "start": "free",
        "done": "plain",
        "reopen": "over",
        "vote": "plain up",
        "claim": "free",
        "renew": "renewed",
        "release": "released",
        "takeover": "given",
        "edit": "plain --priority 2",
        "check": "--scope-of plain lib/x",
    }
    for verb, words in typed_.items():
        lines[f"task {verb}"] += [words] if verb == "expr" else words.split()


def envelope(capsys, words):
    """The exit code of a line, and the one line that it prints for programs."""
    capsys.readouterr()
    code = main(["--json", *words])
    said = capsys.readouterr().out
    assert said.count("\n") == 1, said
    return code, json.loads(said)


def failure(capsys, words):
    """The exit code and error of a line that fails, the same for people and for programs."""
    code, said = envelope(capsys, words)
    assert set(said) == {"ok", "error"}
    assert said["ok"] is False
    assert set(said["error"]) == {"code", "message", "hint"}
    assert main(words) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said["error"]["message"] in shown.err
    return code, said["error"]


@ROWS
def test_success_has_its_envelope(row, shard, capsys, monkeypatch, programs):
    clone, lines = shard
    monkeypatch.chdir(clone.path)
    monkeypatch.setattr(sys, "argv", [str(programs / "agence")])
    if row.name == "system":  # nothing starts without a person
        code, error = failure(capsys, lines[row.name])
        assert (code, error["code"]) == (7, "approval")
        return
    code, said = envelope(capsys, lines[row.name])
    assert (code, set(said)) == (0, {"ok", "verb", "data"}), said
    assert (said["ok"], said["verb"]) == (True, row.name)
    assert isinstance(said["data"], dict)
    assert said["data"]
    if row.name == "deinit":
        assert main(["^init"]) == 0


@ROWS
def test_failure_has_its_envelope_and_code(row, shard, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, error = failure(capsys, [*shard[1][row.name], *(["x"] if row.doors == "" else [])])
    if row.name == "shell-init":
        assert (code, error["code"]) == (2, "usage")
    else:
        assert (code, error["code"]) == (3, "shard")
        assert str(tmp_path) in error["message"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("row", [r for r in table.ROWS if r.group != "Gate"], ids=lambda r: r.name)
def test_an_option_that_is_none_has_its_envelope_and_code(row, capsys):
    code, error = failure(capsys, [*typed(row), "--no-such-option"])
    assert (code, error["code"]) == (2, "usage")
    assert "--no-such-option" in error["message"]
    assert f"agence {row.label()} --help" in error["hint"]
