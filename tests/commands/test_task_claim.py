"""Claims by the verbs: who gets a task, for how long, and how it passes on."""

import pytest

from agence.base.errors import Refusal, ShardError, UsageError
from agence.commands.conflicts.list import list_ as conflicts
from agence.commands.status import status
from agence.commands.sync import sync
from agence.commands.tasks.add import add
from agence.commands.tasks.claim import claim, terms_of
from agence.commands.tasks.done import done
from agence.commands.tasks.edit import edit
from agence.commands.tasks.list import list_
from agence.commands.tasks.next import next_
from agence.commands.tasks.release import release
from agence.commands.tasks.renew import renew
from agence.commands.tasks.reopen import reopen
from agence.commands.tasks.set import set_
from agence.commands.tasks.show import show
from agence.commands.tasks.takeover import takeover
from agence.schema.effects import set_field
from agence.shard import claims

MINUTE = 60_000


def keep(desk, name, **more):
    return add(desk("^task add"), [f"Do {name}"], id_=name, **more).data["id"]


def claimed(desk, name, agent="ralph", **more):
    return claim(desk("^task claim", speaker=agent), name, **more).data


def shown(desk, name):
    return show(desk("^task show"), name).data


def holders(desk, name):
    return [(one["agent"], one["fence"]) for one in shown(desk, name)["claims"] if one["holds"]]


def synced(*desks):
    for desk in (*desks, *desks):
        sync(desk("^sync"))


@pytest.fixture
def two(desks):
    """Two clones that know of a task `ship` that nobody has; the second one's clock is the same."""
    ours, theirs = desks
    keep(ours, "ship", scope=["lib"])
    synced(ours, theirs)
    return desks


def test_a_free_task_is_given_to_whoever_claims_it(two):
    ours, theirs = two
    data = claimed(ours, "ship")
    assert (data["agent"], data["state"], data["exclusive"], data["fence"]) == (
        *("@ralph", "%"),
        *(True, 1),
    )
    assert data["until"] - ours.now < 60 * MINUTE
    synced(ours, theirs)
    assert holders(theirs, "ship") == [("@ralph", 1)]
    assert shown(theirs, "ship")["contested"] == []
    assert "@ralph" in list_(theirs("^task list")).text


def test_a_person_claims_by_the_name_that_git_has(two):
    data = claim(two[0]("^task claim"), "ship").data
    assert (data["agent"], data["state"]) == (two[0]("^x").shard.speaker, "~")


def test_what_somebody_has_is_refused_to_all_others(two):
    ours, theirs = two
    claimed(ours, "ship")
    for desk, agent in ((ours, "copilot"), (theirs, "copilot"), (theirs, "ralph")):
        with pytest.raises(Refusal, match="already claimed by @ralph"):
            claimed(desk, "ship", agent)
        with pytest.raises(Refusal, match="already claimed by @ralph"):
            takeover(desk("^task takeover", speaker=agent), "ship")
    assert len([one for one in ours.events() if one["body"]["kind"] == "claim"]) == 1


def test_whoever_has_it_may_claim_it_again(two):
    first = claimed(two[0], "ship")
    again = claimed(two[0], "ship")
    assert again["again"]
    assert (again["fence"], again["until"]) == (first["fence"], first["until"])


def test_what_is_given_back_gets_the_next_number(two):
    ours, theirs = two
    claimed(ours, "ship")
    data = release(ours("^task release", speaker="ralph"), "ship").data
    assert (data["agent"], data["state"]) == ("", "+")
    assert claimed(theirs, "ship", "olena")["fence"] == 2
    synced(ours, theirs)
    assert holders(ours, "ship") == holders(theirs, "ship") == [("@olena", 2)]
    for call in (release, renew):
        with pytest.raises(Refusal, match="claimed by @olena, and not by @ralph"):
            call(ours(f"^task {call.__name__}", speaker="ralph"), "ship")


def test_what_nobody_has_is_not_given_back(two):
    with pytest.raises(Refusal, match="claimed by nobody"):
        release(two[0]("^task release"), "ship")
    with pytest.raises(UsageError, match="not found"):
        release(two[0]("^task release"), "nope")
    with pytest.raises(UsageError, match="not found"):
        claimed(two[0], "nope")


@pytest.mark.parametrize("minutes", [0, -1, 7 * 24 * 60 + 1])
def test_a_lease_has_an_end(two, minutes):
    with pytest.raises(UsageError, match="--minutes must be"):
        claimed(two[0], "ship", minutes=minutes)


