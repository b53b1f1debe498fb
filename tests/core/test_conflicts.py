"""Conflicts within an entity: answered by events by any strategy, and the same everywhere."""

import itertools
import random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.base.stamps import Stamp
from agence.crdt.lines import MARKS
from agence.events.event import Draft, write
from agence.fold.answers import (
    Side,
    choose,
    effects_of_answer,
    is_unsettled,
    merged_text,
    picked,
    text_with,
)
from agence.fold.entity import RESOLVES, fold_entity
from agence.fold.past import past_of, state_after, state_before
from agence.fold.questions import Answer, answers, questions
from agence.fold.state import fold, state_hash
from agence.schema.effects import delete, effects_of, set_field
from tests.core.values import NOW, SEEDS, SHARD

BODY = "a\nb\nc\nd\ne"


def made(effects, over=None, parents=(), *, who=0, ms=0, salt=0, more=None):
    data = {"effects": effects} | (more or {})
    entity, scope = (over.entity if over else ""), f"collective:{SHARD}"
    parents = tuple(parents) or ((over.id,) if over else ())
    draft = Draft("skill", entity, data, SHARD, scope, "abc"[who], parents)
    return write(draft, SEEDS[who], 1, "", Stamp(NOW + ms, 0), salt.to_bytes(16))


def there_is(entity):
    assert entity is not None
    return entity


def folded(events):
    return there_is(fold_entity(events))


def two_sides(field="title", values=("here", "there"), *, sure=(None, None)):
    """A skill, and two writes to one field of it side by side."""
    first = made([set_field("title", "first"), set_field("body", BODY)])
    sides = [
        made(
            [
                set_field(field, value),
                *([set_field("confidence", percent)] if percent is not None else []),
            ],
            first,
            who=who,
            ms=who,
        )
        for who, (value, percent) in enumerate(zip(values, sure, strict=True), 1)
    ]
    return [first, *sides]


class Clone(NamedTuple):
    """Whose key answers, and what it holds."""

    who: int
    events: list

    def question(self):
        entity = folded(self.events)
        return entity, next(
            one for one in questions([entity]) if one.field in ("title", "body", "")
        )

    def answer(self, strategy):
        """Answer the open question by a strategy, as the events of this clone have it."""
        entity, question = self.question()
        sides = [self.side(one, question.field) for one in question.members]
        value = None
        if strategy in ("both", "escalate"):
            said = Answer(
                strategy,
                question.members if strategy == "both" else (),
                "dana"[: 4 * (strategy == "escalate")],
            )
        elif strategy == "value":
            said, value = Answer("value"), f"typed by {self.who}"
        elif strategy == "merge":
            said, value = Answer("merge", question.members), f"merged by {self.who}"
        else:
            side = picked(sides[0].id, sides) if strategy == "pick" else choose(strategy, sides)
            said, value = Answer("take", (side.id,)), side.value
        effects = effects_of_answer(question, said, value)
        more = {RESOLVES: {"conflict": question.id, "strategy": strategy}}
        event = made(effects, self.events[0], entity.heads, who=self.who, ms=100, more=more)
        self.events.append(event)
        return event

    def side(self, identity, field):
        event = next(one for one in self.events if one.id == identity)
        value = next((e["value"] for e in effects_of(event) if e.get("field") == field), None)
        sure = there_is(state_after(self.events, identity)).fields.get("confidence")
        return Side(
            identity,
            event.body["by"],
            event.stamp,
            value,
            "",
            sure,
            event.writer == made([], who=self.who).writer,
        )


STRATEGIES = (
    "newest",
    "highest-confidence",
    "merge",
    "both",
    "escalate",
    "mine",
    "theirs",
    "pick",
    "value",
)


