"""What merges, forges and editors leave behind is healed from the events; nothing typed is lost."""

import os

import pytest

from agence.commands.commit import commit
from agence.commands.doctor import doctor
from agence.commands.init import init
from agence.commands.knowledge.edit import edit as edit_lesson
from agence.commands.state import state as state_of
from agence.shard.health.check import examine
from agence.shard.health.rounds import CHECKS
from tests.clone import Clone
from tests.commands.desk import DAY, NOW, Desk, moved
from tests.conftest import make_history
from tests.flows.forge import Forge, check_folds, events_in, learn, state, titles

GONE = "/nowhere/agence-merge view %O %A %B %P"
MARKS = ("<" * 7 + " ours", "=" * 7, ">" * 7 + " theirs")


TREE = ("merging", "log", "views", "markers")  # the checks of what lies in the tracked folder


def checks(clone, *names, fix=False):
    """Check -> "ok", "problem" or "fixed", of the checks `names`, all by default."""
    wanted = [one for one in CHECKS if not names or one.name in names]
    results = examine(Desk(clone)("^doctor").shard, wanted, fix=fix)
    return {one.check: one.ok for one in results}


def sick(clone, *names, fix=False):
    return [name for name, ok in checks(clone, *names, fix=fix).items() if ok == "problem"]


def folded(clone):
    """The hash of the folded state."""
    return state_of(Desk(clone)("^state"), hash_only=True).data["state"]


def view_of(clone, identity):
    folder = os.path.join(clone.path, ".agence", "synthetic", "lessons")
    name = next(name for name in os.listdir(folder) if name.endswith(f"-{identity[:8]}.md"))
    return f".agence/synthetic/lessons/{name}"


def segments(clone):
    listed = clone.git("ls-files", "--", ".agence/log").splitlines()
    return [path for path in listed if path.endswith(".jsonl")]


@pytest.fixture(scope="module")
def made(tmp_path_factory, git_identity):
    """A folder with a forge and two clones of it that share one lesson; its id."""
    folder = tmp_path_factory.mktemp("made") / "all"
    forge, ours = Forge(folder / "forge.git"), Clone(folder / "ours")
    os.makedirs(forge.path)
    forge.git("init", "--quiet", "--bare")
    forge.git("clone", "--quiet", forge.path, ours.path)
    make_history(ours)
    ours.git("push", "--quiet", "--set-upstream", "origin", "main")
    desk = Desk(ours, 7, NOW - DAY)
    init(desk("^init"))
    identity = desk.keep("a lesson", "one\ntwo\nthree")
    desk.commit()
    ours.git("push", "--quiet")
    forge.git("clone", "--quiet", "--single-branch", forge.path, str(folder / "theirs"))
    init(Desk(Clone(folder / "theirs"), 8, NOW - DAY)("^init"))
    return str(folder), identity


@pytest.fixture
def pair(made, tmp_path):
    """Two clones that share one lesson; its id."""
    folder, identity = made
    moved(folder, str(tmp_path / "all"))
    return Clone(tmp_path / "all" / "ours"), Clone(tmp_path / "all" / "theirs"), identity


def edit(clone, identity, seed, **words):
    """Change the lesson and publish it; `seed` is not that of another's change."""
    desk = Desk(clone, seed)
    edit_lesson(desk("^lesson edit"), identity, **words)
    commit(desk("^commit"))


def diverged(pair):
    """Both have edited the lesson; theirs is pushed and fetched into ours, whose driver is gone."""
    ours, theirs, identity = pair
    edit(theirs, identity, 11, title="theirs")
    theirs.git("push", "--quiet")
    edit(ours, identity, 12, tag=["ours"])
    ours.git("config", "merge.agence-view.driver", GONE)
    ours.git("fetch", "--quiet")
    return ours, theirs, identity


def test_a_merge_that_kept_one_side_is_resolved_from_the_events(pair):
    ours, theirs, identity = diverged(pair)
    ours.git("merge", "--quiet", "origin/main", code=1)
    view = view_of(ours, identity)
    assert ours.git("diff", "--name-only", "--diff-filter=U") == view
    assert "theirs" not in ours.read(view)
    said = ours.agence_json("^doctor", code=3)["data"]["checks"]
    found = [one["check"] for one in said if one["ok"] == "problem"]
    assert found == ["drivers", "merge", "merging"]
    said = ours.agence_json("^doctor", "--fix")["data"]["checks"]
    fixed = {one["check"]: one["ok"] for one in said}
    assert (fixed["drivers"], fixed["merge"], fixed["merging"]) == ("fixed", "ok", "fixed")
    assert ours.git("diff", "--name-only", "--diff-filter=U") == ""
    ours.git("commit", "--quiet", "--no-edit")
    assert sick(ours) == []
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
    assert sick(ours, *TREE) == ["views"]
    assert checks(ours, *TREE, fix=True)["views"] == "fixed"
    text = ours.read(view)
    assert 'title = "theirs"' in text
    assert 'tags = ["ours"]' in text
    commit(Desk(ours)("^commit"))
    assert (ours.read(view), ours.git("status", "--porcelain")) == (text, "")


