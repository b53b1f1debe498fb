"""^hooks remove leaves every foreign byte, mode, link and folder as it was."""

import os
import stat

import pytest

from agence.commands.deinit import deinit
from agence.commands.hooks.install import install
from agence.commands.hooks.remove import remove

THEIRS = {
    "nothing": None,
    "a shell": ("#!/bin/bash\necho theirs", 0o755),
    "no first line": ("echo theirs\r\n", 0o711),
    "another language": ("#!/usr/bin/env python3\n", 0o750),
    "not run": ("#!/bin/sh\n", 0o644),
    "a bare first line": ("#!/bin/sh", 0o755),
}


def tree(top):
    """Every file below a folder: path -> (mode, bytes or target)."""
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            mode = stat.S_IMODE(os.lstat(path).st_mode)
            if os.path.islink(path):
                found[path] = mode, os.readlink(path)
            else:
                with open(path, "rb") as file:
                    found[path] = mode, file.read()
    return found


@pytest.mark.parametrize("theirs", THEIRS)
@pytest.mark.parametrize("hook", ["pre-commit", "pre-push"])
def test_all_of_theirs_is_as_it_was(context, hook, theirs):
    folder = os.path.join(context.clone.path, ".git", "hooks")
    if found := THEIRS[theirs]:
        text, mode = found
        os.chmod(context.clone.write(os.path.join(folder, hook), text), mode)
    before = tree(folder)
    install(context("^hooks install"), "git", adopt=True)
    assert tree(folder) != before
    said = remove(context("^hooks remove"), "git")
    assert tree(folder) == before
    assert any(hook in path for path in said.data["changed"])
    assert context.clone.run("git", "config", "agence.adopt", code=1).stdout == ""
    assert not os.path.exists(context.local("nexus", "hooks", hook))
    assert remove(context("^hooks remove"), "git").data["changed"] == []


def test_a_link_of_theirs_is_a_link_again(context):
    target = context.clone.write("tools/check", "#!/bin/sh\nexit 0\n")
    os.chmod(target, 0o755)
    path = os.path.join(context.clone.path, ".git", "hooks", "pre-commit")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink("../../tools/check", path)
    install(context("^hooks install"), "git")
    assert not os.path.islink(path)
    remove(context("^hooks remove"), "git")
    assert os.readlink(path) == "../../tools/check"
    assert context.clone.read("tools/check") == "#!/bin/sh\nexit 0\n"


def test_what_was_installed_before_the_folder_changed_goes_too(context):
    install(context("^hooks install"), "git")
    context.clone.git("config", "core.hooksPath", "elsewhere")
    remove(context("^hooks remove"), "git")
    assert not os.path.exists(os.path.join(context.clone.path, ".git", "hooks", "pre-commit"))


def test_a_clone_that_leaves_its_shard_has_no_hook_left(context):
    folder = os.path.join(context.clone.path, ".git", "hooks")
    before = tree(folder)
    install(context("^hooks install"), "git")
    said = deinit(context("^deinit"))
    assert tree(folder) == before
    assert len(said.data["hooks"]) == 4
    context.clone.commit("plain.txt", "plain\n")
