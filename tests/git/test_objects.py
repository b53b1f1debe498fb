"""Objects in bulk, and trees by subtree: as git itself would have them."""

import os
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agence.base.errors import OutsideError, ShardError
from agence.git.blob_name import blob_id
from agence.git.objects import (
    Entry,
    Found,
    Missing,
    commit_tree,
    list_tree,
    read_many,
    resolve_many,
    write_blobs,
)
from agence.git.trees import write_tree

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def test_thousands_of_blobs_come_back_exactly(checkout):
    contents = {f"k{n}": os.urandom(n % 2 * 50) + b"\r\n%d\n" % n for n in range(3000)}
    checkout.git("config", "core.autocrlf", "true")
    ids = write_blobs(checkout.repo, contents)
    assert ids == {key: blob_id(content) for key, content in contents.items()}
    read = read_many(checkout.repo, list(ids.values()))
    assert [found.content for found in read if isinstance(found, Found)] == list(contents.values())
    assert os.listdir(os.path.join(checkout.repo.nexus, "tmp")) == []


def test_no_blob_needs_no_process_to_succeed(checkout):
    assert write_blobs(checkout.repo, {}) == {}
    assert list(read_many(checkout.repo, [])) == []


def test_names_that_are_missing_or_odd(checkout):
    readme = blob_id(b"hello\n")
    names = ["HEAD:README", "HEAD:no such", "f" * 40, "a b", "", "HEAD:src", readme]
    found = list(read_many(checkout.repo, names))
    assert found[0] == Found("HEAD:README", readme, "blob", b"hello\n")
    assert found[1:5] == [Missing(name) for name in names[1:5]]
    assert isinstance(found[5], Found)
    assert found[5].kind == "tree"
    answers = resolve_many(checkout.repo, names)
    assert answers["HEAD:README"] == (readme, "blob")
    assert [answers[name] for name in names[1:5]] == [None] * 4
    with pytest.raises(ValueError, match="line break"):
        resolve_many(checkout.repo, ["a\nb"])


def test_reading_may_end_early(checkout):
    ids = write_blobs(checkout.repo, {str(n): b"x" * 20_000 + b"%d" % n for n in range(500)})
    for found in read_many(checkout.repo, list(ids.values())):
        assert isinstance(found, Found)
        break


def test_one_object_at_a_time_is_in_memory(checkout):
    ids = write_blobs(checkout.repo, {str(n): b"%d" % n + bytes(1_000_000) for n in range(40)})
    tracemalloc.start()
    total = sum(
        len(f.content) for f in read_many(checkout.repo, [*ids.values()]) if isinstance(f, Found)
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 40_000_000
    assert peak < 8_000_000


def test_a_full_disk_is_an_outside_error(checkout):
    nexus = checkout.repo.nexus
    os.makedirs(os.path.dirname(nexus))
    with open(nexus, "w"):
        pass
    with pytest.raises(OutsideError, match="can't write"):
        write_blobs(checkout.repo, {"a": b""})


def test_a_tree_lists_its_files(checkout):
    checkout.write(".agence/a b\tö", "x")
    checkout.git("add", "-A")
    tree = checkout.git("write-tree")
    assert list_tree(checkout.repo, tree, under=".agence/") == {
        ".agence/a b\tö": Entry("100644", "blob", blob_id(b"x"))
    }
    assert list(list_tree(checkout.repo, tree, recursive=False)) == [".agence", "README", "src"]
    assert set(list_tree(checkout.repo, tree)) == {".agence/a b\tö", "README", "src/main.c"}


names = st.sampled_from(["a", "b", "a.b", "a-", "ö", "log"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


def as_files(found):
    """A dictionary with no path inside another path."""
    return {p: v for p, v in found.items() if not any(q.startswith(p + "/") for q in found)}


files = st.dictionaries(paths, st.sampled_from(["0", "1", "2"]), max_size=8).map(as_files)


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(before=files, after=files)
def test_a_tree_by_subtree_is_the_tree_git_makes(empty, before, after):
    repo = empty.repo
    ids = write_blobs(repo, {"0": b"0", "1": b"1", "2": b"2"})

    def by_index(tree):
        empty.git("read-tree", "--empty")
        for path, text in tree.items():
            empty.git("update-index", "--add", "--cacheinfo", f"100644,{ids[text]},{path}")
        return empty.git("write-tree")

    base = write_tree(repo, None, {path: ids[text] for path, text in before.items()})
    assert base == by_index(before)
    gone = {path: None for path in before if path not in after}
    changes = gone | {path: ids[text] for path, text in after.items()}
    assert write_tree(repo, base, changes) == by_index(after)


def test_folders_left_empty_vanish(checkout):
    repo = checkout.repo
    assert write_tree(repo, "HEAD", {"src/main.c": None, "README": None}) == EMPTY_TREE
    assert write_tree(repo, "HEAD", {"no/such": None}) == checkout.git("rev-parse", "HEAD^{tree}")


def test_other_modes_are_kept(checkout):
    os.symlink("README", checkout.top / "link")
    (checkout.top / "README").chmod(0o755)
    checkout.git("add", "-A")
    base = checkout.git("write-tree")
    blob = write_blobs(checkout.repo, {"x": b"x"})["x"]
    tree = write_tree(checkout.repo, base, {"x/y": blob})
    checkout.git("update-index", "--add", "--cacheinfo", f"100644,{blob},x/y")
    assert tree == checkout.git("write-tree")


def test_a_path_inside_a_submodule_is_refused(checkout):
    head = checkout.git("rev-parse", "HEAD")
    checkout.git("update-index", "--add", "--cacheinfo", f"160000,{head},.agence")
    base = checkout.git("write-tree")
    with pytest.raises(ShardError, match="submodule"):
        write_tree(checkout.repo, base, {".agence/a": blob_id(b"hello\n")})


def test_a_tree_that_is_missing(checkout):
    with pytest.raises(ShardError, match="not in this repository"):
        write_tree(checkout.repo, "e" * 40, {})


def test_a_commit_with_its_words(checkout):
    checkout.git("config", "i18n.commitEncoding", "latin1")
    head = checkout.git("rev-parse", "HEAD")
    tree = checkout.git("rev-parse", "HEAD^{tree}")
    commit = commit_tree(checkout.repo, tree, [head], "ö\n\nbody", sign=False)
    raw = checkout.git("cat-file", "commit", commit)
    assert raw.endswith("\n\nö\n\nbody")
    assert f"parent {head}\n" in raw
    assert "encoding" not in raw


def test_nobody_to_commit_as(checkout, monkeypatch):
    monkeypatch.setenv("HOME", "/nowhere")
    checkout.git("config", "user.useConfigOnly", "true")
    with pytest.raises(ShardError, match="does not know who") as raised:
        commit_tree(checkout.repo, EMPTY_TREE, [], "x", sign=False)
    assert "git config user.name" in raised.value.hint
