"""^pull brings what others published, and says exactly how it met what was here."""

import pytest

from agence.base.errors import OutsideError, ShardError
from agence.commands.knowledge.edit import edit
from agence.commands.pull import pull
from agence.commands.push import push
from agence.commands.state import state


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
    assert "1 event of others: 0 clean, 1 merged, 0 conflicts" in report.text
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
