"""Task expressions: what is written is read, and what is read can be written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.work.expression import Dependency, Expression, parse, render, stays_here
from agence.work.states import STATES
from tests.laws import assert_round_trip

names = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._/-]{0,6}\Z")
agents = st.from_regex(r"\A@[A-Za-z0-9][A-Za-z0-9._-]{0,5}\Z")
keys = st.from_regex(r"\A[a-z][a-z0-9_-]{0,4}\Z").filter(lambda key: key != "security")
values = st.from_regex(r"\A@?[A-Za-z0-9][A-Za-z0-9._/+-]{0,5}\Z")
references = names | st.tuples(names, names).map(":".join)
some_dependencies = st.lists(
    st.builds(Dependency, st.sampled_from("^;"), references), max_size=3
).map(tuple)


@st.composite
def expressions(draw):
    agent = draw(st.just("") | agents)
    metadata = draw(st.dictionaries(keys, values, max_size=3))
    if agent:
        metadata.pop("agent", None)
    return Expression(
        draw(names),
        draw(st.just("") | names),
        draw(st.integers(0, 5)),
        draw(st.sampled_from(["", "child", "parent"])),
        draw(st.sampled_from(["", *(state.sign for state in STATES)])),
        agent,
        tuple(sorted(metadata.items())),
        draw(some_dependencies),
    )


fragments = some_dependencies.filter(bool).map(lambda some: Expression(dependencies=some))
near_expressions = st.text("*<>+-~$%&#_!?ab1:=@^;, .", max_size=12)


@given(expressions() | fragments)
def test_what_is_rendered_is_read_again(expression):
    assert_round_trip(render, parse, expression)


@given(expressions() | fragments, st.data())
def test_spaces_around_dependencies_say_nothing(expression, data):
    spaces = st.sampled_from(["", " ", "\n    ", "\t"])
    loose = re.sub(
        r" ?([;^]) ", lambda m: data.draw(spaces) + m[1] + data.draw(spaces), render(expression)
    )
    assert parse(data.draw(spaces) + loose + data.draw(spaces)) == expression


@given(near_expressions | st.text(max_size=6))
def test_any_text_is_read_or_refused_with_a_column(text):
    try:
        expression = parse(text)
    except UsageError as error:
        columns = re.findall(r"', column (\d+), ", error.message)
        assert len(columns) == 1
        assert 1 <= int(columns[0]) <= len(text) + 1
    else:
        assert expression.task or expression.dependencies
        assert parse(render(expression)) == expression


@given(expressions(), st.sampled_from(",()[]{}|\"'\\`é\x00"), st.data())
def test_a_character_that_belongs_nowhere_is_refused_where_it_stands(expression, stray, data):
    text = render(expression)
    at = data.draw(st.integers(0, len(text)))
    with pytest.raises(UsageError, match=re.escape(f"column {at + 1}, before '{stray}'")):
        parse(text[:at] + stray + text[at:])


READ = [
    (
        "***repo1:task7:agent=@cursor:sec=internal ; repo2:task3",
        Expression(
            "task7",
            "repo1",
            3,
            metadata=(("agent", "@cursor"), ("sec", "internal")),
            dependencies=(Dependency(";", "repo2:task3"),),
        ),
    ),
    ("repo1:task7:sec=internal", Expression("task7", "repo1", metadata=(("sec", "internal"),))),
    ("repo1:task7:sec=secret", Expression("task7", "repo1", metadata=(("sec", "secret"),))),
    ("; BUILD-001", Expression(dependencies=(Dependency(";", "BUILD-001"),))),
    ("#task", Expression("task", state="#")),
    ("!task", Expression("task", state="!")),
    ("?task", Expression("task", state="?")),
    (">subtask", Expression("subtask", relation="child")),
    ("<whole", Expression("whole", relation="parent")),
    ("#task@user", Expression("task", state="#", agent="@user")),
    ("***&task@ralph", Expression("task", priority=3, state="&", agent="@ralph")),
    ("*+task", Expression("task", priority=1, state="+")),
    ("-task-1", Expression("task-1", state="-")),
    (
        "repo-web:DEPLOY-001\n    ^ repo-api:TEST-001\n    ^repo-auth:BUILD-001;x",
        Expression(
            "DEPLOY-001",
            "repo-web",
            dependencies=(
                Dependency("^", "repo-api:TEST-001"),
                Dependency("^", "repo-auth:BUILD-001"),
                Dependency(";", "x"),
            ),
        ),
    ),
    ("task:sec=internal", Expression("task", metadata=(("sec", "internal"),))),
    ("task:b=1:a=2", Expression("task", metadata=(("a", "2"), ("b", "1")))),
]


@pytest.mark.parametrize(("text", "expression"), READ)
def test_what_a_line_says(text, expression):
    assert parse(text) == expression


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("", 1, "the name of a task is missing"),
        ("  ", 3, "the name of a task is missing"),
        ("***", 4, "the name of a task is missing"),
        ("******t", 6, "priority must be 1-5"),
        (" ******t", 7, "priority must be 1-5"),
        ("&+t", 2, "the name of a task is missing"),
        ("+*t", 2, "the name of a task is missing"),
        ("r:", 3, "the name of a task is missing"),
        ("r:+t", 3, "the name of a task is missing"),
        ("r:t:7@ralph", 5, "a key is missing"),
        ("t@", 3, "the name of an agent is missing"),
        ("t:k=@", 6, "the value of 'k' is missing"),
        ("r:t:7", 5, "a key is missing"),
        ("r:t:key", 8, "the '=' after 'key' is missing"),
        ("r:t:sec=", 9, "the value of 'sec' is missing"),
        ("r:t:sec=a:sec=b", 11, "'sec' is said twice"),
        ("t@a:agent=@b", 5, "'agent' is said twice"),
        ("t:agent=@a@b", 11, "only '^' or ';' can follow"),
        ("r:t:security=secret", 5, "the key of the label is 'sec'"),
        ("t ^", 4, "the name of a task is missing"),
        ("t ^ ; a", 5, "the name of a task is missing"),
        ("t a", 3, "only '^' or ';' can follow"),
        ("t ^ a, b", 6, "only '^' or ';' can follow"),
        ("t ^ a:sec=b", 6, "only '^' or ';' can follow"),
    ],
)
def test_a_mistake_is_named_with_its_column(text, column, what):
    with pytest.raises(UsageError, match=re.escape(what)) as caught:
        parse(text)
    assert f", column {column}, " in caught.value.message


@pytest.mark.parametrize(
    ("text", "assignee"), [("t", ""), ("t@a", "@a"), ("t:agent=@b", "@b"), ("t:agent=b", "b")]
)
def test_the_agent_may_stand_in_two_places(text, assignee):
    assert parse(text).assignee == assignee


@pytest.mark.parametrize(
    ("label", "here"),
    [("", False), ("public", False), ("internal", False), ("secret", True), ("top-secret", True)],
)
def test_a_secret_task_stays_on_this_machine(label, here):
    assert parse(f"t:sec={label}" if label else "t").secure is here


@given(values)
def test_a_label_that_nobody_knows_keeps_a_task_here(label):
    assert stays_here(label) == (label not in ("public", "internal"))
