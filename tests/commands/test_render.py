"""^render renews the views in the work tree from the events; drafts are left as they are."""

import os

import pytest

from agence.commands.render import render
from agence.commands.status import status

LAWS = ".agence/codex/LAWS.md"


@pytest.fixture
def view(context):
    """The path of a published lesson's view."""
    identity = context.keep("x", "its text")
    context.commit()
    return f".agence/synthetic/lessons/x-{identity[:8]}.md"


def test_after_a_commit_every_view_is_current(context, view):
    said = render(context("^render"), check=True)
    assert (said.code, said.data["stale"], said.data["drafts"]) == (0, [], [])


def test_what_is_gone_is_written_again(context, view):
    text = context.clone.read(view)
    os.unlink(os.path.join(context.clone.path, view))
    checked = render(context("^render"), check=True)
    assert (checked.code, checked.data["stale"]) == (3, [view])
    assert not os.path.exists(os.path.join(context.clone.path, view))
    said = render(context("^render"))
    assert (said.code, said.data["stale"]) == (0, [view])
    assert context.clone.read(view) == text
    assert render(context("^render"), check=True).code == 0


def test_one_that_lags_behind_is_renewed(context, view):
    current = context.clone.read(view)
    context.clone.git("checkout", "--quiet", "-b", "behind")
    shard = context("^x").shard
    entity = next(iter(shard.index("shared").entities("lesson")))
    title = {"op": "set", "field": "title", "value": "y"}
    shard.append([shard.draft("lesson", "shared", [title], over=entity)])
    context.commit()
    context.clone.git("checkout", "--quiet", "HEAD~1", "--", view)
    assert context.clone.read(view) == current
    assert render(context("^render"), check=True).code == 3
    render(context("^render"))
    assert 'title = "y"' in context.clone.read(view)


@pytest.mark.parametrize("path", ["view", LAWS])
def test_a_draft_is_named_and_never_overwritten(context, view, path):
    path = view if path == "view" else path
    text = context.clone.read(path) + "by hand\n"
    context.clone.write(path, text)
    assert render(context("^render"), check=True).code == 3
    said = render(context("^render"))
    assert (said.code, said.data["drafts"]) == (0, [path])
    assert path in said.text
    assert context.clone.read(path) == text


def test_a_small_file_of_the_folder_is_its_users(context, view):
    path = ".agence/.gitattributes"
    context.clone.write(path, "* text\n")
    said = render(context("^render"))
    assert (said.code, said.data["stale"], said.data["drafts"]) == (0, [], [])
    assert context.clone.read(path) == "* text\n"


def test_it_commits_nothing_and_writes_nothing_that_is_not_published(context, view):
    identity = context.keep("not published")
    tip = context.clone.git("rev-parse", "HEAD")
    render(context("^render"))
    assert context.clone.git("rev-parse", "HEAD") == tip
    assert context.clone.git("status", "--porcelain") == ""
    waiting = status(context("^status")).data["unpublished"]
    assert [one["id"] for one in waiting] == [identity]


def test_the_same_events_give_the_same_bytes_in_another_clone(desks, send):
    ours, theirs = desks
    identity = ours.keep("Ünïcode — «x»", "a\r\nb\n\n", "b", "a")
    send()
    path = next(p for p in theirs.clone.git("ls-files").splitlines() if identity[:8] in p)
    text = theirs.clone.read(path)
    os.unlink(os.path.join(theirs.clone.path, path))
    render(theirs("^render"))
    assert theirs.clone.read(path) == text == ours.clone.read(path)


def test_a_link_in_place_of_a_view_is_not_followed(context, view, tmp_path):
    outside = tmp_path / "outside.md"
    outside.write_text("mine\n")
    os.unlink(os.path.join(context.clone.path, view))
    os.symlink(outside, os.path.join(context.clone.path, view))
    render(context("^render"))
    assert outside.read_text() == "mine\n"


def test_through_the_door(context, view):
    os.unlink(os.path.join(context.clone.path, view))
    said = context.clone.agence_json("^render", "--check", code=3)
    assert said["ok"]
    assert said["data"]["stale"] == [view]
