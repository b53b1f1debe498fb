"""A record has the fields of the architecture, and says what is wrong with one that has not."""

import copy

import pytest

from agence.session.record import iso, progress, title, wrong
from tests.core.session_samples import IDENTITY, record


def test_the_fields_of_the_architecture_are_there():
    made = record(
        todo=["flip DNS"], done=["build"], doing=["migrate"], tags=["urgent"], at="a.py:3"
    )
    assert made["session_id"] == "69a8f74c" == IDENTITY[:8]
    assert made["created_at"] == "2026-03-05T03:21:07Z"
    assert (made["status"], made["agent"]) == ("saved", "claudia")
    assert set(made["runstate"]) == {
        "agent_context",
        "execution_stack",
        "memory_state",
        "cursor_position",
        "todo_list",
    }
    assert made["runstate"]["todo_list"] == [
        {"id": 1, "title": "build", "status": "done"},
        {"id": 2, "title": "migrate", "status": "in-progress"},
        {"id": 3, "title": "flip DNS", "status": "open"},
    ]
    assert set(made["metadata"]) == {"task_description", "repo", "priority", "tags"}
    assert progress(made) == (1, 3)
    assert wrong(made) == ""


def _places(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from _places(inner, (*path, key))


PLACES = list(_places(record()))


@pytest.mark.parametrize("path", PLACES, ids=".".join)
@pytest.mark.parametrize("how", ["gone", "another kind"])
def test_a_field_that_is_missing_or_of_another_kind_is_named(path, how):
    broken = copy.deepcopy(record())
    inner = broken
    for key in path[:-1]:
        inner = inner[key]
    if how == "gone":
        del inner[path[-1]]
    else:
        inner[path[-1]] = 1.5
    assert f"'{'.'.join(path)}'" in wrong(broken)


@pytest.mark.parametrize("identity", ["69a8f74c" + "g" * 24, "69a8f74c", "69a8f74d" + "0" * 24])
def test_an_id_that_does_not_fit_is_named(identity):
    assert "id" in wrong({**record(), "id": identity})


def test_a_head_that_is_an_option_is_no_commit():
    broken = record()
    broken["git"]["head"] = "--output=x"
    assert "git.head" in wrong(broken)


def test_unknown_fields_are_let_be():
    newer = record()
    newer["v"] = 2
    newer["runstate"]["mood"] = {"of": ["the", 1.5]}
    assert wrong(newer) == ""


@pytest.mark.parametrize("value", [None, [], "x", {}])
def test_what_is_no_record_at_all_is_said(value):
    assert wrong(value)


def test_a_title_is_one_line():
    assert title(record(title="a\nb\t c")) == "a b c"


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1_772_680_867_999, "2026-03-05T03:21:07Z"), (10**18, "9999-")],
)
def test_a_time_is_shown_in_utc(ms, text):
    assert iso(ms).startswith(text)
