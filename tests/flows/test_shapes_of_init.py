"""`^init` in every shape of repository: it founds, joins or refuses, and touches nothing else."""

import hashlib
import os
import shutil

import pytest

from tests.clone import Clone
from tests.conftest import make_history
from tests.flows.forge import check_folds, events_in, fresh, learn, status, titles

REFUSED = 3


def settings(clone: Clone) -> list[str]:
    return sorted(clone.git("config", "--list", "--local").splitlines())


def everything(folder: str, *without: str) -> dict[str, str]:
    """Path -> hash of every file below a folder, but for some parts of it."""
    found = {}
    for place, folders, names in os.walk(folder):
        below = os.path.relpath(place, folder)
        folders[:] = [one for one in folders if os.path.normpath(f"{below}/{one}") not in without]
        for name in names:
            path = os.path.normpath(f"{below}/{name}")
            if path not in without:
                whole = os.path.join(place, name)
                with open(whole, "rb") as file:
                    found[path] = hashlib.sha256(file.read()).hexdigest()
    return found


def init(clone: Clone, *words: str, code: int = 0):
    answer = clone.agence_json("^init", *words, code=code)
    return answer["error"] if code else answer["data"]


DERIVED = (
    *(f".git/agence/nexus/{name}" for name in ("index.db", "index.db-wal", "index.db-shm")),
    *(".git/agence/nexus/refs.seen", ".git/refs/agence/log", ".git/objects", ".git/FETCH_HEAD"),
)


def again(clone: Clone) -> None:
    """A second `^init` changes no setting, no file and no event; only what is derived is newer."""
    config = clone.git("config", "--list", "--local")
    before = everything(clone.path, *DERIVED)
    said = init(clone)
    assert not said["founded"]
    assert said["wrote"] == said["configured"] == []
    assert clone.git("config", "--list", "--local") == config
    assert everything(clone.path, *DERIVED) == before


def test_a_repository(repo):
    kept = (".git/agence", ".git/config", ".agence")
    before = everything(repo.path, *kept)
    said = init(repo)
    assert said["founded"]
    assert repo.git("status", "--porcelain", "--untracked-files=normal") == "?? .agence/"
    assert everything(repo.path, *kept) == before
    shown = repo.agence("^init")
    assert said["pins"]["founder"][:16] in shown
    assert "nothing changed" in shown
    again(repo)
    repo.agence("^commit")
    again(repo)
    assert repo.git("status", "--porcelain") == ""
    check_folds(repo)


def test_from_a_folder_below(repo):
    Clone(os.path.join(repo.path, "src")).agence("^init")
    assert os.path.isdir(os.path.join(repo.path, ".agence"))
    assert not os.path.exists(os.path.join(repo.path, "src", ".agence"))


def test_a_linked_worktree(repo, tmp_path):
    linked = Clone(tmp_path / "linked")
    repo.git("worktree", "add", "--quiet", "-b", "side", linked.path)
    said = init(linked)
    assert said["founded"]
    assert os.path.isdir(os.path.join(repo.path, ".git", "agence"))
    assert repo.git("status", "--porcelain") == ""
    assert linked.git("status", "--porcelain") == "?? .agence/"
    joined = init(repo)
    assert not joined["founded"]
    assert joined["shard"] == said["shard"]
    linked.agence("^commit")
    learn(repo, "From the main worktree")
    assert titles(linked) == {"From the main worktree"}
    repo.agence("^commit")
    assert events_in(linked) < events_in(repo)


def test_a_fresh_clone(forge, ours, tmp_path):
    clone = Clone(tmp_path / "clone")
    forge.git("clone", "--quiet", forge.path, clone.path)
    kept = (".git/agence", ".git/config", *DERIVED)
    before = everything(clone.path, *kept)
    said = init(clone)
    assert not said["founded"]
    assert said["shard"] == status(ours)["shard"]
    assert (said["pins"]["remote"], said["pins"]["branch"]) == ("origin", "main")
    assert everything(clone.path, *kept) == before
    assert clone.git("status", "--porcelain") == ""
    again(clone)
    assert status(clone)["unpublished"] == []


def test_a_fresh_clone_of_a_branch_without_the_folder(forge, ours, tmp_path):
    ours.git("push", "--quiet", "origin", "main~1:refs/heads/old")
    clone = Clone(tmp_path / "clone")
    forge.git("clone", "--quiet", "--branch", "old", forge.path, clone.path)
    said = init(clone)
    assert said["shard"] == status(ours)["shard"]
    assert clone.git("status", "--porcelain") == ""
    assert not os.path.exists(os.path.join(clone.path, ".agence"))
    learn(clone, "Learnt on the old branch")
    clone.agence("^commit")
    clone.git("push", "--quiet")
    newcomer = fresh(forge, str(tmp_path / "newcomer"), "old")
    assert status(newcomer)["shard"] == said["shard"]
    assert titles(newcomer) == {"Learnt on the old branch"}
    check_folds(newcomer)


