"""A lock of ours never outlives its publisher for long, and a foreign one is never cleared."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from agence.base.errors import ShardError
from agence.git.index_lock import Hold, recover
from agence.git.publish import publish

A = ".agence/log/2026-01/w/1-a.jsonl"


@pytest.fixture
def lock(checkout):
    return checkout.top / ".git/index.lock"


@pytest.fixture
def killed(checkout, script):
    """A publisher killed while it held the lock."""
    done = subprocess.run([sys.executable, script("die")], cwd=checkout.top, check=False)
    assert done.returncode == -9


def test_a_foreign_lock_is_respected(checkout, lock):
    lock.write_bytes(b"")
    with pytest.raises(ShardError, match="index is locked") as raised:
        publish(checkout.repo, {A: b"one\n"}, "x")
    assert raised.value.exit_code == 3
    assert lock.read_bytes() == b""
    assert not recover(checkout.repo)
    assert not (checkout.top / ".agence").exists()
    lock.unlink()
    publish(checkout.repo, {A: b"one\n"}, "x")


def test_our_own_is_cleared(checkout, lock, killed):
    assert lock.exists()
    assert recover(checkout.repo)
    assert not lock.exists()
    assert not recover(checkout.repo)
    assert sorted(os.listdir(checkout.repo.nexus)) == ["journal.json.lock", "tmp"]
    assert os.listdir(os.path.join(checkout.repo.nexus, "tmp")) == []


def test_the_next_publisher_clears_it(checkout, lock, killed):
    publish(checkout.repo, {A: b"one\n"}, "x")
    assert checkout.git("status", "--porcelain") == ""


def test_a_foreign_lock_in_place_of_ours_is_left(checkout, lock, killed):
    inode = lock.stat().st_ino
    with lock.open("r+b") as file:  # even on the very inode
        file.truncate()
        file.write(b"DIRC")
    assert recover(checkout.repo)
    assert lock.read_bytes() == b"DIRC"
    assert lock.stat().st_ino == inode


def test_a_copy_clears_its_own_only(checkout, lock, tmp_path):
    with Hold(checkout.repo, str(checkout.top / ".git/index")):
        copy = type(checkout)(tmp_path / "copy")
        shutil.copytree(checkout.top, copy.top)
        publish(copy.repo, {A: b"one\n"}, "x")
        assert lock.exists()
    assert not lock.exists()


def test_a_living_publisher_is_left_alone(checkout, lock):
    with Hold(checkout.repo, str(checkout.top / ".git/index")):
        assert not recover(checkout.repo)
        assert lock.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"token": 3}'])
def test_a_journal_that_makes_no_sense(checkout, text):
    os.makedirs(checkout.repo.nexus)
    with open(os.path.join(checkout.repo.nexus, "journal.json"), "w") as journal:
        journal.write(text)
    publish(checkout.repo, {A: b"one\n"}, "x")
    assert checkout.git("status", "--porcelain") == ""


def test_a_disk_without_hard_links(checkout, monkeypatch):
    def refuse(*_args, **_options):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    publish(checkout.repo, {A: b"one\n"}, "x")
    publish(checkout.repo, {A: b"two\n"}, "y")
    assert checkout.git("status", "--porcelain") == ""


def left_behind(checkout):
    """As a publisher leaves it that was killed after HEAD moved and before the last index."""
    publish(checkout.repo, {A: b"one\n"}, "x")
    publish(checkout.repo, {A: None}, "y")
    checkout.write(A, "one\n")
    checkout.git("add", A)
    removed = {A: checkout.git("rev-parse", f":{A}")}
    entry = {"token": "t", "index": "../../index", "removed": removed}
    with open(os.path.join(checkout.repo.nexus, "journal.json"), "w") as journal:
        json.dump(entry, journal)


@pytest.mark.parametrize("cleared", [True, False])
def test_what_was_being_taken_away_is_finished(checkout, cleared):
    left_behind(checkout)
    assert not cleared or recover(checkout.repo)
    publish(checkout.repo, {}, "z")
    assert checkout.git("status", "--porcelain") == ""
    assert not (checkout.top / A).exists()
    assert not recover(checkout.repo)


@pytest.mark.parametrize("staged", [True, False])
def test_what_the_user_has_edited_since_is_not_taken_away(checkout, staged):
    left_behind(checkout)
    checkout.write(A, "edited\n")
    if staged:
        checkout.git("add", A)
    publish(checkout.repo, {}, "z")
    assert checkout.git("status", "--porcelain", "-uall") == f"{'A ' if staged else '??'} {A}"
    assert (checkout.top / A).read_text() == "edited\n"
