"""What merges, forges and editors leave behind is healed from the events; nothing typed is lost."""

import os

import pytest

from tests.clone import Clone
from tests.flows.forge import check_folds, events_in, fresh, learn, state, titles

GONE = "/nowhere/agence-merge view %O %A %B %P"
MARKS = ("<" * 7 + " ours", "=" * 7, ">" * 7 + " theirs")


def checks(clone, *words, code=0):
    """Check -> "ok", "problem" or "fixed"."""
    said = clone.agence_json("^doctor", *words, code=code)["data"]["checks"]
    return {one["check"]: one["ok"] for one in said}


def sick(clone, *words, code=3):
    return [name for name, ok in checks(clone, *words, code=code).items() if ok == "problem"]


def view_of(clone, identity):
    folder = os.path.join(clone.path, ".agence", "synthetic", "lessons")
    name = next(name for name in os.listdir(folder) if name.endswith(f"-{identity[:8]}.md"))
    return f".agence/synthetic/lessons/{name}"


def segments(clone):
    listed = clone.git("ls-files", "--", ".agence/log").splitlines()
    return [path for path in listed if path.endswith(".jsonl")]


@pytest.fixture
def pair(ours, forge, tmp_path):
    """Two clones that share one lesson; its id."""
    identity = learn(ours, "a lesson", "--body", "one\ntwo\nthree")
    ours.agence("^commit")
    ours.git("push", "--quiet")
    return ours, fresh(forge, str(tmp_path / "theirs")), identity


def edit(clone, identity, *words):
    clone.agence("^lesson", "edit", identity, *words)
    clone.agence("^commit")


def diverged(pair):
    """Both have edited the lesson; theirs is pushed and fetched into ours, whose driver is gone."""
    ours, theirs, identity = pair
    edit(theirs, identity, "--title", "theirs")
    theirs.git("push", "--quiet")
    edit(ours, identity, "--tag", "ours")
    ours.git("config", "merge.agence-view.driver", GONE)
    ours.git("fetch", "--quiet")
    return ours, theirs, identity


def test_a_merge_that_kept_one_side_is_resolved_from_the_events(pair):
    ours, theirs, identity = diverged(pair)
    ours.git("merge", "--quiet", "origin/main", code=1)
    view = view_of(ours, identity)
    assert ours.git("diff", "--name-only", "--diff-filter=U") == view
    assert "theirs" not in ours.read(view)
    assert sick(ours) == ["drivers", "merge", "merging"]
    fixed = checks(ours, "--fix")
    assert (fixed["drivers"], fixed["merge"], fixed["merging"]) == ("fixed", "ok", "fixed")
    assert ours.git("diff", "--name-only", "--diff-filter=U") == ""
    ours.git("commit", "--quiet", "--no-edit")
    assert sick(ours, code=0) == []
    text = ours.read(view)
    assert 'title = "theirs"' in text
    assert 'tags = ["ours"]' in text
    ours.git("push", "--quiet")
    theirs.git("pull", "--quiet")
    assert state(theirs) == state(ours)
    assert theirs.read(view) == text
    check_folds(ours)


def test_one_side_that_was_committed_is_healed_by_the_next_look(pair):
    ours, _, identity = diverged(pair)
    ours.git("merge", "--quiet", "origin/main", code=1)
    ours.git("commit", "--quiet", "--all", "--no-edit")
    view = view_of(ours, identity)
    assert "theirs" not in ours.read(view)
    assert sick(ours) == ["drivers", "merge", "views"]
    assert checks(ours, "--fix")["views"] == "fixed"
    text = ours.read(view)
    assert 'title = "theirs"' in text
    assert 'tags = ["ours"]' in text
    ours.agence("^commit")
    assert (ours.read(view), ours.git("status", "--porcelain")) == (text, "")


def test_markers_that_git_left_while_merging_are_resolved(pair):
    ours, theirs, identity = pair
    edit(theirs, identity, "--title", "theirs")
    theirs.git("push", "--quiet")
    edit(ours, identity, "--title", "ours")
    for key in ("driver", "name"):
        ours.git("config", "--unset", f"merge.agence-view.{key}")
    ours.git("fetch", "--quiet")
    ours.git("merge", "--quiet", "origin/main", code=1)
    view = view_of(ours, identity)
    assert MARKS[1] in ours.read(view)
    assert checks(ours, "--fix")["merging"] == "fixed"
    ours.git("commit", "--quiet", "--no-edit")
    assert sick(ours, code=0) == []
    assert MARKS[1] not in ours.read(view)
    check_folds(ours)


def test_what_was_typed_on_one_side_is_left_to_its_author(pair):
    ours, _, identity = diverged(pair)
    view = view_of(ours, identity)
    ours.commit(view, ours.read(view).replace("two", "typed"))
    ours.git("merge", "--quiet", "origin/main", code=1)
    assert "merging" in sick(ours, "--fix")
    assert ours.git("diff", "--name-only", "--diff-filter=U") == view
    assert "typed" in ours.read(view)


def test_what_was_typed_while_merging_is_left_to_its_author(pair):
    ours, _, identity = diverged(pair)
    ours.git("merge", "--quiet", "origin/main", code=1)
    view = view_of(ours, identity)
    ours.write(view, ours.read(view).replace("two", "typed"))
    assert sick(ours, "--fix") == ["merging"]
    assert "typed" in ours.read(view)


def test_paths_of_the_project_are_not_touched(pair):
    ours, theirs, _ = pair
    theirs.commit("plain.txt", "theirs\n")
    ours.commit("plain.txt", "ours\n")
    diverged(pair)
    ours.git("merge", "--quiet", "origin/main", code=1)
    before = ours.read("plain.txt")
    assert sick(ours, "--fix", code=0) == []
    assert ours.read("plain.txt") == before
    assert ours.git("diff", "--name-only", "--diff-filter=U") == "plain.txt"


