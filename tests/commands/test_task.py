"""Tasks: kept, measured, ordered, and what waits for what, by the verbs themselves."""

import itertools

import pytest

from agence.base.errors import Refusal, UsageError
from agence.commands.pull import pull
from agence.commands.push import push
from agence.commands.tasks.add import add
from agence.commands.tasks.check import check
from agence.commands.tasks.claim import claim
from agence.commands.tasks.dep import dep
from agence.commands.tasks.done import done
from agence.commands.tasks.edit import edit
from agence.commands.tasks.expr import expr
from agence.commands.tasks.list import list_
from agence.commands.tasks.next import next_
from agence.commands.tasks.reopen import reopen
from agence.commands.tasks.set import set_
from agence.commands.tasks.show import show
from agence.commands.tasks.start import start
from agence.commands.tasks.undep import undep
from agence.commands.tasks.vote import vote
from agence.schema.effects import add_member, set_field
from agence.work.states import STATES
from tests.commands.desk import DAY


def keep(desk, name, verb="^task add", **more):
    return add(desk(verb), [f"Do {name}"], id_=name, **more).data["id"]


def shown(desk, name, verb="^task show"):
    return show(desk(verb), name).data


def listed(desk, **more):
    return [one["name"] for one in list_(desk("^task list"), **more).data["items"]]


def test_what_is_kept_is_shown_again(context):
    keep(context, "test")
    keep(
        context,
        "ship",
        body="All of it.",
        tag=["web"],
        priority=4,
        stars=2,
        needs=["test"],
        scope=["./web/", "docs"],
        agent="ralph",
    )
    said = shown(context, "ship")
    assert (said["title"], said["body"], said["tags"]) == ("Do ship", "All of it.", ["web"])
    assert (said["priority"], said["stars"], said["agent"]) == (4, 2, "@ralph")
    assert said["scope_paths"] == ["docs", "web"]
    assert said["blocked_by"] == [shown(context, "test")["id"]]
    assert shown(context, said["id"][:8]) == said
    text = show(context("^task show"), "ship").text
    assert "waits for test" in text
    assert "All of it." in text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"priority": 9}, "priority must be 1-5"),
        ({"priority": 0}, "priority must be 1-5"),
        ({"stars": -1}, "stars must be >= 0"),
        ({"complexity": 6}, "complexity must be 0-5"),
        ({"state": "zz"}, "invalid state"),
        ({"needs": ["nope"]}, "not found"),
        ({"scope": ["../else"]}, "not inside the repository"),
        ({"agent": "two words"}, "no agent's name"),
        ({"workflow": "nope"}, "is no workflow"),
    ],
)
def test_what_no_task_can_have_is_refused_by_name(context, more, words):
    with pytest.raises(UsageError, match=words):
        keep(context, "task", **more)
    assert listed(context) == []


@pytest.mark.parametrize("name", ["two words", "a:b", "@x", "", "-x", "é", "x" * 64])
def test_a_name_is_a_word(context, name):
    if name:
        with pytest.raises(UsageError, match="can't name a task"):
            keep(context, name)
    else:
        assert shown(context, keep(context, name))["name"] == ""


def test_a_name_is_given_once(context):
    keep(context, "ship")
    with pytest.raises(UsageError, match="already exists"):
        keep(context, "ship")
    keep(context, "test")
    with pytest.raises(UsageError, match="already exists"):
        edit(context("^task edit"), "test", id_="ship")


def test_a_name_that_is_the_beginning_of_anothers_id_takes_nobodys_place(context):
    one = keep(context, "")
    keep(context, one[:8])
    with pytest.raises(UsageError, match="is the name of 2 tasks"):
        shown(context, one[:8])
    assert shown(context, one[:12])["id"] == one


def test_two_tasks_that_got_one_name_in_two_clones_are_told_apart_by_their_ids(desks, send):
    ours, theirs = desks
    ids = {keep(ours, "ship"), keep(theirs, "ship")}
    send()
    with pytest.raises(UsageError, match="is the name of 2 tasks"):
        shown(theirs, "ship")
    assert {shown(theirs, one[:8])["id"] for one in ids} == ids
    dep(theirs("^task dep"), *(one[:8] for one in ids))
    assert len(listed(theirs, blocked=True)) == 1


