"""^sync in every shape of a clone, and by many at once: nothing is lost, nothing is in the way."""

import os
import subprocess

import pytest

from tests.clone import Clone
from tests.flows.forge import check_folds, fresh, learn, state, titles

LOG = "refs/agence/shared/log"
MANY = 4


@pytest.fixture
def theirs(forge, ours, tmp_path):
    """Another clone, whose lesson is in the shared log and in no branch."""
    assert ours.git("rev-parse", "main") == forge.tip("main")
    clone = fresh(forge, str(tmp_path / "theirs"))
    learn(clone, "of theirs")
    clone.agence("^sync")
    return clone


def check_syncs(clone, theirs):
    """Both ways, with nothing of the clone's own moved."""
    before = clone.git("for-each-ref", "refs/heads", "refs/tags"), clone.git("rev-parse", "HEAD")
    seen = clone.git("status", "--porcelain")
    learn(clone, "of this one")
    said = clone.agence_json("^sync")["data"]
    assert (said["sent"], said["received"], said["clean"]) == (1, 1, 1)
    assert (
        clone.git("for-each-ref", "refs/heads", "refs/tags"),
        clone.git("rev-parse", "HEAD"),
    ) == before
    assert clone.git("status", "--porcelain") == seen
    theirs.agence("^sync")
    assert titles(clone) == titles(theirs) == {"of theirs", "of this one"}
    assert clone.agence_json("^sync")["data"]["sent"] == 0


def test_a_branch_without_upstream(ours, theirs):
    ours.git("checkout", "--quiet", "--no-track", "-b", "topic")
    check_syncs(ours, theirs)


def test_a_detached_head(ours, theirs):
    ours.git("checkout", "--quiet", "--detach")
    check_syncs(ours, theirs)


def test_in_the_middle_of_a_merge(ours, theirs):
    ours.git("checkout", "--quiet", "-b", "topic")
    ours.commit("src/shop.py", "PRICE = 5\n")
    ours.git("checkout", "--quiet", "main")
    ours.commit("src/shop.py", "PRICE = 6\n")
    ours.git("merge", "--quiet", "topic", code=1)
    check_syncs(ours, theirs)
    assert os.path.exists(os.path.join(ours.path, ".git", "MERGE_HEAD"))


def test_with_the_index_locked(ours, theirs):
    ours.write(".git/index.lock", "")
    check_syncs(ours, theirs)


def test_on_a_branch_without_the_folder(ours, theirs):
    ours.git("checkout", "--quiet", "--orphan", "bare")
    ours.git("rm", "-r", "--quiet", "--force", ".")
    ours.git("commit", "--quiet", "--allow-empty", "-m", "nothing here")
    check_syncs(ours, theirs)


def test_a_work_tree_linked_to_a_bare_repository(forge, theirs, tmp_path):
    bare, clone = Clone(tmp_path / "bare.git"), Clone(tmp_path / "linked")
    forge.git("clone", "--quiet", "--bare", forge.path, bare.path)
    bare.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    bare.git("fetch", "--quiet")
    bare.git("remote", "set-head", "origin", "main")
    bare.git("worktree", "add", "--quiet", "-b", "linked", clone.path, "main")
    clone.agence("^init")
    check_syncs(clone, theirs)


def test_two_work_trees_of_one_repository(ours, theirs, tmp_path):
    linked = Clone(tmp_path / "linked")
    ours.git("worktree", "add", "--quiet", "-b", "linked", linked.path)
    learn(linked, "of this one")
    said = ours.agence_json("^sync")["data"]
    assert (said["sent"], said["received"]) == (1, 1)
    assert titles(linked) == titles(ours) == {"of theirs", "of this one"}
    assert linked.agence_json("^sync")["data"]["sent"] == 0