def test_a_silent_holder_is_taken_over_after_the_lease_and_a_margin(two):
    ours, theirs = two
    claimed(ours, "ship", minutes=30)
    synced(ours, theirs)
    theirs.now += 39 * MINUTE
    with pytest.raises(Refusal, match="already claimed by @ralph until"):
        takeover(theirs("^task takeover", speaker="olena"), "ship")
    theirs.now += 2 * MINUTE
    with pytest.raises(Refusal, match="the lease ended"):
        claimed(theirs, "ship", "olena")
    said = takeover(theirs("^task takeover", speaker="olena"), "ship")
    assert (said.data["fence"], said.data["over"]) == (2, "@ralph")
    named = [one["body"]["supersedes"] for one in theirs.events() if one["body"]["kind"] == "claim"]
    first = [
        one["id"] for one in ours.events() if one["data"]["effects"][0].get("field") == "claim"
    ]
    assert named == [first]
    with pytest.raises(Refusal, match="@olena"):
        renew(ours("^task renew", speaker="ralph"), "ship")
    synced(ours, theirs)
    assert holders(ours, "ship") == holders(theirs, "ship") == [("@olena", 2)]


def test_what_a_silent_one_still_writes_counts_for_less(two):
    ours, theirs = two
    claimed(ours, "ship", minutes=1)
    synced(ours, theirs)
    theirs.now += 20 * MINUTE
    takeover(theirs("^task takeover", speaker="olena"), "ship")
    edit(ours("^task edit"), "ship", priority=4)
    set_(ours("^task set", speaker="ralph"), "ship", "agent-executing")
    synced(ours, theirs)
    for desk in two:
        assert holders(desk, "ship") == [("@olena", 2)]


def test_a_renewed_lease_is_not_taken_over(two):
    ours, theirs = two
    claimed(ours, "ship", minutes=30)
    data = renew(ours("^task renew", speaker="ralph"), "ship", minutes=120).data
    assert data["fence"] == 1
    theirs.now += 60 * MINUTE
    with pytest.raises(Refusal, match="already claimed by @ralph until"):
        takeover(theirs("^task takeover", speaker="olena"), "ship")


def test_a_lease_that_is_past_can_be_renewed_until_somebody_takes_it_over(two):
    ours, theirs = two
    claimed(ours, "ship", minutes=30)
    ours.now += 120 * MINUTE
    assert renew(ours("^task renew", speaker="ralph"), "ship").data["fence"] == 1
    with pytest.raises(Refusal, match="already claimed"):
        claimed(theirs, "ship", "olena")


def test_paths_that_another_claimed_task_works_on_are_in_the_way(two):
    ours, theirs = two
    keep(theirs, "guard", scope=["lib/guard.py"])
    keep(theirs, "free")
    claimed(ours, "ship")  # its claim is known to the other clone from the remote alone
    with pytest.raises(Refusal, match=r"scope collision with ship \(@ralph\): lib"):
        claimed(theirs, "guard", "olena")
    with pytest.raises(Refusal, match="scope collision with ship"):
        claimed(theirs, "free", "olena", scope=["lib/other.py"])
    assert claimed(theirs, "free", "olena")["exclusive"]
    assert claimed(theirs, "guard", "olena", force=True)["exclusive"]


def test_what_is_done_put_aside_or_silent_keeps_no_path(two):
    ours, theirs = two
    keep(theirs, "guard", scope=["lib/guard.py"])
    claimed(ours, "ship", minutes=1)
    theirs.now += 20 * MINUTE
    assert claimed(theirs, "guard", "olena")["exclusive"]
    release(theirs("^task release", speaker="olena"), "guard")
    theirs.now -= 20 * MINUTE
    done(ours("^task done", speaker="ralph"), ["ship"])
    synced(ours, theirs)
    assert claimed(theirs, "guard", "olena")["fence"] == 2


def test_paths_are_added_by_a_claim(two):
    assert claimed(two[0], "ship", scope=["tests/", "lib"])["scope_paths"] == ["lib", "tests"]


def test_what_is_done_is_given_back_and_not_claimed_again(two):
    ours, theirs = two
    claimed(ours, "ship")
    done(ours("^task done", speaker="ralph"), ["ship"])
    assert holders(ours, "ship") == []
    with pytest.raises(ShardError, match="is done"):
        claimed(ours, "ship")
    reopen(ours("^task reopen"), "ship")
    synced(ours, theirs)
    assert claimed(theirs, "ship", "olena")["fence"] == 2