@pytest.mark.parametrize(("one", "other"), [*itertools.product(STRATEGIES, repeat=2)])
def test_answers_given_side_by_side_converge_on_every_clone_and_are_both_seen(one, other):
    events = two_sides(sure=(60, 90))
    here, there = Clone(1, [*events]), Clone(2, [*events])
    conflict = here.question()[1].id
    assert there.question()[1].id == conflict
    mine, theirs = here.answer(one), there.answer(other)
    everything = [*events, mine, theirs]
    states = set()
    for clone in range(5):
        shuffled = random.Random(clone).sample(everything, len(everything))
        states.add(state_hash(fold(shuffled).values()))
    assert len(states) == 1
    entity = folded(everything)
    decided = {said.by for said in entity.settled if said.conflict == conflict}
    waiting = {"both", "escalate"}
    assert decided == {e.id for e, s in ((mine, one), (theirs, other)) if s not in waiting}
    asked = about_title(entity)
    values = [
        [e for e in effects_of(event) if e.get("field") in ("title", f"answer:{conflict}")]
        for event in (mine, theirs)
    ]
    if values[0] == values[1]:
        assert [q.state for q in asked] == (
            {"both": ["kept"], "escalate": ["escalated"]}.get(one, [])
        )
    else:
        assert len(asked) == 1
        assert set(asked[0].members) == {mine.id, theirs.id}
        if asked[0].what == "value":
            Clone(0, everything).answer("newest")
        else:
            again = effects_of_answer(asked[0], Answer("take"), effects_of(mine))
            everything.append(made(again, events[0], entity.heads, ms=200))
        after = folded(everything)
        assert [q.state for q in about_title(after)] in ([], ["kept"], ["escalated"])


@pytest.mark.parametrize("strategy", [s for s in STRATEGIES if s not in ("both", "escalate")])
def test_an_answer_closes_the_conflict_and_what_did_not_hold_stays_in_sight(strategy):
    clone = Clone(1, two_sides(sure=(60, 90)))
    conflict = clone.question()[1]
    event = clone.answer(strategy)
    entity = folded(clone.events)
    assert not about_title(entity)
    (said,) = [one for one in entity.settled if one.conflict == conflict.id]
    assert (said.by, said.strategy, said.events) == (event.id, strategy, conflict.members)
    held = {"mine": "here", "pick": None, "merge": "merged by 1", "value": "typed by 1"}
    expected = held.get(strategy, "there")
    assert entity.text("title") == (expected or clone.side(conflict.members[0], "title").value)
    assert len(answers(entity, conflict.id)) == 1


def test_a_kept_and_an_escalated_question_can_still_be_answered():
    for state in ("both", "escalate"):
        clone = Clone(1, two_sides())
        clone.answer(state)
        clone.events.append(Clone(1, [*clone.events]).answer("newest"))
        assert not questions([folded(clone.events)])


def about_title(entity):
    """The open questions, but for that of how sure its authors are."""
    return [one for one in questions([entity]) if one.field != "confidence"]


def sided(*mine, sure=()):
    sure = sure or (None,) * len(mine)
    return [
        Side(f"{at:064x}", "x", Stamp(at, 0), at, "", percent, own)
        for at, (own, percent) in enumerate(zip(mine, sure, strict=True))
    ]


@pytest.mark.parametrize(
    ("word", "sides"),
    [
        ("mine", sided(True, True)),
        ("mine", sided(False, False)),
        ("theirs", sided(True, True)),
        ("theirs", sided(False, False, True)),
        ("highest-confidence", sided(True, False)),
        ("highest-confidence", sided(True, False, sure=(70, 70))),
    ],
)
def test_a_word_that_names_no_single_side_is_refused(word, sides):
    with pytest.raises(UsageError) as raised:
        choose(word, sides)
    assert "--pick" in raised.value.hint


@given(st.lists(st.tuples(st.booleans(), st.none() | st.integers(0, 3)), min_size=1), st.data())
def test_a_choice_does_not_depend_on_the_order_of_the_sides(told, data):
    sides = sided(*(own for own, _ in told), sure=tuple(percent for _, percent in told))
    shuffled = data.draw(st.permutations(sides))
    for word in ("newest", "mine", "theirs", "highest-confidence"):
        results = []
        for order in (sides, shuffled):
            try:
                results.append(choose(word, order).id)
            except UsageError as error:
                results.append(error.message)
        assert results[0] == results[1]


