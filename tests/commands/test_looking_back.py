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
from agence.schema.effects import set_field
from agence.shard.past import time_of
from tests.commands.desk import DAY, NOW
from tests.commands.stranger import Stranger


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
    assert any("nothing here" in line for line in context.notices)
    early = list_(context("^lesson list"), as_of="2025-01-01").text
    assert early == "At that time there was no lesson."
    context.commit()
    assert titles(context, at="HEAD", as_of="1d") == {"monday"}


def test_what_is_no_cut_is_refused_with_what_to_do(context):
    context.keep("x")
    for name in ("0" * 12, "f" * 64):
        with pytest.raises(ShardError, match="no cut that is known here"):
            state(context("^state"), at=name)
    for name in ("no-such-branch", "HEAD~1200"):
        with pytest.raises(ShardError, match=f"there is no commit {name}"):
            state(context("^state"), at=name)
    first = context.clone.git("rev-list", "--max-parents=0", "HEAD")
    with pytest.raises(ShardError, match=f"commit {first[:8]} is older than this shard"):
        state(context("^state"), at=first)
    with pytest.raises(UsageError):
        state(context("^state"), at="")


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_cut_stays_what_it_is_when_a_writer_forks_their_own_numbers(context, length):
    """`length` is how many events the cut holds; the fork begins at each of them."""
    for start in range(length):
        stranger = Stranger(context, 10 * length + start)
        stranger.put([stranger.write([set_field("title", f"{start} {n}")]) for n in range(length)])
        was, names = hashes(context), titles(context)
        stranger.fork(start)
        stranger.put(
            [stranger.write([set_field("title", f"forked {start} {n}")]) for n in range(3)]
        )
        assert titles(context) > names
        assert hashes(context, at=was[1]) == was
        assert titles(context, at=was[1]) == names


def test_a_cut_with_both_sides_of_a_fork_has_both_again(context):
    stranger = Stranger(context)
    events = [stranger.write([set_field("title", f"one {n}")]) for n in range(3)]
    stranger.fork(1)
    events += [stranger.write([set_field("title", f"other {n}")]) for n in range(3)]
    stranger.put(events)
    was, names = hashes(context), titles(context)
    stranger.fork(2)
    stranger.put([stranger.write([set_field("title", "third")])])
    assert hashes(context, at=was[1]) == was
    assert titles(context, at=was[1]) == names


def test_an_event_whose_past_is_not_here_is_no_cut_yet(context):
    stranger = Stranger(context)
    first = stranger.write([set_field("title", "first")])
    second = stranger.write([set_field("title", "second")], over=first.id)
    stranger.put([second])
    with pytest.raises(ShardError, match="rests on events that are not in this clone"):
        titles(context, at=second.id)
    stranger.put([first])
    assert titles(context, at=second.id) == {"second"}


@pytest.mark.parametrize("at", ["HEAD\nHEAD", "\nHEAD", "HEAD\0", "\udcff"])
def test_what_is_no_line_of_text_is_refused(context, at):
    with pytest.raises(UsageError, match="no line of text"):
        titles(context, at=at)


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
        ("yesterday", 3 * DAY - 1),
        ("0:00", 3 * DAY),
        ("11:10", 2 * DAY + 670 * 60_000),
        ("23:59Z", 3 * DAY - 60_000),
    ],
)
def test_times_are_read_as_people_type_them(text, ms):
    assert time_of(text, 3 * DAY) == ms


@pytest.mark.parametrize(
    "text", ["", "24:00", "1:5", "d", "-3d", "2026-13-01", "3.5h", "²d", "٣d", f"{'9' * 5000}d"]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError):
        time_of(text, NOW)