def test_events_whose_genesis_is_not_here(forge, ours, tmp_path):
    learn(ours, "Lesson")
    ours.agence("^commit")
    ours.git("checkout", "--quiet", "--no-track", "-b", "picked", "main~2")
    ours.git("cherry-pick", "--keep-redundant-commits", "main")
    ours.git("push", "--quiet", "origin", "picked")
    clone = Clone(tmp_path / "clone")
    words = ("clone", "--quiet", "--single-branch", "--branch", "picked")
    forge.git(*words, forge.path, clone.path)
    error = init(clone, code=REFUSED)
    assert "genesis" in error["message"]
    assert not os.path.exists(os.path.join(clone.path, ".git/agence/nexus/own"))
    clone.git("remote", "set-branches", "--add", "origin", "main")
    clone.git("fetch", "--quiet")
    assert init(clone)["shard"] == status(ours)["shard"]


def test_a_shallow_clone(forge, ours, tmp_path):
    learn(ours, "Lesson")
    ours.agence("^commit")
    ours.git("push", "--quiet")
    clone = Clone(tmp_path / "shallow")
    forge.git("clone", "--quiet", "--depth=1", f"file://{forge.path}", clone.path)
    said = init(clone)
    assert not said["founded"]
    assert said["shard"] == status(ours)["shard"]
    check_folds(clone)
    again(clone)
    learn(clone, "From the shallow clone")
    clone.agence("^commit")
    clone.git("push", "--quiet")
    ours.git("pull", "--quiet")
    assert titles(ours) == {"Lesson", "From the shallow clone"}


def test_a_shallow_clone_without_a_shard(repo, tmp_path):
    clone = Clone(tmp_path / "shallow")
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", clone.path)
    error = init(clone, code=REFUSED)
    assert "shallow" in error["message"]
    assert clone.git("status", "--porcelain") == ""
    assert not os.path.exists(os.path.join(clone.path, ".agence"))


def test_standalone(tmp_path):
    clone = Clone(tmp_path / "notes")
    os.mkdir(clone.path)
    said = init(clone, "--standalone")
    assert said["founded"]
    assert clone.git("status", "--porcelain") == ""
    assert clone.git("rev-list", "--count", "HEAD") == "1"
    lesson = learn(clone, "Published by itself")
    assert lesson in events_in(clone)
    assert clone.git("status", "--porcelain") == ""
    clone.agence("^lesson", "edit", lesson, "--body", "And edited")
    assert clone.git("rev-list", "--count", "HEAD") == "3"
    assert status(clone)["unpublished"] == []
    clone.agence("~learn", "Never published")
    assert clone.git("rev-list", "--count", "HEAD") == "3"
    init(clone, "--standalone")
    again(clone)
    newcomer = fresh(clone, str(tmp_path / "newcomer"))
    assert titles(newcomer) == {"Published by itself"}
    check_folds(newcomer)


def test_standalone_in_the_middle_of_something(tmp_path):
    """What can't be published now is kept, said, and published with the next write."""
    clone = Clone(tmp_path / "notes")
    os.mkdir(clone.path)
    init(clone, "--standalone")
    clone.git("bisect", "start")
    done = clone.run("agence", "^learn", "Kept all the same")
    assert "not published yet" in done.stderr
    assert titles(clone) == {"Kept all the same"}
    assert len(status(clone)["unpublished"]) == 1
    clone.git("bisect", "reset")
    learn(clone, "Second")
    assert status(clone)["unpublished"] == []


def test_standalone_where_a_project_is(repo):
    before = everything(repo.path)
    error = init(repo, "--standalone", code=REFUSED)
    assert "README.md" in error["message"] or "repository" in error["message"]
    assert everything(repo.path) == before


def test_a_submodule(ours, repo, tmp_path):
    learn(ours, "In the inner one")
    ours.agence("^commit")
    ours.git("push", "--quiet")
    repo.agence("^init")
    learn(repo, "In the outer one")
    repo.agence("^commit")
    repo.git("submodule", "--quiet", "add", ours.git("remote", "get-url", "origin"), "inner")
    repo.git("commit", "--quiet", "-m", "Add the inner one")
    inner = Clone(os.path.join(repo.path, "inner"))
    assert not init(inner)["founded"]
    assert titles(inner) == {"In the inner one"}
    assert titles(repo) == {"In the outer one"}
    assert titles(Clone(os.path.join(inner.path, "src"))) == {"In the inner one"}
    learn(inner, "Second")
    inner.git("checkout", "--quiet", "-B", "main")
    inner.agence("^commit")
    assert inner.git("status", "--porcelain") == ""
    assert repo.git("status", "--porcelain") == " M inner"
    assert titles(repo) == {"In the outer one"}
    local = os.path.join(repo.path, ".git", "modules", "inner", "agence")
    assert inner.agence("^where", "nexus").strip() == os.path.join(local, "nexus")


def test_an_empty_repository(tmp_path):
    clone = Clone(tmp_path / "empty")
    os.mkdir(clone.path)
    clone.git("init", "--quiet")
    assert init(clone)["founded"]
    assert clone.git("status", "--porcelain") == "?? .agence/"
    again(clone)
    clone.agence("^commit")
    assert clone.git("status", "--porcelain") == ""
    again(clone)


