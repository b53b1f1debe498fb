"""Adoption meets the machine: history, git's index, large texts, crashes and hands that type on."""

import os
import shutil

import pytest

from agence.base.errors import ShardError
from agence.git.history import newest
from agence.git.repository import discover
from agence.shard import adopting
from agence.shard.adopting import as_new, as_whole, sign
from agence.shard.edited import drafts, edited, in_force, new_files
from agence.shard.stale import stale
from tests.clone import Clone
from tests.commands.conftest import founded  # noqa: F401 - the fixture that `desk` copies
from tests.commands.desk import Desk, moved

LESSONS = ".agence/synthetic/lessons"


@pytest.fixture
def desk(founded, tmp_path):  # noqa: F811 - pytest's way to ask for a fixture
    moved(str(founded), str(tmp_path / "alone"))
    return Desk(Clone(tmp_path / "alone" / "repo"), 1)


@pytest.fixture
def path(desk):
    """The path of a published lesson's view."""
    identity = desk.keep("x", "one\ntwo\nthree")
    desk.commit()
    return f"{LESSONS}/x-{identity[:8]}.md"


def shard_of(desk):
    return desk("^x").shard


def type_into(desk, path, old, new):
    text = desk.clone.read(path)
    assert old in text
    desk.clone.write(path, text.replace(old, new))


def is_one(content):
    return content.startswith(b"good")


def test_the_newest_good_versions_of_every_line_of_history(repo):
    repo.commit("f", "good 1")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("f", "good 2")
    repo.commit("f", "bad 2")
    repo.git("checkout", "--quiet", "main")
    repo.commit("f", "bad 3")
    repo.commit("other", "x")
    repo.git("merge", "--quiet", "--no-edit", "-s", "ours", "side")
    repo.commit("f", "bad 4")
    found = newest(discover(repo.path), "f", ["HEAD"], is_one)
    assert sorted(found) == [b"good 1", b"good 2"]


@pytest.mark.parametrize("depth", [1, 70, 130])
def test_a_good_version_far_back(repo, depth):
    repo.commit("f", "good")
    tree = "100644 blob {}\tf\n"
    parent = repo.git("rev-parse", "HEAD")
    for number in range(depth):
        blob = repo.git("hash-object", "-w", "--stdin", feed=f"bad {number}")
        made = repo.git("mktree", feed=tree.format(blob))
        parent = repo.git("commit-tree", made, "-p", parent, "-m", "x")
    repo.git("update-ref", "HEAD", parent)
    assert newest(discover(repo.path), "f", ["HEAD"], is_one) == [b"good"]
    assert newest(discover(repo.path), "g", ["HEAD"], is_one) == []


def test_a_history_that_is_not_there(desk, path):
    """In a shallow clone the base comes from the events."""
    for number in range(3):
        type_into(desk, path, "three\n", f"three\nfour {number}\n")
        desk.clone.git("commit", "--quiet", "-am", f"By hand {number}")
    shallow = Clone(f"{desk.clone.path}-shallow")
    desk.clone.git("clone", "--quiet", "--depth", "1", f"file://{desk.clone.path}", shallow.path)
    shallow.agence("^init")
    said = shallow.agence_json("^adopt", "--dry-run")["data"]["would"]
    assert [one["fields"] for one in said] == [
        {"body": "one\ntwo\nthree\nfour 2\nfour 1\nfour 0"},
    ]


def test_a_text_too_large_for_an_event(desk):
    lines = [f"line {number} of a long page" for number in range(4000)]
    identity = desk.keep("Long", "\n".join(lines))
    desk.commit()
    path = f"{LESSONS}/long-{identity[:8]}.md"
    type_into(desk, path, "line 1999 of", "LINE 1999 of")
    shard = shard_of(desk)
    done = sign(shard, drafts(shard))
    lines[1999] = "LINE 1999 of a long page"
    entity = shard.index("shared").entity(identity)
    assert entity is not None
    assert isinstance(entity.fields["body"], dict)
    assert shard.whole(entity).text("body") == "\n".join(lines)
    assert done[0].path == path
    assert edited(shard) == []
    desk.commit()
    assert desk.clone.git("status", "--porcelain") == ""


