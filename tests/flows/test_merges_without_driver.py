"""Whatever a forge does to branches, without a driver of ours: no event is lost, none waits."""

import os
import shutil

import pytest

from tests.clone import Clone
from tests.flows.forge import (
    LOG,
    check_folds,
    events_in,
    fresh,
    learn,
    state,
    status,
    titles,
    written_by,
)


def publish(clone: Clone, *words: str) -> str:
    """Commit what is not published, push the branch, and return the commit."""
    clone.agence("^commit", *words)
    clone.git("push", "--quiet", "--set-upstream", "origin", "HEAD")
    return clone.git("rev-parse", "HEAD")


def branch(clone: Clone, name: str, start: str = "main") -> None:
    clone.git("checkout", "--quiet", "--no-track", "-b", name, start)


def update(clone: Clone) -> None:
    """Be on what the forge's main is now."""
    clone.git("checkout", "--quiet", "main")
    clone.git("pull", "--quiet", "--ff-only")


def settle(forge, *clones):
    """Bring all clones to main, each publishing there what main still lacks."""
    for clone in clones:
        update(clone)
        publish(clone)
    for clone in clones:
        update(clone)
    written = set().union(*(written_by(clone) for clone in clones))
    assert written <= events_in(forge, "main"), "acknowledged and not in the result"


def check(forge, tmp_path, *clones):
    """Every acknowledged event is on main, folds in a fresh clone, and all clones agree."""
    settle(forge, *clones)
    newcomer = fresh(forge, str(tmp_path / "newcomer"))
    check_folds(newcomer)
    for clone in clones:
        assert events_in(clone) == events_in(newcomer)
        assert state(clone) == state(newcomer)
        assert titles(clone) == titles(newcomer)
        assert clone.git("status", "--porcelain") == ""
    newcomer.agence("^render", "--check")
    assert newcomer.git("status", "--porcelain") == ""
    return newcomer


@pytest.mark.parametrize("alone", [False, True], ids=["everything", "only it"])
def test_two_branches_of_one_clone(forge, ours, tmp_path, alone):
    for name in ("a", "b"):
        branch(ours, name)
        lesson = learn(ours, f"Lesson {name}", "--body", f"What {name} saw")
        publish(ours, *([lesson] if alone else []))
        if name == "a":
            learn(ours, "Second on a")
            publish(ours)
    brought = set(forge.paths("a")) <= set(forge.paths("b"))
    assert brought is not alone, "a known segment is the same file on every branch"
    forge.merge("a", into="main")
    forge.merge("b", into="main")
    assert written_by(ours) <= events_in(forge, "main")
    assert titles(check(forge, tmp_path, ours)) == {"Lesson a", "Lesson b", "Second on a"}


def test_squash_merge_and_go_on(forge, ours, tmp_path):
    branch(ours, "work")
    learn(ours, "First")
    publish(ours)
    forge.squash("work", into="main")
    learn(ours, "Second")
    publish(ours)
    update(ours)
    learn(ours, "Third")
    publish(ours)
    ours.git("checkout", "--quiet", "work")
    learn(ours, "Fourth")
    publish(ours)
    forge.squash("work", into="main")
    assert written_by(ours) <= events_in(forge, "main")
    ours.git("pull", "--quiet", "--no-rebase", "origin", "main")
    newcomer = check(forge, tmp_path, ours)
    assert titles(newcomer) == {"First", "Second", "Third", "Fourth"}


def test_stacked_pull_requests(forge, ours, tmp_path):
    for below, name in (("main", "one"), ("one", "two"), ("two", "three")):
        branch(ours, name, below)
        ours.commit(f"{name}.txt", f"{name}\n")
        learn(ours, f"Lesson {name}")
        publish(ours)
    for name in ("one", "two", "three"):
        forge.squash(name, into="main")
    assert written_by(ours) <= events_in(forge, "main")
    newcomer = check(forge, tmp_path, ours)
    assert titles(newcomer) == {"Lesson one", "Lesson two", "Lesson three"}
    assert newcomer.read("three.txt") == "three\n"