def test_the_same_segment_erased_on_one_side_stays_erased(pair):
    ours, _, _ = pair
    path = segments(ours)[-1]
    whole = ours.read(path)
    lines = [line.partition(',"data":') for line in whole.splitlines()]
    erased = "".join(
        f"{head},{tail[tail.index(chr(34) + 'id' + chr(34)) :]}\n" for head, _, tail in lines
    )
    erased = "".join(
        line[: line.index(',"salt"')] + line[line.index(',"sig"') :] + "\n"
        for line in erased.splitlines()
    )
    ours.git("checkout", "--quiet", "-b", "erasing")
    ours.commit(path, erased)
    ours.git("checkout", "--quiet", "main")
    ours.commit(path, whole + "\n")  # a change of our own, so that both sides changed the file
    ours.git("config", "merge.agence-log.driver", GONE)
    ours.git("merge", "--quiet", "erasing", code=1)
    assert checks(ours, "--fix")["merging"] == "fixed"
    assert ours.read(path) == erased


def test_markers_that_a_forge_committed_are_healed(pair):
    ours, _, identity = pair
    view = view_of(ours, identity)
    whole = ours.read(view)
    first, *rest = whole.split("\n")
    ours.commit(view, "\n".join([first, MARKS[0], MARKS[1], rest[0], MARKS[2], *rest]))
    assert sick(ours) == ["views"]
    assert checks(ours, "--fix")["views"] == "fixed"
    assert ours.read(view) == whole


def marked(text):
    lines = text.splitlines()
    return "\n".join([MARKS[0], *lines[:1], MARKS[1], *lines[1:], MARKS[2], ""])


DAMAGE = {
    "markers": marked,
    "a line edited": lambda text: text.replace('"title"', '"titel"', 1),
    "a line missing": lambda text: "".join(text.splitlines(keepends=True)[1:]) or "\n",
    "torn": lambda text: text[:-30],
    "other ends of lines": lambda text: text.replace("\n", "\r\n"),
    "nothing left": lambda _: "",
}


CASES = [*((what, False) for what in DAMAGE), ("markers", True), ("a line edited", True)]


@pytest.mark.parametrize(("what", "committed"), CASES)
def test_a_damaged_segment_is_healed_from_what_is_known(pair, what, committed):
    ours, _, identity = pair
    before = state(ours)
    whole = {path: ours.read(path) for path in segments(ours)}
    path = next(path for path, text in whole.items() if identity in text)
    ours.write(path, DAMAGE[what](whole[path]))
    if committed:
        ours.git("commit", "--quiet", "-a", "-m", "an accident")
    assert "log" in sick(ours)
    assert checks(ours, "--fix")["log"] == "fixed"
    assert {path: ours.read(path) for path in segments(ours)} == whole
    if committed:
        ours.git("commit", "--quiet", "-a", "-m", "healed")
    assert sick(ours, code=0) == []
    assert state(ours) == before
    check_folds(ours)


def test_a_segment_that_is_gone_from_the_work_tree_is_back(pair):
    ours, _, _ = pair
    path = segments(ours)[0]
    whole = ours.read(path)
    os.unlink(os.path.join(ours.path, path))
    assert sick(ours) == ["log"]
    assert checks(ours, "--fix")["log"] == "fixed"
    assert ours.read(path) == whole


def test_a_signed_event_that_stands_nowhere_else_is_kept(pair, tmp_path):
    """Somebody pasted lines of two branches into one file; one of them is known to nobody here."""
    ours, theirs, _ = pair
    fresh_id = learn(theirs, "known to nobody else")
    theirs.agence("^commit")
    new = next(path for path in segments(theirs) if fresh_id in theirs.read(path))
    path = segments(ours)[-1]
    whole = ours.read(path)
    ours.write(path, whole + theirs.read(new))
    assert sick(ours) == ["log"]
    assert checks(ours, "--fix")["log"] == "fixed"
    assert ours.read(path) == whole
    ours.git("add", ".agence/log")
    ours.git("commit", "--quiet", "-m", "healed")
    assert fresh_id in events_in(ours)
    assert "known to nobody else" in titles(ours)


def test_a_line_that_nothing_here_knows_is_not_invented(pair):
    ours, theirs, _ = pair
    learn(theirs, "theirs")
    theirs.agence("^commit")
    path = next(path for path in segments(theirs) if path not in segments(ours))
    ours.write(path, theirs.read(path)[:-40] + "\n")
    before = ours.read(path)
    assert sick(ours, "--fix") == ["log"]
    assert ours.read(path) == before


def test_a_draft_is_never_overwritten(pair):
    ours, _, identity = pair
    view = view_of(ours, identity)
    text = ours.read(view).replace("two", "typed by hand")
    ours.write(view, text)
    assert sick(ours, "--fix", code=0) == []
    assert ours.read(view) == text
    said = ours.agence_json("^doctor")["data"]["checks"]
    assert any("1 file edited by hand" in one["said"] for one in said)


def test_a_clone_that_has_only_some_of_the_texts_says_so(pair, forge, tmp_path):
    forge.git("config", "uploadpack.allowFilter", "true")
    words = ("--quiet", "--no-checkout", "--filter=blob:none", f"file://{forge.path}")
    forge.git("clone", *words, str(tmp_path / "partial"))
    partial = Clone(tmp_path / "partial")
    partial.agence("^init")
    partial.git("checkout", "--quiet", "main")
    said = partial.agence_json("^doctor")["data"]["checks"]
    kind = next(one for one in said if one["check"] == "repository")
    assert "partial: 0 objects of .agence are only at the remote" in kind["said"]
    assert "while the remote is reachable" in kind["hint"]
