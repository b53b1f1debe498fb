"""The fast parser and the thorough one agree, and only the thorough one complains."""

import subprocess
import sys
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.cli import usage
from agence.cli.parse import NotWellFormed, parameters, parse
from agence.cli.table import ROWS, function_of
from agence.commands.contract import Argument, Option
from tests.cli.made_up import keep, must

DEFAULTS = {
    "text": "x",
    "more": None,
    "tag": None,
    "body": None,
    "limit": 5,
    "dry_run": False,
    "by": "me",
    "file": "",
}

WELL_FORMED = [
    ([], {}),
    (["--tag", "a", "--tag=b", "-t", "c"], {"tag": ["a", "b", "c"]}),
    (["--limit", "7"], {"limit": 7}),
    (["--limit=-7"], {"limit": -7}),
    (["-n", "0"], {"limit": 0}),
    (["--limit", "1", "--limit", "2"], {"limit": 2}),
    (["--dry-run"], {"dry_run": True}),
    (["-d"], {"dry_run": True}),
    (["--author", "Ada"], {"by": "Ada"}),
    (["--body", ""], {"body": ""}),
    (["--body="], {"body": ""}),
    (["--body", "--tag"], {"body": "--tag"}),
    (["--body", "-"], {"body": "-"}),
    (["--body", "a=b"], {"body": "a=b"}),
    (["--body=a=b"], {"body": "a=b"}),
    (["y", "z"], {"more": ["y", "z"]}),
    (["--", "--tag", "--"], {"more": ["--tag", "--"]}),
    (["-"], {"more": ["-"]}),
    (["y", "--tag", "a", "z"], {"more": ["y", "z"], "tag": ["a"]}),
]


@pytest.mark.parametrize(("words", "given_"), WELL_FORMED)
def test_a_well_formed_line_is_parsed_fast_and_thoroughly(words, given_):
    assert parse(keep, ["x", *words]) == {**DEFAULTS, **given_}
    assert usage.parse("^keep", keep, ["x", *words]) == {**DEFAULTS, **given_}


PIECES = [
    *("x", "y", "-", "--", "", "--tag", "-t", "--tag=a", "--limit", "-n", "7", "-7", "+7", "1_0"),
    *("٣", "--dry-run", "-d", "--dry-run=1", "-dt", "-ta", "--author", "--nothing", "-z", "--bod"),
    *(
        "--body",
        "--body=",
        "-n7",
        "-t=a",
        "---",
        "--=",
        "9" * 30,
        "--name",
        "--name=n",
        "--one",
        "--loud",
    ),
]


@pytest.mark.parametrize("function", [keep, must])
@given(words=st.lists(st.sampled_from(PIECES), max_size=6))
def test_the_parsers_agree_on_every_line(function, words):
    try:
        fast = parse(function, words)
    except NotWellFormed:
        return
    assert usage.parse("^verb", function, words) == fast
    assert {name: type(value) for name, value in usage.parse("^v", function, words).items()} == {
        name: type(value) for name, value in fast.items()
    }


@pytest.mark.parametrize("function", [keep, must])
@given(words=st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=6))
def test_the_thorough_parser_raises_nothing_but_usage(function, words):
    hint = "agence ^verb --help"
    try:
        usage.parse("^verb", function, words)
    except UsageError as error:
        hint = error.hint
    assert hint.endswith("agence ^verb --help")


@pytest.mark.parametrize(
    "words",
    [
        *([], ["x", "--nothing"], ["x", "--tag"], ["x", "--limit", "x"], ["x", "--dry-run=1"]),
        *(
            ["x", "--limit", "9" * 5000],
            ["x", "-t=a"],
            ["x", "--limit", "1_0"],
            ["x", "-z"],
            ["--help"],
            ["x", "-tn"],
        ),
    ],
)
def test_the_fast_parser_leaves_what_is_unusual(words):
    with pytest.raises(NotWellFormed):
        parse(keep, words)


def test_a_word_too_many_is_unusual():
    with pytest.raises(NotWellFormed):
        parse(must, ["1", "2", "--name", "n"])


def test_parameters_are_read_off_the_function():
    text, more, tag, *_, by, _file = parameters(keep)
    assert (text.flag, text.metavar, text.required, text.many) == ("", "TEXT", True, False)
    assert (more.flag, more.required, more.many, more.complete) == ("", False, True, "entity")
    assert (tag.flag, tag.short, tag.metavar, tag.many) == ("--tag", "-t", "TAG", True)
    assert (by.name, by.flag, by.metavar, by.default) == ("by", "--author", "WHO", "me")
    number, name, one, loud = parameters(must)
    assert (number.kind, number.required) == (int, True)
    assert (name.flag, name.required) == ("--name", True)
    assert (one.kind, one.metavar, one.default) == (int, "N", None)
    assert (loud.kind, loud.default) == (bool, False)


def test_a_list_default_is_not_shared_between_calls():
    def verb(_context, words: Annotated[list[str], Argument(help="x")] = ["a"]):  # noqa: B006
        return words

    first = parse(verb, [])["words"]
    assert isinstance(first, list)
    first.append("b")
    assert parse(verb, [])["words"] == ["a"]


def bare(_context, x: str): ...
def twice(_context, x: Annotated[str, Argument(help="a"), Option(help="b")]): ...
def floating(_context, x: Annotated[float, Option(help="a")] = 0.0): ...
def numbers(_context, x: Annotated[list[int], Argument(help="a")]): ...
def either(_context, x: Annotated[str | int, Argument(help="a")]): ...
def flag(_context, x: Annotated[bool, Argument(help="a")]): ...
def on(_context, x: Annotated[bool, Option(help="a")] = True): ...
def early(
    _context,
    x: Annotated[list[str], Argument(help="a")],
    y: Annotated[str, Argument(help="b")],
): ...


@pytest.mark.parametrize("function", [bare, twice, floating, numbers, either, flag, on, early])
def test_a_function_that_no_line_can_call_is_refused(function):
    with pytest.raises(TypeError, match=function.__name__):
        parameters(function)


@pytest.mark.parametrize(
    "row", {row.module: row for row in ROWS}.values(), ids=lambda row: row.name
)
def test_every_command_of_the_table_can_be_parsed(row):
    every = parameters(function_of(row))
    assert len({one.flag for one in every if one.flag}) == len([one for one in every if one.flag])
    assert not {one.flag for one in every} & {"--json", "--as", "--help"}
    assert all(one.help and one.help[0] != one.help[0].upper() for one in every)


def test_the_fast_parser_imports_nothing_slow():
    script = (
        "import sys; import agence.cli.parse; "
        "slow = {'typer', 'click', 'rich', 'inspect', 'dataclasses', 'json'} & set(sys.modules); "
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