def test_a_kill_after_the_signature_leaves_a_stale_view(desk, path, monkeypatch):
    type_into(desk, path, "two", "2")
    shard = shard_of(desk)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(adopting, "_place", killed)
        with pytest.raises(KeyboardInterrupt):
            sign(shard, drafts(shard))
    again = shard_of(desk)
    assert len(desk.events()[-1]["data"]["effects"]) == 1
    assert edited(again) == []
    assert desk.clone.read(path) != in_force(again, path)
    desk.commit()
    assert desk.clone.git("status", "--porcelain") == ""
    assert "one\n2\nthree" in desk.clone.read(path)


def test_where_git_is_busy_the_message_says_what_is_kept(desk, path):
    type_into(desk, path, "two", "2")
    desk.clone.git("add", "--", path)
    shard = shard_of(desk)
    found = drafts(shard)
    desk.clone.write(".git/index.lock", "")
    with pytest.raises(ShardError, match="1 change is signed and kept, but"):
        sign(shard, found)
    os.unlink(os.path.join(desk.clone.path, ".git/index.lock"))
    assert edited(shard_of(desk)) == []


def test_what_is_typed_meanwhile_is_not_overwritten(desk, path):
    type_into(desk, path, "two", "2")
    shard = shard_of(desk)
    found = drafts(shard)
    type_into(desk, path, "three", "3")
    done = sign(shard, found)
    assert done[0].changed
    assert "one\n2\n3" in desk.clone.read(path)
    later = drafts(shard_of(desk))
    assert [one.path for one in later] == [path]
    sign(shard_of(desk), later)
    assert "one\n2\n3" in desk.clone.read(path)
    assert edited(shard_of(desk)) == []


def test_a_linked_view_is_left_alone(desk, path, tmp_path):
    outside = tmp_path / "mine.md"
    shutil.copy(os.path.join(desk.clone.path, path), outside)
    os.unlink(os.path.join(desk.clone.path, path))
    os.symlink(outside, os.path.join(desk.clone.path, path))
    os.symlink(outside, os.path.join(desk.clone.path, f"{LESSONS}/new.md"))
    shard = shard_of(desk)
    assert [(one.path, one.why) for one in drafts(shard)] == [(path, "it is a symbolic link")]
    assert as_new(shard, f"{LESSONS}/new.md").why == "it is a symbolic link"
    assert new_files(shard) == [f"{LESSONS}/new.md"]


@pytest.mark.parametrize("name", [".hidden.md", "picture.png", "sub/note.md", "x.md~"])
def test_what_is_no_page_is_not_named(desk, path, name):
    desk.clone.write(f"{LESSONS}/{name}", "text\n")
    assert new_files(shard_of(desk)) == []


def test_bytes_that_are_no_text_are_refused(desk, path):
    whole = os.path.join(desk.clone.path, path)
    for name in (whole, os.path.join(desk.clone.path, f"{LESSONS}/new.md")):
        with open(name, "ab") as file:
            file.write(b"\xff\xfe\n")
    shard = shard_of(desk)
    assert [one.why for one in drafts(shard)] == ["it is no text in UTF-8"]
    assert as_new(shard, f"{LESSONS}/new.md").why == "it is no text in UTF-8"
    assert as_whole(shard, path).why == "it is no text in UTF-8"


def test_stale_views_are_those_that_a_render_would_write(desk, path):
    shard = shard_of(desk)
    assert stale(shard, edited(shard)) == {}
    old = desk.clone.read(path)
    type_into(desk, path, "two", "2")
    assert stale(shard, edited(shard)) == {}, "a draft is not stale"
    sign(shard, drafts(shard))
    assert stale(shard_of(desk), []) == {}, "what waits for ^commit is not stale"
    desk.commit()
    desk.clone.write(path, old)
    assert stale(shard_of(desk), []) == {path: False}
    os.unlink(os.path.join(desk.clone.path, path))
    assert stale(shard_of(desk), []) == {path: True}
    desk.clone.git("commit", "--quiet", "-am", "Take it away")
    assert stale(shard_of(desk), []) == {path: True}
