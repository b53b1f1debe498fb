"""^push sends the branch, forces nothing, and says what arrived."""

import pytest

from agence.base.errors import OutsideError, ShardError
from agence.commands.push import push


def remote_tip(desk, ref="refs/heads/main"):
    return desk.clone.git("ls-remote", "origin", ref).partition("\t")[0]


def test_it_counts_what_arrived(desks):
    ours, _ = desks
    ours.keep("x")
    ours.keep("y")
    ours.commit()
    ours.keep("z")
    said = push(ours("^push")).data
    assert said == {
        "remote": "origin",
        "branch": "main",
        "ref": "refs/heads/main",
        "sent": 2,
        "unpublished": 1,
    }
    assert remote_tip(ours) == ours.clone.git("rev-parse", "HEAD")
    again = push(ours("^push"))
    assert again.data["sent"] == 0
    assert again.text.startswith("Nothing to push: origin has main as it is here")


def test_a_branch_without_upstream_gets_one(desks):
    ours, _ = desks
    ours.clone.git("checkout", "--quiet", "-b", "side")
    push(ours("^push"))
    assert remote_tip(ours, "refs/heads/side") == ours.clone.git("rev-parse", "HEAD")
    assert ours.clone.git("rev-parse", "--abbrev-ref", "side@{upstream}") == "origin/side"


def test_it_goes_where_the_branch_goes(desks):
    ours, _ = desks
    ours.clone.git("checkout", "--quiet", "-b", "side")
    ours.clone.git("config", "branch.side.remote", "origin")
    ours.clone.git("config", "branch.side.merge", "refs/heads/elsewhere")
    assert push(ours("^push")).data["ref"] == "refs/heads/elsewhere"
    assert remote_tip(ours, "refs/heads/elsewhere") == ours.clone.git("rev-parse", "HEAD")
    assert remote_tip(ours, "refs/heads/side") == ""


def test_nothing_is_forced(desks):
    ours, theirs = desks
    theirs.clone.commit("theirs.txt", "theirs\n")
    theirs.clone.git("push", "--quiet")
    tip = remote_tip(ours)
    ours.clone.commit("ours.txt", "ours\n")
    with pytest.raises(OutsideError) as raised:
        push(ours("^push"))
    assert "^pull" in raised.value.hint
    assert "force" not in f"{raised.value.message} {raised.value.hint}"
    assert remote_tip(ours) == tip


def test_nothing_private_leaves(desks):
    ours, _ = desks
    ours.keep("Ask Dana", verb="~note")
    ours.keep("x")
    ours.commit()
    push(ours("^push"))
    refs = ours.clone.git("ls-remote", "origin").splitlines()
    assert sorted(one.partition("\t")[2] for one in refs) == ["HEAD", "refs/heads/main"]


def test_without_a_remote(context):
    with pytest.raises(ShardError, match="no remote"):
        push(context("^push"))


def test_without_a_branch(desks):
    ours, _ = desks
    ours.clone.git("checkout", "--quiet", "--detach")
    with pytest.raises(ShardError, match="detached"):
        push(ours("^push"))


def test_a_remote_that_is_gone(desks):
    ours, _ = desks
    ours.clone.git("remote", "set-url", "origin", "/nowhere/at/all.git")
    with pytest.raises(OutsideError, match="origin"):
        push(ours("^push"))


def test_through_the_door(desks):
    ours, _ = desks
    assert ours.clone.agence_json("^push")["data"]["remote"] == "origin"