def test_cherry_pick_of_the_second_publish(forge, ours, tmp_path):
    branch(ours, "work")
    learn(ours, "First")
    publish(ours)
    second = learn(ours, "Second")
    commit = publish(ours)
    forge.cherry_pick(commit, onto="main")
    early = fresh(forge, str(tmp_path / "early"))
    assert titles(early) == {"Second"}
    check_folds(early)
    assert second in events_in(forge, "main")
    newcomer = check(forge, tmp_path, ours)
    assert titles(newcomer) == {"First", "Second"}
    assert not forge.try_merge("main", "work").conflicts


def test_cherry_pick_of_an_edit_waits_until_what_it_rests_on_comes(forge, ours, tmp_path):
    branch(ours, "work")
    lesson = learn(ours, "First")
    publish(ours)
    ours.agence("^lesson", "edit", lesson, "--body", "Better said")
    publish(ours)
    before = events_in(ours)
    ours.git("checkout", "--quiet", "-B", "picked", "origin/main")
    done = ours.run("sh", "-c", "git -c merge.agence-view.driver=false cherry-pick work; true")
    assert LOG not in done.stdout + done.stderr
    ours.git("checkout", "--quiet", "work", "--", ".agence/synthetic")
    ours.git("-c", "core.editor=true", "cherry-pick", "--continue")
    ours.git("push", "--quiet", "origin", "picked")
    forge.merge("picked", into="main")
    early = fresh(forge, str(tmp_path / "early"))
    waiting = status(early)["waiting"]
    assert len(waiting) == 1
    assert titles(early) == set()
    newcomer = check(forge, tmp_path, ours)
    assert titles(newcomer) == {"First"}
    assert before <= events_in(newcomer)
    update(early)
    assert status(early)["waiting"] == []
    assert state(early) == state(newcomer)


def test_another_clone_brings_what_an_event_in_the_tree_rests_on(forge, ours, tmp_path):
    branch(ours, "work")
    lesson = learn(ours, "First")
    first = publish(ours)
    ours.agence("^lesson", "edit", lesson, "--body", "Better said")
    publish(ours)
    ours.git("checkout", "--quiet", "-b", "picked", "main")
    ours.git("checkout", "--quiet", "work", "--", ".agence/log")
    gone = ours.git("diff", "--name-only", "main", first, "--", LOG)
    ours.git("rm", "--quiet", "-f", "--", gone)
    ours.git("commit", "--quiet", "-m", "Only the second")
    ours.git("push", "--quiet", "origin", "picked")
    forge.merge("picked", into="main")
    theirs = Clone(tmp_path / "theirs")
    forge.git("clone", "--quiet", forge.path, theirs.path)
    theirs.agence("^init")
    assert len(status(theirs)["waiting"]) == 1
    publish(theirs)
    assert status(theirs)["waiting"] == []
    assert titles(check(forge, tmp_path, ours, theirs)) == {"First"}


def test_rebase_onto_dropping_the_first_publish(forge, ours, tmp_path):
    branch(ours, "work")
    learn(ours, "First")
    first = publish(ours)
    learn(ours, "Second")
    publish(ours)
    ours.git("rebase", "--quiet", "--onto", "main", first, "work")
    ours.git("push", "--quiet", "--force", "origin", "work")
    forge.merge("work", into="main")
    ours.git("reflog", "expire", "--expire=now", "--all")
    ours.git("gc", "--quiet", "--prune=now")
    newcomer = check(forge, tmp_path, ours)
    assert titles(newcomer) == {"First", "Second"}