def test_a_standalone_shard(forge, tmp_path):
    one, other = Clone(tmp_path / "one"), Clone(tmp_path / "other")
    os.mkdir(one.path)
    one.agence("^init", "--standalone")
    one.git("remote", "add", "origin", forge.path)
    one.git("push", "--quiet", "--set-upstream", "origin", "main")
    one.agence("^init")
    forge.git("clone", "--quiet", forge.path, other.path)
    other.agence("^init")
    learn(one, "of one")
    assert one.agence_json("^sync")["data"]["sent"] == 1
    assert other.agence_json("^sync")["data"]["received"] == 1
    assert titles(other) == {"of one"}


@pytest.mark.parametrize("how", ["--depth=1", "--filter=blob:none", "--filter=tree:0"])
def test_a_clone_that_has_not_everything(forge, theirs, tmp_path, how):
    forge.git("config", "uploadpack.allowFilter", "true")
    clone = Clone(tmp_path / "part")
    forge.git("clone", "--quiet", how, f"file://{forge.path}", clone.path)
    clone.agence("^init")
    check_syncs(clone, theirs)
    assert clone.git("fsck", "--connectivity-only", "--no-dangling") == ""


def test_a_submodule(forge, theirs, tmp_path):
    outer = Clone(tmp_path / "outer")
    os.mkdir(outer.path)
    outer.git("init", "--quiet")
    outer.git("submodule", "--quiet", "add", forge.path, "inner")
    inner = Clone(tmp_path / "outer" / "inner")
    inner.agence("^init")
    check_syncs(inner, theirs)
    assert outer.git("for-each-ref") == ""


def test_a_repository_with_other_ids(tmp_path):
    clone = Clone(tmp_path / "sha256")
    os.mkdir(clone.path)
    clone.git("init", "--quiet", "--object-format=sha256")
    assert "SHA-1" in clone.agence_json("^sync", code=3)["error"]["message"]


def test_a_push_hook_of_the_user_is_asked(ours, theirs):
    """Whoever checks what leaves this machine checks this too."""
    ours.write(".git/hooks/pre-push", "#!/bin/sh\necho no >&2\nexit 1\n")
    os.chmod(os.path.join(ours.path, ".git/hooks/pre-push"), 0o755)
    learn(ours, "of this one")
    error = ours.agence_json("^sync", code=6)["error"]
    assert "can't be pushed" in error["message"]
    os.unlink(os.path.join(ours.path, ".git/hooks/pre-push"))
    assert ours.agence_json("^sync")["data"]["sent"] == 1
    assert theirs.agence_json("^sync")["data"]["received"] == 1


def test_many_at_once(forge, ours, tmp_path):
    """All of them keep and sync at the same time; after one more round all know everything."""
    assert forge.tip("main") == ours.git("rev-parse", "HEAD")
    clones = [fresh(forge, str(tmp_path / f"clone{n}")) for n in range(MANY)]
    kept = [
        learn(clone, f"lesson {n} of {at}") for at, clone in enumerate(clones) for n in range(3)
    ]
    started = [
        subprocess.Popen(["agence", "^sync", "--json"], cwd=one.path, stdout=subprocess.DEVNULL)
        for one in clones
    ]
    assert [one.wait() for one in started] == [0] * MANY
    for clone in clones:
        clone.agence("^sync")
    assert len({state(clone) for clone in clones}) == 1
    assert len(titles(clones[0])) == len(kept)
    for clone in clones:
        check_folds_of(clone)


def check_folds_of(clone):
    """All of it verifies and nothing waits, though no branch holds it."""
    clone.agence("^verify")
    said = clone.agence_json("^status")["data"]
    assert (said["waiting"], said["faults"], said["not_in_force"]) == ([], [], [])


def test_synced_first_and_merged_later_it_is_there_once(forge, ours, theirs):
    ours.agence("^sync")
    learn(ours, "of this one")
    ours.agence("^commit")
    ours.agence("^sync")
    ours.git("push", "--quiet")
    theirs.agence("^commit")
    theirs.git("pull", "--quiet", "--no-rebase", "--no-edit")
    theirs.git("push", "--quiet")
    ours.git("pull", "--quiet")
    check_folds(theirs)
    assert titles(ours) == titles(theirs) == {"of theirs", "of this one"}
    assert len(set(map(state, (ours, theirs)))) == 1
