"""A copy without its data erases only where it lies in what is in force: anybody can make one."""

import os

import pytest

from agence.commands.knowledge.show import show
from agence.commands.recall import recall
from agence.commands.state import state
from agence.commands.status import status
from agence.shard.known import REF
from tests.clone import Clone
from tests.commands.desk import Desk
from tests.shard.test_known import forget_everything, without_data

WORD = "wolverine"


@pytest.fixture
def desk(repo):
    repo.agence("^init")
    made = Desk(repo)
    made.commit()
    return made


def forked(desk):
    """A fork of the clone, whose owner is somebody else."""
    path = os.path.join(os.path.dirname(desk.clone.path), "fork")
    desk.clone.git("clone", "--quiet", desk.clone.path, path)
    return Clone(path)


def erase_in(fork):
    """Commit every segment of the fork without the data of its events."""
    for path in fork.git("ls-files", "--", ".agence/log").splitlines():
        if path.endswith(".jsonl"):
            fork.write(path, without_data(fork.read(path)))
    fork.git("commit", "--quiet", "-am", "Erase")


def hashes(desk):
    said = state(desk("^state"), hash_only=True).data
    return said["state"], said["cut"]


def test_what_a_stranger_erased_is_erased_nowhere_else(desk):
    lesson = desk.keep(f"about a {WORD}", "who must not be named")
    desk.commit()
    before = hashes(desk)
    fork = forked(desk)
    erase_in(fork)
    desk.clone.git("remote", "add", "stranger", fork.path)
    desk.clone.git("fetch", "--quiet", "stranger")
    for _ in range(2):
        assert show(desk("^lesson show"), lesson).data["body"] == "who must not be named"
        assert hashes(desk) == before
        assert desk.commit() == []
        kept = desk.clone.git("ls-tree", "-r", REF).splitlines()
        texts = [desk.clone.git("cat-file", "blob", line.split()[2]) for line in kept]
        assert any(WORD in text for text in texts)
        forget_everything(desk)


@pytest.mark.parametrize("everything", [False, True])
def test_a_stranger_s_delete_without_its_data_resurrects_nothing(desk, everything):
    lesson = desk.keep(f"about a {WORD}")
    desk.clone.agence("^delete", lesson[:12])
    desk.commit()
    fork = forked(desk)
    erase_in(fork)
    desk.clone.git("remote", "add", "stranger", fork.path)
    desk.clone.git("fetch", "--quiet", "stranger")
    if everything:
        forget_everything(desk)
    assert recall(desk("^recall"), [WORD]).data["count"] == 0
    assert state(desk("^state")).data["all"]
    assert desk.commit() == []


def test_what_is_erased_in_force_stays_erased(desk):
    lesson = desk.keep(f"about a {WORD}", "who must not be named")
    desk.commit()
    fork = forked(desk)
    erase_in(fork)
    desk.clone.git("pull", "--quiet", "--no-rebase", fork.path, "main")
    forget_everything(desk)
    assert recall(desk("^recall"), [WORD]).data["count"] == 0
    desk.clone.git("reset", "--quiet", "--hard", "HEAD~1")
    status(desk("^status"))
    assert recall(desk("^recall"), [WORD]).data["count"] == 0
    del lesson


def test_a_whole_copy_that_comes_late_counts_before_a_stranger_s(desk):
    fork = forked(desk)
    theirs = Desk(fork, 9)
    fork.agence("^init")
    lesson = theirs.keep(f"about a {WORD}", "who must not be named")
    theirs.commit()
    fork.git("branch", "whole")
    erase_in(fork)
    desk.clone.git("remote", "add", "stranger", fork.path)
    desk.clone.git("fetch", "--quiet", "stranger", "main:refs/remotes/stranger/main")
    status(desk("^status"))
    desk.clone.git("fetch", "--quiet", "stranger", "whole")
    desk.clone.git("merge", "--quiet", "--no-edit", "FETCH_HEAD")
    assert show(desk("^lesson show"), lesson).data["body"] == "who must not be named"
