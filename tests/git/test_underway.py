"""Nothing is published while git is in the middle of something."""

import os
import subprocess
import time

import pytest

from agence.base.errors import ShardError
from agence.git.publish import publish
from agence.git.underway import is_commit

A = ".agence/log/2026-01/w/1-a.jsonl"


def refused(checkout, words):
    """Publishing is refused in these words, and has changed nothing."""
    before = checkout.git("status", "--porcelain=v2"), checkout.git("rev-parse", "HEAD")
    index = os.stat(os.path.join(checkout.repo.git_dir, "index"))
    with pytest.raises(ShardError, match=words) as raised:
        publish(checkout.repo, {A: b"one\n"}, "x")
    assert raised.value.exit_code == 3
    assert os.stat(os.path.join(checkout.repo.git_dir, "index")).st_mtime_ns == index.st_mtime_ns
    assert before == (checkout.git("status", "--porcelain=v2"), checkout.git("rev-parse", "HEAD"))
    assert not os.path.exists(os.path.join(checkout.repo.git_dir, "index.lock"))
    assert not (checkout.top / ".agence").exists()


@pytest.fixture
def split(checkout):
    """Two branches that conflict, main checked out."""
    checkout.git("checkout", "-q", "-b", "side")
    checkout.commit("README", "side\n")
    checkout.git("checkout", "-q", "main")
    checkout.commit("README", "main\n")
    return checkout


@pytest.mark.parametrize(
    ("words", "name", "abort"),
    [
        (("merge", "side"), "a merge", ("merge", "--abort")),
        (("rebase", "side"), "a rebase", ("rebase", "--abort")),
        (("rebase", "--apply", "side"), "a rebase", ("rebase", "--abort")),
        (("cherry-pick", "side"), "a cherry-pick", ("cherry-pick", "--abort")),
        (("revert", "HEAD~1"), "a revert", ("revert", "--abort")),
        (("bisect", "start"), "a bisect", ("bisect", "reset")),
    ],
)
def test_in_the_middle_of(split, words, name, abort):
    if words[0] == "revert":
        split.commit("README", "again\n")
    split.git(*words, check=False)
    refused(split, f"^{name}")
    split.git(*abort)
    publish(split.repo, {A: b"one\n"}, "x")


def test_between_two_picks(split):
    split.commit("README", "again\n")
    split.git("checkout", "-q", "side")
    split.git("cherry-pick", "main~1", "main", check=False)
    split.git("checkout", "--theirs", "README")
    split.git("add", "README")
    split.git("commit", "-qm", "resolved")
    refused(split, "^a cherry-pick")


def test_another_work_tree_may_be_in_the_middle(split, tmp_path):
    split.git("worktree", "add", "-q", "-b", "third", str(tmp_path / "linked"))
    split.git("merge", "side", check=False)
    publish(type(split)(tmp_path / "linked").repo, {A: b"one\n"}, "x")
    refused(split, "^a merge")


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """An editor that waits until the file `close` is there, and says that it is `open`."""
    path = tmp_path / "editor"
    path.write_text(
        f"#!/bin/sh\ntouch {tmp_path}/open\n"
        f'while ! test -e {tmp_path}/close; do sleep 0.02; done; echo typed >"$1"\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv("GIT_EDITOR", str(path))

    def start(checkout, *words):
        waiting = subprocess.Popen(["git", *words], cwd=checkout.top, stdout=subprocess.DEVNULL)
        while not (tmp_path / "open").exists():
            time.sleep(0.01)

        def close():
            (tmp_path / "close").touch()
            assert waiting.wait() == 0

        return close

    yield start
    (tmp_path / "close").touch()


@pytest.mark.parametrize(
    "words",
    [("commit",), ("-c", "core.pager=cat", "commit", "--amend"), ("-C", "src", "commit"), ("ci",)],
)
def test_a_commit_that_waits_in_its_editor(checkout, editor, words):
    checkout.git("config", "alias.ci", "commit -v")
    checkout.write("new", "new")
    checkout.git("add", "new")
    close = editor(checkout, *words)
    refused(checkout, "`git commit`")
    close()
    assert checkout.git("log", "-1", "--format=%s") == "typed"
    publish(checkout.repo, {A: b"one\n"}, "x")
    assert checkout.git("status", "--porcelain") == ""


@pytest.mark.parametrize("words", [("commit", "-a"), ("commit", "README")])
def test_a_commit_that_holds_the_lock(checkout, editor, words):
    checkout.write("README", "edited\n")
    close = editor(checkout, *words)
    with pytest.raises(ShardError, match="index is locked"):
        publish(checkout.repo, {A: b"one\n"}, "x")
    with pytest.raises(ShardError, match="index is locked"):
        publish(checkout.repo, {A: b"one\n"}, "", stage_only=True)
    close()
    assert checkout.git("status", "--porcelain") == ""


def test_staging_while_a_commit_waits_is_harmless(checkout, editor):
    checkout.write("new", "new")
    checkout.git("add", "new")
    close = editor(checkout, "commit")
    publish(checkout.repo, {A: b"one\n"}, "", stage_only=True)
    close()
    assert checkout.git("diff", "--name-only", "HEAD^", "HEAD") == "new"
    assert checkout.git("status", "--porcelain") == f"A  {A}"


def test_a_commit_elsewhere_is_no_matter(checkout, tmp_path, editor):
    linked = type(checkout)(checkout.top / "linked")  # inside, and yet not of this work tree
    checkout.git("worktree", "add", "-q", "-b", "side", str(linked.top))
    linked.write("new", "new")
    linked.git("add", "new")
    close = editor(linked, "commit")
    publish(checkout.repo, {A: b"one\n"}, "x")
    with pytest.raises(ShardError, match="`git commit`"):
        publish(linked.repo, {A: b"one\n"}, "x")
    close()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("git commit -m x", True),
        ("/usr/bin/git -C /a -c b=c --no-pager commit", True),
        ("/usr/lib/git-core/git-commit -m x", True),
        ("git --git-dir=/a --work-tree /b commit", True),
        ("git commit-tree HEAD^{tree}", False),
        ("git log commit", False),
        ("git -C commit status", False),
        ("vim commit", False),
        ("git", False),
        ("", False),
    ],
)
def test_command_lines(line, answer):
    assert is_commit(line.split()) is answer


def test_without_proc_ps_is_asked(checkout, editor, monkeypatch):
    real = os.path.isdir
    monkeypatch.setattr(os.path, "isdir", lambda path: path != "/proc/self" and real(path))
    checkout.write("new", "new")
    checkout.git("add", "new")
    close = editor(checkout, "commit")
    refused(checkout, "`git commit`")
    close()
