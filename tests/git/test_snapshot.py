"""A snapshot says what git says, path by path."""

import os

import pytest

from agence.git.snapshot import FILE_LIMIT, Relation, relation, relative, snapshot


def paths(entries):
    return {one["path"]: one["status"] for one in entries}


def test_a_clean_tree(checkout):
    state = snapshot(checkout.repo)
    assert state.git == {
        "branch": "main",
        "head": checkout.git("rev-parse", "HEAD"),
        "upstream": "",
        "dirty": [],
        "staged": [],
        "untracked": [],
    }
    assert state.files == []


def test_every_sort_of_change(checkout):
    for name in ("gone", "both", "was"):
        checkout.commit(name, f"{name}\n")
    checkout.write("README", "changed\n")
    (checkout.top / "gone").unlink()
    checkout.write("both", "staged\n")
    checkout.git("add", "both")
    checkout.write("both", "and changed\n")
    checkout.git("mv", "was", "is")
    checkout.write("new file\n", "line break in its name\n")
    checkout.write("folder/inside", "x\n")
    state = snapshot(checkout.repo).git
    assert paths(state["dirty"]) == {"README": "M", "gone": "D", "both": "M"}
    assert paths(state["staged"]) == {"both": "M", "was": "D", "is": "A"}
    blobs = {one["path"]: one["blob"] for one in state["staged"]}
    assert blobs["both"] == checkout.git("rev-parse", ":both")
    assert state["untracked"] == ["folder/", "new file\n"]


def test_contents_are_told_apart(checkout):
    checkout.write("README", "one\n")
    checkout.write("new", "x")
    first = {one["path"]: one for one in snapshot(checkout.repo).files}
    assert set(first) == {"README", "new"}
    assert first["README"]["size"] == 4
    os.utime(checkout.top / "README", (1, 1))
    assert {one["path"]: one for one in snapshot(checkout.repo).files} == first
    checkout.write("README", "two\n")
    again = {one["path"]: one for one in snapshot(checkout.repo).files}
    assert again["README"] != first["README"]
    assert again["new"] == first["new"]


def test_links_pipes_and_large_files_are_not_read(checkout):
    os.symlink("/etc/passwd", checkout.top / "link")
    os.mkfifo(checkout.top / "pipe")
    (checkout.top / "large").write_bytes(bytes(FILE_LIMIT + 1))
    files = {one["path"]: one for one in snapshot(checkout.repo).files}
    assert files["link"]["size"] == len("/etc/passwd")
    assert "pipe" not in files
    assert files["large"] == {"path": "large", "size": FILE_LIMIT + 1}


def test_a_name_that_is_no_text_is_shown_the_same_way_each_time(checkout):
    with open(os.fsencode(checkout.top) + b"/\xff", "wb"):
        pass
    assert snapshot(checkout.repo).git["untracked"] == ["\\xff"]


def test_without_a_commit_and_detached(empty):
    state = snapshot(empty.repo).git
    assert (state["branch"], state["head"]) == ("main", "")
    commit = empty.commit("a", "a\n")
    empty.git("checkout", "-q", "--detach")
    state = snapshot(empty.repo).git
    assert (state["branch"], state["head"]) == ("", commit)


def test_in_the_middle_of_a_conflict(checkout):
    checkout.git("checkout", "-q", "-b", "other")
    checkout.commit("README", "theirs\n")
    checkout.git("checkout", "-q", "main")
    checkout.commit("README", "ours\n")
    checkout.git("merge", "-q", "other", check=False)
    assert paths(snapshot(checkout.repo).git["dirty"]) == {"README": "UU"}


def test_configuration_changes_nothing(checkout):
    checkout.write("new", "x")
    checkout.git("config", "status.showUntrackedFiles", "no")
    checkout.git("config", "status.renames", "copies")
    checkout.git("config", "status.relativePaths", "true")
    assert snapshot(checkout.repo).git["untracked"] == ["new"]


def test_relations_of_commits(checkout):
    repo, base = checkout.repo, checkout.git("rev-parse", "HEAD")
    ahead = checkout.commit("a", "a\n")
    ahead = checkout.commit("a", "b\n")
    checkout.git("checkout", "-q", "-b", "side", base)
    side = checkout.commit("b", "b\n")
    checkout.git("checkout", "-q", "--orphan", "alone")
    alone = checkout.commit("c", "c\n")
    assert relation(repo, base, base) == Relation("same")
    assert relation(repo, base, ahead) == Relation("ahead", 2, 0)
    assert relation(repo, ahead, base) == Relation("behind", 0, 2)
    assert relation(repo, ahead, side) == Relation("diverged", 1, 2)
    assert relation(repo, ahead, alone).kind == "unrelated"
    assert relation(repo, "f" * 40, base) == Relation("absent")
    assert relation(repo, "", base).kind == "unrelated"


@pytest.mark.parametrize(
    ("folder", "shown"), [(".", "."), ("src", "src"), ("src/deep", "src/deep")]
)
def test_a_folder_is_relative_to_the_top(checkout, folder, shown):
    (checkout.top / folder).mkdir(parents=True, exist_ok=True)
    assert relative(checkout.repo, str(checkout.top / folder)) == shown