@pytest.mark.parametrize("committed", [False, True])
def test_markers_that_git_left_while_merging_are_resolved(pair, committed):
    ours, theirs, identity = pair
    edit(theirs, identity, 11, title="theirs")
    theirs.git("push", "--quiet")
    edit(ours, identity, 12, title="ours")
    for key in ("driver", "name"):
        ours.git("config", "--unset", f"merge.agence-view.{key}")
    ours.git("fetch", "--quiet")
    ours.git("merge", "--quiet", "origin/main", code=1)
    view = view_of(ours, identity)
    assert MARKS[1] in ours.read(view)
    if committed:
        ours.git("commit", "--quiet", "--all", "--no-edit")
        assert sick(ours, *TREE) == ["views"]
        assert checks(ours, *TREE, fix=True)["views"] == "fixed"
    else:
        assert checks(ours, "drivers", *TREE, fix=True)["merging"] == "fixed"
        ours.git("commit", "--quiet", "--no-edit")
    assert sick(ours, *TREE) == []
    assert MARKS[1] not in ours.read(view)
    check_folds(ours)


def test_what_was_typed_on_one_side_is_left_to_its_author(pair):
    ours, _, identity = diverged(pair)
    view = view_of(ours, identity)
    ours.commit(view, ours.read(view).replace("two", "typed"))
    ours.git("merge", "--quiet", "origin/main", code=1)
    assert sick(ours, "drivers", *TREE, fix=True) == ["merging"]
    assert ours.git("diff", "--name-only", "--diff-filter=U") == view
    assert "typed" in ours.read(view)


def test_what_was_typed_while_merging_is_left_to_its_author(pair):
    ours, _, identity = diverged(pair)
    ours.git("merge", "--quiet", "origin/main", code=1)
    view = view_of(ours, identity)
    ours.write(view, ours.read(view).replace("two", "typed"))
    assert sick(ours, "drivers", *TREE, fix=True) == ["merging"]
    assert "typed" in ours.read(view)


def test_paths_of_the_project_are_not_touched(pair):
    ours, theirs, _ = pair
    theirs.commit("plain.txt", "theirs\n")
    ours.commit("plain.txt", "ours\n")
    diverged(pair)
    ours.git("merge", "--quiet", "origin/main", code=1)
    before = ours.read("plain.txt")
    assert sick(ours, "drivers", *TREE, fix=True) == []
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
    assert checks(ours, "drivers", *TREE, fix=True)["merging"] == "fixed"
    assert ours.read(path) == erased


def test_markers_that_a_forge_committed_are_healed(pair):
    ours, _, identity = pair
    view = view_of(ours, identity)
    whole = ours.read(view)
    first, *rest = whole.split("\n")
    ours.commit(view, "\n".join([first, MARKS[0], MARKS[1], rest[0], MARKS[2], *rest]))
    assert sick(ours, *TREE) == ["views"]
    assert checks(ours, *TREE, fix=True)["views"] == "fixed"
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
    before = folded(ours)
    whole = {path: ours.read(path) for path in segments(ours)}
    path = next(path for path, text in whole.items() if identity in text)
    ours.write(path, DAMAGE[what](whole[path]))
    if committed:
        ours.git("commit", "--quiet", "-a", "-m", "an accident")
    assert sick(ours, "log") == ["log"]
    assert checks(ours, "log", fix=True)["log"] == "fixed"
    assert {path: ours.read(path) for path in segments(ours)} == whole
    if committed:
        ours.git("commit", "--quiet", "-a", "-m", "healed")
        check_folds(ours)
    assert sick(ours, *TREE) == []
    assert folded(ours) == before


def test_a_segment_that_is_gone_from_the_work_tree_is_back(pair):
    ours, _, _ = pair
    path = segments(ours)[0]
    whole = ours.read(path)
    os.unlink(os.path.join(ours.path, path))
    assert sick(ours, *TREE) == ["log"]
    assert checks(ours, *TREE, fix=True)["log"] == "fixed"
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
    assert sick(ours, *TREE) == ["log"]
    assert checks(ours, *TREE, fix=True)["log"] == "fixed"
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
    assert sick(ours, *TREE, fix=True) == ["log"]
    assert ours.read(path) == before


def test_a_draft_is_never_overwritten(pair):
    ours, _, identity = pair
    view = view_of(ours, identity)
    text = ours.read(view).replace("two", "typed by hand")
    ours.write(view, text)
    assert sick(ours, *TREE, fix=True) == []
    assert ours.read(view) == text
    said = doctor(Desk(ours)("^doctor")).data["checks"]
    assert any("1 file edited by hand" in one["said"] for one in said)


def test_a_clone_that_has_only_some_of_the_texts_says_so(pair, tmp_path):
    forge = Clone(tmp_path / "all" / "forge.git")
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