def test_what_a_stranger_wrote_into_fields_stays_on_its_line(context):
    keep(context, "a", agent="ralph")
    shard = context("^x").shard
    bad = "@x\n\x1b[2Jdone"
    values = {
        "name": bad,
        "agent": bad,
        "claim": {"agent": bad, "fence": 1, "writer": "", "until": 1},
    }
    effects = [set_field(name, value) for name, value in values.items()]
    effects += [add_member(name, bad) for name in ("needs", "after", "scope")]
    task = shard.entity(shown(context, "a")["id"], "shared", "task")
    shard.append([shard.draft("task", "shared", effects, over=task)])
    said = show(context("^task show"), task.id).text + list_(context("^task list")).text
    assert "\x1b" not in said
    assert "\ndone" not in said


@pytest.mark.parametrize(
    "call",
    [
        lambda desk: show(desk("^task show"), "nope"),
        lambda desk: set_(desk("^task set"), "nope", "done"),
        lambda desk: done(desk("^task done"), ["nope"]),
        lambda desk: dep(desk("^task dep"), "nope", "other"),
        lambda desk: vote(desk("^task vote"), "nope", "up"),
    ],
)
def test_a_task_that_is_not_there_is_not_found(context, call):
    with pytest.raises(UsageError, match="not found"):
        call(context)


def test_the_list_is_sorted_by_score_and_hides_what_is_done(context):
    for name, priority in (("low", 1), ("high", 5), ("middle", 3), ("over", 5)):
        keep(context, name, priority=priority)
    done(context("^task done"), ["over"])
    assert listed(context) == ["high", "middle", "low"]
    everything = listed(context, all_=True)
    assert (sorted(everything[:2]), everything[2:]) == (["high", "over"], ["middle", "low"])
    assert listed(context, state="done") == ["over"]
    assert listed(context, limit=1) == ["high"]
    said = list_(context("^task list"))
    assert (said.data["count"], said.data["done"]) == (3, 1)


def test_scores_follow_the_formula(context):
    keep(context, "plain", priority=3, stars=1)
    assert shown(context, "plain")["score"] == 30 + 25
    keep(context, "later", needs=["plain"])
    said = shown(context, "plain")
    assert said["score"] == 30 + 25 + 100 * said["heat"]
    assert said["heat"] == 0.25


def test_votes_of_both_sides_all_count(desks, send):
    ours, theirs = desks
    keep(ours, "ship")
    send()
    vote(ours("^task vote"), "ship", "up")
    vote(ours("^task vote"), "ship", "up")
    vote(theirs("^task vote"), "ship", "down")
    theirs.commit()
    push(theirs("^push"))
    pull(ours("^pull"))
    said = shown(ours, "ship")
    assert (said["votes"], said["score"]) == (1, 10 + 25)
    with pytest.raises(UsageError, match="no vote"):
        vote(ours("^task vote"), "ship", "sideways")


def test_a_dependency_waits_until_the_other_is_done(context):
    for name in ("a", "b", "c"):
        keep(context, name)
    assert dep(context("^task dep"), "a", "b").text == "a waits for b"
    dep(context("^task dep"), "a", "c", soft=True)
    assert listed(context, blocked=True) == ["a"]
    assert sorted(listed(context, runnable=True)) == ["b", "c"]
    with pytest.raises(Refusal, match="waits for b"):
        start(context("^task start"), "a")
    said = done(context("^task done"), ["b"])
    assert "can begin now: a" in said.text
    assert shown(context, "a")["runnable"]


def test_what_waits_is_not_done_unless_that_is_forced_or_done_with_it(context):
    keep(context, "build")
    keep(context, "ship", needs=["build"])
    before = context.events()
    for call in (
        lambda: done(context("^task done"), ["ship"]),
        lambda: set_(context("^task set"), "ship", "done"),
    ):
        with pytest.raises(Refusal, match="task ship waits for build") as raised:
            call()
        assert "--force" in raised.value.hint
    assert context.events() == before
    assert done(context("^task done"), ["ship", "build"]).data["count"] == 2
    keep(context, "open")
    keep(context, "late", needs=["open"])
    done(context("^task done"), ["late"], force=True)
    assert "late" in listed(context, state="done")


