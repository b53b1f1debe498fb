"""Functions that people bring: one state in every order, and a refusal where they are not there."""

import json
import sys
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agence.base.canonical import encode
from agence.crdt.custom import Custom, Unmerged, joined
from agence.fold.state import fold, state_hash
from agence.schema.kinds import field_of, rule_of
from agence.schema.shapes import fits
from tests.core.test_fold import cuts
from tests.core.values import event, values
from tests.laws import assert_joins

NAMES = (("lesson", "title"), ("lesson", "body"), ("plan", "title"), ("task", "priority"))


def longest(one, other):
    return max(one, other, key=lambda value: (len(value), value))


def rule(name, join, type_=""):
    field = field_of(*name)
    return Custom(join, fits(type_ or field.type), rule_of(*name))


def joining(join):
    """The rules of some fields, with one function that joins what they hold."""
    return {name: rule(name, join) for name in NAMES}


def by_order(one, other):
    return max(one, other, key=encode)


@given(cuts(), st.data())
def test_the_order_of_delivery_does_not_matter(events, data):
    merges = joining(by_order)
    shuffled = data.draw(st.permutations(events))
    here, there = fold(events, merges), fold(shuffled, merges)
    assert state_hash(here.values()) == state_hash(there.values())
    assert not any(one.refused for one in here.values())


@given(cuts())
def test_whoever_lacks_the_function_refuses_just_what_needs_it(events):
    """Nothing else may differ, and nothing may be guessed."""
    with_it, without, own = (
        fold(events, joining(by_order)),
        fold(events, joining(None)),
        fold(events),
    )
    for identity, lacking in without.items():
        entity = with_it[identity]
        for field in entity.fields.keys() - set(lacking.refused):
            assert lacking.fields[field] == entity.fields[field]
        if not lacking.refused:
            assert lacking == entity
        differing = {
            one for one in entity.fields if entity.fields[one] != own[identity].fields[one]
        }
        assert differing <= set(lacking.refused)
        assert {(entity.kind, field) for field in lacking.refused} <= {*NAMES}


@given(cuts())
def test_nothing_is_asked_of_a_line_of_events_that_each_saw_the_last(events):
    line = [*events[:0]]
    for number, one in enumerate(events):
        first = line[0].id if line else ""
        before = [line[-1].id] if line else []
        line.append(event(one.data, first, before, seq=number + 1))
    assert fold(line, joining(None)) == fold(line)


def written(*said, field="title"):
    """A lesson, and these values written to it side by side."""
    first = event({"effects": [{"field": "title", "op": "set", "value": "first"}]})
    beside = [
        event(
            {"effects": [{"field": field, "op": "set", "value": value}]},
            first.id,
            [first.id],
            seq=number,
        )
        for number, value in enumerate(said, 2)
    ]
    return [first, *beside]


@given(st.lists(st.text("abc", max_size=4), min_size=1, max_size=4))
def test_all_that_was_written_side_by_side_is_joined(said):
    (entity,) = fold(written(*said), joining(longest)).values()
    assert entity.fields["title"] == max(said, key=lambda one: (len(one), one))
    assert {one.value for one in entity.lost} == {*said} - {entity.fields["title"]}
    assert (entity.conflicts, entity.settled, entity.refused) == ((), (), ())


@given(values, values)
@example("x", 5)
@example("x", {"blob": "0" * 64, "bytes": 70_000})
def test_of_another_type_the_own_rule_counts_with_the_function_or_without(one, other):
    if all(isinstance(value, str) and "\n" not in value for value in (one, other)):
        return
    events = written(one, other)
    (own,) = fold(events).values()
    for join in (longest, None):
        (entity,) = fold(events, joining(join)).values()
        assert entity == own


def _failing(_one, _other):
    raise ZeroDivisionError


def _leaving(_one, _other):
    sys.exit()


def _odd(value):
    return lambda _one, _other: value


@pytest.mark.parametrize("join", [None, _failing, _leaving, _odd(5), _odd(1.5), _odd({"x"})])
def test_what_fails_is_refused_and_the_newest_shown(join):
    for order in permutations(written("x", "y")):
        (entity,) = fold(order, joining(join)).values()
        assert entity.refused == ("title",)
        assert entity.fields["title"] == "y"
        assert [one.value for one in entity.lost] == ["x"]
        assert entity.as_json()["refused"] == ["title"]


def test_a_function_can_not_change_what_was_written():
    def greedy(one, other):
        one.append(other)
        return one

    kept = [[1], [2]]
    assert joined(greedy, lambda _value: True, *kept) == [1, [2]]
    assert kept == [[1], [2]]


def test_a_text_that_a_function_joins_is_in_no_conflict():
    events = written("one\n", "other\n", field="body")
    (own,) = fold(events).values()
    assert [one.field for one in own.conflicts] == ["body"]
    seen = [one.id for one in events[1:]]
    after = event(
        {"effects": [{"field": "body", "op": "set", "value": "z"}]},
        events[0].id,
        sorted(seen),
        seq=9,
    )
    (entity,) = fold([*events, after], joining(longest)).values()
    (answered,) = fold([*events, after]).values()
    assert [one.field for one in answered.settled] == ["body"]
    assert (entity.fields["body"], entity.conflicts, entity.settled) == ("z", (), ())


@given(*[st.text("abc", max_size=3)] * 3)
def test_a_lawful_function_is_a_join(a, b, c):
    assert_joins(lambda x, y: joined(longest, fits("line"), x, y), a, b, c)


@given(values)
def test_each_shape_takes_its_own_and_nothing_else(value):
    taking = {name for name in ("text", "line", "number", "flag", "id") if fits(name)(value)}
    kinds = {"text": str, "number": int, "flag": bool}
    assert taking - {"line", "id"} == {name for name, kind in kinds.items() if type(value) is kind}
    assert not taking or json.loads(encode(value)) == value
    assert not fits("unheard_of")(value)


def test_what_a_function_did_is_said():
    with pytest.raises(Unmerged, match="ValueError"):
        joined(lambda one, _other: int(one), fits("line"), "a", "b")
