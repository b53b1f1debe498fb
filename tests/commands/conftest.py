"""Clones with a shard, made once and copied for each test, worked in without a process of ours."""

import os

import pytest

from agence.commands.init import init
from agence.commands.pull import pull
from agence.commands.push import push
from tests.clone import Clone
from tests.commands.desk import DAY, NOW, Desk, moved
from tests.conftest import make_history


@pytest.fixture(scope="session")
def founded(tmp_path_factory, git_identity):
    """A folder with one clone that has just founded a shard; nothing of it is committed."""
    folder = tmp_path_factory.mktemp("founded")
    clone = Clone(folder / "repo")
    os.mkdir(clone.path)
    clone.git("init", "--quiet")
    make_history(clone)
    init(Desk(clone, 101, NOW - DAY)("^init"))
    return folder


@pytest.fixture(scope="session")
def shared(tmp_path_factory, git_identity):
    """A folder with a bare remote and two clones that share a published shard."""
    folder = tmp_path_factory.mktemp("shared")
    remote = Clone(folder / "remote.git")
    ours, theirs = (Desk(Clone(folder / name), 102, NOW - DAY) for name in ("ours", "theirs"))
    os.mkdir(remote.path)
    remote.git("init", "--quiet", "--bare")
    remote.git("clone", "--quiet", remote.path, ours.clone.path)
    make_history(ours.clone)
    ours.clone.git("push", "--quiet", "--set-upstream", "origin", "main")
    init(ours("^init"))
    ours.commit()
    push(ours("^push"))
    remote.git("clone", "--quiet", remote.path, theirs.clone.path)
    init(theirs("^init"))
    return folder


@pytest.fixture
def context(founded, tmp_path):
    """A desk at a clone that has just founded a shard; nothing of it is committed."""
    moved(str(founded), str(tmp_path / "alone"))
    return Desk(Clone(tmp_path / "alone" / "repo"), 1)


@pytest.fixture
def desks(shared, tmp_path):
    """Desks at two clones of one remote that share a published shard; the first founded it."""
    moved(str(shared), str(tmp_path / "clones"))
    return tuple(
        Desk(Clone(tmp_path / "clones" / name), seed)
        for seed, name in enumerate(("ours", "theirs"), 2)
    )


@pytest.fixture
def send(desks):
    """Publish and push what the first clone has, and pull it into the second."""

    def sending():
        ours, theirs = desks
        ours.commit()
        push(ours("^push"))
        pull(theirs("^pull"))

    return sending
