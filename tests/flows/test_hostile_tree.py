"""What a repository, or somebody with an editor, may not do to the clone that reads it."""

import os

import pytest

from tests.clone import Clone


@pytest.fixture
def shard(repo):
    repo.agence("^init")
    repo.agence("^learn", "a lesson", "--body", "its text")
    repo.agence("^commit")
    return repo


def test_no_file_is_written_through_a_link(shard, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    for folder in ("codex", "synthetic/lessons"):
        path = os.path.join(shard.path, ".agence", folder)
        shard.git("rm", "-r", "--quiet", f".agence/{folder}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(outside, path)
        shard.git("add", f".agence/{folder}")
    shard.git("commit", "--quiet", "-m", "links")
    shard.git("clone", "--quiet", shard.path, str(tmp_path / "fresh"))
    fresh = Clone(tmp_path / "fresh")
    fresh.agence("^init", code=3)
    for clone in (fresh, shard):
        clone.agence("^render", code=3)
    assert list(outside.iterdir()) == []


def test_a_hand_edit_that_git_committed_is_not_overwritten(shard):
    folder = ".agence/synthetic/lessons"
    (name,) = os.listdir(os.path.join(shard.path, folder))
    for path in (f"{folder}/{name}", ".agence/codex/LAWS.md"):
        shard.write(path, "by hand\n" + shard.read(path))
    shard.git("commit", "--quiet", "-am", "by hand")
    assert len(shard.agence_json("^status")["data"]["drafts"]) == 2
    shard.agence("^learn", "another")
    shard.agence("^commit")
    for path in (f"{folder}/{name}", ".agence/codex/LAWS.md"):
        assert shard.read(path).startswith("by hand\n")


def test_a_chain_is_not_signed_on_after_its_own_log_lost_its_end(shard):
    for _ in range(2):  # the second look sees the ref that the first one made
        shard.agence("^learn", "and one more")
        shard.agence("^commit")
        shard.agence("^status")
        shard.agence("^status")
    own = shard.agence("where", "own").strip()
    (log,) = [name for name in os.listdir(own) if name.endswith(".jsonl")]
    with open(os.path.join(own, log), "rb+") as file:
        lines = file.read().splitlines(keepends=True)
        file.seek(0)
        file.truncate()
        file.writelines(lines[:-1])
    shard.agence("^learn", "after the loss")
    assert len([name for name in os.listdir(own) if name.endswith(".jsonl")]) == 2
    assert "forked" not in shard.agence("^verify")
    listed = {one["title"] for one in shard.agence_json("^lesson", "list")["data"]["items"]}
    assert listed == {"a lesson", "and one more", "after the loss"}


def test_a_newer_format_is_not_written_back(shard):
    shard.write(".agence/agence.toml", "format = 2\n")
    shard.git("commit", "--quiet", "-am", "a newer format")
    for words in (("^learn", "x"), ("^commit",), ("^render",)):
        shard.agence(*words, code=3)
    assert "a lesson" in shard.agence("^lesson", "list")
    assert shard.read(".agence/agence.toml") == "format = 2\n"


def test_a_text_counts_only_under_its_own_name(shard, tmp_path):
    identity = shard.agence_json("^doc", "add", "large", "--body", "x" * 60_000)["data"]["id"]
    shard.agence("^commit")
    (name,) = [
        path
        for path in shard.git("ls-files", ".agence/log/blobs").splitlines()
        if "x" * 100 in shard.read(path)
    ]
    shard.git("checkout", "--quiet", "-b", "other")
    shard.write(name, "y" * 60_000)
    shard.write(".agence/log/blobs/not-a-name", "z")
    shard.git("add", "--force", ".agence/log")
    shard.git("commit", "--quiet", "-m", "other texts under these names")
    shard.git("clone", "--quiet", shard.path, str(tmp_path / "fresh"))
    fresh = Clone(tmp_path / "fresh")
    fresh.agence("^init")
    assert "y" * 100 not in fresh.agence("^doc", "show", identity)
    kept = fresh.git("ls-tree", "-r", "--name-only", "refs/agence/log")
    assert "not-a-name" not in kept
