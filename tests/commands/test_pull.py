"""^pull brings what others published, and says exactly how it met what was here."""

import os

import pytest

from agence.base.errors import OutsideError, ShardError
from agence.commands.knowledge.edit import edit
from agence.commands.pull import pull
from agence.commands.push import push
from agence.commands.state import state
from agence.commands.sync import sync
from tests.commands.test_sync import events_at

LOG = "refs/agence/shared/log"


def counts(data):
    return tuple(data[one] for one in ("received", "clean", "merged", "conflicts"))


def publish(desk):
    desk.commit()
    push(desk("^push"))


def test_it_counts_what_is_new_in_force(desks):
    ours, theirs = desks
    ours.keep("x")
    ours.keep("y")
    publish(ours)
    said = pull(theirs("^pull")).data
    assert (said["remote"], counts(said)) == ("origin", (2, 2, 0, 0))
    assert said["in_force"] == state(theirs("^state")).data["events"]
    assert counts(pull(theirs("^pull")).data) == (0, 0, 0, 0)


def test_both_sides_at_once_merge_without_an_editor(desks):
    ours, theirs = desks
    identity = ours.keep("x", verb="^plan")
    publish(ours)
    pull(theirs("^pull"))
    edit(ours("^plan edit"), identity, title="ours")
    publish(ours)
    edit(theirs("^plan edit"), identity, tag=["of-theirs"])
    theirs.keep("of theirs")
    theirs.commit()
    report = pull(theirs("^pull"))
    assert counts(report.data) == (1, 0, 1, 0)
    assert "1 change by others in 1 item: 0 clean, 1 merged, 0 in conflict" in report.text
    assert theirs.clone.git("log", "-1", "--format=%p").count(" ") == 1
    push(theirs("^push"))
    pull(ours("^pull"))
    assert (
        state(ours("^state"), hash_only=True).data == state(theirs("^state"), hash_only=True).data
    )


def test_what_truly_conflicts_is_counted_as_that(desks):
    ours, theirs = desks
    identity = ours.keep("x", "one", verb="^plan")
    publish(ours)
    pull(theirs("^pull"))
    edit(ours("^plan edit"), identity, body="one of ours")
    publish(ours)
    edit(theirs("^plan edit"), identity, body="one of theirs")
    theirs.commit()
    report = pull(theirs("^pull"))
    assert counts(report.data) == (1, 0, 0, 1)
    assert "`agence ^conflicts`" in report.text


def test_the_shared_refs_come_with_it(desks):
    ours, theirs = desks
    blob = ours.clone.git("hash-object", "-w", "--stdin", feed="a handoff\n")
    ours.clone.git("push", "--quiet", "origin", f"{blob}:refs/agence/shared/handoff/ralph/1")
    pull(theirs("^pull"))
    assert theirs.clone.git("rev-parse", "refs/agence/remotes/origin/handoff/ralph/1") == blob


@pytest.mark.parametrize("how", ["true", "false"])
def test_the_users_own_way_to_pull_holds(desks, how):
    ours, theirs = desks
    ours.clone.commit("ours.txt", "ours\n")
    ours.clone.git("push", "--quiet")
    theirs.clone.commit("theirs.txt", "theirs\n")
    theirs.clone.git("config", "pull.rebase", how)
    pull(theirs("^pull"))
    parents = theirs.clone.git("log", "-1", "--format=%p").split()
    assert len(parents) == (1 if how == "true" else 2)


def test_a_branch_without_upstream_gets_the_shards_own(desks):
    ours, theirs = desks
    ours.keep("x")
    publish(ours)
    theirs.clone.git("checkout", "--quiet", "-b", "side", "--no-track")
    assert pull(theirs("^pull")).data["received"] == 1


def test_a_conflict_in_the_projects_own_files(desks):
    ours, theirs = desks
    ours.clone.commit("src/shop.py", "PRICE = 5\n")
    ours.clone.git("push", "--quiet")
    theirs.clone.commit("src/shop.py", "PRICE = 6\n")
    with pytest.raises(ShardError, match="conflict"):
        pull(theirs("^pull"))


def test_work_that_is_in_the_way_is_kept(desks):
    ours, theirs = desks
    ours.clone.commit("src/shop.py", "PRICE = 5\n")
    ours.clone.git("push", "--quiet")
    theirs.clone.write("src/shop.py", "PRICE = 6\n")
    with pytest.raises(ShardError):
        pull(theirs("^pull"))
    assert theirs.clone.read("src/shop.py") == "PRICE = 6\n"


def test_without_a_remote(context):
    with pytest.raises(ShardError, match="no remote"):
        pull(context("^pull"))


