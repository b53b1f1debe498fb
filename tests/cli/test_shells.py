"""What is typed at a real interactive shell arrives as it was typed, once the shell is set up."""

import shutil
import subprocess

import pytest

from tests.cli.typist import STARTS, Typist

LITERAL = [
    ("agence ~learn x", ["~learn", "x"]),
    ("agence ^learn x", ["^learn", "x"]),
    ("agence !bash", ["!bash"]),
    ("agence /git-status", ["/git-status"]),
    ("agence +plan", ["+plan"]),
    ("agence @ralph ^save", ["@ralph", "^save"]),
    ("agence @ralph ~learn x", ["@ralph", "~learn", "x"]),
    ('agence ^learn "wow!nice"', ["^learn", "wow!nice"]),
    ("true && agence ~learn x", ["~learn", "x"]),
    ("true && agence !bash", ["!bash"]),
    ("agence '~learn' x", ["~learn", "x"]),
]
EATEN: dict[str, list[tuple[str, list[str] | None]]] = {
    "bash": [("agence !bash", []), ("agence ~ learn x", None), ("agence ~root x", None)],
    "zsh": [
        ("agence ~learn x", []),
        ("agence !bash", []),
        ("agence ^learn x", None),
        ("agence how do I?", []),
    ],
    "fish": [],
}
BEFORE = {
    "bash": "true",
    "zsh": "setopt extended_glob; autoload -Uz compinit; compinit -u",
    "fish": "true",
}


def needs(shell):
    missing = shutil.which(shell) is None
    return pytest.param(
        shell, marks=pytest.mark.skipif(missing, reason=f"{shell} is not installed")
    )


SHELLS = [needs(shell) for shell in STARTS]


@pytest.fixture
def typist(request, tmp_path, programs):
    person = Typist(request.param, tmp_path, programs / "agence")
    person.line(BEFORE[request.param])
    yield person
    person.close()


def set_up(person, programs):
    words = [programs / "agence", "shell-init", person.shell]
    script = subprocess.run(words, capture_output=True, check=True).stdout
    (person.folder / "init").write_bytes(script)
    person.line(". ./init" if person.shell == "fish" else 'eval "$(cat ./init)"')


@pytest.mark.parametrize("typist", SHELLS, indirect=True)
def test_a_bare_shell_eats_prefixes(typist):
    for line, arrives in EATEN[typist.shell]:
        got = typist.line(line)
        assert got != [line.split()[1:]], line
        if arrives is not None:
            assert got == arrives, line


@pytest.mark.parametrize("typist", SHELLS, indirect=True)
def test_a_shell_that_was_set_up_hands_prefixes_over(typist, programs):
    set_up(typist, programs)
    for line, words in LITERAL:
        assert typist.line(line) == [words], line
    for line, _ in EATEN[typist.shell]:
        assert typist.line(line) == [line.split()[1:]], line


@pytest.mark.parametrize("typist", SHELLS, indirect=True)
def test_setting_up_twice_changes_nothing(typist, programs):
    set_up(typist, programs)
    set_up(typist, programs)
    for line, words in LITERAL:
        assert typist.line(line) == [words], line
    start = len(typist.output)
    typist.complete("printf 'got-%s.' on")
    assert b"got-one." in typist.output[start:]
    assert b"recursion" not in typist.output


@pytest.mark.parametrize("typist", SHELLS, indirect=True)
def test_a_line_typed_ahead_arrives_too(typist, programs):
    set_up(typist, programs)
    assert typist.line("agence !bash", ahead="sleep 0.5") == [["!bash"]]


@pytest.mark.parametrize("typist", [needs("bash"), needs("zsh")], indirect=True)
def test_other_lines_keep_their_history_expansion(typist, programs):
    set_up(typist, programs)
    set_up(typist, programs)
    assert typist.line("agence !bash") == [["!bash"]]
    typist.line("echo first-word")
    start = len(typist.output)
    typist._type("echo second-word")
    typist._type("!echo:s/second/third/")
    typist.line("")
    assert b"\nthird-word" in typist.output[start:].replace(b"\r", b"")


@pytest.mark.parametrize("typist", [needs("zsh")], indirect=True)
def test_a_quoted_text_that_names_agence_is_not_touched(typist, programs):
    set_up(typist, programs)
    assert typist.line('agence ^learn "type agence ~learn"') == [["^learn", "type agence ~learn"]]


@pytest.mark.parametrize("typist", [needs("bash")], indirect=True)
def test_an_enter_key_that_another_tool_owns_is_left_alone(typist, programs):
    typist.line('bind \'"\\C-m": "\\C-j"\'')
    set_up(typist, programs)
    assert typist.line("agence !bash") == [["!bash"]]
    start = len(typist.output)
    typist.line("bind -s")
    assert b'"\\C-m": "\\C-j"' in typist.output[start:]


@pytest.mark.parametrize("typist", [needs("bash"), needs("zsh")], indirect=True)
def test_a_line_called_back_from_the_history_says_the_same(typist, programs):
    set_up(typist, programs)
    for line in ('agence ^learn "wow!nice" !x', "agence ~learn x", "agence !bash"):
        said = typist.line(line)
        assert typist.line("\x10\x10") == said  # the second last line: the last is the typist's own


@pytest.mark.parametrize("typist", [needs("bash"), needs("zsh")], indirect=True)
def test_enter_still_ends_a_search_in_the_history(typist, programs):
    set_up(typist, programs)
    typist.line("agence ^save sought")
    assert typist.line("\x12sought") == [["^save", "sought"]]


@pytest.mark.parametrize("typist", [needs("bash")], indirect=True)
def test_vi_mode_is_served_too(typist, programs):
    typist.line("set -o vi")
    set_up(typist, programs)
    assert typist.line("agence !bash") == [["!bash"]]


@pytest.mark.parametrize("typist", SHELLS, indirect=True)
def test_tab_completes(typist, programs):
    set_up(typist, programs)
    assert typist.complete("agence ^lea", "x") == [["^learn", "x"]]
    assert typist.complete("agence ~lea", "x") == [["~learn", "x"]]
    assert typist.complete("agence @ralph ~lesson li") == [["@ralph", "~lesson", "list"]]
    assert typist.complete("agence shell-init ba") == [["shell-init", "bash"]]
    assert typist.complete("agence ^init on") != [["^init", "one"]]
