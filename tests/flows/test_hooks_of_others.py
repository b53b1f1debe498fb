"""agence's hooks beside the real pre-commit, husky and lefthook, where these are on the machine."""

import os
import shutil
import sys
from importlib.util import find_spec

import pytest

from tests.clone import Clone

CONFIG = """\
repos:
- repo: local
  hooks:
  - {id: t, name: theirs, entry: sh -c 'echo ran > theirs', language: system, always_run: true}
"""
LEFTHOOK = """\
pre-commit:
  commands:
    theirs:
      run: echo ran > theirs
"""
NODE = os.environ.get("AGENCE_TEST_NODE_MODULES", "")  # a folder with husky and lefthook in it
HUSKY = shutil.which("husky", path=os.path.join(NODE, ".bin")) if NODE else shutil.which("husky")
LEFT = shutil.which("lefthook", path=os.path.join(NODE, ".bin")) if NODE else None
LEFT = LEFT or shutil.which("lefthook")

needs_framework = pytest.mark.skipif(find_spec("pre_commit") is None, reason="no pre-commit here")
needs_husky = pytest.mark.skipif(HUSKY is None, reason="no husky here")
needs_lefthook = pytest.mark.skipif(LEFT is None, reason="no lefthook here")


def framework(clone, *words):
    clone.run(sys.executable, "-m", "pre_commit", *words)


def husky(clone):
    assert HUSKY
    clone.run(HUSKY)


def lefthook(clone, *words):
    assert LEFT
    clone.run(LEFT, *words)


def commit_works(clone):
    """A plain commit goes through, and their hook ran."""
    theirs = os.path.join(clone.path, "theirs")
    if os.path.exists(theirs):
        os.unlink(theirs)
    clone.write("plain.txt", os.urandom(4).hex())
    clone.git("add", "plain.txt")
    clone.git("commit", "--quiet", "-m", "plain")
    assert os.path.exists(theirs)


def private_is_refused(clone):
    clone.write(".agence/hermetic/x", "{}\n")
    clone.git("add", "--force", ".agence/hermetic/x")
    done = clone.run("git", "commit", "--quiet", "-m", "private", code=1)
    assert "its folder is private" in done.stdout + done.stderr
    clone.git("rm", "--quiet", "--force", ".agence/hermetic/x")


def both_work(clone):
    commit_works(clone)
    private_is_refused(clone)


def managers(clone):
    said = clone.agence_json("^hooks", "status")["data"]["hooks"]
    return {one["manager"] for one in said if one["state"] == "installed"}


@needs_framework
@pytest.mark.parametrize("ours_first", [True, False])
def test_the_frameworks_hook_calls_ours_also_when_it_is_installed_again(ours, ours_first):
    ours.write(".pre-commit-config.yaml", CONFIG)
    ours.git("add", ".pre-commit-config.yaml")
    steps = [
        lambda: ours.agence("^hooks", "install", "git"),
        lambda: framework(ours, "install", "--hook-type", "pre-commit", "--hook-type", "pre-push"),
    ]
    for step in steps if ours_first else steps[::-1]:
        step()
    both_work(ours)
    framework(ours, "install")
    both_work(ours)
    assert managers(ours) == {"pre-commit"}
    ours.agence("^hooks", "remove", "git")
    commit_works(ours)
    left = sorted(os.listdir(os.path.join(ours.path, ".git", "hooks")))
    assert [name for name in left if not name.endswith(".sample")] == ["pre-commit", "pre-push"]


@needs_husky
def test_husky_calls_ours_from_its_tracked_file(ours):
    husky(ours)
    ours.write(".husky/pre-commit", "echo ran > theirs\n")
    before = ours.read(".husky/pre-commit")
    ours.agence("^hooks", "install", "git")
    both_work(ours)
    husky(ours)
    both_work(ours)
    assert managers(ours) == {"husky"}
    assert ours.path not in ours.read(".husky/pre-commit")
    ours.agence("^hooks", "remove", "git")
    assert ours.read(".husky/pre-commit") == before
    assert not os.path.exists(os.path.join(ours.path, ".husky", "pre-push"))
    commit_works(ours)


@needs_husky
def test_a_clone_without_agence_is_not_bothered_by_a_tracked_block(ours, tmp_path):
    husky(ours)
    ours.agence("^hooks", "install", "git")
    ours.git("add", ".husky/pre-commit", ".husky/pre-push")
    ours.git("commit", "--quiet", "-m", "their hooks")
    ours.git("push", "--quiet")
    ours.git("clone", "--quiet", ours.git("remote", "get-url", "origin"), str(tmp_path / "plain"))
    plain = Clone(tmp_path / "plain")
    husky(plain)
    plain.write("a.txt", "a\n")
    plain.git("add", "a.txt")
    done = plain.run("git", "commit", "--quiet", "-m", "plain")
    assert "agence" not in done.stdout + done.stderr
    assert plain.run("git", "push", "--quiet").returncode == 0


@needs_lefthook
def test_lefthook_calls_ours_from_its_local_file(ours):
    ours.write("lefthook.yml", LEFTHOOK)
    lefthook(ours, "install")
    said = ours.agence("^hooks", "install", "git")
    assert "lefthook install" in said
    lefthook(ours, "install")
    both_work(ours)
    assert managers(ours) == {"lefthook"}
    ours.agence("^hooks", "remove", "git")
    assert not os.path.exists(os.path.join(ours.path, "lefthook-local.yml"))
    commit_works(ours)
