"""^where prints absolute paths, makes nothing, and works before ^init."""

import os

import pytest

from agence.base.errors import ShardError, UsageError
from agence.commands.where import where
from tests.clone import Clone
from tests.commands.desk import Desk

LOCAL = ("nexus", "hermetic", "own", "sessions", "logs", "index")


def test_local_state_lies_in_the_git_directory(context):
    parts = where(context("^where")).data
    git_dir = os.path.realpath(os.path.join(context.clone.path, ".git"))
    for part in LOCAL:
        assert parts[part].startswith(os.path.join(git_dir, "agence") + os.sep)
    assert parts["top"] == os.path.realpath(context.clone.path)
    assert parts["codex"] == os.path.join(parts["top"], ".agence", "codex")


def test_the_paths_are_those_that_are_written(context):
    context.keep("a lesson")
    context("^lesson").shard.index("shared")
    parts = where(context("^where")).data
    for part in ("nexus", "index", "codex"):
        assert os.path.exists(parts[part])
    assert any(name.endswith(".jsonl") for name in os.listdir(parts["own"]))


def test_one_part_alone_is_the_whole_text(context):
    every = where(context("^where")).data
    for part, path in every.items():
        said = where(context("^where"), part)
        assert (said.text, said.data) == (path, {part: path})


def test_asking_makes_nothing(repo):
    parts = where(Desk(repo)("^where", cwd=os.path.join(repo.path, "src"))).data
    assert parts["top"] == os.path.realpath(repo.path)
    assert not os.path.exists(os.path.dirname(parts["nexus"]))


def test_linked_worktrees_share_their_state(context, tmp_path):
    context.clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "side"))
    here = where(context("^where")).data
    there = where(Desk(Clone(tmp_path / "side"))("^where")).data
    assert {part: there[part] for part in LOCAL} == {part: here[part] for part in LOCAL}
    assert there["top"] != here["top"]


def test_a_part_that_is_none(context):
    with pytest.raises(UsageError) as raised:
        where(context("^where"), "nexsu")
    assert "nexus" in raised.value.hint


def test_outside_of_a_repository(tmp_path):
    with pytest.raises(ShardError):
        where(Desk(Clone(tmp_path))("^where"))