def test_what_a_person_keeps_is_not_claimed(two):
    set_(two[0]("^task set"), "ship", "human-held")
    with pytest.raises(Refusal, match="human-held"):
        claimed(two[0], "ship")


def test_an_agent_leaves_alone_what_another_has_claimed(two):
    ours, _ = two
    claimed(ours, "ship")
    with pytest.raises(Refusal, match="already claimed by @ralph"):
        done(ours("^task done", speaker="olena"), ["ship"])
    assert next_(ours("^task next", speaker="olena")).data["task"] is None
    assert next_(ours("^task next", speaker="ralph")).data["task"]["name"] == "ship"
    assert done(ours("^task done"), ["ship"]).data["count"] == 1  # a person may


def test_what_was_given_without_a_lease_is_claimed_by_others_only_by_taking_it_over(two):
    ours, _ = two
    edit(ours("^task edit"), "ship", agent="ralph")
    set_(ours("^task set", speaker="ralph"), "ship", "agent-assigned")
    with pytest.raises(Refusal, match="already claimed by @ralph, without a lease"):
        claimed(ours, "ship", "sonya")
    assert claimed(ours, "ship", "ralph")["exclusive"]


def test_without_a_remote_a_claim_says_that_it_is_not_exclusive(context):
    keep(context, "ship")
    data = claimed(context, "ship")
    assert (data["exclusive"], data["fence"], data["agent"]) == (False, 0, "@ralph")
    assert "there is no remote" in data["why"]
    with pytest.raises(Refusal, match="already claimed by @ralph"):
        claimed(context, "ship", "olena")
    assert renew(context("^task renew", speaker="ralph"), "ship", minutes=90).data["fence"] == 0
    release(context("^task release", speaker="ralph"), "ship")
    assert holders(context, "ship") == []
    assert claimed(context, "ship", "olena")["agent"] == "@olena"


def test_two_claims_that_are_not_exclusive_are_both_shown(two):
    ours, theirs = two
    remotes = [desk("^x").shard.pins.remote for desk in two]
    for desk, remote in zip(two, remotes, strict=True):
        desk.clone.git("remote", "rename", remote, "away")
    claimed(ours, "ship")
    claimed(theirs, "ship", "olena")
    for desk, remote in zip(two, remotes, strict=True):
        desk.clone.git("remote", "rename", "away", remote)
    synced(ours, theirs)
    for desk in two:
        assert holders(desk, "ship") == [("@olena", 0), ("@ralph", 0)]
        assert "claim" in shown(desk, "ship")["contested"]
        assert "contested" in list_(desk("^task list")).text
    with pytest.raises(Refusal, match="already claimed by @olena and @ralph"):
        claimed(ours, "ship", "sonya")
    release(ours("^task release", speaker="ralph"), "ship")
    synced(ours, theirs)
    for desk in two:
        assert shown(desk, "ship")["contested"] == []
        (decision,) = conflicts(desk("^conflicts"), settled=True).data["items"]
        assert (decision["field"], len(decision["lost"])) == ("claim", 2)


def test_the_loser_of_a_race_that_both_began_gets_a_refusal(two, monkeypatch):
    ours, theirs = two
    from_theirs: list[dict[str, object]] = []

    def meanwhile(shard, turn):
        if not from_theirs:
            from_theirs.append({})
            from_theirs[0] |= claimed(theirs, "ship", "olena")

    monkeypatch.setattr("agence.shard.claims.pause", meanwhile)
    with pytest.raises(Refusal, match="already claimed by @olena"):
        claimed(ours, "ship")
    assert from_theirs[0]["fence"] == 1
    assert holders(ours, "ship") == []


def test_two_tasks_on_the_same_paths_claimed_at_the_same_time_are_not_both_held(two, monkeypatch):
    ours, theirs = two
    keep(theirs, "guard", scope=["lib/guard.py"])
    synced(ours, theirs)
    began: list[bool] = []

    def meanwhile(shard, turn):
        if not began:
            began.append(True)
            claimed(theirs, "guard", "olena")

    monkeypatch.setattr("agence.shard.claims.pause", meanwhile)
    with pytest.raises(Refusal, match="scope collision at the same time with guard"):
        claimed(ours, "ship")
    assert holders(ours, "ship") == []
    release(theirs("^task release", speaker="olena"), "guard")
    assert claimed(ours, "ship")["fence"] == 2


