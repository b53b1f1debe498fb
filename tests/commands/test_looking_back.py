"""--at and --as-of: what is read at a cut never changes, whatever comes later."""

import pytest

from agence.base.errors import ShardError, UsageError
from agence.commands.knowledge.edit import edit
from agence.commands.knowledge.list import list_
from agence.commands.knowledge.show import show
from agence.commands.pull import pull
from agence.commands.push import push
from agence.commands.recall import recall
from agence.commands.reload import reload
from agence.commands.state import state
from agence.shard.past import time_of
from tests.commands.desk import DAY, NOW


def hashes(desk, **when):
    said = state(desk("^state"), hash_only=True, **when).data
    return said["state"], said["cut"]


def titles(desk, **when):
    return {one["title"] for one in list_(desk("^lesson list"), **when).data["items"]}


def test_a_commit_names_the_events_in_its_tree(context):
    first = context.keep("first", "one")
    context.commit()
    before = hashes(context)
    context.keep("second")
    edit(context("^lesson edit"), first, title="renamed")
    context.commit()
    assert hashes(context, at="HEAD") == hashes(context)
    assert hashes(context, at="HEAD~1") == before
    assert titles(context, at="HEAD~1") == {"first"}
    assert titles(context) == {"renamed", "second"}
    assert show(context("^lesson show"), first, at="HEAD~1").data["title"] == "first"


def test_the_name_of_a_cut_answers_the_same_after_late_events(desks, send):
    ours, theirs = desks
    ours.keep("early", "by ours")
    send()
    old = theirs.keep("late", "written early, and sent late")
    at_ours = hashes(ours)
    text = reload(ours("^reload"), at=at_ours[1]).text
    found = recall(ours("^recall"), ["early"], at=at_ours[1]).data
    for number in range(20):
        ours.keep(f"more early {number}")
    theirs.commit()
    push(theirs("^push"))
    ours.commit()
    pull(ours("^pull"))
    assert hashes(ours, at=at_ours[1]) == at_ours
    assert hashes(ours, at=at_ours[1][:12]) == at_ours
    assert reload(ours("^reload"), at=at_ours[1]).text == text
    assert recall(ours("^recall"), ["early"], at=at_ours[1]).data == found
    assert "late" in titles(ours)
    assert "late" not in titles(ours, at=at_ours[1])
    assert titles(ours, at=old) == {"late"}, "an event is the cut of what it rests on"


def test_a_time_leaves_out_what_is_stamped_later(context):
    context.keep("monday")
    context.now += 2 * DAY
    context.keep("wednesday")
    assert titles(context, as_of="1d") == {"monday"}
    assert titles(context, as_of="2026-01-01") == {"monday"}
    assert titles(context, as_of="2026-01-03") == {"monday", "wednesday"}
    assert titles(context, as_of="2025-01-01") == set()
    context.commit()
    assert titles(context, at="HEAD", as_of="1d") == {"monday"}


def test_what_is_no_cut_is_refused_with_what_to_do(context):
    context.keep("x")
    for name in ("no-such-branch", "0" * 12, "f" * 64):
        with pytest.raises(ShardError, match="no cut that is known here"):
            state(context("^state"), at=name)
    with pytest.raises(UsageError):
        state(context("^state"), at="")


def test_the_private_chain_has_a_past_too(context):
    context.keep("secret", verb="~lesson")
    cut = state(context("~state"), hash_only=True).data["cut"]
    context.keep("more", verb="~lesson")
    said = list_(context("~lesson list"), at=cut).data["items"]
    assert [one["title"] for one in said] == ["secret"]


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-01-01T00:00", NOW),
        ("2026-01-01 00:00:00Z", NOW),
        ("2026-01-01T01:00+01:00", NOW),
        ("2025-12-31", NOW - 1),
        ("3d", 0),
        ("90m", 3 * DAY - 90 * 60_000),
    ],
)
def test_times_are_read_as_people_type_them(text, ms):
    assert time_of(text, 3 * DAY) == ms


@pytest.mark.parametrize("text", ["", "yesterday", "d", "-3d", "2026-13-01", "3.5h"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError):
        time_of(text, NOW)
