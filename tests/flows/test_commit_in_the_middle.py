"""`^commit` beside whatever else goes on in a work tree: right, or refused and nothing changed."""

import os
import subprocess
import time

import pytest

from tests.clone import Clone
from tests.flows.forge import events_in, fresh, learn, status, titles, written_by

REFUSED = 3


class Seen:
    """What git says of a work tree, for comparing before and after."""

    def __init__(self, clone: Clone) -> None:
        self.head = clone.git("rev-parse", "--symbolic-full-name", "HEAD", "--")
        self.commit = clone.run("sh", "-c", "git rev-parse --verify -q HEAD || :").stdout
        self.status = clone.git("status", "--porcelain=v2", "--branch")
        self.index = clone.git("ls-files", "-s", "-t", "--debug").replace("\r", "")
        self.refs = clone.git("for-each-ref", "refs/heads", "refs/tags", "refs/stash")
        self.files = {
            os.path.join(folder, name): os.lstat(os.path.join(folder, name)).st_mtime_ns
            for folder, _, names in os.walk(clone.path)
            if f"{os.sep}.git" not in folder
            for name in names
        }


def refused(clone: Clone, *words: str, because: str) -> None:
    """`^commit` ends with 3, says why, and nothing at all is changed."""
    clone.git("status")
    before = Seen(clone)
    error = clone.agence_json("^commit", *words, code=REFUSED)["error"]
    assert because in error["message"], error
    assert vars(Seen(clone)) == vars(before)


def published(clone: Clone, *words: str) -> str:
    """`^commit` makes a commit of our paths only; git then has nothing of ours to say."""
    before = clone.git("status", "--porcelain", "--", ".", ":!.agence")
    commit: str = clone.agence_json("^commit", *words)["data"]["commit"]
    assert commit == clone.git("rev-parse", "HEAD")
    changed = clone.git("diff-tree", "-r", "--root", "--name-only", "--no-commit-id", commit)
    assert changed
    assert all(path.startswith(".agence/") for path in changed.splitlines())
    assert clone.git("status", "--porcelain", "--", ".agence") == ""
    assert clone.git("status", "--porcelain", "--", ".", ":!.agence") == before
    return commit


def test_staged_work_stays_staged(ours):
    ours.write("src/shop.py", "PRICE = 5\n")
    ours.git("add", "src/shop.py")
    ours.write("src/shop.py", "PRICE = 6\n")
    ours.write("new.txt", "new\n")
    ours.git("add", "--intent-to-add", "new.txt")
    ours.write("other.txt", "untracked\n")
    ours.git("rm", "--quiet", "--cached", "README.md")
    ours.git("update-index", "--chmod=+x", "src/shop.py")
    before = ours.git("ls-files", "-s", "-t", "--", ".", ":!.agence")
    staged = ours.git("diff", "--cached", "--binary")
    learn(ours, "Lesson")
    published(ours)
    assert ours.git("ls-files", "-s", "-t", "--", ".", ":!.agence") == before
    assert ours.git("diff", "--cached", "--binary") == staged
    assert ours.read("src/shop.py") == "PRICE = 6\n"
    assert written_by(ours) <= events_in(ours)


@pytest.mark.parametrize("more", [(), ("--sparse-index",)], ids=["full index", "sparse index"])
@pytest.mark.parametrize("inside", [True, False], ids=["in the cone", "out of it"])
def test_sparse_checkout(ours, inside, more):
    ours.commit("docs/page.md", "A page\n")
    folders = ("src", ".agence") if inside else ("src",)
    ours.git("sparse-checkout", "set", "--cone", *more, *folders)
    assert os.path.exists(os.path.join(ours.path, ".agence")) is inside
    learn(ours, "Lesson")
    ours.write("src/shop.py", "PRICE = 5\n")
    ours.git("add", "src/shop.py")
    published(ours)
    assert os.path.exists(os.path.join(ours.path, ".agence")) is inside
    assert not os.path.exists(os.path.join(ours.path, "docs"))
    assert "docs/page.md" in ours.git("ls-tree", "-r", "--name-only", "HEAD")
    assert titles(ours) == {"Lesson"}
    learn(ours, "Second")
    published(ours)
    ours.git("sparse-checkout", "disable")
    assert ours.git("status", "--porcelain") == "M  src/shop.py"
    views = os.listdir(os.path.join(ours.path, ".agence/synthetic/lessons"))
    assert len(views) == len(titles(ours))
    ours.agence("^render", "--check")


def test_signed_where_git_signs(ours, tmp_path):
    key = str(tmp_path / "key")
    ours.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    signers = tmp_path / "signers"
    signers.write_text(f"ada@example.org {(tmp_path / 'key.pub').read_text()}", encoding="utf-8")
    ours.git("config", "gpg.format", "ssh")
    ours.git("config", "user.signingKey", f"{key}.pub")
    ours.git("config", "gpg.ssh.allowedSignersFile", str(signers))
    ours.git("config", "commit.gpgSign", "true")
    learn(ours, "Lesson")
    commit = published(ours)
    ours.git("verify-commit", commit)
    learn(ours, "Second")
    os.rename(key, f"{key}.away")
    before = Seen(ours)
    ours.agence_json("^commit", code=6)
    assert vars(Seen(ours)) == vars(before)
    os.rename(f"{key}.away", key)
    ours.git("verify-commit", published(ours))
    assert written_by(ours) <= events_in(ours)