def test_claims_that_are_known_from_the_remote_alone_are_one_line_of_the_status(two):
    ours, theirs = two
    keep(ours, "other")
    for name in ("ship", "other"):
        claimed(ours, name)
    theirs.clone.git("fetch", "--quiet")
    lines = status(theirs("^status")).text.split("\n")
    assert [line for line in lines if "claim" in line] == [
        "2 claims known from a remote; `agence ^sync` tells more"
    ]
    synced(ours, theirs)
    assert "claim" not in status(theirs("^status")).text


def test_no_lease_lasts_longer_than_a_week_whatever_it_says(two):
    ours, theirs = two
    identity = shown(ours, "ship")["id"]
    terms = terms_of(ours("^task claim", speaker="ralph"), 60)
    taken = claims.claim(ours("^x").shard, identity, terms._replace(until=2**53 - 1))
    assert taken.claim.fence == 1
    theirs.now += 8 * 24 * 60 * MINUTE
    said = takeover(theirs("^task takeover", speaker="olena"), "ship")
    assert (said.data["fence"], said.data["over"]) == (2, "@ralph")


def test_who_passes_a_task_on_without_hearing_of_each_other_is_in_no_conflict(two):
    ours, theirs = two
    claimed(ours, "ship")
    release(ours("^task release", speaker="ralph"), "ship")
    claimed(theirs, "ship", "olena")  # of the other clone only the lease is known here
    synced(ours, theirs)
    for desk in two:
        assert (shown(desk, "ship")["agent"], shown(desk, "ship")["contested"]) == ("@olena", [])
    done(theirs("^task done", speaker="olena"), ["ship"])
    assert (shown(theirs, "ship")["agent"], holders(theirs, "ship")) == ("@olena", [])


def forged(desk, name, *claims, ms=0):
    """Somebody writes claims of a task side by side, without asking the remote for one."""
    shard = desk("^x", speaker="evil").shard
    task = shard.index("shared").entity(shown(desk, name)["id"])
    desk.now += ms
    drafts = [shard.draft("task", "shared", [set_field("claim", one)], over=task) for one in claims]
    shard.append(drafts)
    desk.now -= ms


EVIL = {"agent": "@evil", "fence": 99, "writer": "00", "until": 2**53 - 1}


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_no_event_takes_a_task_from_whom_the_remote_gave_it(two, seen, own):
    ours, theirs = two
    mine = claimed(ours, "ship")
    value = {name: mine[name] for name in ("agent", "fence", "until")}
    if seen:
        synced(ours, theirs)
        value["writer"] = shown(theirs, "ship")["claims"][0]["writer"]
    back = value | {"agent": "", "until": 0} if seen else EVIL | {"agent": "", "fence": 1}
    soon = EVIL | {"until": ours.now + 60 * MINUTE}
    forged(theirs, "ship", back if own else EVIL if seen else soon)
    synced(ours, theirs)
    for call in (claimed, lambda desk, name, who: takeover(desk("^x", speaker=who), name)):
        with pytest.raises(Refusal, match="already claimed by @ralph"):
            call(theirs, "ship", "olena")
    ours.now += MINUTE
    renewed = renew(ours("^task renew", speaker="ralph"), "ship").data
    assert (renewed["agent"], renewed["fence"]) == ("@ralph", 1)
    assert renewed["until"] > mine["until"]
    synced(ours, theirs)
    assert holders(theirs, "ship") == [("@ralph", 1)]
    release(ours("^task release", speaker="ralph"), "ship")
    assert claimed(theirs, "ship", "olena")["agent"] == "@olena"


def test_a_claim_that_ends_later_than_any_may_is_taken_over_at_once(two):
    ours, theirs = two
    forged(theirs, "ship", EVIL, EVIL | {"fence": 10**14}, ms=10 * 60 * MINUTE)
    synced(ours, theirs)
    with pytest.raises(Refusal, match="can't last until 9999"):
        claimed(ours, "ship")
    taken = takeover(ours("^task takeover", speaker="ralph"), "ship").data
    synced(ours, theirs)
    for desk in two:
        assert holders(desk, "ship") == [("@ralph", taken["fence"])]


def test_what_a_holder_gave_back_offline_is_free_for_all(two):
    ours, theirs = two
    claimed(ours, "ship")
    remote = ours("^x").shard.pins.remote
    ours.clone.git("remote", "rename", remote, "away")
    release(ours("^task release", speaker="ralph"), "ship")
    ours.clone.git("remote", "rename", "away", remote)
    synced(ours, theirs)
    assert claimed(theirs, "ship", "olena")["fence"] == 2
