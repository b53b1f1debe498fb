"""Whatever git is told to do, no private byte leaves, and nothing acknowledged is lost."""

import glob
import json
import os
import subprocess

import pytest

from tests.clone import Clone
from tests.flows.forge import events_in, fresh, learn, status, titles, written_by

CANARIES = ("Ask Dana about zanzibar", "quokka in the ledger", "feed the axolotl")
KEYS_OF_BOTH_CHAINS = 2


@pytest.fixture
def ours(ours):
    """Our clone, with a lesson that is not published yet and with private knowledge."""
    learn(ours, "Not yet published", "--body", "only in the own log")
    ours.agence("~learn", CANARIES[0])
    ours.agence("~note", CANARIES[1], "--body", CANARIES[1])
    ours.agence("~todo", "add", CANARIES[2])
    return ours


def local(clone: Clone) -> str:
    """Where this clone keeps what is never versioned."""
    common = clone.git("rev-parse", "--path-format=absolute", "--git-common-dir")
    return os.path.join(common, "agence")


def secrets(clone: Clone) -> list[bytes]:
    """Every byte string that must be nowhere but in this clone's local state."""
    files = glob.glob(os.path.join(glob.escape(local(clone)), "hermetic", "keys", "*.json"))
    seeds = [json.loads(clone.read(file))["seed"] for file in files]
    assert len(seeds) >= KEYS_OF_BOTH_CHAINS
    private = glob.glob(os.path.join(glob.escape(local(clone)), "hermetic", "own", "*.jsonl"))
    lines = [json.loads(line) for file in private for line in clone.read(file).splitlines()]
    assert len(lines) == len(CANARIES)
    ids = [part for line in lines for part in (line["id"], line["salt"])]
    found = [text.encode() for text in (*CANARIES, *seeds, *ids)]
    return found + [bytes.fromhex(seed) for seed in seeds]


def check_clean(clone: Clone, *others: Clone) -> None:
    """No object of these repositories and no file of these work trees holds a secret of `clone`."""
    wanted = secrets(clone)
    for one in (clone, *others):
        words = ("git", "cat-file", "--batch-all-objects", "--batch")
        objects = subprocess.run(words, cwd=one.path, capture_output=True, check=True).stdout
        assert objects
        assert [secret for secret in wanted if secret in objects] == [], one.path
        for folder, folders, names in os.walk(one.path):
            if ".git" in folders:
                folders.remove(".git")
            if folder == one.path and "objects" in folders:
                break  # a bare repository: its objects were read
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                assert not any(secret in content for secret in wanted), name


def check_kept(clone: Clone, published: int) -> None:
    """What was acknowledged is all there."""
    assert "Not yet published" in titles(clone)
    shown = clone.agence("~lesson", "list") + clone.agence("~note", "list")
    shown += clone.agence("~todo", "list")
    assert all(text in shown for text in CANARIES)
    assert status(clone)["private"] == len(CANARIES)
    assert len(status(clone)["unpublished"]) == 1 - published
    clone.agence("^verify")


def mirror(clone: Clone, tmp_path) -> Clone:
    """Everything that `git push --mirror` sends."""
    other = Clone(tmp_path / "mirror.git")
    os.mkdir(other.path)
    other.git("init", "--quiet", "--bare")
    clone.git("push", "--quiet", "--mirror", other.path)
    return other


def test_add_all(ours, forge, tmp_path):
    ours.write("notes.txt", "mine\n")
    ours.git("add", "-A")
    assert ours.git("diff", "--cached", "--name-only") == "notes.txt"
    ours.git("commit", "--quiet", "-m", "All of it")
    ours.agence("^commit")
    ours.git("add", "-A")
    assert ours.git("diff", "--cached", "--name-only") == ""
    ours.git("push", "--quiet")
    check_clean(ours, forge, mirror(ours, tmp_path))
    check_kept(ours, published=1)


def test_add_all_forced_where_the_folder_is_new(repo, tmp_path):
    repo.agence("^init")
    learn(repo, "Not yet published")
    for words in (("~learn", CANARIES[0]), ("~note", CANARIES[1]), ("~todo", "add", CANARIES[2])):
        repo.agence(*words)
    repo.git("add", "--force", "-A")
    repo.git("commit", "--quiet", "-m", "All of it")
    check_clean(repo, mirror(repo, tmp_path))
    repo.agence("^commit")
    check_kept(repo, published=1)
    check_clean(repo)


def test_clean(ours):
    ours.write(".agence/nexus/by-hand", "x")
    ours.git("clean", "--quiet", "-ffdx")
    assert not os.path.exists(os.path.join(ours.path, ".agence/nexus"))
    check_kept(ours, published=0)
    check_clean(ours)


def test_clean_before_the_first_commit_of_the_folder(repo):
    repo.agence("^init")
    lesson = learn(repo, "Early")
    repo.git("clean", "--quiet", "-ffdx")
    assert not os.path.exists(os.path.join(repo.path, ".agence"))
    assert titles(repo) == {"Early"}
    repo.agence("^commit")
    assert lesson in events_in(repo) == written_by(repo)
    assert repo.git("status", "--porcelain") == ""
    repo.agence("^verify")


