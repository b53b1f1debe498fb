"""Undo takes back what one event did, and nothing that anybody did since."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import AgenceError, ShardError, UsageError
from agence.base.stamps import Stamp
from agence.events.event import Draft, write
from agence.fold.entity import fold_entity
from agence.fold.undoing import UNDOES, compensation
from agence.schema.effects import (
    add_member,
    delete,
    increment,
    remove_member,
    restore,
    set_field,
)
from tests.core.values import NOW, SEEDS, SHARD

BODY = "a\nb\nc\nd\ne"


class Log:
    """The events about one task, by whoever writes them; each has seen all that is there."""

    def __init__(self, kind="task"):
        self.kind = kind
        self.events = []
        self.first = self.say([set_field("title", "first"), set_field("body", BODY)])

    def say(self, effects, who=0, parents=None, undoes=None):
        over = self.events[0].id if self.events else ""
        entity = fold_entity(self.events) if self.events else None
        parents = parents if parents is not None else (entity.heads if entity else ())
        at = len(self.events)
        draft = Draft(
            self.kind,
            over,
            {"effects": effects} | ({UNDOES: undoes} if undoes else {}),
            SHARD,
            f"collective:{SHARD}",
            "abc"[who],
            tuple(parents),
        )
        event = write(draft, SEEDS[who], 1, "", Stamp(NOW + at, 0), at.to_bytes(16))
        self.events.append(event)
        return event

    def undo(self, event, who=0):
        effects = compensation(event, self.events, self.entity)
        return self.say(effects, who, undoes=event.id)

    @property
    def entity(self):
        return fold_entity(self.events)

    @property
    def said(self):
        """All that people see of it: fields that say nothing are as if they were never written."""
        fields = {
            name: value for name, value in self.entity.fields.items() if value not in (None, [], 0)
        }
        return fields, self.entity.deleted


single = st.sampled_from(["x", "y", "z"])
acts = st.one_of(
    st.builds(set_field, st.just("title"), single),
    st.builds(set_field, st.just("body"), single),
    st.builds(set_field, st.just("state"), st.sampled_from("+-&")),
    st.builds(add_member, st.just("tags"), single),
    st.builds(increment, st.just("votes"), st.integers(-3, 3)),
    st.sampled_from([delete(), restore()]),
    single.map(lambda member: ("remove", member)),
)


@given(st.lists(st.lists(acts, min_size=1, max_size=2), max_size=5))
def test_undoing_the_last_thing_brings_back_what_was_and_undoing_that_brings_it_again(said):
    log = Log()
    for effects in said:
        before = log.said
        real = [
            remove_member("tags", one[1], log.events) if isinstance(one, tuple) else one
            for one in effects
        ]
        if log.entity.deleted and restore() not in real:
            continue  # nobody edits what is deleted
        if {delete().get("op"), restore().get("op")} >= {one["op"] for one in real} and len(
            real
        ) > 1:
            continue
        event = log.say(real)
        after = log.said
        if before == after:
            continue
        if delete() in real and len(real) > 1:
            continue
        undone = log.undo(event)
        assert log.said == before
        log.undo(undone)
        assert log.said == after


@given(single, single)
def test_who_has_not_seen_it_keeps_what_they_wrote(mine, theirs):
    log = Log()
    event = log.say([add_member("tags", mine)])
    log.say([add_member("tags", theirs)], who=1, parents=[log.first.id])
    log.undo(event)
    assert log.entity.tags == [theirs]


@pytest.mark.parametrize("seen", [True, False])
def test_what_somebody_wrote_over_is_not_undone(seen):
    log = Log()
    event = log.say([set_field("title", "mine")])
    log.say([set_field("title", "theirs")], who=1, parents=None if seen else [log.first.id])
    with pytest.raises(ShardError) as raised:
        log.undo(event)
    assert "b in" in raised.value.message


def test_a_text_loses_only_the_lines_of_the_event():
    log = Log()
    event = log.say([set_field("body", "A\nb\nc\nd\ne")])
    log.say([set_field("body", "A\nb\nc\nd\nE")], who=1)
    log.undo(event)
    assert log.entity.text("body") == "a\nb\nc\nd\nE"
    again = log.say([set_field("body", "a\nb\nc\nd\nF")])
    log.say([set_field("body", "a\nb\nc\nd\nG")], who=1)
    with pytest.raises(ShardError):
        log.undo(again)


def test_a_creation_is_undone_by_a_delete_unless_somebody_else_wrote_to_it():
    log = Log()
    log.say([set_field("title", "mine too")])
    log.undo(log.first)
    assert log.entity.deleted
    with pytest.raises(ShardError):
        log.undo(log.first)
    log.say([restore()])
    log.say([set_field("title", "theirs")], who=1)
    with pytest.raises(ShardError) as raised:
        log.undo(log.first)
    assert "^delete" in raised.value.hint


def test_what_is_undone_already_is_not_undone_again():
    log = Log()
    added = log.say([add_member("tags", "x")])
    deleted = log.say([delete()])
    log.undo(deleted)
    with pytest.raises(ShardError):
        log.undo(deleted)
    log.undo(added)
    log.say([add_member("tags", "x")], who=1)
    with pytest.raises(ShardError):
        log.undo(added)
    assert log.entity.tags == ["x"]


def test_nothing_of_what_is_deleted_is_undone():
    log = Log()
    event = log.say([set_field("title", "x")])
    log.say([delete()], who=1)
    with pytest.raises(ShardError) as raised:
        log.undo(event)
    assert "^restore" in raised.value.hint


@pytest.mark.parametrize("effect", [{"op": "move", "field": "title"}, increment("unheard_of", 2)])
def test_what_has_no_opposite_is_refused(effect):
    log = Log()
    event = log.say([effect])
    with pytest.raises((ShardError, UsageError)):
        log.undo(event)


odd = single | st.integers(-9, 9) | st.none() | st.lists(single)
shapes = st.fixed_dictionaries(
    {},
    optional={
        "op": odd | st.sampled_from(["set", "add", "remove", "increment", "delete", "restore"]),
        "field": odd | st.sampled_from(["title", "tags", "votes", "body"]),
        "value": odd,
        "cites": odd,
    },
)


@given(st.lists(shapes), st.lists(shapes))
def test_an_event_of_any_shape_is_undone_or_refused(effects, later):
    log = Log()
    event = log.say(effects)
    log.say(later, who=1)
    with suppress(AgenceError):
        log.undo(event)
    assert log.entity is not None


@given(st.lists(st.integers(1, 12), max_size=12))
def test_what_was_counted_is_counted_back_once_at_the_most(picks):
    log = Log()
    for value in (1, 10, 100):
        log.say([increment("votes", value)])
    for pick in picks:
        before = log.entity.fields["votes"]
        with suppress(ShardError):
            log.undo(log.events[1 + pick % (len(log.events) - 1)])
            assert log.entity.fields["votes"] != before
        assert set(str(log.entity.fields["votes"])) <= {"0", "1"}


def test_who_only_says_to_have_counted_back_keeps_nobody_from_it():
    log = Log()
    vote = log.say([increment("votes", 1)])
    log.say([set_field("title", "x")], who=1, undoes=vote.id)
    log.undo(vote)
    assert log.entity.fields["votes"] == 0
    with pytest.raises(ShardError, match="is left to undo"):
        log.undo(vote)
