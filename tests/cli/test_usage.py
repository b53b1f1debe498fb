"""What a person reads: what was wrong with a line, and the help."""

import subprocess
import sys

import pytest

from agence.base import errors
from agence.base.errors import UsageError
from agence.cli import help as pages
from agence.cli import table, usage
from agence.cli.parse import parameters
from tests.cli.made_up import keep, must

WRONG = [
    (keep, ["x", "--limit", "9" * 5000], "'--limit' takes a whole number", ""),
    (keep, [], "^verb needs TEXT: the thing", ""),
    (keep, ["x", "--tga", "y"], "'--tga' is no option of ^verb", "did you mean --tag?"),
    (keep, ["x", "--zzz"], "'--zzz' is no option of ^verb", "behind --"),
    (keep, ["x", "-z"], "'-z' is no option of ^verb", "behind --"),
    (keep, ["x", "--tag"], "'--tag' needs a value", ""),
    (keep, ["x", "--limit", "many"], "'--limit' takes a whole number", ""),
    (keep, ["x", "--dry-run=1"], "'--dry-run' takes no value", ""),
    (must, ["x", "--name", "n"], "'NUMBER' takes a whole number", ""),
    (must, ["1"], "^verb needs --name: its name", ""),
    (must, ["1", "b c", "d", "--name", "n"], "too many words for ^verb: 'b c d'", "quotes around"),
]


@pytest.mark.parametrize(("function", "words", "message", "hint"), WRONG)
def test_a_wrong_line_is_told_what_is_wrong(function, words, message, hint):
    with pytest.raises(UsageError) as raised:
        usage.parse("^verb", function, words)
    assert raised.value.message == message
    assert hint in raised.value.hint
    assert raised.value.hint.endswith("agence ^verb --help")


NO_ID = [
    ("lesson edit", "say which lesson", "`agence ^lesson list` shows the ids"),
    ("task done", "say which task", "`agence ^task list` shows the ids"),
    ("task dep", "say the task that waits", "`agence ^task list`"),
    ("conflicts answer", "say which conflict", "`agence ^conflicts` shows their ids"),
    ("history", "say which entity ^history is about", "`agence ^recall WORDS`"),
]


@pytest.mark.parametrize(("verb", "message", "hint"), NO_ID)
def test_where_an_id_is_missing_it_says_what_lists_them(verb, message, hint):
    with pytest.raises(UsageError) as raised:
        usage.parse(f"^{verb}", table.function_of(table.named(verb)), [])
    assert raised.value.message == message
    assert hint in raised.value.hint


UNKNOWN = [
    ("^", ["lern"], "'^lern'", "did you mean ^learn?"),
    ("~", ["lern"], "'~lern'", "did you mean ~learn?"),
    ("^", ["LEARN", "x"], "'^LEARN'", "did you mean ^learn?"),
    ("~", ["save"], "no form with '~'", "^save"),
    ("^", ["qqqq"], "'^qqqq'", "agence help"),
    ("^", ["lesson"], "needs a second word", "^lesson add, ^lesson list"),
    ("^", ["lesson", "lst"], "'lst'", "did you mean ^lesson list?"),
    ("^", ["lesson", "a thing"], "'a thing'", "^lesson add"),
    ("~", ["note"], "needs a second word", "~note add"),
    ("~", ["note", "lsit"], "'lsit'", "did you mean ~note list?"),
    ("^", ["session"], "needs a second word", "^session list, ^session show"),
    ("~", ["session", "list"], "no form with '~'", "^session"),
    ("^", ["shell-init"], "'^shell-init'", ""),
    ("^", ["run"], "'^run'", ""),
    ("^", ["shard", "rm", "x"], "'rm'", "did you mean ^shard remove?"),
    ("~", ["lesson", "rm", "3fa9"], "'rm'", "did you mean ~delete?"),
    ("^", ["task", "ls"], "'ls'", "did you mean ^task list?"),
    ("^", ["conflicts", "anwser", "8bef", "--take", "newest"], "'anwser'", "^conflicts answer?"),
    ("^", [""], "'^'", "agence help"),
    ("^", ["x" * 5000], "...", "agence help"),
]


@pytest.mark.parametrize(("door", "words", "message", "hint"), UNKNOWN)
def test_an_unknown_verb_is_an_error_with_the_nearest(door, words, message, hint):
    with pytest.raises(UsageError) as raised:
        table.find(words, door)
    assert message in raised.value.message
    assert hint in raised.value.hint
    assert len(raised.value.message) < 200


