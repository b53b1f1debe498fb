"""A line of a shell gives its simple commands, whatever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.guard.shell_line import Simple, simple_commands

word = st.text("abxyz0/._-", min_size=1, max_size=5).filter(lambda text: text not in (".", "-"))
plain = st.lists(word, min_size=1, max_size=4).map(tuple)
joints = st.sampled_from(
    [" && ", " || ", ";", " ; ", "|", " |& ", " & ", "\n", " \n\n ", "; ( ", " ) ; "]
)


@given(st.lists(plain, min_size=1, max_size=5), st.data())
def test_every_command_is_found_in_its_order(commands, data):
    line = " ".join(commands[0])
    for command in commands[1:]:
        line += data.draw(joints) + " ".join(command)
    assert [one.words for one in simple_commands(line)] == commands


@given(plain, st.text('ab ;&|()`\n$"', max_size=12))
def test_quoted_text_is_one_word(command, text):
    line = f"{' '.join(command)} 'x{text}'"
    assert simple_commands(line) == [Simple((*command, f"x{text}"), certain=True)]


@given(st.text(max_size=30) | st.text("ab'\"\\;&|()`\n <>$#=!{}", max_size=30))
def test_any_text_is_taken_apart(line):
    for command in simple_commands(line):
        assert command.words


FOUND = [
    ("FOO=1 BAR='a b' rm x", [("rm", "x")]),
    ("if ! rm x; then rm y; fi", [("rm", "x"), ("rm", "y"), ("fi",)]),
    ("{ rm x; }", [("rm", "x"), ("}",)]),
    ("echo $(rm x)", [("echo", "$"), ("rm", "x")]),
    ("echo `rm x`", [("echo",), ("rm", "x")]),
    ("2>/dev/null >> log rm x", [("rm", "x")]),
    ("r\\\nm x", [("rm", "x")]),
    ("r'm' \\\n x", [("rm", "x")]),
    ("\\rm x", [("rm", "x")]),
    ("a#b; rm x", [("a#b",), ("rm", "x")]),
    ("ls > a b", [("ls", ">", "a", "b")]),
    ("A=1", []),
    ("", []),
]


@pytest.mark.parametrize(("line", "words"), FOUND)
def test_what_leads_a_command_is_left_out(line, words):
    assert [one.words for one in simple_commands(line)] == words
    assert all(one.certain for one in simple_commands(line))


def test_what_may_be_text_is_not_certain():
    heard = simple_commands("cat<<EOF > a && rm x\nrm y\nEOF")
    assert [(one.words[0], one.certain) for one in heard] == [
        ("cat<<EOF", True),
        ("rm", True),
        ("rm", False),
        ("EOF", False),
    ]
    assert simple_commands("cat <<< y\nrm x")[-1] == Simple(("rm", "x"), certain=True)
    assert simple_commands("echo don't\nrm x\nrm y")[1:] == [
        Simple(("rm", "x"), certain=False),
        Simple(("rm", "y"), certain=False),
    ]


def test_a_comment_hides_nothing():
    assert Simple(("rm", "x"), certain=True) in simple_commands("# don't\nrm x\n  # can't")