@pytest.mark.parametrize("committed", [True, False])
def test_stash_all(ours, repo, tmp_path, committed):
    clone = ours
    if not committed:
        clone = repo
        repo.agence("^init")
        learn(repo, "Not yet published")
        for words in (("~learn", CANARIES[0]), ("~note", CANARIES[1]), ("~todo", CANARIES[2])):
            repo.agence(*words)
    clone.write("notes.txt", "mine\n")
    before = clone.git("status", "--porcelain")
    clone.git("stash", "--quiet", "-a")
    assert "Not yet published" in titles(clone)
    check_clean(clone, mirror(clone, tmp_path))
    learn(clone, "While stashed")
    clone.git("stash", "pop", "--quiet")
    assert clone.git("status", "--porcelain") == before
    assert {"Not yet published", "While stashed"} <= titles(clone)
    clone.agence("^commit")
    assert written_by(clone) <= events_in(clone)
    check_kept(clone, published=1)
    check_clean(clone)


def test_a_branch_from_before_the_shard(ours, forge, tmp_path):
    ours.git("checkout", "--quiet", "-b", "old", "main~1")
    assert not os.path.exists(os.path.join(ours.path, ".agence"))
    learn(ours, "Learnt on the old branch")
    assert "Learnt on the old branch" in ours.agence("^recall", "learnt old branch")
    check_kept_on_old = titles(ours)
    assert check_kept_on_old == {"Not yet published", "Learnt on the old branch"}
    assert ours.git("status", "--porcelain") == ""
    ours.git("add", "-A")
    assert ours.git("diff", "--cached", "--name-only") == ""
    ours.agence("^commit")
    assert written_by(ours) <= events_in(ours)
    assert ours.git("status", "--porcelain") == ""
    ours.git("push", "--quiet", "-u", "origin", "old")
    check_clean(ours, forge)
    check_kept(ours, published=1)
    newcomer = fresh(forge, str(tmp_path / "newcomer"), "old")
    assert titles(newcomer) == check_kept_on_old
    forge.merge("old", into="main")


def test_a_branch_from_before_the_shard_reads_home(ours, forge, tmp_path):
    """Nothing of agence is checked out and no remote is left: the branch of ^init stands in."""
    ours.agence("^commit")
    ours.git("push", "--quiet")
    reader = fresh(forge, str(tmp_path / "reader"))
    reader.git("remote", "remove", "origin")
    reader.git("checkout", "--quiet", "--detach", "main~2")
    assert not os.path.exists(os.path.join(reader.path, ".agence"))
    assert titles(reader) == {"Not yet published"}
    assert written_by(reader) == set()


def test_an_orphan_branch(ours, tmp_path):
    ours.git("checkout", "--quiet", "--orphan", "empty")
    ours.git("rm", "--quiet", "-rf", ".")
    assert not os.path.exists(os.path.join(ours.path, ".agence"))
    learn(ours, "Learnt on nothing")
    assert "Learnt on nothing" in ours.agence("^recall", "learnt nothing")
    assert titles(ours) == {"Not yet published", "Learnt on nothing"}
    ours.agence("^commit")
    assert written_by(ours) <= events_in(ours)
    assert ours.git("status", "--porcelain") == ""
    assert {one.split("/")[0] for one in ours.git("ls-files").splitlines()} == {".agence"}
    check_clean(ours, mirror(ours, tmp_path))
    check_kept(ours, published=1)


def test_a_bare_repository_with_worktrees(ours, forge, tmp_path):
    ours.agence("^commit")
    ours.git("push", "--quiet")
    bare = Clone(tmp_path / "bare.git")
    forge.git("clone", "--quiet", "--bare", forge.path, bare.path)
    one, two = Clone(tmp_path / "one"), Clone(tmp_path / "two")
    bare.git("worktree", "add", "--quiet", one.path, "main")
    bare.git("worktree", "add", "--quiet", "-b", "second", two.path, "main")
    one.agence("^init")
    learn(one, "In the first worktree")
    for words in (("~learn", CANARIES[0]), ("~note", CANARIES[1]), ("~todo", CANARIES[2])):
        one.agence(*words)
    assert local(one) == os.path.join(bare.path, "agence")
    assert "In the first worktree" in titles(two)
    check_clean(one, two, bare, mirror(one, tmp_path))
    bare.git("worktree", "remove", "--force", one.path)
    assert titles(two) == {"Not yet published", "In the first worktree"}
    assert status(two)["private"] == len(CANARIES)
    two.agence("^commit")
    assert written_by(two) <= events_in(two)
    assert two.git("status", "--porcelain") == ""
    two.agence("^verify")
    two.git("push", "--quiet", forge.path, "second")
    check_clean(two, forge, bare)


def test_push_mirror_after_everything(ours, forge, tmp_path):
    stranger = fresh(forge, str(tmp_path / "stranger"))
    learn(stranger, "From the other side")
    stranger.agence("^commit")
    stranger.git("push", "--quiet")
    ours.agence("^commit")
    ours.git("pull", "--quiet", "--no-rebase")
    other = mirror(ours, tmp_path)
    check_clean(ours, other, forge)
    assert "refs/agence/log" in other.git("for-each-ref", "--format=%(refname)")
    again = fresh(other, str(tmp_path / "again"))
    assert titles(again) == {"Not yet published", "From the other side"}
    check_kept(ours, published=1)