def test_a_side_is_picked_by_the_beginning_of_its_id():
    sides = [Side(f"{at}" * 64, "x", Stamp(0, 0), at, "", None, mine=False) for at in range(3)]
    assert picked("1111", sides) == sides[1]
    for wrong in ("", "1", "3333", "111z"):
        with pytest.raises(UsageError):
            picked(wrong, sides)


def test_taking_a_side_of_a_text_keeps_what_the_others_wrote_elsewhere():
    events = two_sides("body", ("A\nb\nHERE\nd\ne", "a\nb\nTHERE\nd\nE"))
    members = [one.id for one in events[1:]]
    assert text_with(events, "body", members[0], members) == "A\nb\nHERE\nd\nE"
    assert text_with(events, "body", members[1], members) == "A\nb\nTHERE\nd\nE"
    text, overlapped = merged_text(events, "body", members)
    assert overlapped
    assert is_unsettled(text)
    assert text == folded(events).text("body")
    assert not any(mark in text_with(events, "body", members[0], members) for mark in MARKS)


lines = st.lists(st.sampled_from("pqrs"), max_size=4)


@given(st.lists(lines, min_size=2, max_size=4))
@settings(max_examples=40)
def test_taken_lines_are_all_of_the_chosen_side_where_it_changed_something(texts):
    bodies = ["\n".join([*one, *"abcde"]) for one in texts]
    first = made([set_field("body", "\n".join("abcde"))])
    sides = [made([set_field("body", b)], first, who=1, ms=n, salt=n) for n, b in enumerate(bodies)]
    events, members = [first, *sides], [one.id for one in sides]
    for side, told in zip(sides, texts, strict=True):
        if told:
            assert text_with(events, "body", side.id, members).split("\n")[: len(told)] == told


def test_a_delete_and_an_edit_side_by_side_are_asked_about_and_answered():
    first = made([set_field("title", "x")])
    sides = [made([delete()], first, who=1), made([set_field("title", "y")], first, who=2)]
    entity = folded([first, *sides])
    (asked,) = questions([entity])
    assert (asked.what, asked.field, entity.deleted) == ("life", "", False)
    for word, gone in (("keep", False), ("delete", True)):
        answer = made(effects_of_answer(asked, Answer(word), None), first, entity.heads, ms=9)
        after = folded([first, *sides, answer])
        assert (after.deleted, questions([after])) == (gone, [])
    both = [
        made(effects_of_answer(asked, Answer(word), None), first, entity.heads, who=who, ms=9)
        for who, word in enumerate(("keep", "delete"), 1)
    ]
    after = folded([first, *sides, *both])
    (again,) = questions([after])
    assert (again.what, set(again.members)) == ("life", {one.id for one in both})
    assert again.also == (f"answer:{asked.id}",)
    end = made(effects_of_answer(again, Answer("delete"), None), first, after.heads, ms=20)
    after = folded([first, *sides, *both, end])
    assert (after.deleted, questions([after])) == (True, [])


def test_nobody_is_asked_about_what_is_deleted():
    events = two_sides()
    entity = folded(events)
    gone = made([delete()], events[0], entity.heads, ms=9)
    assert questions([entity])
    assert not questions([folded([*events, gone])])


def test_the_past_of_an_event_is_what_its_author_had_seen():
    first, here, there = two_sides()
    both = made([set_field("title", "both")], first, [here.id, there.id], ms=5)
    events = [first, here, there, both]
    assert {one.id for one in past_of(events, both.id)} == {first.id, here.id, there.id}
    assert past_of(events, first.id) == []
    assert there_is(state_before(events, here.id)).text("title") == "first"
    assert there_is(state_after(events, here.id)).text("title") == "here"
    assert state_before(events, first.id) is None
