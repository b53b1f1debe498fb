"""Workflows and projects: how much of them is done."""

import pytest

from agence.base.errors import UsageError
from agence.commands.knowledge.add import add
from agence.commands.tasks.add import add as add_task
from agence.commands.tasks.list import list_
from agence.commands.tasks.project import project
from agence.commands.tasks.projects import projects
from agence.commands.tasks.set import set_
from agence.commands.tasks.show import show
from agence.commands.tasks.workflow import workflow
from agence.commands.tasks.workflows import workflows
from tests.commands.desk import DAY


def group(desk, title, kind="workflow", **more):
    return add(desk(f"^{kind} add"), [title], **more).data["id"]


def step(desk, name, of, state):
    add_task(desk("^task add"), [name], id_=name, workflow=of)
    set_(desk("^task set"), name, state)


@pytest.mark.parametrize(
    ("states", "percent"),
    [("---", 100), ("-+", 50), ("++", 0), ("", 0), ("-!_", 33), ("--+", 67)],
)
def test_a_workflow_is_as_far_as_its_tasks(context, states, percent):
    one = group(context, "Release")
    add_task(context("^task add"), ["of no workflow"])
    for number, state in enumerate(states):
        step(context, f"t{number}", "Release", state)
    said = workflow(context("^workflow show"), one[:8]).data
    assert (said["percent"], len(said["tasks"])) == (percent, len(states))
    (item,) = workflows(context("^workflow list")).data["items"]
    assert (item["percent"], item["done"], item["tasks"]) == (
        percent,
        states.count("-"),
        len(states),
    )
    assert f"{percent} % done" in workflow(context("^workflow show"), "Release").text
    assert len(list_(context("^task list"), workflow="Release", all_=True).data["items"]) == len(
        states
    )


def test_a_project_is_as_far_as_its_workflows_on_the_average(context):
    whole = group(context, "Site", "project")
    for title, states in (("one", "-"), ("two", "-+++")):
        group(context, title, set_=[f"project={whole}"])
        for number, state in enumerate(states):
            step(context, f"{title}{number}", title, state)
    group(context, "of no project")
    said = project(context("^project show"), "Site").data
    assert said["percent"] == round((100 + 25) / 2 + 0.01)
    assert [(one["title"], one["percent"]) for one in said["workflows"]] == [
        ("one", 100),
        ("two", 25),
    ]
    (item,) = projects(context("^project list")).data["items"]
    assert (item["percent"], item["workflows"]) == (said["percent"], 2)


def test_an_empty_project_is_at_nothing(context):
    group(context, "Site", "project")
    assert project(context("^project show"), "Site").data["percent"] == 0


@pytest.mark.parametrize(("call", "kind"), [(workflow, "workflow"), (project, "project")])
def test_what_is_not_there_is_refused_by_name(context, call, kind):
    for typed in ("nope", "", "abcdef12"):
        with pytest.raises(UsageError, match=kind):
            call(context(f"^{kind} show"), typed)
    for _ in range(2):
        group(context, "twice", kind)
    with pytest.raises(UsageError, match=f"fits 2 {kind}s"):
        call(context(f"^{kind} show"), "twice")


def test_lists_of_nothing_say_how_to_keep_one(context):
    assert "^workflow add" in workflows(context("^workflow list")).text
    assert "^project add" in projects(context("^project list")).text
    assert "^task add" in list_(context("^task list")).text


def test_a_task_says_of_which_workflow_it_is(context):
    one = group(context, "Release")
    add_task(context("^task add"), ["a"], id_="a", workflow=one[:6])
    assert show(context("^task show"), "a").data["workflow"] == one


def test_how_far_they_were_is_told_of_a_time(context):
    whole = group(context, "Site", "project")
    release = group(context, "Release", set_=[f"project={whole}"])
    step(context, "one", "Release", "+")
    context.now += 2 * DAY
    set_(context("^task set"), "one", "done")
    group(context, "Later")
    group(context, "Later", "project")
    for when, percent, count in (({"as_of": "1d"}, 0, 1), ({}, 100, 2)):
        for call, kind, identity in (
            (workflows, "workflow", release),
            (projects, "project", whole),
        ):
            items = call(context(f"^{kind} list"), **when).data["items"]
            assert {one["id"]: one["percent"] for one in items}[identity] == percent
            assert len(items) == count
        assert workflow(context("^workflow show"), release, **when).data["percent"] == percent
        assert project(context("^project show"), whole, **when).data["percent"] == percent
