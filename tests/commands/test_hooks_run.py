"""^hooks run refuses what is private by path and by content, and only names drafts."""

import os

import pytest

from agence.base.errors import Refusal, ShardError, UsageError
from agence.commands.hooks.run import run
from tests.clone import Clone
from tests.commands.desk import Desk

PRIVATE = [
    ".agence/hermetic/keys/x.json",
    ".agence/nexus/own/y",
    "backup/.git-old/agence/hermetic/own/z.jsonl",
    "agence/nexus/index.db",
]
PLAIN = ["hermetic/x", "src/nexus/y", "nexus", "agence/nexus", "docs/agence-nexus/hermetic/z"]


def staged(context, path, text="text\n"):
    context.clone.write(path, text)
    context.clone.git("add", "--force", "--", path)
    return run(context("^hooks run"), "pre-commit")


@pytest.mark.parametrize("path", PRIVATE)
def test_a_private_folder_is_refused_wherever_it_was_copied(context, path):
    with pytest.raises(Refusal) as raised:
        staged(context, path)
    assert path in raised.value.message


@pytest.mark.parametrize("path", PLAIN)
def test_a_folder_that_only_has_the_name_is_the_projects(context, path):
    assert staged(context, path).data["drafts"] == []


@pytest.mark.parametrize("cut", ["nothing", "a digit of the seed", "the signature"])
def test_content_is_private_only_where_it_is_real(context, cut):
    context.keep("mine", verb="~lesson")
    keys, own = (context.local("hermetic", name) for name in ("keys", "own"))
    key = Clone(keys).read(min(os.listdir(keys)))
    name = next(name for name in os.listdir(own) if name.endswith(".jsonl"))
    event = Clone(own).read(name)
    if cut == "a digit of the seed":
        at = key.index('"seed"') + 10
        key = key[:at] + ("1" if key[at] == "0" else "0") + key[at + 1 :]
        assert staged(context, "a", key)
    elif cut == "the signature":
        at = event.index('"sig":"') + 10
        event = event[:at] + ("1" if event[at] == "0" else "0") + event[at + 1 :]
        assert staged(context, "a", event)
    else:
        for text in (key, f"more\n{key}", event):
            with pytest.raises(Refusal):
                staged(context, "a", text)


def test_what_was_published_may_be_taken_away(context):
    context.clone.commit("old/agence/nexus/x", "old\n")
    context.clone.git("rm", "--quiet", "old/agence/nexus/x")
    run(context("^hooks run"), "pre-commit")


def test_drafts_are_named_and_stop_nothing(context):
    identity = context.keep("x")
    context.commit()
    path = f".agence/synthetic/lessons/x-{identity[:8]}.md"
    context.clone.write(path, context.clone.read(path) + "by hand\n")
    assert run(context("^hooks run"), "pre-commit").data["drafts"] == [path]
    assert path in context.notices[-1]


def test_shared_events_and_views_go(context):
    context.keep("x")
    context.commit()
    tip = context.clone.git("rev-parse", "HEAD")
    context.typed = f"refs/heads/main {tip} refs/heads/main {'0' * 40}\n"
    assert run(context("^hooks run"), "pre-push").data["drafts"] == []


def test_only_what_the_remote_lacks_is_looked_at(context):
    context.clone.commit("old/agence/nexus/x", "old\n")
    old = context.clone.git("rev-parse", "HEAD")
    context.clone.git("rm", "--quiet", "old/agence/nexus/x")
    context.clone.git("commit", "--quiet", "-m", "without")
    tip = context.clone.git("rev-parse", "HEAD")
    context.typed = f"refs/heads/main {tip} refs/heads/main {old}\n"
    run(context("^hooks run"), "pre-push")
    context.typed = f"refs/heads/main {tip} refs/heads/main {'1' * 40}\n"
    with pytest.raises(Refusal):
        run(context("^hooks run"), "pre-push")
    context.typed = f"(delete) {'0' * 40} refs/heads/main {old}\n"
    run(context("^hooks run"), "pre-push")


def test_what_is_no_hook(context, tmp_path):
    with pytest.raises(UsageError):
        run(context("^hooks run"), "post-commit")
    with pytest.raises(ShardError):
        run(Desk(Clone(tmp_path))("^hooks run"), "pre-commit")
