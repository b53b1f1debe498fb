"""What Tab offers, in each place of a line."""

import subprocess
import sys
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import ShardError, UsageError
from agence.cli.complete import answer, candidates
from agence.cli.main import main
from agence.cli.table import heads


def offered(*words):
    return [name for name, _ in candidates(words[:-1], words[-1])]


@pytest.fixture
def shard_knows(monkeypatch):
    module: Any = types.ModuleType("agence.shard.candidates")
    known = {"agent": ["ralph", "sonya"], "entity": ["3fa9c1d2", "77ab0000"]}
    known["command"] = ["git-status", "git-log"]
    module.candidates = lambda kind, _cwd: known.get(kind, [])
    monkeypatch.setitem(sys.modules, "agence.shard.candidates", module)
    return module


PLACES = [
    (["^lea"], ["^learn"]),
    (["~lea"], ["~learn"]),
    (["lea"], ["^learn"]),
    (["share"], ["shared"]),
    (["--j"], ["--json"]),
    (["@ralph", "^resu"], ["^resume"]),
    (["as", "ralph", "~rec"], ["~recall"]),
    (["--json", "-C", "x", "^whe"], ["^where"]),
    (["^", "lea"], ["learn"]),
    (["shared", "lea"], ["learn"]),
    (["private", "sav"], []),
    (["^lesson", ""], ["add", "list", "show", "edit"]),
    (["~note", "e"], ["edit"]),
    (["shared", "session", ""], ["list", "show"]),
    (["^keep", "x", "--"], None),
    (["help", "^lea"], ["^learn"]),
    (["help", "exit"], ["exit-codes"]),
    (["help", "x", ""], []),
    (["shell-init", ""], ["bash", "zsh", "fish"]),
    (["shell-init", "bash", ""], []),
    (["--color", "n"], ["never"]),
    (["-C", ""], [":files"]),
    (["!b"], ["!bash"]),
    (["!", "b"], ["bash"]),
    (["/git", ""], [":files"]),
    (["+plan", ""], []),
    (["how", "do", ""], []),
    (["^nothing", ""], []),
]


@pytest.mark.parametrize(("words", "names"), PLACES)
def test_each_place_has_its_candidates(words, names, made_up_verbs):
    if names is not None:
        assert offered(*words) == names


def test_every_verb_is_offered():
    assert set(offered("^")) == {f"^{head}" for head in heads("^")}
    assert set(offered("~")) == {f"~{head}" for head in heads("~")}
    assert set(offered("^", "")) == set(heads("^"))


def test_the_options_of_a_verb_are_offered_until_used(made_up_verbs):
    flags = ["--tag", "--body", "--limit", "--dry-run", "--author", "--file"]
    assert offered("^keep", "x", "--") == [*flags, "--json", "--as", "--help"]
    assert offered("^keep", "x", "--body", "y", "--tag", "t", "--b") == []
    assert offered("^keep", "x", "--tag", "t", "--t") == ["--tag"]
    assert offered("^keep", "--file", "") == [":files"]
    assert offered("^keep", "--limit", "") == []


def test_values_are_what_the_shard_knows(made_up_verbs, shard_knows):
    assert offered("@") == ["@ralph", "@sonya"]
    assert offered("@so") == ["@sonya"]
    assert offered("--as", "") == ["ralph", "sonya"]
    assert offered("^keep", "x", "--as", "r") == ["ralph"]
    assert offered("^keep", "x", "--author", "") == ["ralph", "sonya"]
    assert offered("^keep", "") == []
    assert offered("^keep", "x", "3") == ["3fa9c1d2"]
    assert offered("^keep", "x", "3fa9c1d2", "7") == ["77ab0000"]
    assert offered("/") == ["/git-status", "/git-log"]
    assert offered("run", "git-s") == ["git-status"]


def test_a_shard_that_knows_nothing_is_no_error(made_up_verbs, shard_knows, monkeypatch):
    def fails(_kind, _cwd):
        raise ShardError("no shard")

    monkeypatch.setattr(shard_knows, "candidates", fails)
    assert offered("@") == []
    monkeypatch.setitem(sys.modules, "agence.shard.candidates", None)
    assert offered("^keep", "x", "") == []


def test_each_shell_gets_its_own_lines():
    assert answer(["--shell", "bash", "--", "^lea"]).text == "^learn"
    assert answer(["--shell", "zsh", "--", "^lea"]).text == "^learn\tkeep a lesson"
    assert answer(["--shell", "fish", "--", "^nothing"]).text == ""
    assert answer(["--shell", "bash", "--"]).text.startswith("^init\n")


@pytest.mark.parametrize("words", [[], ["--shell"], ["--shell", "csh", "--"], ["--shell", "bash"]])
def test_another_way_of_asking_is_an_error(words):
    with pytest.raises(UsageError):
        answer(words)


WORDS = st.lists(
    st.text(max_size=5)
    | st.sampled_from(
        ["^", "^lesson", "add", "--tag", "--", "@", "as", "-C", "help", "~note", "/"]
    ),
    min_size=1,
    max_size=6,
)


@given(WORDS)
def test_whatever_is_typed_completion_has_an_answer(words):
    current = words[-1]
    for name in offered(*words):
        assert name == ":files" or current in name


def test_completion_goes_through_the_door(capsys):
    assert main(["complete", "--shell", "bash", "--", "--json", "^lea"]) == 0
    assert capsys.readouterr().out == "^learn\n"


def test_completing_a_verb_imports_no_command():
    script = (
        "import sys; from agence.cli.main import main; "
        "main(['complete', '--shell', 'zsh', '--', '^le']); "
        "loaded = [m for m in sys.modules if m.startswith('agence.commands.')]; "
        "assert loaded == ['agence.commands.contract'], loaded"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