@pytest.mark.parametrize("words", [(), ("-a",), ("--amend",)], ids=["", "-a", "--amend"])
def test_while_a_git_commit_waits_in_its_editor(ours, tmp_path, words):
    waits, go_on = tmp_path / "waits", tmp_path / "go-on"
    editor = tmp_path / "editor"
    editor.write_text(
        f"#!/bin/sh\n: > '{waits}'\n"
        f"while ! [ -e '{go_on}' ]; do sleep 0.05; done\necho Mine > \"$1\"\n",
        encoding="utf-8",
    )
    editor.chmod(0o755)
    learn(ours, "Lesson")
    ours.write("src/shop.py", "PRICE = 5\n")
    ours.git("add", "src/shop.py")
    env = os.environ | {"GIT_EDITOR": str(editor)}
    process = subprocess.Popen(["git", "commit", "--quiet", *words], cwd=ours.path, env=env)
    try:
        until = time.monotonic() + 20
        while not waits.exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        refused(ours, because="locked" if "-a" in words else "`git commit`")
    finally:
        go_on.touch()
        code = process.wait(20)
    assert code == 0
    assert ours.git("log", "-1", "--format=%s") == "Mine"
    published(ours)
    assert written_by(ours) <= events_in(ours)
    assert ours.git("status", "--porcelain") == ""


def conflicting(clone: Clone) -> None:
    """A branch `side` whose last commit conflicts with main's."""
    clone.git("checkout", "--quiet", "-b", "side")
    clone.commit("src/shop.py", "PRICE = 7\n")
    clone.git("checkout", "--quiet", "main")
    clone.commit("src/shop.py", "PRICE = 8\n")


BEGIN = {
    "merge": ("merge", "side"),
    "merge --no-commit": ("merge", "--no-commit", "-s", "ours", "side"),
    "squash": ("merge", "--squash", "side"),
    "rebase": ("rebase", "side"),
    "rebase --apply": ("rebase", "--apply", "side"),
    "rebase --exec": ("rebase", "--exec", "false", "HEAD~1"),
    "cherry-pick": ("cherry-pick", "side"),
    "revert": ("revert", "HEAD~2"),
    "bisect": ("bisect", "start", "HEAD", "HEAD~2"),
}
ABORT = {"bisect": ("bisect", "reset"), "squash": ("reset", "--quiet", "--hard")}


@pytest.mark.parametrize("what", [one for one in BEGIN if one != "squash"])
def test_in_the_middle(ours, what):
    learn(ours, "Lesson")
    conflicting(ours)
    ours.run("sh", "-c", 'git "$@" > /dev/null 2>&1 || :', "git", *BEGIN[what])
    refused(ours, because="is under way")
    learn(ours, "Learnt meanwhile")
    assert titles(ours) == {"Lesson", "Learnt meanwhile"}
    refused(ours, because="is under way")
    refused(ours, "--stage", because="is under way")
    ours.git(*ABORT.get(what, (what.split()[0], "--abort")))
    published(ours)
    assert written_by(ours) <= events_in(ours)


def test_after_the_middle(ours):
    learn(ours, "Lesson")
    conflicting(ours)
    ours.git("merge", "side", code=1)
    ours.write("src/shop.py", "PRICE = 9\n")
    ours.git("add", "src/shop.py")
    refused(ours, because="a merge is under way")
    ours.git("commit", "--quiet", "--no-edit")
    published(ours)
    assert ours.read("src/shop.py") == "PRICE = 9\n"
    assert ours.git("rev-list", "--count", "--merges", "HEAD") == "1"


def test_a_conflict_without_a_merge(ours):
    """`merge --squash` and `stash pop` leave conflicts in the index and no sign of themselves."""
    learn(ours, "Lesson")
    conflicting(ours)
    ours.git(*BEGIN["squash"], code=1)
    before = ours.git("ls-files", "-s", "-t", "--", "src")
    assert len(before.splitlines()) > 1
    published(ours)
    assert ours.git("ls-files", "-s", "-t", "--", "src") == before


def test_the_index_is_locked(ours):
    learn(ours, "Lesson")
    lock = ours.write(".git/index.lock", "somebody's")
    before = ours.run("git", "--no-optional-locks", "status", "--porcelain").stdout
    error = ours.agence_json("^commit", code=REFUSED)["error"]
    assert "locked" in error["message"]
    assert ours.agence_json("^commit", "--stage", code=REFUSED)
    assert ours.read(".git/index.lock") == "somebody's"
    assert ours.run("git", "--no-optional-locks", "status", "--porcelain").stdout == before
    os.unlink(lock)
    published(ours)


