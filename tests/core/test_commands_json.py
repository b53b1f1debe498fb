"""The shipped list of commands: it keeps its schema, and lets nothing write or run code unasked."""

import json
import os

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import TrustError, UsageError
from agence.guard.commands import expand, parse_policy, resolve, show, split_words
from agence.guard.decide import decide
from tests.core.command_corpus import DANGEROUS, HARMLESS, ROOT, SHIPPED, TEXT

with open(os.path.join(ROOT, "codex-template", "commands.schema.json"), encoding="utf-8") as file:
    SCHEMA = json.load(file)
ROW = {"run": ["x"], "tier": "T0", "summary": "s"}


def policy(**commands: object) -> str:
    return json.dumps({"version": 1, "commands": commands})


def test_the_shipped_list_is_what_its_schema_says():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(TEXT), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_every_refusal_says_why_and_what_a_human_may_do():
    for row in SHIPPED.rows.values():
        assert row.summary, row.name
        if row.tier >= "T2":
            assert row.why, row.name
            assert row.instead, row.name


def test_a_row_called_like_a_program_is_that_program():
    programs = {row.run[0] for row in SHIPPED.rows.values()}
    called = {**{name: SHIPPED.rows[name] for name in SHIPPED.rows}}
    called |= {alias: SHIPPED.rows[name] for alias, name in SHIPPED.aliases.items()}
    for name in programs & called.keys():
        assert called[name].run == (name,) or called[name].tier >= "T3", name


def test_git_verbs_that_show_changes_start_no_other_program():
    for name in ("git-log", "git-diff", "git-show", "git-stash-show", "git-stash-list"):
        assert {"--no-ext-diff", "--no-textconv"} <= set(SHIPPED.rows[name].added), name


BROKEN = {
    "not JSON": "{",
    "empty": "",
    "a list": "[]",
    "deep": "[" * 100_000,
    "a name twice": '{"version": 1, "default": "ask", "default": "inherit"}',
    "another version": '{"version": 2}',
    "true is no version": '{"version": true}',
    "no version": "{}",
    "a part nothing reads": '{"version": 1, "overrides": {}}',
    "another default": '{"version": 1, "default": "allow"}',
    "commands are no table": '{"version": 1, "commands": []}',
    "a row is no table": policy(x="git status"),
    "a field nothing reads": policy(x={**ROW, "allow": True}),
    "no tier": policy(x={"run": ["x"], "summary": "s"}),
    "another tier": policy(x={**ROW, "tier": "T9"}),
    "asks without why": policy(x={**ROW, "tier": "T2"}),
    "run is text": policy(x={**ROW, "run": "x"}),
    "run is empty": policy(x={**ROW, "run": []}),
    "an empty word": policy(x={**ROW, "run": ["x", ""]}),
    "a path as program": policy(x={**ROW, "run": ["./x"]}),
    "a flag without dash": policy(x={**ROW, "flags": ["short"]}),
    "two dashes as flag": policy(x={**ROW, "flags": ["--"]}),
    "a kind unknown": policy(x={**ROW, "values": {"-n": "anything"}}),
    "dots in the middle": policy(x={**ROW, "operands": ["path...", "word"]}),
    "a control character": policy(x={**ROW, "why": "a\nb"}),
    "a shortcut to nothing": policy(x={"alias": "y"}),
    "a shortcut to a shortcut": policy(x={"alias": "y"}, y={"alias": "z"}, z=ROW),
    "the same words twice": policy(x=ROW, y=ROW),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_malformed_list_is_not_used_in_part(text):
    with pytest.raises(TrustError):
        parse_policy(text)


@given(st.text())
def test_no_text_breaks_the_reader(text):
    with pytest.raises(TrustError):
        parse_policy(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    )
)
def test_what_the_reader_takes_the_schema_takes(value):
    row = {**ROW, "values": value}
    document = {"version": 1, "commands": {"x": row}}
    try:
        parse_policy(json.dumps(document))
    except TrustError:
        return
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("typed", "row"),
    [
        (["git-status"], "git-status"),
        (["git-status", "--short"], "git-status"),
        (["git", "status"], "git-status"),
        (["status"], "git-status"),
        (["tfplan"], "terraform-plan"),
        (["git", "stash"], "git-stash"),
        (["git", "stash", "list"], "git-stash-list"),
        (["egrep", "x"], "grep"),
        (["/bin/rm", "x"], "rm"),
        (["RM.EXE", "x"], "rm"),
        (["terraform", "-chdir=x", "apply"], "terraform-apply"),
        (["git", "-C", "x", "gc"], "git-gc"),
        (["git", "log", "gc"], "git-log"),
        (["mkfs.ext4", "/dev/sda"], "disk"),
        (["git"], None),
        (["git-statusx"], None),
        (["/usr/bin/git", "status"], None),
    ],
)
def test_words_find_their_row(typed, row):
    found = resolve(SHIPPED, typed)
    assert (found.name if found else None) == row


def test_names_become_the_words_of_the_program():
    assert expand(SHIPPED, ["status", "-s"]) == ("git", "status", "-s")
    assert expand(SHIPPED, ["git", "status"]) is None


def test_quotes_are_read_as_a_shell_would():
    assert split_words(" /git log --grep='a|b; $(c)' \"d e\" f\\ g \n") == [
        "/git",
        "log",
        "--grep=a|b; $(c)",
        "d e",
        "f g",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "a;b",
        "a&b",
        "a && b",
        "a|b",
        "a > b",
        "a <b",
        "a $(b)",
        "a `b`",
        'a "$(b)"',
        'a "`b`"',
        "a $B",
        "a\nb",
        "a\rb",
        "a \x00",
        "a \x1b[2J",
        "a 'b",
        'a "b',
        "a \\",
        "(a)",
        "a\x7f",
    ],
)
def test_what_only_a_shell_could_do_is_a_usage_error(text):
    with pytest.raises(UsageError):
        split_words(text)


@given(st.lists(st.text(min_size=1).filter(str.isprintable), min_size=1))
def test_what_is_shown_reads_back(words):
    assert split_words(show(words)) == words


@given(st.lists(st.text(), min_size=1))
def test_nothing_invisible_is_shown(words):
    assert show(words).isprintable()


@pytest.mark.parametrize("command", DANGEROUS)
def test_what_writes_runs_or_tells_does_not_run_unasked(command):
    words = command.split(" ")
    for typed in (words, ["-".join(words[:2]), *words[2:]]):
        assert decide([("shipped", SHIPPED)], typed).verdict != "allow", typed


@pytest.mark.parametrize("command", HARMLESS)
def test_what_only_looks_runs_unasked(command):
    decision = decide([("shipped", SHIPPED)], split_words(command))
    assert decision.verdict == "allow", decision
