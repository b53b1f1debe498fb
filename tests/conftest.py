"""What every test stands on: a git of its own, and real repositories in temporary folders."""

import os
import sys

import pytest
from hypothesis import settings

from tests.clone import Clone

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = {
    "agence": "agence.cli.main",
    "agence-merge": "agence.drivers.merge",
    "agence-hook": "agence.drivers.hook",
}
GIT_CONFIG = """\
[user]
    name = Ada Example
    email = ada@example.org
[init]
    defaultBranch = main
[protocol "file"]
    allow = always
[gc]
    auto = 0
[maintenance]
    auto = false
"""

# A busy machine is slow now and then; a failing example must be printed whole to be repeated.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


def pytest_collection_modifyitems(items):
    if os.environ.get("AGENCE_SOAK") == "1":
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: make soak"))


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """A folder with our programs as this checkout has them, as an installation would make them."""
    folder = tmp_path_factory.mktemp("bin")
    for name, module in PROGRAMS.items():
        program = folder / name
        program.write_text(
            f"#!{sys.executable}\nimport sys\nfrom {module} import entry\nsys.exit(entry())\n",
            encoding="utf-8",
        )
        program.chmod(0o755)
    return folder


@pytest.fixture(scope="session", autouse=True)
def git_identity(tmp_path_factory, programs):
    """One known author, no configuration of the machine's, our programs first on the PATH."""
    home = tmp_path_factory.mktemp("home")
    config = home / "gitconfig"
    config.write_text(GIT_CONFIG, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GIT_", "AGENCE_", "XDG_")):
                patch.delenv(name)
        for name in ("VISUAL", "EDITOR", "FORCE_COLOR", "COLUMNS"):
            patch.delenv(name, raising=False)
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Ada Example")
            patch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("HOME", str(home))
        patch.setenv("NO_COLOR", "1")
        patch.setenv("PATH", str(programs), prepend=os.pathsep)
        patch.setenv("PYTHONPATH", ROOT, prepend=os.pathsep)
        yield


def make_history(clone: Clone) -> None:
    """Three commits, as a small project has them."""
    clone.commit("README.md", "# Shop\n\nSells things.\n", "Begin")
    clone.commit("src/shop.py", "PRICE = 3\n", "Set the price")
    clone.commit("src/shop.py", "PRICE = 4\n", "Raise the price")


@pytest.fixture
def repo(tmp_path):
    """A repository with three commits on `main`, and no remote."""
    clone = Clone(tmp_path / "repo")
    os.mkdir(clone.path)
    clone.git("init", "--quiet")
    make_history(clone)
    return clone


@pytest.fixture
def two_shards(tmp_path):
    """Two clones, `ours` and `theirs`, of one bare remote with a history. No shard in it yet."""
    remote = Clone(tmp_path / "remote.git")
    os.mkdir(remote.path)
    remote.git("init", "--quiet", "--bare")
    ours = Clone(tmp_path / "ours")
    theirs = Clone(tmp_path / "theirs")
    remote.git("clone", "--quiet", remote.path, ours.path)
    make_history(ours)
    ours.git("push", "--quiet", "--set-upstream", "origin", "main")
    remote.git("clone", "--quiet", remote.path, theirs.path)
    return ours, theirs
