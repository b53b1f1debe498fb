"""^hooks install puts hooks next to what is there; git then refuses what is private."""

import os
import stat

import pytest

from agence.base.errors import OutsideError, UsageError
from agence.commands.hooks.install import install
from tests.clone import Clone

PRE_COMMIT = ".git/hooks/pre-commit"


def hooks(said):
    return {one["hook"]: (one["manager"], one["state"]) for one in said.data["hooks"]}


def key_of(context):
    folder = context.local("hermetic", "keys")
    name = next(name for name in os.listdir(folder) if name.startswith("shared-"))
    return Clone(folder).read(name)


def refused(clone, code=1):
    """A commit of everything that is staged; what git and its hooks say."""
    return clone.run("git", "commit", "--quiet", "-m", "a trial", code=code).stderr


def test_a_copied_key_is_not_committed(context):
    context.clone.write("notes/backup", key_of(context))
    context.clone.git("add", "notes")
    tip = context.clone.git("rev-parse", "HEAD")
    said = install(context("^hooks install"), "git")
    assert hooks(said) == {"pre-commit": ("plain", "installed"), "pre-push": ("plain", "installed")}
    assert "notes/backup: it holds a key that signs" in refused(context.clone)
    assert context.clone.git("rev-parse", "HEAD") == tip
    context.clone.git("rm", "--quiet", "--cached", "notes/backup")
    context.clone.write("src/plain.txt", "nothing private\n")
    context.clone.git("add", "src/plain.txt")
    refused(context.clone, code=0)
    assert context.clone.git("rev-parse", "HEAD^") == tip


def test_done_twice_it_changes_nothing(context):
    first = install(context("^hooks install"), "git")
    files = {name: context.clone.read(f".git/hooks/{name}") for name in ("pre-commit", "pre-push")}
    second = install(context("^hooks install"), "git")
    assert (first.data["changed"], second.data["changed"]) == (["pre-commit", "pre-push"], [])
    for name, text in files.items():
        assert context.clone.read(f".git/hooks/{name}") == text


THEIRS = [
    ("#!/bin/sh\necho theirs >&2\nexit 7\n", 0o755),
    ("#!/usr/bin/env python3\nimport sys\nprint('theirs', file=sys.stderr)\nsys.exit(7)\n", 0o755),
]


@pytest.mark.parametrize(("text", "mode"), THEIRS)
def test_a_hook_that_is_there_still_runs_and_its_code_counts(context, text, mode):
    os.chmod(context.clone.write(PRE_COMMIT, text), mode)
    install(context("^hooks install"), "git")
    context.clone.write("a.txt", "a\n")
    context.clone.git("add", "a.txt")
    assert "theirs" in refused(context.clone)
    context.clone.write("notes/backup", key_of(context))
    context.clone.git("add", "notes")
    said = refused(context.clone)
    assert "a key that signs" in said
    assert "theirs" not in said


def test_a_hook_that_git_did_not_run_is_still_not_run(context):
    os.chmod(context.clone.write(PRE_COMMIT, "#!/bin/sh\ntouch ran\n"), 0o644)
    install(context("^hooks install"), "git")
    context.clone.write("a.txt", "a\n")
    context.clone.git("add", "a.txt")
    refused(context.clone, code=0)
    assert not os.path.exists(os.path.join(context.clone.path, "ran"))


@pytest.mark.parametrize("absolute", [True, False])
def test_the_folder_that_git_is_told_of_is_used(context, absolute):
    folder = os.path.join(context.clone.path, "tools") if absolute else "tools"
    context.clone.git("config", "core.hooksPath", folder)
    install(context("^hooks install"), "git")
    assert "agence" in context.clone.read("tools/pre-commit")
    assert context.clone.path not in context.clone.read("tools/pre-commit")
    assert not os.path.exists(os.path.join(context.clone.path, PRE_COMMIT))


def test_linked_worktrees_are_guarded_too(context, tmp_path):
    install(context("^hooks install"), "git")
    context.clone.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Clone(tmp_path / "side")
    side.write(".agence/hermetic/own/x.jsonl", "{}\n")
    side.git("add", "--force", ".agence/hermetic")
    assert "its folder is private" in refused(side)


def test_a_private_event_is_not_pushed(context, tmp_path):
    context.keep("a secret plan", verb="~lesson")
    folder = context.local("hermetic", "own")
    name = next(name for name in os.listdir(folder) if name.endswith(".jsonl"))
    context.clone.commit("copied.txt", Clone(folder).read(name))
    install(context("^hooks install"), "git")
    remote = str(tmp_path / "remote.git")
    context.clone.git("init", "--quiet", "--bare", remote)
    said = context.clone.run("git", "push", "--quiet", remote, "HEAD:refs/heads/x", code=1)
    assert "copied.txt: it holds a private event" in said.stderr
    context.clone.git("push", "--quiet", remote, "HEAD~1:refs/heads/x")
    assert context.clone.git("ls-remote", remote).count("\n") == 0


def test_adoption_is_kept_in_the_clones_configuration(context):
    assert install(context("^hooks install"), "git").data["adopt"] is False
    assert install(context("^hooks install"), "git", adopt=True).data["adopt"] is True
    assert context.clone.git("config", "--local", "agence.adopt") == "true"
    assert install(context("^hooks install"), "git").data["adopt"] is True


def test_the_script_is_its_owners_and_names_the_program_by_its_path(context):
    install(context("^hooks install"), "git")
    path = context.local("nexus", "hooks", "pre-commit")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o700
    assert os.path.join(context.programs[0], "agence") in Clone(context.local()).read(path)


def test_what_cannot_be_done_is_said(context):
    with pytest.raises(UsageError):
        install(context("^hooks install"), "svn")
    context.programs = []
    with pytest.raises(OutsideError):
        install(context("^hooks install"), "git")
    assert not os.path.exists(os.path.join(context.clone.path, PRE_COMMIT))


@pytest.mark.parametrize("adopt", [True, False])
def test_a_draft_is_signed_before_the_commit_only_where_that_was_asked_for(context, adopt):
    identity = context.keep("x", "one")
    context.commit()
    install(context("^hooks install"), "git", adopt=adopt)
    view = f".agence/synthetic/lessons/x-{identity[:8]}.md"
    text = context.clone.read(view).replace("one", "typed")
    context.clone.write(view, text)
    context.clone.write("plain.txt", "plain\n")
    context.clone.git("add", "plain.txt")
    assert view in refused(context.clone, code=0)
    entity = context("^x").shard.index("shared").entity(identity)
    assert entity is not None
    assert (entity.text("body") == "typed") is adopt
