"""^status names what waits: to be published, to be sent, to be looked at; it changes nothing."""

import os

from agence.commands.conflicts.answer import answer
from agence.commands.conflicts.list import list_ as conflicts
from agence.commands.knowledge.edit import edit
from agence.commands.push import push
from agence.commands.status import status
from agence.commands.sync import sync
from agence.commands.tasks.claim import claim

LAWS = ".agence/codex/LAWS.md"


def said(context):
    return status(context("^status")).data


def test_what_is_not_published(context):
    identity = context.keep("Pin the compiler")
    edit(context("^lesson edit"), identity, tag=["build"])
    report = status(context("^status"))
    mine = [one for one in report.data["unpublished"] if one["entity"] == identity]
    assert [one["kind"] for one in mine] == ["lesson", "lesson"]
    assert report.data["unpublished"] == [
        {
            "id": event["id"],
            "kind": event["body"]["kind"],
            "entity": event["body"]["entity"] or event["id"],
        }
        for event in context.events()
    ]
    assert report.text.count("Pin the compiler") == 1
    context.commit()
    assert said(context)["unpublished"] == []


def test_what_is_published_and_not_sent(desks):
    ours, theirs = desks
    assert said(ours)["unsent"] == 0
    ours.keep("x")
    assert said(ours)["unsent"] == 0
    ours.commit()
    assert said(ours)["unsent"] == 1
    push(ours("^push"))
    assert said(ours)["unsent"] == 0
    theirs.clone.git("pull", "--quiet")
    assert said(theirs)["unsent"] == 0


def test_what_was_synced_is_sent(desks):
    ours, _ = desks
    ours.commit()
    push(ours("^push"))
    ours.keep("x")
    sync(ours("^sync"))
    ours.commit()
    report = status(ours("^status"))
    assert report.data["unsent"] == 0
    assert push(ours("^push")).text == "Pushed main to origin; no event of yours was missing there"


def test_what_waits_in_the_shared_log(desks):
    ours, theirs = desks
    for title in ("x", "y"):
        ours.keep(title)
    sync(ours("^sync"))
    theirs.clone.git("fetch", "--quiet")
    report = status(theirs("^status"))
    assert "2 changes wait in origin's shared log: `agence ^sync` takes them in" in report.text
    assert "refs/" not in report.text
    sync(theirs("^sync"))
    assert "shared log" not in status(theirs("^status")).text


def test_conflicts_that_wait_for_an_answer(desks):
    ours, theirs = desks
    assert said(ours)["conflicts"] == 0
    kept = ours.keep("x", "one")
    sync(ours("^sync"))
    sync(theirs("^sync"))
    edit(ours("^lesson edit"), kept, body="of ours")
    edit(theirs("^lesson edit"), kept, body="of theirs")
    sync(theirs("^sync"))
    sync(ours("^sync"))
    report = status(ours("^status"))
    assert report.data["conflicts"] == conflicts(ours("^conflicts")).data["open"] == 1
    assert "1 conflict waits for an answer: `agence ^conflicts`" in report.text
    (one,) = conflicts(ours("^conflicts")).data["items"]
    answer(ours("^conflicts answer"), one["id"], take="both")
    assert said(ours)["conflicts"] == 0


def test_a_claim_is_named_by_its_task(desks):
    ours, _ = desks
    task = ours.keep("Mend the roof", verb="^task")
    claim(ours("^task claim", speaker="ralph"), task)
    assert f"claim  of task {task[:8]}  Mend the roof" in status(ours("^status")).text


def test_what_was_edited_by_hand(context):
    identity = context.keep("x")
    context.commit()
    path = f".agence/synthetic/lessons/x-{identity[:8]}.md"
    assert said(context)["drafts"] == []
    for name in (path, LAWS):
        context.clone.write(name, context.clone.read(name) + "by hand\n")
    report = status(context("^status"))
    assert report.data["drafts"] == sorted([path, LAWS])
    assert path in report.text
    assert LAWS in report.text


def test_a_view_that_is_only_stale_or_gone_is_no_draft(context):
    identity = context.keep("x")
    context.commit()
    path = f".agence/synthetic/lessons/x-{identity[:8]}.md"
    old = context.clone.read(path)
    edit(context("^lesson edit"), identity, title="y")
    assert said(context)["drafts"] == []
    context.commit()
    context.clone.write(path, old)
    assert said(context)["drafts"] == []
    os.unlink(os.path.join(context.clone.path, path))
    assert said(context)["drafts"] == []


def test_what_is_known_and_not_in_force_is_named_by_its_ref(desks):
    ours, theirs = desks
    theirs.clone.git("checkout", "--quiet", "-b", "side")
    theirs.keep("on a branch", verb="^plan")
    theirs.keep("on a branch too")
    theirs.commit()
    theirs.clone.git("push", "--quiet", "origin", "side")
    ours.clone.git("fetch", "--quiet")
    report = status(ours("^status"))
    assert report.data["not_in_force"] == [
        {"ref": "refs/remotes/origin/side", "events": 2, "kinds": ["lesson", "plan"]}
    ]
    assert "refs/remotes/origin/side" in report.text
    assert said(theirs)["not_in_force"] == []


def test_private_knowledge_is_counted_and_never_shown(context):
    context.keep("Ask Dana", verb="~note")
    report = status(context("^status"))
    assert report.data["private"] == 1
    assert "Dana" not in str(report)


def test_what_does_not_verify_is_named(context):
    identity = context.keep("x")
    path = next(one for one in context.commit() if one.endswith(".jsonl"))
    context.clone.git("checkout", "--quiet", "-b", "other")
    broken = context.clone.read(path).replace('"value":"x"', '"value":"z"')
    context.clone.commit(path, broken)
    faults = said(context)["faults"]
    assert [one["source"] for one in faults]
    assert identity not in str(faults)


def test_it_says_which_branch_counts_as_the_shards_own(desks, context):
    ours, _ = desks
    data = said(ours)
    assert (data["remote"], data["branch"]) == ("origin", "main")
    assert data["shard"] == ours.events()[0]["id"]
    assert (said(context)["remote"], said(context)["branch"]) == ("", "")


def test_it_changes_nothing(context):
    context.keep("x")
    before = (context.clone.git("status", "--porcelain"), context.events())
    status(context("^status"))
    assert (context.clone.git("status", "--porcelain"), context.events()) == before


def test_through_the_door(context):
    assert context.clone.agence_json("^status")["data"]["private"] == 0
