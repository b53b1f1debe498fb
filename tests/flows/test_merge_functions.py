"""Two clones merge a field by an installed function; the one that lacks it refuses to guess."""

import os

import pytest

from tests.clone import Clone
from tests.functions import HIGHEST, LOWEST, install

TARGET = "belief.confidence"


@pytest.fixture
def functions(tmp_path, monkeypatch):
    """A folder of packages that every process finds."""
    folder = str(tmp_path / "environment")
    monkeypatch.setenv("PYTHONPATH", folder)
    install(folder, "highest", HIGHEST)
    return folder


@pytest.fixture
def theirs(tmp_path, ours, forge):
    clone = Clone(tmp_path / "theirs")
    forge.git("clone", "--quiet", forge.path, clone.path)
    clone.agence("^init")
    return clone


def believed(clone, identity, code=0):
    return clone.agence_json("^belief", "show", identity, code=code)["data"]


def hashed(clone):
    return clone.agence_json("^state", "--hash")["data"]["state"]


def publish(clone):
    clone.agence("^commit")
    clone.agence("^push")


def test_two_clones_of_which_one_lacks_the_package(ours, theirs, functions, monkeypatch):
    ours.agence("^merge", "add", "highest", TARGET)
    said = ours.agence_json("^belief", "add", "the queue", "is", "fast")["data"]
    identity = said["id"]
    publish(ours)
    theirs.agence("^pull")
    for clone, sure in ((ours, 70), (theirs, 50)):
        clone.agence("^belief", "edit", identity, "--set", f"confidence={sure}")
    publish(ours)
    theirs.agence("^pull")
    publish(theirs)
    ours.agence("^pull")
    assert hashed(ours) == hashed(theirs)
    path = believed(ours, identity)["path"]
    assert ours.read(path) == theirs.read(path)
    assert "confidence = 70" in theirs.read(path)
    monkeypatch.delenv("PYTHONPATH")
    refused = theirs.agence_json("^state", "--hash", code=4)["error"]
    assert "no installed package offers a merge function 'highest'" in refused["message"]
    assert "install" in refused["hint"]
    assert believed(theirs, identity)["refused"] == ["confidence"]
    theirs.agence("^learn", "something else")
    publish(theirs)
    assert "confidence = 70" in theirs.read(path)
    monkeypatch.setenv("PYTHONPATH", functions)
    ours.agence("^pull")
    assert hashed(ours) == hashed(theirs)
    install(functions, "highest", LOWEST)
    refused = ours.agence_json("^state", "--hash", code=4)["error"]
    assert "not the code that was pinned" in refused["message"]


def test_nothing_out_of_the_work_tree_runs(ours, functions, monkeypatch):
    """Though an interpreter that is started there looks there first."""
    ran = os.path.join(os.path.dirname(ours.path), "ran")
    code = f"open({ran!r}, 'w').close()\n{HIGHEST}"
    ours.agence("^merge", "add", "highest", TARGET)
    install(ours.path, "highest", code)
    ours.agence("^learn", "something")
    ours.agence_json("^state", "--hash")
    (one,) = ours.agence_json("^merge", "list")["data"]["merges"]
    assert one["usable"]
    ours.agence("^merge", "add", "highest", "lesson.title")
    monkeypatch.setenv("PYTHONPATH", ours.path)
    said = ours.agence_json("^merge", "check", "highest", "belief.confidence", code=4)["error"]
    assert "inside of this repository" in said["message"]
    assert not os.path.exists(ran)