def test_a_remote_that_is_gone(desks):
    ours, _ = desks
    ours.clone.git("remote", "set-url", "origin", "/nowhere/at/all.git")
    with pytest.raises(OutsideError, match="origin"):
        pull(ours("^pull"))


def test_through_the_door(desks):
    _, theirs = desks
    assert theirs.clone.agence_json("^pull")["data"]["received"] == 0


def test_what_was_synced_comes_with_it(desks):
    """One only syncs, the other pulls: they hear of each other."""
    ours, theirs = desks
    ours.keep("x")
    sync(ours("^sync"))
    report = pull(theirs("^pull"))
    assert counts(report.data) == (1, 1, 0, 0)
    assert report.data["in_force"] == state(theirs("^state")).data["events"]
    assert counts(pull(theirs("^pull")).data) == (0, 0, 0, 0)
    said = sync(theirs("^sync")).data
    assert (said["sent"], said["received"]) == (0, 0)
    assert (
        state(ours("^state"), hash_only=True).data == state(theirs("^state"), hash_only=True).data
    )


def test_nothing_is_sent(desks):
    ours, theirs = desks
    ours.keep("x")
    sync(ours("^sync"))
    tips = theirs.clone.git("ls-remote", "origin")
    theirs.keep("y")
    pull(theirs("^pull"))
    assert theirs.clone.git("ls-remote", "origin") == tips
    assert sync(theirs("^sync")).data["sent"] == 1


def test_done_again_the_log_stays_where_it_is(desks):
    """Also where this clone's log holds more than the remote's does."""
    ours, theirs = desks
    ours.keep("x")
    sync(ours("^sync"))
    tip = ours.clone.git("rev-parse", LOG)
    theirs.keep("y")
    sync(theirs("^sync"))
    theirs.clone.git("push", "--quiet", "--force", "origin", f"{tip}:{LOG}")
    pull(theirs("^pull"))
    after = theirs.clone.git("rev-parse", LOG)
    pull(theirs("^pull"))
    assert theirs.clone.git("rev-parse", LOG) == after
    assert sync(theirs("^sync")).data["sent"] == 1
    assert sync(ours("^sync")).data["received"] == 1


def test_what_both_sides_of_the_log_have_is_joined(desks):
    """The remote's log was begun anew by somebody who had not all of it."""
    ours, theirs = desks
    other = theirs.keep("y")
    sync(theirs("^sync"))
    theirs.clone.git("push", "--quiet", "origin", f":{LOG}")
    kept = ours.keep("x")
    sync(ours("^sync"))
    theirs.keep("not sent yet")
    assert counts(pull(theirs("^pull")).data) == (1, 1, 0, 0)
    assert events_at(theirs.clone, LOG) == {kept, other}
    assert sync(theirs("^sync")).data["sent"] == 2
    assert sync(ours("^sync")).data["received"] == 2


@pytest.mark.parametrize("spec", ["+refs/heads/main:refs/remotes/origin/main", ""])
def test_where_a_plain_fetch_brings_no_log(desks, spec):
    ours, theirs = desks
    theirs.clone.git("config", "--unset-all", "remote.origin.fetch")
    if spec:
        theirs.clone.git("config", "remote.origin.fetch", spec)
    ours.keep("x")
    sync(ours("^sync"))
    assert counts(pull(theirs("^pull")).data) == (1, 1, 0, 0)


def test_a_branch_instead_of_the_ref(desks):
    """The host takes no refs of agence's own, and this clone has never synced."""
    ours, theirs = desks
    hook = os.path.join(ours.clone.git("remote", "get-url", "origin"), "hooks", "update")
    ours.clone.write(hook, '#!/bin/sh\ncase "$1" in refs/agence/*) exit 1 ;; esac\n')
    os.chmod(hook, 0o755)
    ours.keep("x")
    sync(ours("^sync"))
    assert counts(pull(theirs("^pull")).data) == (1, 1, 0, 0)
    assert counts(pull(theirs("^pull")).data) == (0, 0, 0, 0)


def test_after_a_plain_fetch_it_says_what_waits(desks):
    ours, theirs = desks
    identity = ours.keep("x", "one", verb="^plan")
    publish(ours)
    pull(theirs("^pull"))
    edit(ours("^plan edit"), identity, body="one of ours")
    publish(ours)
    edit(theirs("^plan edit"), identity, body="one of theirs")
    theirs.commit()
    theirs.clone.git("fetch", "--quiet")
    state(theirs("^state"))
    report = pull(theirs("^pull"))
    assert (report.data["received"], report.data["open"]) == (0, 1)
    assert report.text == (
        "Pulled from origin: main moved on, nothing new from others\n"
        "1 conflict waits for an answer: `agence ^conflicts`"
    )
    assert pull(theirs("^pull")).text.startswith("Pulled from origin: nothing new")
