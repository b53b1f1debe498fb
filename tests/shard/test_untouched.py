"""A view that git has as it was rendered is not read; one that may be edited always is."""

import os

import pytest

from agence.commands.status import status
from agence.git.repository import discover
from agence.shard import edited
from agence.shard.shard import open_shard
from agence.shard.untouched import untouched
from tests.commands.desk import Desk


@pytest.fixture
def desk(repo):
    repo.agence("^init")
    desk = Desk(repo)
    for number in range(3):
        desk.keep(f"lesson {number}", "the text")
    desk.commit()
    status(desk("^status"))
    return desk


def views(desk):
    return desk.clone.git("ls-files", ".agence/synthetic/lessons").splitlines()


def look(desk):
    """(the views that are not read, those that are seen to be edited)"""
    shard = open_shard(desk("^status"))
    return sorted(untouched(shard)), edited.edited(shard)


def type_into(desk, path):
    """Change a letter, and neither the size nor the time of the file."""
    whole = os.path.join(desk.clone.path, path)
    was = os.stat(whole)
    desk.clone.write(path, desk.clone.read(path).replace("the text", "the test"))
    os.utime(whole, ns=(was.st_atime_ns, was.st_mtime_ns))


def test_nothing_is_read_where_nothing_was_touched(desk):
    same, drafts = look(desk)
    assert set(same) >= set(views(desk))
    assert drafts == []


def test_without_git_knowing_it_all_is_read(desk):
    os.unlink(os.path.join(discover(desk.clone.path).git_dir, "index"))
    assert look(desk) == ([], [])


@pytest.mark.parametrize(
    "then",
    [
        pytest.param([], id="typed"),
        pytest.param([["add", "-u"]], id="staged"),
        pytest.param([["commit", "--quiet", "-am", "x"]], id="committed"),
        pytest.param([["add", "-u"], ["checkout", "HEAD", "--", "README.md"]], id="beside"),
    ],
)
def test_an_edit_is_seen(desk, then):
    path = views(desk)[1]
    type_into(desk, path)
    for words in then:
        desk.clone.git(*words)
    same, drafts = look(desk)
    assert drafts == [path]
    assert path not in same


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_an_edit_that_git_was_told_not_to_see_is_seen(desk, flag):
    path = views(desk)[1]
    desk.clone.git("update-index", flag, path)
    type_into(desk, path)
    assert look(desk)[1] == [path]


def test_a_view_of_another_state_is_read(desk):
    """It is as git has it, and is not what is in force any more: somebody has to look."""
    identity = desk.clone.agence_json("^lesson", "list")["data"]["items"][0]["id"]
    desk.clone.agence("^lesson", "edit", identity, "--body", "another text")
    status(desk("^status"))
    same, drafts = look(desk)
    left = [path for path in views(desk) if path not in same]
    assert [identity[:8] in path for path in left] == [True]
    assert drafts == []
