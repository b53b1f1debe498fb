"""Finding the repository around a folder, and its configuration."""

import os
from pathlib import Path

import pytest

from agence.base.errors import ShardError
from agence.git.repository import discover


def test_a_folder_of_a_work_tree(checkout):
    repo = discover(str(checkout.top / "src"))
    assert repo.work_tree == str(checkout.top)
    assert repo.git_dir == repo.common_dir == str(checkout.top / ".git")
    assert repo.head() == ("main", checkout.git("rev-parse", "HEAD"))
    assert not repo.bare


def test_through_a_symbolic_link(checkout, tmp_path):
    (tmp_path / "deep").mkdir()
    link = tmp_path / "deep" / "link"
    link.symlink_to(checkout.top / "src")
    repo = discover(str(link))
    assert (repo.work_tree, repo.common_dir) == (str(checkout.top), str(checkout.top / ".git"))


def test_a_linked_work_tree_of_a_bare_repository(checkout, tmp_path):
    bare = tmp_path / "bare.git"
    checkout.git("clone", "-q", "--bare", ".", str(bare))
    checkout.git("-C", str(bare), "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    repo = discover(str(tmp_path / "linked"))
    assert repo.bare
    assert repo.common_dir == str(bare)
    assert repo.git_dir == str(bare / "worktrees" / "linked")
    repo.set_config("agence.mark", "1")
    assert discover(str(tmp_path / "linked")).config()["agence.mark"] == ["1"]
    assert "mark = 1" in (bare / "config").read_text()


def test_the_innermost_of_submodules(checkout, tmp_path):
    outer = tmp_path / "outer"
    checkout.git("init", "-q", str(outer))
    checkout.git(
        *("-C", str(outer), "-c", "protocol.file.allow=always"),
        *("submodule", "--quiet", "add", str(checkout.top), "inner"),
    )
    repo = discover(str(outer / "inner" / "src"))
    assert repo.work_tree == str(outer / "inner")
    assert repo.git_dir == repo.common_dir == str(outer / ".git" / "modules" / "inner")


def test_heads_that_are_unborn_or_detached(empty):
    assert empty.repo.head() == ("main", None)
    commit = empty.commit("a", "a")
    empty.git("checkout", "-q", "--detach")
    assert empty.repo.head() == (None, commit)


def test_a_folder_that_is_no_repository(tmp_path):
    with pytest.raises(ShardError, match="is not a git repository") as raised:
        discover(str(tmp_path))
    assert "agence ^init --standalone" in raised.value.hint
    assert raised.value.exit_code == 3


@pytest.mark.parametrize(
    ("where", "said"), [("bare.git", "bare"), ("project/.git", "inside a git")]
)
def test_no_work_tree(checkout, tmp_path, where, said):
    checkout.git("init", "-q", "--bare", str(tmp_path / "bare.git"))
    with pytest.raises(ShardError, match=said):
        discover(str(tmp_path / where))


def test_somebody_elses_folder(checkout, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(ShardError, match="somebody else owns it") as raised:
        discover(str(checkout.top))
    assert "safe.directory" in raised.value.hint


def test_another_object_format(checkout, tmp_path):
    other = tmp_path / "other"
    checkout.git("init", "-q", "--object-format=sha256", str(other))
    with pytest.raises(ShardError, match="SHA-1 repositories only"):
        discover(str(other))


def test_a_path_with_a_line_break(checkout, tmp_path):
    odd = tmp_path / "odd\nname"
    os.rename(checkout.top, odd)
    with pytest.raises(ShardError, match="line break"):
        discover(str(odd))


def test_configuration_is_set_once_and_taken_out(checkout):
    repo = checkout.repo
    before = Path(repo.common_dir, "config").read_text()
    for _ in range(2):
        repo.add_config("remote.x.fetch", "+refs/a/*:refs/b/*")
        repo.add_config("remote.x.fetch", "+refs/c.*:refs/d/*")
        repo.set_config("agence.flag", "Yes")
    assert repo.config()["remote.x.fetch"] == ["+refs/a/*:refs/b/*", "+refs/c.*:refs/d/*"]
    assert repo.flag("agence.flag")
    assert not repo.flag("agence.other")
    for _ in range(2):
        repo.unset_config("remote.x.fetch", "+refs/c.*:refs/d/*")
    assert repo.config()["remote.x.fetch"] == ["+refs/a/*:refs/b/*"]
    repo.unset_config("remote.x.fetch")
    repo.unset_config("agence.flag")
    assert Path(repo.common_dir, "config").read_text().split() == before.split()


def test_a_key_without_a_value_is_true(checkout):
    with open(checkout.top / ".git" / "config", "a") as config:
        config.write("[commit]\n\tgpgsign\n")
    assert checkout.repo.flag("commit.gpgsign")
