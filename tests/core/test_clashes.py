"""Entities that contradict each other: found from the set of events, the same on every clone."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.stamps import Stamp
from agence.events.event import Draft, write
from agence.fold.clashes import clashes
from agence.fold.questions import Answer, answers, not_held, questions
from agence.fold.state import fold
from agence.schema.effects import add_member, delete, set_field
from agence.schema.kinds import ANSWER
from tests.core.values import NOW, SEEDS, SHARD


def made(kind, effects, over=None, parents=(), *, salt=0, scope=f"collective:{SHARD}"):
    entity = over.entity if over else ""
    parents = tuple(parents) or ((over.id,) if over else ())
    draft = Draft(kind, entity, {"effects": effects}, SHARD, scope, "ada", parents)
    return write(draft, SEEDS[salt % 3], 1, "", Stamp(NOW + salt, 0), salt.to_bytes(16))


def belief(subject, relation, object_, *more, salt=0):
    said = {"subject": subject, "relation": relation, "object": object_}
    return made("belief", [*(set_field(*one) for one in said.items()), *more], salt=salt)


def episode(name, when, body, salt=0):
    said = {"episode": name, "when": when, "body": body}
    return made("episode", [set_field(*one) for one in said.items()], salt=salt)


def found(*events):
    return clashes(fold(events).values())


words = st.sampled_from(["db", "DB", " db ", "queue", "", "ß", "SS"])
beliefs = st.lists(st.tuples(words, words, words, st.booleans()), max_size=6)


def several(told):
    return [
        belief(*said, *([set_field("many", many)] if many else []), salt=at)
        for at, (*said, many) in enumerate(told)
    ]


@given(beliefs, st.data())
def test_clashes_do_not_depend_on_the_order_of_delivery(told, data):
    events = several(told)
    shuffled = data.draw(st.permutations(events))
    assert clashes(fold(shuffled).values()) == clashes(fold(events).values())


@given(beliefs)
def test_two_contradict_each_other_where_key_is_the_same_and_what_is_told_is_not(told):
    events = several(told)

    def plain(text):
        return " ".join(text.casefold().split())

    pairs = {
        frozenset((a.id, b.id))
        for (a, (*x, x_many)), (b, (*y, y_many)) in itertools.combinations(
            zip(events, told, strict=True), 2
        )
        if not (x_many or y_many)
        and all(map(plain, (*x[:2], *y)))
        and plain(x[2])
        and [*map(plain, x[:2])] == [*map(plain, y[:2])]
        and plain(x[2]) != plain(y[2])
    }
    clashing = found(*events)
    assert all(any(pair <= set(one.members) for one in clashing) for pair in pairs)
    for one in clashing:
        inside = {frozenset(pair) for pair in itertools.combinations(one.members, 2)}
        assert inside & pairs
    assert len({one.id for one in clashing}) == len(clashing)
    assert all(one.members == tuple(sorted(one.members)) for one in clashing)


def test_one_of_each_type():
    opposite = made("lesson", [set_field("title", "tabs")])
    other = made(
        "lesson", [set_field("title", "spaces"), add_member("opposes", opposite.id)], salt=1
    )
    events = [
        belief("db", "is", "mysql", salt=2),
        belief("DB ", "is", "postgres", salt=3),
        episode("the outage", "monday", "the disk was full", salt=4),
        episode("The outage", "monday", "somebody pulled the plug", salt=5),
    ]
    assert found(opposite, *events[:1], *events[2:3]) == []
    clashing = found(opposite, other, *events)
    assert sorted(one.type for one in clashing) == ["belief", "episodic", "value"]
    assert {one.field for one in clashing} == {"subject+relation", "episode", "opposes"}


def test_what_one_does_not_tell_contradicts_nothing():
    assert not found(episode("outage", "monday", "", 1), episode("outage", "", "the disk", 2))


def test_a_relation_that_has_many_objects_contradicts_nothing():
    many = set_field("many", value=True)
    events = [belief("ada", "speaks", one, many, salt=at) for at, one in enumerate(("en", "fr"))]
    assert not found(*events)
    assert found(belief("ada", "speaks", "en"), belief("ada", "speaks", "fr", salt=1))


def test_the_private_and_the_shared_do_not_contradict_each_other():
    effects = [set_field(*one) for one in {"subject": "a", "relation": "b", "object": "c"}.items()]
    private = made("belief", effects, salt=1, scope="instance")
    assert not found(private, belief("a", "b", "d"))


def test_what_was_deleted_contradicts_nothing():
    one, other = belief("db", "is", "mysql"), belief("db", "is", "postgres", salt=1)
    assert found(one, other)
    assert not found(one, other, made("belief", [delete()], other))


def test_another_telling_is_another_clash_and_white_space_is_none():
    one, other = belief("db", "is", "mysql"), belief("db", "is", "postgres", salt=1)
    before = found(one, other)
    same = made("belief", [set_field("object", " MySQL ")], one)
    assert found(one, other, same) == before
    changed = made("belief", [set_field("object", "sqlite")], one)
    assert [c.members for c in found(one, other, changed)] == [before[0].members]
    assert found(one, other, changed)[0].id != before[0].id


def answered(clash, answer, entities, salt=9):
    holder = next(one for one in entities if one.id == clash.members[0])
    return made(
        holder.kind, [set_field(f"{ANSWER}{clash.id}", answer.as_value())], holder, salt=salt
    )


@pytest.mark.parametrize(
    ("strategy", "state"), [("take", None), ("both", "kept"), ("escalate", "escalated")]
)
def test_an_answer_closes_it_or_says_why_it_stays_open(strategy, state):
    events = [belief("db", "is", "mysql"), belief("db", "is", "postgres", salt=1)]
    (clash,) = found(*events)
    chosen = clash.members if strategy == "both" else clash.members[:1]
    said = answered(clash, Answer(strategy, chosen, "dana"), events)
    entities = fold([*events, said])
    asked = questions(entities.values(), clashes(entities.values()))
    assert [one.state for one in asked] == ([state] if state else [])
    assert [one.id for one in asked] == ([clash.id] if state else [])
    lost = not_held(entities, clashes(entities.values()))
    assert lost == ({clash.members[1]: clash.id} if strategy == "take" else {})


def test_two_answers_that_differ_are_one_question_again():
    events = [belief("db", "is", "mysql"), belief("db", "is", "postgres", salt=1)]
    (clash,) = found(*events)
    sides = [
        answered(clash, Answer("take", (one,)), events, salt=9 + n)
        for n, one in enumerate(clash.members)
    ]
    entities = fold([*events, *sides])
    (asked,) = questions(entities.values(), clashes(entities.values()))
    assert (asked.what, asked.field) == ("answer", f"{ANSWER}{clash.id}")
    assert set(asked.members) == {one.id for one in sides}
    assert not not_held(entities, clashes(entities.values()))
    again = made(
        "belief",
        [set_field(asked.field, Answer("take", clash.members[:1]).as_value())],
        next(one for one in events if one.id == clash.members[0]),
        [one.id for one in sides],
        salt=20,
    )
    entities = fold([*events, *sides, again])
    assert not questions(entities.values(), clashes(entities.values()))
    assert answers(entities[clash.members[0]], clash.id) == [Answer("take", clash.members[:1])]


def test_the_same_answer_twice_is_one_answer():
    events = [belief("db", "is", "mysql"), belief("db", "is", "postgres", salt=1)]
    (clash,) = found(*events)
    said = [answered(clash, Answer("take", clash.members[:1]), events, salt=n) for n in (8, 9)]
    entities = fold([*events, *said])
    assert not questions(entities.values(), clashes(entities.values()))


def test_the_same_sides_in_another_order_are_the_same_answer():
    one, other = (Answer("both", ids).as_value() for ids in (("a", "b"), ("b", "a")))
    assert one == other


@given(st.recursive(st.none() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2)))
def test_an_answer_of_any_shape_is_read(odd):
    events = [belief("db", "is", "mysql"), belief("db", "is", "postgres", salt=1)]
    (clash,) = found(*events)
    holder = next(one for one in events if one.id == clash.members[0])
    shapes = [odd, {"strategy": odd}, {"strategy": "take", "chosen": odd, "to": odd}]
    for at, value in enumerate(shapes):
        event = made("belief", [set_field(f"{ANSWER}{clash.id}", value)], holder, salt=10 + at)
        entities = fold([*events, event])
        questions(entities.values(), clashes(entities.values()))
        not_held(entities, clashes(entities.values()))


@pytest.mark.parametrize("value", [[[1]], [{"a": 1}], [None, 3], "x", 7])
def test_what_opposes_may_be_of_any_shape(value):
    odd = made("zzz", [set_field("opposes", value)], salt=1)
    assert found(odd, belief("db", "is", "slow", salt=2)) == []


@pytest.mark.parametrize(
    "said",
    [
        {"strategy": ""},
        {"strategy": "zzz", "chosen": ["nobody"]},
        {"strategy": "take", "chosen": []},
        {"strategy": "take", "chosen": ["f" * 64]},
        {"chosen": ["f" * 64]},
        "take",
    ],
)
def test_what_decides_nothing_leaves_a_clash_open(said):
    events = [belief("db", "is", "slow", salt=1), belief("db", "is", "fast", salt=2)]
    (clash,) = found(*events)
    first = next(one for one in events if one.id == clash.members[0])
    answer = made("belief", [set_field(f"{ANSWER}{clash.id}", said)], first, salt=3)
    state = fold([*events, answer])
    assert [one.id for one in questions(state.values(), [clash])] == [clash.id]
    assert not_held(state, [clash]) == {}
