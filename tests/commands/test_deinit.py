"""^deinit takes out of the clone's configuration what ^init put there, and nothing else."""

import os

import pytest

from agence.base.errors import ShardError
from agence.commands.deinit import deinit
from agence.commands.init import init
from agence.commands.learn import learn
from tests.clone import Clone
from tests.commands.desk import Desk


def configuration(desk):
    return sorted(desk.clone.git("config", "--local", "--list").splitlines())


def test_the_configuration_is_as_before_init(desks):
    _, theirs = desks
    theirs.clone.git("config", "alias.lg", "log --oneline")
    with_shard = configuration(theirs)
    removed = deinit(theirs("^deinit")).data["removed"]
    left = configuration(theirs)
    assert not [one for one in left if "agence" in one]
    assert set(left) < set(with_shard)
    assert "alias.lg=log --oneline" in left
    assert "remote.origin.fetch=+refs/heads/*:refs/remotes/origin/*" in left
    assert {"agence.shard", "merge.agence-log.driver", "remote.origin.fetch"} <= set(removed)


def test_the_shard_and_what_is_not_published_stay(context):
    identity = context.keep("not published yet")
    events = context.events()
    deinit(context("^deinit"))
    assert context.events() == events
    assert os.path.exists(os.path.join(context.clone.path, ".agence", "codex", "LAWS.md"))
    with pytest.raises(ShardError) as raised:
        learn(context("^learn"), ["x"])
    assert "^init" in raised.value.hint
    assert not init(context("^init")).data["founded"]
    assert context("^lesson").shard.entity(identity, "shared").text("title") == "not published yet"


def test_init_joins_again_with_the_same_key(context):
    first = learn(context("^learn"), ["before"]).data["id"]
    deinit(context("^deinit"))
    init(context("^init"))
    second = learn(context("^learn"), ["after"]).data["id"]
    writers = {e["id"]: e["body"]["writer"] for e in context.events()}
    assert writers[first] == writers[second]


def test_twice_says_that_nothing_is_left(context):
    deinit(context("^deinit"))
    before = configuration(context)
    assert deinit(context("^deinit")).data["removed"] == []
    assert configuration(context) == before


def test_outside_of_a_repository(tmp_path):
    with pytest.raises(ShardError):
        deinit(Desk(Clone(tmp_path))("^deinit"))
