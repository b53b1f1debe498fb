"""Scores, heat and tiers follow from what was said and from the graph, in whole numbers."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.work.graph import Task
from agence.work.score import (
    Measure,
    Weights,
    check_priority,
    check_stars,
    heat_of,
    measure,
    priority_in,
    score,
    score_text,
    stars_in,
    tier_of,
)
from agence.work.states import DONE, STATES

NAMES = "abcdef"

names = st.lists(st.sampled_from(NAMES + "u"), max_size=3).map(tuple)
signs = st.sampled_from([state.sign for state in STATES])
graphs = st.dictionaries(st.sampled_from(NAMES), st.builds(Task, signs, names, names))
weights = st.builds(Weights, st.integers(1, 5), st.integers(0, 9), st.integers(0, 3), st.booleans())
said = st.dictionaries(st.sampled_from(NAMES), weights)

SCORES = [  # priority, stars, heat, score
    (1, 0, "0", "10"),
    (1, 0, "1.0", "110"),
    (1, 3, "0.55", "140"),
    (2, 0, "0", "20"),
    (3, 1, "0.2", "75"),
    (3, 0, "1.0", "130"),
    (4, 0, "0", "40"),
    (4, 1, "0.2", "85"),
    (4, 2, "0.8", "170"),
    (4, 0, "1.0", "140"),
    (5, 0, "0", "50"),
    (5, 1, "0.2", "95"),
    (5, 2, "0.8", "180"),
    (5, 0, "1.0", "150"),
    (5, 3, "0.55", "180"),
]


@pytest.mark.parametrize(("priority", "stars", "heat", "expected"), SCORES)
def test_the_score_of_a_task(priority, stars, heat, expected):
    assert score_text(score(priority, stars, int(1000 * Fraction(heat)))) == expected


@given(st.integers(1, 5), st.integers(0, 1000), st.integers(0, 1000))
def test_a_score_is_the_formula_exactly(priority, stars, heat):
    exact = 10 * priority + 25 * stars + 100 * Fraction(heat, 1000)
    assert Fraction(score_text(score(priority, stars, heat))) == exact


@given(st.integers(-50, 50))
def test_heat_keeps_its_bounds_and_its_three_bands(pressure):
    heat = heat_of(pressure)
    assert 0 <= heat <= 1000
    assert heat <= heat_of(pressure + 1)
    assert (heat == 0) == (pressure <= 0)
    assert (heat == 1000) == (pressure > 3)


@pytest.mark.parametrize(
    ("complexities", "tier"),
    [
        ((-3, 0, 2), "T0"),
        ((3, 4), "T1"),
        ((5, 6), "T2"),
        ((7, 8, 9), "T3"),
        ((10, 12, 13, 99), "T4"),
    ],
)
def test_the_tier_of_a_complexity(complexities, tier):
    assert {tier_of(one) for one in complexities} == {tier}
    assert {tier_of(one, secure=True) for one in complexities} == {"T5"}


def test_who_waits_heats_and_what_is_waited_for_cools():
    graph = {
        "build": Task("&"),
        "test": Task("+", needs=("build",)),
        "docs": Task("+", needs=("build",), after=("test",)),
        "deploy": Task("+", needs=("test",), after=("docs",)),
    }
    said = {"build": Weights(3, 2, agents=1), "docs": Weights(stars=1)}
    found = measure(graph, said | {"deploy": Weights(secure=True)})
    assert found == {
        "build": Measure(800 + 750, 750, 2 + 1, 0, "T2"),  # complexity 2 + 0 + 0 + 3
        "test": Measure(100, 0, 0, 1, "T0"),  # 0 + 1 + 1 + 0
        "docs": Measure(350, 0, -1, 1, "T1"),  # 1 + 1 + 2 - 1
        "deploy": Measure(100, 0, -1, 2, "T5"),
    }
    later = measure({**graph, "build": Task("-")}, said)
    assert (later["build"].heat, later["test"].heat) == (0, 250)


@given(graphs, said, st.data())
def test_a_measure_depends_on_the_graph_and_not_on_the_order_in_which_it_came(graph, said, data):
    other = dict(data.draw(st.permutations(list(graph.items()))))
    shuffled = {
        one: Task(
            task.state,
            tuple(data.draw(st.permutations(task.needs))) + task.needs,
            tuple(data.draw(st.permutations(task.after))) + task.after,
        )
        for one, task in other.items()
    }
    assert measure(shuffled, said) == measure(graph, said)


@given(graphs, said)
def test_every_task_is_measured_within_its_bounds(graph, said):
    found = measure(graph, said)
    assert set(found) == set(graph)
    for one, measured in found.items():
        weight = said.get(one, Weights())
        assert measured.score == score(weight.priority, weight.stars, measured.heat)
        assert measured.heat == heat_of(measured.pressure)
        assert (measured.tier == "T5") == weight.secure
        if graph[one].state == DONE:
            assert measured.pressure == 0


@given(st.integers())
def test_a_user_gives_priorities_and_stars_that_are_known(number):
    for check, lawful in ((check_priority, 1 <= number <= 5), (check_stars, number >= 0)):
        if lawful:
            assert check(number) == number
        else:
            with pytest.raises(UsageError, match="must be"):
                check(number)


@given(st.integers() | st.none() | st.booleans() | st.text(max_size=3) | st.lists(st.integers()))
def test_whatever_a_field_holds_it_weighs_something_lawful(value):
    assert check_priority(priority_in(value)) == priority_in(value)
    assert check_stars(stars_in(value)) == stars_in(value)
    if isinstance(value, int) and not isinstance(value, bool):
        assert priority_in(value) == value or not 1 <= value <= 5
        assert stars_in(value) == value or value < 0
    else:
        assert (priority_in(value), stars_in(value)) == (1, 0)