@pytest.mark.parametrize("inside", [True, False], ids=["in the cone", "out of it"])
def test_a_sparse_checkout(forge, ours, tmp_path, inside):
    clone = Clone(tmp_path / "sparse")
    forge.git("clone", "--quiet", "--sparse", forge.path, clone.path)
    clone.git("sparse-checkout", "set", "--cone", "src", *([".agence"] if inside else []))
    before = everything(clone.path, ".git")
    said = init(clone)
    assert said["shard"] == status(ours)["shard"]
    assert clone.git("status", "--porcelain") == ""
    assert everything(clone.path, ".git") == before
    again(clone)
    learn(clone, "Lesson")
    clone.agence("^commit")
    assert clone.git("status", "--porcelain") == ""
    assert titles(clone) == {"Lesson"}


def test_a_bare_repository(tmp_path):
    bare = Clone(tmp_path / "bare.git")
    os.mkdir(bare.path)
    bare.git("init", "--quiet", "--bare")
    before = everything(bare.path)
    error = init(bare, code=REFUSED)
    assert "bare" in error["message"]
    assert everything(bare.path) == before


def test_not_a_repository(tmp_path):
    folder = Clone(tmp_path / "plain")
    os.mkdir(folder.path)
    error = init(folder, code=REFUSED)
    assert "--standalone" in error["hint"]
    assert os.listdir(folder.path) == []


@pytest.mark.parametrize("remote", [True, False], ids=["with a remote", "without"])
def test_deinit_and_init_again(forge, ours, repo, tmp_path, remote):
    clone = repo
    if remote:
        clone = Clone(tmp_path / "clone")
        forge.git("clone", "--quiet", forge.path, clone.path)
    before, text = settings(clone), clone.read(".git/config")
    shard = init(clone)["shard"]
    lesson = learn(clone, "Lesson")
    clone.agence("~learn", "Private")
    clone.agence("^commit")
    files = everything(clone.path, ".git")
    clone.agence("^deinit")
    assert settings(clone) == before
    assert clone.read(".git/config") == text
    assert everything(clone.path, ".git") == files
    clone.agence("^lesson", "list", code=REFUSED)
    assert init(clone)["shard"] == shard
    second = learn(clone, "Second")
    clone.agence("^commit")
    events = [one for one in events_in(clone) if one in (lesson, second)]
    assert len(events) == len({lesson, second})
    writers = os.listdir(os.path.join(clone.path, ".git/agence/nexus/own"))
    assert len([name for name in writers if name.endswith(".jsonl")]) == 1, "the same key signs"
    assert status(clone)["private"] == 1
    clone.agence("^verify")


@pytest.fixture
def two_founders(forge, tmp_path):
    """Two clones that each founded a shard before they met: [(shard, clone), (shard, clone)]."""
    first = Clone(tmp_path / "first")
    forge.git("clone", "--quiet", forge.path, first.path)
    make_history(first)
    first.git("push", "--quiet", "--set-upstream", "origin", "main")
    shutil.copytree(first.path, tmp_path / "second")
    second = Clone(tmp_path / "second")
    founders = []
    for clone in (first, second):
        shard = init(clone)["shard"]
        clone.git("checkout", "--quiet", "-b", os.path.basename(clone.path))
        learn(clone, f"Of {os.path.basename(clone.path)}")
        clone.agence("^commit")
        clone.git("push", "--quiet", "origin", "HEAD")
        founders.append((shard, clone))
    forge.merge("first", into="main")
    forge.merge("second", into="main", prefer="ours")
    return founders


def test_two_geneses_that_meet(forge, tmp_path, two_founders):
    """Side by side, until a person says which one it is; trust moves by that alone."""
    (wanted, stays), (other, yields) = two_founders
    for clone in (stays, yields):
        clone.git("checkout", "--quiet", "main")
        clone.git("pull", "--quiet")
        assert titles(clone) == {"Of first", "Of second"}
        clone.agence("^verify")
        before = status(clone)["shard"], clone_pins(clone)
        assert clone.agence_json("^commit")["data"]["events"] == [], "no alias is signed unasked"
        assert (status(clone)["shard"], clone_pins(clone)) == before, "trust is not widened"
    newcomer = Clone(tmp_path / "newcomer")
    forge.git("clone", "--quiet", forge.path, newcomer.path)
    refused = newcomer.agence_json("^init", code=4)["error"]
    assert wanted[:8] in refused["message"]
    assert other[:8] in refused["message"]
    assert "agence ^init --join" not in refused["message"] + refused["hint"]
    yields.agence("^init", "--join", wanted[:8])
    assert status(yields)["shard"] == wanted
    yields.agence("^commit")
    yields.git("push", "--quiet")
    stays.git("pull", "--quiet")
    assert status(stays)["shard"] == wanted
    assert len(status(stays)["not_governance"]) == 1
    newcomer.git("pull", "--quiet")
    newcomer.agence("^init")
    assert status(newcomer)["shard"] == wanted
    assert titles(newcomer) == {"Of first", "Of second"}
    check_folds(newcomer)
    again(newcomer)


def clone_pins(clone: Clone) -> str:
    return clone.git("config", "--get-regexp", r"^agence\.")
