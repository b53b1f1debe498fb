"""git merges segments and views through the driver, and its exit code says what happened."""

import os
import signal
import stat
import sys

import pytest

from agence.fold.footer import above, is_draft, seal
from agence.fold.view_merge import END, ONE, OTHER

LOG = ".agence/log/2026-01/aa/1-bb.jsonl"
VIEW = ".agence/synthetic/lessons/x-1234.md"
ATTRIBUTES = ".agence/log/** merge=agence-log\n.agence/synthetic/** merge=agence-view\n"
HEADS = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)


def event(number, *, erased=False):
    data, salt = ('"data":{"n":1},', f'"salt":"{0:032}",') if not erased else ("", "")
    return f'{{"body":{{"n":{number}}},{data}"id":"{number:064}",{salt}"sig":"{number:0128}"}}\n'


def segment(*numbers):
    return "".join(map(event, numbers))


def view(*lines, title="t", tags=("x",), heads=HEADS[:1]):
    listed = ", ".join(f'"{tag}"' for tag in tags)
    front = f'+++\nid = "i"\nkind = "lesson"\ntitle = "{title}"\ntags = [{listed}]\n+++\n'
    return seal("\n".join([front, *lines, "", ""]).encode(), heads).decode()


@pytest.fixture
def calls(tmp_path):
    """The file in which each call of the driver leaves a line: its kind."""
    return tmp_path / "calls"


@pytest.fixture
def shard(repo, programs, calls):
    """A repository whose driver is configured, with a segment and a view on `main`."""
    driver = calls.with_name("driver")
    driver.write_text(f'#!/bin/sh\necho "$1" >> {calls}\nexec {programs}/agence-merge "$@"\n')
    driver.chmod(0o755)
    for kind in ("log", "view"):
        repo.git("config", f"merge.agence-{kind}.driver", f"{driver} {kind} %O %A %B %P")
    repo.commit(".gitattributes", ATTRIBUTES)
    repo.commit(LOG, segment(1, 3))
    repo.commit(VIEW, view("one", "two", "three", "four", "five"))
    repo.git("branch", "theirs")
    return repo


def on(shard, branch, *changes):
    """Commit these (name, text) on a branch; the branch stays checked out."""
    shard.git("checkout", "--quiet", branch)
    for name, text in changes:
        shard.commit(name, text)


def called(calls):
    return calls.read_text().split() if calls.exists() else []


def merge(shard, branch, code=0):
    shard.git("merge", "--quiet", "--no-edit", branch, code=code)


OURS = (
    (LOG, segment(1, 2, 3)),
    (VIEW, view("1", "two", "three", "four", "five", heads=HEADS[1:2])),
)
THEIRS = (
    (LOG, segment(1, 3, 4)),
    (VIEW, view("one", "two", "three", "four", "5", tags="xy", heads=HEADS[2:3])),
)


@pytest.mark.parametrize("ours", ["main", "theirs"])
def test_what_both_sides_added_is_there(shard, calls, ours):
    on(shard, "main", *OURS)
    on(shard, "theirs", *THEIRS)
    shard.git("checkout", "--quiet", ours)
    merge(shard, {"main": "theirs", "theirs": "main"}[ours])
    assert shard.read(LOG) == segment(1, 2, 3, 4)
    assert shard.read(VIEW) == view("1", "two", "three", "four", "5", tags="xy", heads=HEADS[1:3])
    assert shard.git("status", "--porcelain") == ""
    assert sorted(called(calls)) == ["log", "view"]


@pytest.mark.parametrize("kind", ["log", "view"])
def test_without_its_driver_git_would_not_merge_it(shard, calls, kind):
    shard.git("config", f"merge.agence-{kind}.driver", "/nowhere/agence-merge %O %A %B")
    on(shard, "theirs", *THEIRS)
    on(shard, "main", *OURS)
    merge(shard, "theirs", code=1)
    assert kind not in called(calls)


def test_two_clones_pull_from_each_other(two_shards, programs):
    ours, theirs = two_shards
    ours.commit(".gitattributes", ATTRIBUTES)
    ours.commit(LOG, segment(5))
    ours.git("push", "--quiet")
    theirs.git("pull", "--quiet")
    for clone, number in ((ours, 7), (theirs, 6)):
        clone.git("config", "merge.agence-log.driver", f"{programs}/agence-merge log %O %A %B %P")
        clone.commit(LOG, segment(5, number))
    ours.git("pull", "--quiet", "--no-rebase", "--no-edit", theirs.path, "main")
    theirs.git("pull", "--quiet", "--rebase", ours.path, "main")
    assert ours.read(LOG) == theirs.read(LOG) == segment(5, 6, 7)


def test_a_rebase_gives_what_a_merge_gives(shard):
    on(shard, "main", *OURS)
    on(shard, "theirs", *THEIRS)
    shard.git("checkout", "--quiet", "-b", "merged")
    merge(shard, "main")
    shard.git("checkout", "--quiet", "theirs")
    shard.git("rebase", "--quiet", "main")
    assert shard.git("rev-parse", "theirs^{tree}") == shard.git("rev-parse", "merged^{tree}")