def test_what_is_done_already_is_said_to_be_by_whom(context):
    keep(context, "ship")
    claim(context("^task claim", speaker="ralph"), "ship")
    assert "number" not in show(context("^task show"), "ship").text  # it is not exclusive
    done(context("^task done", speaker="ralph"), ["ship"])
    before = context.events()
    said = done(context("^task done", speaker="sonya"), ["ship"])
    assert (said.text, said.code) == ("ship is done already, by @ralph", 0)
    assert context.events() == before


def test_a_dependency_that_is_there_is_said_to_be(context):
    keep(context, "a")
    keep(context, "b")
    dep(context("^task dep"), "a", "b")
    again = dep(context("^task dep"), "a", "b")
    assert (again.code, again.data["added"]) == (0, [])
    assert "already exists" in again.text


def test_a_dependency_can_become_soft_and_hard_again(context):
    a, b = keep(context, "a"), keep(context, "b")
    dep(context("^task dep"), "a", "b")
    dep(context("^task dep"), "a", "b", soft=True)
    assert (shown(context, a)["needs"], shown(context, a)["after"]) == ([], [b])
    dep(context("^task dep"), "a", "b")
    assert (shown(context, a)["needs"], shown(context, a)["after"]) == ([b], [])


def test_a_circle_is_refused_when_it_is_written(context):
    for name in ("a", "b", "c"):
        keep(context, name)
    with pytest.raises(UsageError, match="cannot depend on itself"):
        dep(context("^task dep"), "a", "a")
    dep(context("^task dep"), "a", "b")
    dep(context("^task dep"), "b", "c")
    with pytest.raises(UsageError, match="would create a cycle: c waits for a"):
        dep(context("^task dep"), "c", "a")
    assert shown(context, "c")["needs"] == []


def test_a_circle_that_two_clones_close_together_is_shown_and_blocks(desks, send):
    ours, theirs = desks
    a, b = keep(ours, "a"), keep(ours, "b")
    send()
    dep(ours("^task dep"), "a", "b")
    dep(theirs("^task dep"), "b", "a")
    theirs.commit()
    push(theirs("^push"))
    pull(ours("^pull"))
    for name in ("a", "b"):
        said = shown(ours, name)
        assert said["circle"] == sorted([a, b])
        assert not said["runnable"]
        assert "in a circle with" in show(ours("^task show"), name).text
    undep(ours("^task undep"), "a", "b")
    assert [shown(ours, name)["circle"] for name in ("a", "b")] == [[], []]
    assert listed(ours, runnable=True) == ["a"]


def test_what_is_not_depended_on_cannot_be_taken_out(context):
    keep(context, "a", needs=["other:x"])
    keep(context, "b")
    assert shown(context, "a")["blocked_by"] == ["other:x"]
    with pytest.raises(UsageError, match="does not depend on"):
        undep(context("^task undep"), "a", "b")
    undep(context("^task undep"), "a", "other:x")
    assert shown(context, "a")["runnable"]


@pytest.mark.parametrize("state", [one for one in STATES if one.sign != "-"])
def test_a_state_is_said_by_name_or_sign_and_what_is_done_stays_done(context, state):
    keep(context, "a")
    assert set_(context("^task set"), "a", state.name).data["state"] == state.sign
    assert set_(context("^task set"), "a", state.sign).data["state_name"] == state.name
    done(context("^task done"), ["a"])
    with pytest.raises(UsageError, match="the task is done"):
        set_(context("^task set"), "a", state.name)
    assert reopen(context("^task reopen"), "a", because="it leaks").data["state"] == "+"
    assert shown(context, "a")["body"] == "Reopened: it leaks"
    with pytest.raises(UsageError, match="nothing to reopen"):
        reopen(context("^task reopen"), "a")


