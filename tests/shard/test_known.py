"""What was ever known stays known by a ref of its own; what was erased does not come back by it."""

import json
import os
import shutil

import pytest

from agence.commands.recall import recall
from agence.commands.status import status
from agence.events.segment import fingerprint
from agence.shard.known import REF
from tests.commands.desk import Desk

WORD = "wolverine"


@pytest.fixture
def desk(repo):
    repo.agence("^init")
    return Desk(repo)


def kept(desk, path=""):
    """What the ref has at a path of its log: a listing of paths, or a segment's bytes as text."""
    if path:
        return desk.clone.git("cat-file", "blob", f"{REF}:log/{path}")
    listed = desk.clone.git("ls-tree", "-r", "--name-only", REF).splitlines()
    return [one.removeprefix("log/") for one in listed]


def without_data(text):
    """The lines of a segment, erased."""
    events = [json.loads(line) for line in text.splitlines()]
    bare = [{k: v for k, v in one.items() if k not in ("data", "salt")} for one in events]
    return "".join(json.dumps(one, sort_keys=True, separators=(",", ":")) + "\n" for one in bare)


def forget_everything(desk):
    """Take the index away, and the own log of what was published: only git remains."""
    folder = desk.local("nexus")
    for name in os.listdir(folder):
        if name.startswith("index.db"):
            os.unlink(os.path.join(folder, name))
    shutil.rmtree(os.path.join(folder, "own"), ignore_errors=True)


def lesson_on(desk, branch):
    """A lesson on a branch of its own; the path of its segment below the log."""
    desk.commit()
    before = desk.clone.git("ls-tree", "-r", "--name-only", "HEAD").splitlines()
    desk.clone.git("checkout", "--quiet", "-b", branch)
    desk.keep(f"about a {WORD}", "who must not be named")
    paths = desk.commit()
    (path,) = {one for one in paths if one.endswith(".jsonl")} - set(before)
    status(desk("^status"))
    return path.removeprefix(".agence/log/")


def test_a_deleted_branch_loses_nothing(desk):
    path = lesson_on(desk, "side")
    desk.clone.git("checkout", "--quiet", "main")
    desk.clone.git("branch", "--quiet", "-D", "side")
    assert path in kept(desk)
    forget_everything(desk)
    found = recall(desk("^recall"), [WORD], everywhere=True)
    assert found.data["count"] == 1


def test_what_is_known_already_moves_nothing(desk):
    lesson_on(desk, "side")
    before = desk.clone.git("rev-parse", REF)
    desk.clone.commit("README.md", "# Another\n")
    desk.clone.git("branch", "same")
    status(desk("^status"))
    assert desk.clone.git("rev-parse", REF) == before


@pytest.mark.parametrize("known_first", ["whole", "erased"])
def test_an_erased_copy_takes_the_place_of_a_whole_one(desk, known_first):
    """Once the branch that erased it is gone, the ref alone remembers: nothing comes back."""
    path = lesson_on(desk, "side")
    whole = desk.clone.read(f".agence/log/{path}")
    assert kept(desk, path) == whole.rstrip("\n")
    if known_first == "erased":  # the whole copy comes after the erased one
        desk.clone.git("update-ref", "-d", REF)
        forget_everything(desk)
    desk.clone.git("checkout", "--quiet", "-b", "erasing")
    desk.clone.git("branch", "--quiet", "-D", "side")
    desk.clone.commit(f".agence/log/{path}", without_data(whole))
    status(desk("^status"))
    if known_first == "erased":
        desk.clone.git("branch", "--quiet", "side", "erasing~1")
        status(desk("^status"))
    assert kept(desk, path) == without_data(whole).rstrip("\n")
    desk.clone.git("checkout", "--quiet", "-B", "side", "erasing~1")
    desk.clone.git("branch", "--quiet", "-D", "erasing")
    forget_everything(desk)
    assert desk.clone.read(f".agence/log/{path}") == whole
    assert recall(desk("^recall"), [WORD], everywhere=True).data["count"] == 0


@pytest.mark.parametrize("first", ["whole", "erased"])
def test_what_was_erased_in_another_segment_is_erased_here(desk, first):
    """The same event in two segments: a copy without its data counts for both."""
    path = lesson_on(desk, "side")
    desk.keep(f"a second {WORD}")
    desk.commit()
    files = [desk.clone.read(one) for one in desk.clone.git("ls-files", "*.jsonl").splitlines()]
    lines = [line for text in files if WORD in text for line in text.splitlines()]
    joined = sorted(lines, key=lambda line: json.loads(line)["id"])
    assert len(joined) == 2
    bare = without_data(desk.clone.read(f".agence/log/{path}"))

    def erase():
        desk.clone.commit(f".agence/log/{path}", bare)
        status(desk("^status"))

    if first == "erased":
        erase()
    both = write_segment(desk, "".join(line + "\n" for line in joined))
    status(desk("^status"))
    if first == "whole":
        erase()
    assert bare.strip() in kept(desk, both).splitlines()


def write_segment(desk, content):
    """Commit a segment of these lines; its path below the log."""
    events = [json.loads(line) for line in content.splitlines()]
    first = min(events, key=lambda one: one["body"]["seq"])
    old = desk.clone.git("ls-files", "*.jsonl").splitlines()[0]
    name = f"{first['body']['seq']}-{fingerprint(one['id'] for one in events)}.jsonl"
    path = os.path.join(os.path.dirname(old), name)
    desk.clone.commit(path, content)
    return path.removeprefix(".agence/log/")
