"""^hooks status says where each hook is, and who calls it."""

import os

from agence.commands.hooks.install import install
from agence.commands.hooks.remove import remove
from agence.commands.hooks.status import status


def states(context):
    return [one["state"] for one in status(context("^hooks status")).data["hooks"]]


def test_it_follows_what_is_there(context):
    assert states(context) == ["absent", "absent"]
    install(context("^hooks install"), "git")
    assert states(context) == ["installed", "installed"]
    os.unlink(context.local("nexus", "hooks", "pre-push"))
    assert states(context) == ["installed", "silent"]
    remove(context("^hooks remove"), "git")
    assert states(context) == ["absent", "absent"]


def test_a_file_of_lefthook_that_is_somebodys_is_left_to_a_person(context):
    context.clone.write("lefthook.yml", "pre-commit: {}\n")
    context.clone.write("lefthook-local.yml", "output: false\n")
    said = install(context("^hooks install"), "git")
    assert states(context) == ["by hand", "by hand"]
    lines = "".join(f"{line[2:]}\n" for line in said.text.splitlines() if line[:2] == "  ")
    context.clone.write("lefthook-local.yml", f"output: false\n{lines}")
    assert states(context) == ["installed", "installed"]
