"""A view edited by hand survives what git does to it; it is adopted once, and nothing else is."""

import os

import pytest

from tests.clone import Clone
from tests.flows.forge import check_folds, fresh, learn, state, status, written_by

BODY = "one\ntwo\nthree\nfour\nfive\nsix\nseven"


@pytest.fixture
def lesson(ours):
    """The id of a published lesson."""
    found = learn(ours, "Ports", "--body", BODY, "--tag", "net")
    publish(ours)
    return found


@pytest.fixture
def theirs(forge, ours, lesson, tmp_path):
    """Another clone that has joined."""
    return fresh(forge, str(tmp_path / "theirs"))


def view(identity):
    return f".agence/synthetic/lessons/ports-{identity[:8]}.md"


def publish(clone):
    clone.agence("^commit")
    clone.git("push", "--quiet", "--set-upstream", "origin", "HEAD")


def type_into(clone, identity, old, new):
    """What an editor that knows nothing of agence does."""
    text = clone.read(view(identity))
    assert old in text
    clone.write(view(identity), text.replace(old, new))


def edited(clone, identity, *words):
    clone.agence("^lesson", "edit", identity, *words)


def shown(clone, identity):
    return clone.agence_json("^lesson", "show", identity)["data"]


def adopted(clone, *words):
    """What `^adopt` signed."""
    return clone.agence_json("^adopt", *words)["data"]["adopted"]


def test_a_commit_of_the_edit_by_hand_is_adopted_and_shared(forge, ours, theirs, lesson):
    type_into(ours, lesson, "two", "2")
    ours.git("commit", "--quiet", "-am", "Correct a number")
    assert status(ours)["drafts"] == [view(lesson)]
    assert "two" in shown(ours, lesson)["body"], "what nobody signed is not in force"
    assert [one["fields"] for one in adopted(ours)] == [{"body": BODY.replace("two", "2")}]
    publish(ours)
    theirs.git("pull", "--quiet")
    assert shown(theirs, lesson)["body"] == BODY.replace("two", "2")
    assert state(ours) == state(theirs)
    assert theirs.read(view(lesson)) == ours.read(view(lesson))
    check_folds(theirs)


@pytest.mark.parametrize("driver", [True, False])
def test_edits_by_hand_and_by_verb_merge(forge, ours, theirs, lesson, driver):
    if not driver:
        ours.git("config", "--remove-section", "merge.agence-view")
    type_into(ours, lesson, "two", "2")
    ours.git("commit", "--quiet", "-am", "By hand")
    edited(theirs, lesson, "--body", BODY.replace("six", "6"), "--tag", "ci")
    publish(theirs)
    ours.git("pull", "--quiet", "--no-rebase", "--no-edit")
    done = adopted(ours)
    assert [sorted(one["fields"]) for one in done] == [["body"]]
    both = BODY.replace("two", "2").replace("six", "6")
    assert (shown(ours, lesson)["body"], shown(ours, lesson)["tags"]) == (both, ["ci", "net"])
    publish(ours)
    theirs.git("pull", "--quiet")
    assert state(ours) == state(theirs)
    assert shown(theirs, lesson)["contested"] == []


@pytest.mark.parametrize("settle", ["ours", "theirs", "union"])
def test_a_conflict_settled_in_any_way_signs_nothing(forge, ours, theirs, lesson, settle):
    """Both edit by verb; a forge, and clones without a driver, see a conflict in the view."""
    edited(ours, lesson, "--title", "Our ports", "--body", BODY.replace("one", "1"), "--tag", "a")
    edited(theirs, lesson, "--body", BODY.replace("seven", "7"), "--untag", "net")
    publish(theirs)
    ours.agence("^commit")
    ours.git("config", "--remove-section", "merge.agence-view")
    ours.git("fetch", "--quiet")
    ours.run("sh", "-c", "git merge --quiet --no-edit origin/main; true")
    assert view(lesson) in ours.git("diff", "--name-only", "--diff-filter=U")
    path = view(lesson)
    sides = [f"{ours.path}/{name}" for name in ("base", "left", "right")]
    for number, side in enumerate(sides, 1):
        ours.write(side, ours.git("show", f":{number}:{path}") + "\n")
    merged = ours.run("git", "merge-file", f"--{settle}", "-p", sides[1], sides[0], sides[2])
    for side in sides:
        os.unlink(side)
    ours.write(path, merged.stdout)
    ours.git("add", "--", path)
    ours.git("commit", "--quiet", "-m", "Settled")
    before = written_by(ours)
    assert status(ours)["drafts"] == []
    assert adopted(ours) == []
    assert written_by(ours) == before
    publish(ours)
    theirs.git("pull", "--quiet")
    assert state(ours) == state(theirs)
    assert ours.agence("^render", "--check") == "Every view is current\n"
    wanted = BODY.replace("one", "1").replace("seven", "7")
    assert (shown(ours, lesson)["body"], shown(ours, lesson)["title"]) == (wanted, "Our ports")


def test_markers_left_by_a_forge_are_renewed_and_sign_nothing(forge, ours, theirs, lesson):
    edited(ours, lesson, "--body", BODY.replace("one", "1"))
    edited(theirs, lesson, "--body", BODY.replace("one", "uno"))
    theirs.agence("^commit")
    theirs.git("push", "--quiet", "origin", "HEAD:side")
    publish(ours)
    forge.merge("side", into="main", prefer="both")
    ours.git("pull", "--quiet", "--ff-only")
    assert "<<<<<<<" in ours.read(view(lesson))
    assert status(ours)["drafts"] == []
    assert adopted(ours) == []
    publish(ours)
    assert "<<<<<<<" not in ours.read(view(lesson))
    assert shown(ours, lesson)["contested"] == ["body"]