def test_stage_only(ours):
    ours.write("src/shop.py", "PRICE = 5\n")
    ours.git("add", "src/shop.py")
    lesson = learn(ours, "Lesson")
    head = ours.git("rev-parse", "HEAD")
    ours.agence("^commit", "--stage")
    assert ours.git("rev-parse", "HEAD") == head
    marks = {line[:2] for line in ours.git("status", "--porcelain").splitlines()}
    assert marks == {"M ", "A "}
    ours.agence("^commit", "--stage")
    assert {line[:2] for line in ours.git("status", "--porcelain").splitlines()} == marks
    ours.git("commit", "--quiet", "-m", "With sign-off", "--signoff")
    assert lesson in events_in(ours)
    assert ours.git("status", "--porcelain") == ""
    assert status(ours)["unpublished"] == []


def test_staged_and_then_committed_by_us(ours):
    learn(ours, "Lesson")
    ours.agence("^commit", "--stage")
    learn(ours, "Second")
    published(ours)
    assert written_by(ours) <= events_in(ours)


@pytest.mark.parametrize("words", [(), ("-a",)], ids=["", "-a"])
def test_stage_in_a_commit_hook(ours, words):
    hook = ours.write(".git/hooks/pre-commit", "#!/bin/sh\nexec agence ^commit --stage\n")
    os.chmod(hook, 0o755)
    lesson = learn(ours, "Lesson")
    ours.write("src/shop.py", "PRICE = 5\n")
    ours.git("add", "src/shop.py")
    ours.git("commit", "--quiet", *words, "-m", "Mine")
    assert lesson in events_in(ours)
    assert ours.git("status", "--porcelain") == ""
    assert "src/shop.py" in ours.git("show", "--name-only", "HEAD")


def test_detached_head(ours):
    ours.git("checkout", "--quiet", "--detach")
    learn(ours, "Lesson")
    main = ours.git("rev-parse", "main")
    published(ours)
    assert ours.git("rev-parse", "main") == main
    assert ours.git("rev-parse", "HEAD^") == main
    assert ours.run("git", "symbolic-ref", "-q", "HEAD", code=1)
    ours.git("checkout", "--quiet", "main")
    assert titles(ours) == {"Lesson"}
    published(ours)
    assert ours.git("rev-parse", "main^") == main
    assert written_by(ours) <= events_in(ours)


def test_unborn_branch(tmp_path):
    clone = Clone(tmp_path / "empty")
    os.mkdir(clone.path)
    clone.git("init", "--quiet")
    clone.agence("^init")
    learn(clone, "Lesson")
    clone.write("mine.txt", "mine\n")
    clone.git("add", "mine.txt")
    published(clone)
    assert clone.git("status", "--porcelain") == "A  mine.txt"
    assert clone.git("rev-list", "--count", "HEAD") == "1"
    assert written_by(clone) == events_in(clone)


def test_linked_worktree(ours, tmp_path):
    linked = Clone(tmp_path / "linked")
    ours.git("worktree", "add", "--quiet", "-b", "side", linked.path)
    learn(ours, "From the main one")
    learn(linked, "From the linked one")
    assert titles(ours) == titles(linked) == {"From the main one", "From the linked one"}
    ours.write("src/shop.py", "PRICE = 5\n")
    ours.git("add", "src/shop.py")
    before = Seen(ours)
    published(linked)
    after = Seen(ours)
    assert (after.head, after.status, after.index) == (before.head, before.status, before.index)
    conflicting_head = ours.git("rev-parse", "HEAD")
    linked.git("bisect", "start")
    refused(linked, because="a bisect is under way")
    published(ours)
    assert ours.git("rev-parse", "HEAD^") == conflicting_head
    assert written_by(ours) <= events_in(ours) == events_in(linked)


def test_only_one_entity(ours):
    first, second = learn(ours, "First"), learn(ours, "Second")
    ours.agence("^lesson", "edit", first, "--body", "Better said")
    history = written_by(ours) - events_in(ours)
    before = events_in(ours)
    commit = published(ours, first[:8])
    assert events_in(ours) - before == history - {second}
    assert [one["entity"] for one in status(ours)["unpublished"]] == [second]
    assert "second" not in ours.git("show", "--name-only", commit)
    published(ours)
    assert written_by(ours) == events_in(ours)


def test_one_entity_first_of_all(repo, tmp_path):
    """Nothing of the shard is published yet: its genesis comes along, or nobody could join it."""
    repo.agence("^init")
    lesson = learn(repo, "Lesson")
    learn(repo, "Not this one")
    published(repo, lesson)
    newcomer = fresh(repo, str(tmp_path / "newcomer"))
    assert titles(newcomer) == {"Lesson"}
    assert status(newcomer)["shard"] == status(repo)["shard"]
    assert status(newcomer)["waiting"] == []
