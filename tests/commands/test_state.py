"""^state --hash is equal in two clones that hold the same events, however they got them."""

from agence.commands.knowledge.edit import edit
from agence.commands.pull import pull
from agence.commands.push import push
from agence.commands.state import state


def hashes(desk, line="^state"):
    said = state(desk(line), hash_only=True).data
    return said["state"], said["cut"], said["events"]


def test_equal_in_two_clones_whatever_the_order(desks, send):
    ours, theirs = desks
    identity = ours.keep("x", "a body", "old", verb="^plan")
    send()
    edit(ours("^plan edit"), identity, title="ours", untag=["old"])
    ours.keep("of ours")
    theirs.keep("of theirs", "z" * 60_000)
    edit(theirs("^plan edit"), identity, title="theirs", tag=["new"])
    assert hashes(ours) != hashes(theirs)
    send()
    theirs.commit()
    push(theirs("^push"))
    pull(ours("^pull"))
    assert hashes(ours) == hashes(theirs)


def test_it_is_a_function_of_the_events_and_not_of_the_clock_or_the_index(context):
    context.keep("x")
    before = hashes(context)
    context.now += 10**10
    assert hashes(context) == before
    for name in ("index.db", "index.db-wal", "index.db-shm"):
        path = context.local("nexus", name)
        context.clone.run("rm", "-f", path)
    assert hashes(context) == before


def test_every_event_changes_both_names(context):
    before = hashes(context)
    identity = context.keep("x")
    kept = hashes(context)
    edit(context("^lesson edit"), identity, title="y")
    edited = hashes(context)
    edit(context("^lesson edit"), identity, title="x")
    back = hashes(context)
    seen = [before, kept, edited, back]
    assert len({one[0] for one in seen}) == len({one[1] for one in seen}) == 4
    assert [one[2] for one in seen] == [before[2] + n for n in range(4)]


def test_a_change_of_an_old_entity_changes_the_hash_too(desks, send):
    ours, theirs = desks
    old = ours.keep("old")
    ours.keep("new")
    send()
    assert hashes(ours) == hashes(theirs)
    theirs.now -= 3_600_000
    shard = theirs("^x").shard
    shard.append([shard.draft("lesson", "shared", [], over=shard.entity(old, "shared"))])
    assert hashes(ours)[0] != hashes(theirs)[0]


def test_publishing_changes_neither(context):
    context.keep("x")
    before = hashes(context)
    context.commit()
    assert hashes(context) == before


def test_only_what_is_in_force_counts(desks):
    ours, theirs = desks
    before = hashes(ours)
    theirs.clone.git("checkout", "--quiet", "-b", "side")
    theirs.keep("on a branch")
    theirs.commit()
    theirs.clone.git("push", "--quiet", "origin", "side")
    ours.clone.git("fetch", "--quiet")
    assert hashes(ours) == before


def test_the_private_chain_has_a_state_of_its_own(context):
    shared = hashes(context)
    context.keep("mine", verb="~note")
    assert hashes(context) == shared
    assert hashes(context, "~state")[2] == 1


def test_all_of_it_without_the_option(context):
    identity = context.keep("x", "a body")
    said = state(context("^state")).data
    made = sorted(event["id"] for event in context.events() if not event["body"]["entity"])
    assert [one["id"] for one in said["all"]] == made
    assert said["entities"] == len(made)
    (lesson,) = [one for one in said["all"] if one["kind"] == "lesson"]
    assert lesson["id"] == identity
    assert ["body", "a body"] in lesson["fields"]


def test_through_the_door(context):
    said = context.clone.agence_json("^state", "--hash")["data"]
    assert (said["state"], said["cut"], said["events"]) == hashes(context)
    assert "all" not in said