FOUND = [
    ("^", ["learn", "x"], "learn", ("x",)),
    ("~", ["learn"], "learn", ()),
    ("^", ["lesson", "add", "x"], "lesson add", ("x",)),
    ("^", ["plan", "add", "x"], "plan add", ("x",)),
    ("^", ["session", "list"], "session list", ()),
    ("~", ["note", "an idea"], "note add", ("an idea",)),
    ("~", ["todo", "--tag", "x", "idea"], "todo add", ("--tag", "x", "idea")),
    ("~", ["note", "list"], "note list", ()),
    ("^", ["note", "lists", "are", "fine"], "note add", ("lists", "are", "fine")),
    ("", ["shell-init", "bash"], "shell-init", ("bash",)),
    ("^", ["conflicts", "list", "--settled"], "conflicts", ("--settled",)),
    ("~", ["conflicts", "answer", "8bef"], "conflicts answer", ("8bef",)),
]


@pytest.mark.parametrize(("door", "words", "name", "rest"), FOUND)
def test_a_verb_is_found_with_the_words_left_to_it(door, words, name, rest):
    row, left = table.find(words, door)
    assert (row.name, left) == (name, rest)


def test_the_table_is_whole():
    names = [row.name for row in table.ROWS]
    assert len(set(names)) == len(names)
    for row in table.ROWS:
        assert row.group in table.GROUPS
        assert set(row.doors) <= set("^~/!+")
        assert len(row.summary) <= 70
        assert not row.summary.endswith(".")
        assert row.summary == row.summary[0].lower() + row.summary[1:]


def test_help_on_a_verb_has_its_examples_first(made_up_verbs):
    text = pages.topic(("^", "keep")).text
    assert text.index("agence ^keep: keep a thing") == 0
    assert text.index("Examples") < text.index("Usage") < text.index("Options")
    assert "  agence ^keep [--tag TAG]... [--body BODY] [--limit N] [--dry-run]" in text
    assert "  agence ~keep ...\n" in text
    assert "\n  --tag, -t TAG  a topic\n" in text
    assert "\nWhat is kept stays.\n" in text
    assert max(map(len, text.splitlines())) <= 90


def test_help_for_programs_describes_the_parameters(made_up_verbs):
    data = pages.topic(("keep",)).data
    assert data["usage"] == pages.usage("^keep", parameters(keep))
    assert data["examples"] == ['agence ^keep "a thing" --tag new', 'agence ~keep "mine"']
    names = [one["name"] for one in data["parameters"]]
    assert names[:3] == ["TEXT", "MORE", "--tag"]


@pytest.mark.parametrize("row", table.ROWS, ids=lambda row: row.name)
def test_every_verb_has_a_page(row):
    for door in row.doors or ("",):
        words = [door, *row.name.split()] if door in ("^", "~") else [door or row.name]
        assert pages.topic(words).text.startswith(f"agence {row.label(door)}")
        assert pages.topic(row.name.split()).text.startswith(f"agence {row.label()}")


def test_the_overview_names_every_verb():
    text = pages.topic(()).text
    for row in table.ROWS:
        assert row.name.split()[0] in text
    assert max(map(len, text.splitlines())) <= 90


def test_the_exit_codes_are_those_of_the_errors():
    data = pages.topic(("exit-codes",)).data["exit_codes"]
    exits = {one["exit"]: one["code"] for one in data}
    for error in (errors.UsageError, errors.TrustError, errors.Refusal, errors.ApprovalNeeded):
        assert exits[error.exit_code] == error.code
    assert {0, 2, 3, 4, 5, 6, 7, 70, 130, 141} == set(exits)


@pytest.mark.parametrize("words", [("^",), ("~",), ("lern",), ("^", "lern"), ("~", "save"), ("",)])
def test_help_on_nothing_known_is_an_error(words):
    with pytest.raises(UsageError):
        pages.topic(words)


def test_a_docstring_without_examples_still_has_its_text():
    assert pages.page("One line.\n") == ("One line.", (), "")
    assert pages.page("One.\n\nTwo.\n") == ("One.", (), "Two.")
    assert pages.page("One.\n\n  Examples:\n    a\n\n    b\n\nTwo.\n") == (
        "One.",
        ("a", "b"),
        "Two.",
    )
    assert pages.page("") == ("", (), "")


def test_the_overview_imports_no_command():
    script = (
        "import sys; from agence.cli.main import main; code = main(['help']); "
        "loaded = [m for m in sys.modules if m.startswith('agence.commands.')]; "
        "assert loaded == ['agence.commands.contract'], loaded; "
        "slow = {'typer', 'click', 'rich', 'json', 'difflib', 'shlex'} & set(sys.modules); "
        "assert not slow, slow; sys.exit(code)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