def test_revert_of_a_publish(forge, ours, tmp_path):
    learn(ours, "First")
    commit = publish(ours)
    held = events_in(forge, "main")
    assert status(ours)["unpublished"] == []
    forge.revert(commit, on="main")
    assert events_in(forge, "main") < held
    update(ours)
    assert titles(ours) == {"First"}
    publish(ours)
    assert forge.git("diff", "--stat", commit, "main") == "", "the same files come back"
    assert titles(check(forge, tmp_path, ours)) == {"First"}


def test_rebase_merge_and_go_on(forge, ours, tmp_path):
    branch(ours, "work")
    learn(ours, "First")
    publish(ours)
    learn(ours, "Second")
    publish(ours)
    ours.git("checkout", "--quiet", "main")
    learn(ours, "Meanwhile")
    publish(ours)
    forge.git("branch", "copy", "work")
    forge.rebase("copy", "main~1", "main")
    forge.merge("copy", into="main")
    ours.git("checkout", "--quiet", "work")
    learn(ours, "Third")
    publish(ours)
    forge.squash("work", into="main")
    assert written_by(ours) <= events_in(forge, "main")
    newcomer = check(forge, tmp_path, ours)
    assert titles(newcomer) == {"First", "Second", "Third", "Meanwhile"}


@pytest.mark.parametrize("unpublished", [False, True], ids=["published", "unpublished"])
def test_copied_clones_both_go_on_and_meet(forge, ours, tmp_path, unpublished):
    lesson = learn(ours, "Before the copy")
    if not unpublished:
        publish(ours)
    copied = Clone(tmp_path / "copied")
    shutil.copytree(ours.path, copied.path, symlinks=True)
    for clone, name in ((ours, "ours"), (copied, "copied")):
        branch(clone, name)
        clone.agence("^lesson", "edit", lesson, "--tag", name)
        learn(clone, f"Learnt in {name}")
        publish(clone)
    forge.merge("ours", into="main")
    forge.merge("copied", into="main", prefer="ours")
    newcomer = check(forge, tmp_path, ours, copied)
    assert titles(newcomer) == {"Before the copy", "Learnt in ours", "Learnt in copied"}
    assert newcomer.agence_json("^lesson", "show", lesson)["data"]["tags"] == ["copied", "ours"]


def test_a_backup_of_the_local_state_restored_in_place(forge, ours, tmp_path):
    """The git directory is the same one, but a branch shows that our key has gone on since."""
    local, backup = os.path.join(ours.path, ".git", "agence"), tmp_path / "backup"
    shutil.copytree(local, backup)
    learn(ours, "After the backup")
    publish(ours)
    lost = written_by(ours)
    shutil.rmtree(local)
    shutil.copytree(backup, local)
    learn(ours, "After restoring it")
    publish(ours)
    assert lost <= events_in(forge, "main")
    assert titles(check(forge, tmp_path, ours)) == {"After the backup", "After restoring it"}


@pytest.mark.parametrize("prefer", ["ours", "theirs", "both"])
def test_edits_of_one_lesson_on_two_branches(forge, ours, tmp_path, prefer):
    theirs = fresh(forge, str(tmp_path / "theirs"))
    lesson = learn(ours, "Contested", "--body", "first")
    publish(ours)
    update(theirs)
    for clone, name in ((ours, "a"), (theirs, "b")):
        branch(clone, name)
        clone.agence("^lesson", "edit", lesson, "--body", f"as {name} says", "--tag", name)
        publish(clone)
    forge.merge("a", into="main")
    assert [LOG in path for path in forge.try_merge("main", "b").conflicts] == [False]
    forge.merge("b", into="main", prefer=prefer)
    newcomer = check(forge, tmp_path, ours, theirs)
    shown = newcomer.agence_json("^lesson", "show", lesson)["data"]
    assert shown["tags"] == ["a", "b"]
    assert {"as a says", "as b says"} <= set(shown["body"].split("\n"))
    assert shown["contested"] == ["body"]
    history = newcomer.agence("^history", lesson)
    assert "as a says" in history
    assert "as b says" in history