@pytest.mark.parametrize("state", [one.name for one in STATES])
def test_no_merge_reopens_what_is_done(desks, send, state):
    ours, theirs = desks
    keep(ours, "a")
    send()
    done(ours("^task done"), ["a"])
    set_(theirs("^task set"), "a", state)
    theirs.commit()
    push(theirs("^push"))
    pull(ours("^pull"))
    ours.commit()
    push(ours("^push"))
    pull(theirs("^pull"))
    assert [shown(desk, "a")["state"] for desk in desks] == ["-", "-"]


def test_next_names_what_can_be_taken_by_whoever_asks(context):
    def named(**how):
        task = next_(context("^task next", **how)).data["task"]
        return task and task["name"]

    assert named() is None
    keep(context, "ship", priority=5, needs=["other:x"])
    keep(context, "given", priority=4, agent="ralph")
    keep(context, "free", priority=2, scope=["web"])
    assert named() == "free"
    assert named(speaker="ralph") == "given"
    wanted = next_(context("^task next"), scope=["docs/"])
    assert (wanted.data["task"], wanted.data["open"]) == (None, 3)
    start(context("^task start", speaker="ralph"), "given")
    assert named(speaker="ralph") == "free"
    assert shown(context, "given")["state"] == "&"
    start(context("^task start"), "free")
    assert shown(context, "free")["state"] == "$"
    assert named() is None


def test_what_is_edited_is_one_event(context):
    keep(context, "ship", scope=["web"], tag=["old"])
    before = len(context.events())
    edit(
        context("^task edit"),
        "ship",
        title="Better",
        priority=5,
        stars=3,
        scope=["docs"],
        unscope=["web"],
        tag=["new"],
        untag=["old"],
        agent="@olena",
        id_="out",
    )
    assert len(context.events()) == before + 1
    said = shown(context, "out")
    assert (said["title"], said["priority"], said["stars"]) == ("Better", 5, 3)
    assert (said["scope_paths"], said["tags"], said["agent"]) == (["docs"], ["new"], "@olena")
    again = edit(context("^task edit"), "out", priority=5, tag=["new"])
    assert (again.data["changed"], len(context.events())) == ([], before + 1)
    edit(context("^task edit"), "out")  # in the editor, which makes all of it capital
    assert shown(context, "out")["title"] == "BETTER"


def test_a_line_makes_a_task_and_adds_dependencies(context):
    keep(context, "test")
    keep(context, "docs")
    expr(context("^task expr"), ["***%ship@ralph:sec=internal", "^ test"])
    said = shown(context, "ship")
    assert (said["priority"], said["state"], said["agent"]) == (3, "%", "@ralph")
    assert (said["security"], said["title"]) == ("internal", "ship")
    assert said["blocked_by"] == [shown(context, "test")["id"]]
    expr(context("^task expr"), ["ship ; docs"])
    assert shown(context, "ship")["after"] == [shown(context, "docs")["id"]]
    expr(context("^task expr"), ["^ repo2:other"], of="docs")
    assert shown(context, "docs")["blocked_by"] == ["repo2:other"]
    with pytest.raises(UsageError, match="already exists"):
        expr(context("^task expr"), ["*ship"])
    with pytest.raises(UsageError, match="another repository"):
        expr(context("^task expr"), ["far:away"])
    with pytest.raises(UsageError, match="column"):
        expr(context("^task expr"), ["ship ^^ x"])
    with pytest.raises(UsageError, match="would create a cycle"):
        expr(context("^task expr"), ["test ^ ship"])


def test_a_shard_is_called_by_its_name(context):
    keep(context, "a")
    keep(context, "b", needs=["repo:a"])
    assert shown(context, "b")["needs"] == [shown(context, "a")["id"]]


def test_a_label_keeps_a_task_on_this_machine(context):
    expr(context("^task expr"), ["plan:sec=secret"])
    assert shown(context, "plan")["tier"] == "T5"