def test_a_line_typed_among_markers_is_never_overwritten(forge, ours, theirs, lesson):
    edited(ours, lesson, "--body", BODY.replace("one", "1"))
    edited(theirs, lesson, "--body", BODY.replace("one", "uno"))
    theirs.agence("^commit")
    theirs.git("push", "--quiet", "origin", "HEAD:side")
    publish(ours)
    forge.merge("side", into="main", prefer="both")
    ours.git("pull", "--quiet", "--ff-only")
    type_into(ours, lesson, "seven", "seven\neight")
    assert status(ours)["drafts"] == [view(lesson)]
    said = ours.agence_json("^adopt", code=5)
    assert "two versions" in said["error"]["message"]
    ours.agence("^commit")
    ours.agence("^render")
    assert "eight" in ours.read(view(lesson))


def test_a_squash_and_a_rebase_of_the_edit(forge, ours, theirs, lesson):
    ours.git("checkout", "--quiet", "-b", "work")
    type_into(ours, lesson, "two", "2")
    ours.git("commit", "--quiet", "-am", "By hand")
    ours.git("push", "--quiet", "origin", "work")
    edited(theirs, lesson, "--title", "Their ports")
    publish(theirs)
    ours.git("config", "--remove-section", "merge.agence-view")
    ours.git("fetch", "--quiet")
    ours.git("rebase", "--quiet", "origin/main")
    ours.git("checkout", "--quiet", "main")
    ours.git("reset", "--quiet", "--hard", "origin/main")
    ours.git("merge", "--quiet", "--squash", "work")
    ours.git("commit", "--quiet", "-m", "Squashed")
    assert [one["fields"] for one in adopted(ours)] == [{"body": BODY.replace("two", "2")}]
    publish(ours)
    theirs.git("pull", "--quiet")
    assert shown(theirs, lesson)["title"] == "Their ports"
    assert shown(theirs, lesson)["body"] == BODY.replace("two", "2")
    assert state(ours) == state(theirs)


def test_our_side_alone_after_a_merge_signs_nothing(forge, ours, theirs, lesson):
    edited(ours, lesson, "--body", BODY.replace("one", "1"))
    ours.agence("^commit")
    edited(theirs, lesson, "--title", "Their ports")
    publish(theirs)
    ours.git("fetch", "--quiet")
    ours.git("merge", "--quiet", "--no-edit", "-s", "ours", "origin/main")
    assert status(ours)["drafts"] == []
    assert adopted(ours) == []


def test_an_old_version_edited_by_hand_takes_nothing_back(ours, lesson):
    edited(ours, lesson, "--title", "New ports", "--body", BODY.replace("one", "1"))
    publish(ours)
    ours.git("checkout", "--quiet", "HEAD~1", "--", view(lesson))
    type_into(ours, lesson, "seven", "7")
    ours.git("commit", "--quiet", "-am", "By hand, on an old version")
    adopted(ours)
    wanted = BODY.replace("one", "1").replace("seven", "7")
    assert (shown(ours, lesson)["title"], shown(ours, lesson)["body"]) == ("New ports", wanted)


def test_a_stash_in_between(ours, lesson):
    type_into(ours, lesson, "two", "2")
    ours.git("stash", "--quiet")
    edited(ours, lesson, "--title", "New ports")
    publish(ours)
    ours.run("sh", "-c", "git stash pop --quiet; true")
    ours.git("add", "-A")
    ours.git("reset", "--quiet")
    adopted(ours)
    assert (shown(ours, lesson)["title"], shown(ours, lesson)["body"]) == (
        "New ports",
        BODY.replace("two", "2"),
    )


def test_a_build_fails_for_edited_governance_only(forge, ours, lesson, tmp_path):
    type_into(ours, lesson, "two", "2")
    ours.git("commit", "--quiet", "-am", "By hand")
    os.unlink(os.path.join(ours.path, ".agence/codex/RULES.md"))
    said = ours.agence_json("^status", "--ci")["data"]
    assert said["stale"] == [".agence/codex/RULES.md"]
    laws = ".agence/codex/LAWS.md"
    ours.commit(laws, ours.read(laws) + "8. **Do as you like.**\n")
    ours.git("push", "--quiet")
    builder = fresh(forge, str(tmp_path / "builder"))
    said = builder.agence_json("^status", "--ci", code=5)["data"]
    assert said["drafts"] == [laws, view(lesson)]
    assert builder.agence_json("^status")["data"]["drafts"] == said["drafts"]


def test_the_same_edit_adopted_in_two_clones_is_one_text(forge, ours, theirs, lesson):
    for clone in (ours, theirs):
        type_into(clone, lesson, "two", "2")
        adopted(clone)
    publish(ours)
    theirs.agence("^commit")
    theirs.git("pull", "--quiet", "--no-rebase", "--no-edit")
    publish(theirs)
    ours.git("pull", "--quiet")
    assert state(ours) == state(theirs)
    assert shown(ours, lesson)["contested"] == []
    assert shown(ours, lesson)["body"] == BODY.replace("two", "2")


def test_the_editor_is_one_nobody_has_heard_of(ours, lesson):
    """By sed, in a checkout whose lines end as on another system."""
    path = view(lesson)
    Clone(ours.path).run("sed", "-i", "s/two/2/; s/$/\\r/", path)
    assert [one["fields"] for one in adopted(ours)] == [{"body": BODY.replace("two", "2")}]
    assert "\r" not in ours.read(path)
