"""Dependencies of tasks: what blocks, what is ready, what goes round in a circle."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.work.graph import (
    Task,
    blockers,
    check_dependency,
    cycles,
    depths,
    is_runnable,
    project_percent,
    ready,
    waiting,
    workflow_percent,
    would_cycle,
)
from agence.work.states import DONE, RUNNABLE, STATES

NAMES = "abcdef"

signs = st.sampled_from([state.sign for state in STATES])
names = st.lists(st.sampled_from(NAMES + "u"), max_size=3).map(tuple)  # u: nobody knows it
tasks = st.builds(Task, signs | st.just("+"), names, st.just(()) | names)
graphs = st.dictionaries(st.sampled_from(NAMES), tasks)


def closure(edges):
    """All pairs (from, to) with a way from one to the other, by Warshall."""
    ways = set(edges)
    for through, one, other in product(NAMES, repeat=3):
        if (one, through) in ways and (through, other) in ways:
            ways.add((one, other))
    return ways


def open_edges(graph):
    return {
        (one, to)
        for one, task in graph.items()
        for to in task.needs
        if task.state != DONE and to in graph and graph[to].state != DONE
    }


def reordered(graph, data):
    return dict(data.draw(st.permutations(list(graph.items()))))


@pytest.mark.parametrize(
    ("states", "runnable"),
    [("~%+?", True), ("$&-_#!", False)],
)
def test_by_its_state_a_task_without_dependencies_is_runnable_or_not(states, runnable):
    assert all(is_runnable({"t": Task(state)}, "t") is runnable for state in states)


@pytest.mark.parametrize("state", ["+", "~", "%", "?"])
@pytest.mark.parametrize("upstream", [state.sign for state in STATES])
def test_a_hard_dependency_blocks_until_it_is_exactly_done_and_a_soft_one_never(state, upstream):
    hard = {"t": Task(state, needs=("u",)), "u": Task(upstream)}
    assert is_runnable(hard, "t") is (upstream == "-")
    assert blockers(hard, "t") == (() if upstream == "-" else ("u",))
    assert is_runnable({"t": Task(state, after=("u",)), "u": Task(upstream)}, "t")


def test_an_unknown_dependency_blocks():
    graph = {"t": Task("+", needs=("nobody", "a"), after=("nor this",)), "a": Task("-")}
    assert blockers(graph, "t") == ("nobody",)
    assert not is_runnable(graph, "t")


@given(graphs, st.sampled_from(NAMES))
def test_finishing_a_task_blocks_nobody(graph, task):
    if task not in graph:
        return
    later = {**graph, task: graph[task]._replace(state=DONE)}
    assert all(set(blockers(later, one)) <= set(blockers(graph, one)) for one in graph)


@given(graphs, st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2)), st.data())
def test_what_is_ready_comes_by_score_and_then_by_id(graph, given_scores, data):
    scores = dict.fromkeys(NAMES, 0) | given_scores
    found = ready(graph, scores)
    assert found == ready(reordered(graph, data), scores)
    assert set(found) == {one for one in graph if is_runnable(graph, one)}
    assert all(
        scores[a] > scores[b] or (scores[a] == scores[b] and a < b) for a, b in pairwise(found)
    )


@given(graphs)
def test_working_through_what_is_ready_finishes_all_but_what_waits_in_vain(graph):
    graph = {
        one: task._replace(state="+" if task.state in RUNNABLE else DONE)
        for one, task in graph.items()
    }
    while found := ready(graph, dict.fromkeys(NAMES, 0)):
        assert all(graph[need].state == DONE for need in graph[found[0]].needs)
        graph[found[0]] = graph[found[0]]._replace(state=DONE)
    left = {one for one, task in graph.items() if task.state != DONE}
    stuck = {one for group in cycles(graph) for one in group}
    stuck |= {one for one in left if not set(graph[one].needs) <= set(graph)}
    ways = closure(open_edges(graph))
    assert left == {one for one in left if one in stuck or any((one, s) in ways for s in stuck)}


@given(graphs, st.data())
def test_cycles_are_the_unfinished_tasks_that_wait_for_themselves(graph, data):
    ways = closure(open_edges(graph))
    alike = {
        one: tuple(sorted(o for o in NAMES if (one, o) in ways and (o, one) in ways))
        for one in NAMES
        if (one, one) in ways
    }
    assert cycles(graph) == sorted(set(alike.values()))
    assert cycles(reordered(graph, data)) == cycles(graph)
    assert all(blockers(graph, one) for one in alike)


@given(graphs, st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_a_dependency_is_refused_exactly_where_it_closes_a_circle(graph, task, upstream):
    edges = {(one, to) for one in graph for to in (*graph[one].needs, *graph[one].after)}
    circle = would_cycle(graph, task, upstream)
    assert bool(circle) == (task == upstream or (upstream, task) in closure(edges))
    if circle:
        assert circle[:2] == (task, upstream)
        assert circle[-1] == task
        assert set(pairwise(circle[1:])) <= edges
        with pytest.raises(UsageError, match=r"would create a cycle|cannot depend on itself"):
            check_dependency(graph, task, upstream)
    else:
        check_dependency(graph, task, upstream)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=20))
def test_what_was_checked_when_it_was_written_has_no_cycle(wanted):
    graph = {name: Task("+") for name in NAMES}
    for task, upstream in wanted:
        try:
            check_dependency(graph, task, upstream)
        except UsageError:
            continue
        graph[task] = graph[task]._replace(needs=(*graph[task].needs, upstream))
    assert cycles(graph) == []


def test_two_clones_close_a_circle_that_neither_saw():
    here = {"a": Task("+", needs=("b",)), "b": Task("+"), "c": Task("+", needs=("b",))}
    there = {"a": Task("+"), "b": Task("+", needs=("a",)), "c": Task("+")}
    assert cycles(here) == cycles(there) == []
    merged = {one: Task("+", (*here[one].needs, *there[one].needs)) for one in here}
    assert cycles(merged) == [("a", "b")]
    assert ready(merged, dict.fromkeys(merged, 0)) == []
    merged["a"] = merged["a"]._replace(state="-")
    assert cycles(merged) == []
    assert ready(merged, dict.fromkeys(merged, 0)) == ["b"]


@given(graphs)
def test_a_task_lies_one_deeper_than_the_deepest_that_it_needs(graph):
    found = depths(graph)
    edges = {(one, to) for one in graph for to in graph[one].needs if to in graph}
    ways = closure(edges)
    for one, task in graph.items():
        for to in task.needs:
            if (to, one) in ways or to == one:
                assert found.get(to) == found[one]
            else:
                assert found[one] > found.get(to, 0)
        assert found[one] <= len({to for frm, to in ways if frm == one} | set(task.needs) | {"u"})
        if found[one]:
            group = {one} | {o for o in graph if (one, o) in ways and (o, one) in ways}
            above = {to for o in group for to in graph[o].needs} - group
            assert found[one] == 1 + max(found.get(to, 0) for to in above)


@given(graphs)
def test_who_waits_is_counted_from_both_ends_alike(graph):
    known = sum(one in graph for task in graph for one in blockers(graph, task))
    assert sum(waiting(graph).values()) == known
    assert all(not count for one, count in waiting(graph).items() if graph[one].state == DONE)


def test_a_long_chain_and_a_long_circle_are_no_trouble():
    size = 20_000
    chain = {str(at): Task("+", needs=(str(at + 1),)) for at in range(size)}
    assert depths(chain)["0"] == size
    assert cycles(chain) == []
    chain[str(size)] = Task("+", needs=("0",))
    assert [len(group) for group in cycles(chain)] == [size + 1]
    assert len(would_cycle(chain, "0", "1")) == size + 2


@pytest.mark.parametrize(
    ("states", "percent"),
    [("---", 100), ("-+", 50), ("++", 0), ("", 0), ("-!_", 33), ("--+", 67), ("-+++++++", 13)],
)
def test_a_workflow_is_done_by_its_tasks(states, percent):
    assert workflow_percent(states) == percent


def test_rounding_alone_never_says_that_all_is_done():
    assert workflow_percent("-" * 999 + "+") == 99
    assert project_percent([100, 99]) == 99


@pytest.mark.parametrize(
    ("workflows", "percent"),
    [([], 0), ([0], 0), ([100], 100), ([100, 50], 75), ([33, 50], 42), ([100, 0, 0], 33)],
)
def test_a_project_is_the_mean_of_its_workflows(workflows, percent):
    assert project_percent(workflows) == percent


@given(st.lists(signs), st.data())
def test_percentages_keep_their_bounds_and_grow_with_what_is_done(states, data):
    percent = workflow_percent(states)
    assert (percent == 100) == (bool(states) and set(states) == {DONE})
    assert 0 <= percent <= 100
    assert percent == workflow_percent(data.draw(st.permutations(states)))
    if states:
        assert abs(percent - 100 * states.count(DONE) / len(states)) < 1
        at = data.draw(st.integers(0, len(states) - 1))
        assert workflow_percent([*states[:at], DONE, *states[at + 1 :]]) >= percent


@given(st.lists(st.integers(0, 100), min_size=1))
def test_a_projects_mean_lies_between_its_workflows(percents):
    assert min(percents) <= project_percent(percents) <= max(percents)
    assert (project_percent(percents) == 100) == (set(percents) == {100})


@given(graphs)
def test_what_is_done_waits_for_nothing(graph):
    assert not any(blockers(graph, one) for one in graph if graph[one].state == DONE)