def test_a_criss_cross_merges_its_own_output(shard, calls):
    on(shard, "main", *OURS, (VIEW, view("A", "two", "three", "four", "five", heads=HEADS[1:2])))
    on(
        shard,
        "theirs",
        *THEIRS,
        (VIEW, view("B", "two", "three", "four", "five", heads=HEADS[2:3])),
    )
    before = shard.git("rev-parse", "theirs")
    merge(shard, "main")
    shard.git("checkout", "--quiet", "main")
    merge(shard, before)
    assert shard.git("rev-parse", "main^{tree}") == shard.git("rev-parse", "theirs^{tree}")
    contested = shard.read(VIEW)
    assert [contested.count(mark.decode()) for mark in (ONE, OTHER, END)] == [1, 1, 1]
    on(shard, "main", (LOG, segment(1, 2, 3, 4, 5)), (VIEW, reseal(contested, "five", "V")))
    on(shard, "theirs", (LOG, segment(0, 1, 2, 3, 4)), (VIEW, reseal(contested, "three", "III")))
    calls.unlink()
    merge(shard, "main")
    assert called(calls).count("log") == called(calls).count("view") == 2, "no virtual ancestor"
    assert shard.read(LOG) == segment(0, 1, 2, 3, 4, 5)
    wanted = above(contested.encode()).replace(b"\nfive", b"\nV").replace(b"\nthree", b"\nIII")
    assert above(shard.read(VIEW).encode()) == wanted
    assert not is_draft(shard.read(VIEW).encode())


def reseal(text, old, new):
    return seal(
        above(text.encode()).replace(f"\n{old}".encode(), f"\n{new}".encode()), HEADS[3:]
    ).decode()


def test_nothing_restores_what_was_erased(shard):
    on(shard, "main", (LOG, segment(1) + event(3, erased=True)))
    on(shard, "theirs", (LOG, segment(1, 3, 4)))
    merge(shard, "main")
    assert shard.read(LOG) == segment(1) + event(3, erased=True) + segment(4)


def test_drafts_that_overlap_are_a_conflict_with_both_versions(shard):
    text = shard.read(VIEW)
    on(shard, "main", (VIEW, text.replace("two", "zwei")))
    on(shard, "theirs", (VIEW, text.replace("two", "deux")))
    merge(shard, "main", code=1)
    merged = shard.read(VIEW)
    assert "deux" in merged
    assert "zwei" in merged
    assert shard.git("diff", "--name-only", "--diff-filter=U") == VIEW


def test_a_picture_among_the_views_is_gits_own_conflict(shard):
    name = ".agence/synthetic/docs/p.png"
    on(shard, "main", (name, "\0a"))
    on(shard, "theirs", (name, "\0b"))
    merge(shard, "main", code=1)
    assert shard.read(name) == "\0b"


@pytest.fixture
def files(repo):
    """Three files as git hands them over, in a folder of their own."""
    for name, text in (("base", ""), ("ours", segment(1)), ("theirs", segment(2))):
        repo.write(f"d/{name}", text)
    return repo


SIDES = ("d/base", "d/ours", "d/theirs", "log.jsonl")


def test_the_mode_of_our_file_is_kept(files):
    path = os.path.join(files.path, "d/ours")
    os.chmod(path, 0o776)
    files.run("agence-merge", "log", *SIDES)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o776
    assert files.read("d/ours") == segment(1, 2)


UNREADABLE = [
    ("log", "d/base", "d/ours", "d/missing", "p"),
    ("view", "d/missing", "d/ours", "d/theirs", "p"),
    ("view", "d/base", "d/ours", "d", "p"),
    ("log", "d/base", "d/ours"),
    ("json", *SIDES),
    (),
]


@pytest.mark.parametrize("words", UNREADABLE)
def test_what_cannot_be_read_changes_nothing(files, words):
    done = files.run("agence-merge", *words, code=129)
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert sorted(os.listdir(os.path.join(files.path, "d"))) == ["base", "ours", "theirs"]
    assert files.read("d/ours") == segment(1)


def test_a_full_disk_changes_nothing(files):
    limited = f"ulimit -f 0; trap '' XFSZ; exec agence-merge log {' '.join(SIDES)}"
    done = files.run("sh", "-c", limited, code=129)
    assert "nothing was merged" in done.stderr
    assert sorted(os.listdir(os.path.join(files.path, "d"))) == ["base", "ours", "theirs"]
    assert files.read("d/ours") == segment(1)


DYING = """
import os, signal, sys
real = getattr(os, sys.argv[1])
def die(*words, **more):
    if sys.argv[2] == "after":
        real(*words, **more)
    os.kill(os.getpid(), signal.SIGKILL)
from agence.drivers import merge
setattr(os, sys.argv[1], die)
merge.main(sys.argv[3:])
"""
MOMENTS = [("open", "before"), ("fchmod", "before"), ("replace", "before"), ("replace", "after")]


@pytest.mark.parametrize(("call", "moment"), MOMENTS)
def test_a_driver_that_is_killed_leaves_the_old_file_or_the_new(files, call, moment):
    old = files.read("d/ours")
    words = ("log", *SIDES)
    killed = files.run(sys.executable, "-c", DYING, call, moment, *words, code=-signal.SIGKILL)
    assert killed.stdout == ""
    assert files.read("d/ours") == (segment(1, 2) if moment == "after" else old)
    files.run("agence-merge", *words)
    assert files.read("d/ours") == segment(1, 2)


FAILING = """
import errno, os, sys
def fail(*words, **more):
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), "d")
from agence.drivers import merge
setattr(os, sys.argv[1], fail)
sys.argv[1:] = sys.argv[2:]
sys.exit(merge.entry())
"""


@pytest.mark.parametrize("call", ["open", "fchmod", "replace"])
@pytest.mark.parametrize("kind", ["log", "view"])
def test_a_folder_that_takes_no_file_changes_nothing(files, kind, call):
    done = files.run(sys.executable, "-c", FAILING, call, kind, *SIDES, code=129)
    assert "nothing was merged: [Errno 30]" in done.stderr
    assert sorted(os.listdir(os.path.join(files.path, "d"))) == ["base", "ours", "theirs"]
    assert files.read("d/ours") == segment(1)
