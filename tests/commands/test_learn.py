"""^learn and ~learn keep a lesson: one signed event, in the chain of the prefix."""

import os
from typing import Any

import pytest

from agence.base.errors import OutsideError, Refusal, UsageError
from agence.commands.learn import learn
from tests.commands.desk import effects

SECRET = "ghp_" + "a1B2c3D4e5" * 4  # made up
PASSWORD = "Tr0ub4dor" + "and3"


def test_the_id_is_that_of_its_create_event(context):
    said = learn(context("^learn"), ["Never auto-heal paths"], body="Links stay.", tag=["paths"])
    event = context.events()[-1]
    assert said.data["id"] == event["id"]
    assert (event["body"]["entity"], event["body"]["kind"]) == ("", "lesson")
    assert effects([event]) == [
        ("set", "title", "Never auto-heal paths"),
        ("set", "body", "Links stay."),
        ("add", "tags", "paths"),
    ]
    assert said.data["short"] in said.text
    assert event["id"].startswith(said.data["short"])


def test_it_leaves_the_work_tree_as_it_is(context):
    context.commit()
    learn(context("^learn"), ["something"])
    assert context.clone.git("status", "--porcelain") == ""


def test_the_private_form_has_a_chain_and_a_key_of_its_own(context):
    shared = context.events()
    said = learn(context("~learn"), ["Ask Dana before touching billing"])
    assert context.events() == shared
    (event,) = context.events("hermetic")
    assert (event["id"], event["body"]["scope"]) == (said.data["id"], "instance")
    assert event["body"]["writer"] not in {one["body"]["writer"] for one in shared}
    assert event["body"]["seq"] == 1


def test_the_first_line_is_the_title_and_the_rest_the_body(context):
    learn(context("^learn"), ["  Pin  the compiler\nBuilds drifted.\r\nTwice."], body="In May.")
    assert effects(context.events()[-1:]) == [
        ("set", "title", "Pin the compiler"),
        ("set", "body", "Builds drifted.\nTwice.\n\nIn May."),
    ]


def test_words_without_quotes_are_one_title(context):
    assert learn(context("^learn"), ["rebase", "before", "review"]).data["title"] == (
        "rebase before review"
    )


def test_tags_are_trimmed_folded_and_each_once(context):
    learn(context("^learn"), ["x"], tag=["Paths, safety", " paths ", ""])
    tags = [value for op, field, value in effects(context.events()[-1:]) if field == "tags"]
    assert tags == ["paths", "safety"]


def test_the_body_from_a_pipe_and_from_a_file(context):
    context.typed = "one\ntwo\n"
    learn(context("^learn"), ["from a pipe"], file="-")
    context.clone.write("src/notes.md", "three\n")
    folder = os.path.join(context.clone.path, "src")
    learn(context("^learn", cwd=folder), ["from a file"], file="notes.md")
    bodies = [value for _, field, value in effects(context.events()[-2:]) if field == "body"]
    assert bodies == ["one\ntwo", "three"]


def test_the_speaker_is_whom_it_is_written_for(context):
    learn(context("^learn", speaker="ralph"), ["x"])
    learn(context("^learn"), ["y"])
    assert [event["body"]["by"] for event in context.events()[-2:]] == ["ralph", "Ada Example"]


@pytest.mark.parametrize("text", ["", " \n ", "\x00", "x" * 201])
def test_a_title_that_is_none_is_refused_and_nothing_kept(context, text):
    before = context.events()
    with pytest.raises(UsageError):
        learn(context("^learn"), [text])
    assert context.events() == before


def test_two_bodies_are_one_too_many(context):
    with pytest.raises(UsageError, match="--file"):
        learn(context("^learn"), ["x"], body="a", file="-")


def test_a_file_that_is_not_there(context):
    with pytest.raises(OutsideError, match=r"absent\.md"):
        learn(context("^learn"), ["x"], file="absent.md")


WHERE: dict[str, dict[str, Any]] = {
    "title": {"text": [f"the token is {SECRET}"]},
    "body": {"text": ["x"], "body": f"first\npassword = {PASSWORD}"},
    "tag": {"text": ["x"], "tag": [SECRET]},
    "tag in capitals": {"text": ["x"], "tag": ["AKIA" + "Z3MJ4V2Q7XN5P6RT"]},
}


@pytest.mark.parametrize("place", WHERE)
def test_what_looks_like_a_credential_is_not_shared(context, place):
    before = context.events()
    with pytest.raises(Refusal) as raised:
        learn(context("^learn"), **WHERE[place])
    said = f"{raised.value.message} {raised.value.hint}".lower()
    assert SECRET.lower() not in said
    assert PASSWORD.lower() not in said
    assert "--allow-secret" in said
    assert context.events() == before


def test_a_credential_from_a_pipe_is_named_by_its_line(context):
    context.typed = f"first\nsecond\ntoken: {SECRET}\n"
    with pytest.raises(Refusal, match="line 4"):
        learn(context("^learn"), ["a title above"], file="-")


@pytest.mark.parametrize("place", WHERE)
def test_a_credential_is_kept_where_that_is_meant(context, place):
    learn(context("^learn"), **WHERE[place], allow_secret=True)
    learn(context("~learn"), **WHERE[place])
    assert len(context.events("hermetic")) == 1


def test_through_the_door(context):
    said = context.clone.agence_json("^learn", "a lesson", "--tag", "a", "--tag", "b")
    assert said["verb"] == "learn"
    assert said["data"]["id"] == context.events()[-1]["id"]
    refused = context.clone.agence_json("^learn", f"token {SECRET}", code=5)
    assert refused["error"]["code"] == "refused"
    assert SECRET not in str(refused)
