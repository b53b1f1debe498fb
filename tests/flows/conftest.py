"""A shard on a forge, and the clone of its founder."""

import os

import pytest

from tests.clone import Clone
from tests.conftest import make_history
from tests.flows.forge import Forge


@pytest.fixture
def forge(tmp_path):
    """A bare repository without a driver; empty."""
    forge = Forge(tmp_path / "forge.git")
    os.mkdir(forge.path)
    forge.git("init", "--quiet", "--bare")
    return forge


@pytest.fixture
def ours(tmp_path, forge):
    """A clone of the forge whose `main` carries a shard, pushed."""
    clone = Clone(tmp_path / "ours")
    forge.git("clone", "--quiet", forge.path, clone.path)
    make_history(clone)
    clone.git("push", "--quiet", "--set-upstream", "origin", "main")
    clone.agence("^init")
    clone.agence("^commit")
    clone.git("push", "--quiet")
    return clone