@pytest.mark.parametrize(
    ("scope", "paths", "code", "out"),
    [
        (["lib/"], ["tests/x"], 1, ["tests/x"]),
        (["lib/"], ["lib/x", "lib/deep/y"], 0, []),
        ([], ["x"], 0, []),
        (["lib2"], ["lib/x"], 1, ["lib/x"]),
    ],
)
def test_changes_are_checked_against_the_scope(context, scope, paths, code, out):
    keep(context, "a", scope=scope)
    said = check(context("^task check"), paths, scope_of="a")
    assert (said.code, said.data["in_scope"], said.data["out"]) == (code, code == 0, out)


def test_without_a_task_nothing_is_in_scope(context):
    said = check(context("^task check"), ["x"])
    assert (said.code, said.data["in_scope"], said.data["why"]) == (1, False, "no task is named")


def test_what_git_says_differs_is_checked(context):
    keep(context, "a", scope=["lib"])
    context.clone.write("lib/new.py", "1\n")
    context.clone.write("elsewhere.py", "1\n")
    said = check(context("^task check"), scope_of="a", diff=True)
    assert (said.code, said.data["out"]) == (1, ["elsewhere.py"])
    context.clone.git("add", "--all")
    context.clone.git("commit", "--quiet", "-m", "More")
    assert check(context("^task check"), scope_of="a", diff=True).code == 0
    said = check(context("^task check"), ["HEAD~1"], scope_of="a", diff=True)
    assert said.data["out"] == ["elsewhere.py"]
    with pytest.raises(UsageError, match="git can't say"):
        check(context("^task check"), ["no-such-branch"], scope_of="a", diff=True)


def test_a_private_task_stays_private(context):
    keep(context, "mine", verb="~task add")
    assert shown(context, "mine", "~task show")["scope"] == "private"
    assert listed(context) == []
    done(context("~task done"), ["mine"])
    assert shown(context, "mine", "~task show")["state"] == "-"


def test_what_looks_like_a_credential_is_not_kept(context):
    token = "ghp_" + "a1B2" * 9
    for call in (
        lambda: keep(context, "a", body=f"use {token}"),
        lambda: expr(context("^task expr"), ["a"], title=token),
    ):
        with pytest.raises(Refusal, match="credential"):
            call()
    keep(context, "b")
    with pytest.raises(Refusal, match="credential"):
        edit(context("^task edit"), "b", body=token)
    with pytest.raises(Refusal, match="credential"):
        reopen_done(context, token)


def reopen_done(context, token):
    done(context("^task done"), ["b"])
    reopen(context("^task reopen"), "b", because=token)


def test_clones_that_merge_in_any_order_have_the_same_tasks(desks, send):
    ours, theirs = desks
    keep(ours, "a", priority=2)
    send()
    edit(ours("^task edit"), "a", priority=5, stars=1)
    edit(theirs("^task edit"), "a", priority=3, stars=4, agent="ralph")
    done(theirs("^task done"), ["a"])
    set_(ours("^task set"), "a", "failed")
    for first, second in itertools.permutations(desks):
        for desk in (first, second, first):
            pull(desk("^pull"))
            desk.commit()
            push(desk("^push"))
    said = [shown(desk, "a") for desk in desks]
    assert said[0] == said[1]
    assert (said[0]["priority"], said[0]["stars"], said[0]["state"]) == (5, 4, "-")


@pytest.mark.parametrize("typed", ["", " "])
@pytest.mark.parametrize(
    "call",
    [
        lambda desk, typed: done(desk("^task done"), [typed]),
        lambda desk, typed: set_(desk("^task set"), typed, "done"),
        lambda desk, typed: dep(desk("^task dep"), "ship", typed),
    ],
)
def test_an_empty_word_is_no_tasks_name(context, call, typed):
    keep(context, "ship")
    add(context("^task add"), ["the only one without a name"])
    before = context.events()
    with pytest.raises(UsageError, match="no task is named"):
        call(context, typed)
    assert context.events() == before


def test_what_was_next_is_told_of_a_time(context):
    keep(context, "first")
    context.now += 2 * DAY
    keep(context, "second", priority=5)
    assert next_(context("^task next")).data["task"]["name"] == "second"
    assert next_(context("^task next"), as_of="1d").data["task"]["name"] == "first"
    assert next_(context("^task next"), as_of="2025-01-01").data["task"] is None
