"""^commit publishes own events in a commit of `.agence/` paths, and leaves the user's alone."""

import os

import pytest

from agence.base.errors import ShardError
from agence.base.identifiers import Ambiguous
from agence.commands.commit import commit
from agence.commands.knowledge.edit import edit
from agence.commands.status import status
from agence.git.index_lock import Hold
from tests.clone import Clone
from tests.commands.desk import Desk


def changed(context, commit_id="HEAD"):
    return set(context.clone.git("show", "--format=", "--name-only", commit_id).splitlines())


def view(identity, slug="x"):
    return f".agence/synthetic/lessons/{slug}-{identity[:8]}.md"


def published(context):
    waiting = {one["id"] for one in status(context("^status")).data["unpublished"]}
    return {event["id"] for event in context.events()} - waiting


def test_it_holds_our_paths_and_nothing_else(context):
    context.clone.write("src/shop.py", "PRICE = 5\n")
    context.clone.write("notes.txt", "not tracked\n")
    identity = context.keep("x")
    said = commit(context("^commit")).data
    assert said["commit"] == context.clone.git("rev-parse", "HEAD")
    assert set(said["paths"]) == changed(context)
    assert all(path.startswith(".agence/") for path in said["paths"])
    assert view(identity) in said["paths"]
    assert set(said["events"]) == {event["id"] for event in context.events()}
    assert context.clone.git("status", "--porcelain").splitlines() == [
        " M src/shop.py",
        "?? notes.txt",
    ]


def test_staged_work_stays_staged_and_out_of_it(context):
    context.clone.write("src/shop.py", "PRICE = 5\n")
    context.clone.git("add", "src/shop.py")
    context.clone.write("src/shop.py", "PRICE = 60\n")
    context.commit()
    assert "src/shop.py" not in changed(context)
    assert context.clone.git("status", "--porcelain") == "MM src/shop.py"
    assert context.clone.git("show", ":src/shop.py") == "PRICE = 5"


def test_twice_publishes_once(context):
    context.keep("x")
    first = commit(context("^commit")).data["commit"]
    said = commit(context("^commit")).data
    assert (said["commit"], said["events"], said["paths"]) == (None, [], [])
    assert context.clone.git("rev-parse", "HEAD") == first


def test_only_what_is_named_and_what_it_rests_on(context):
    context.commit()
    first, second = context.keep("x"), context.keep("y")
    edit(context("^lesson edit"), first, tag=["paths"])
    said = commit(context("^commit"), [first[:8]]).data
    assert set(said["events"]) == {
        event["id"] for event in context.events() if first in (event["id"], event["body"]["entity"])
    }
    assert not os.path.exists(os.path.join(context.clone.path, view(second, "y")))
    assert second not in published(context)
    assert commit(context("^commit")).data["events"] == [second]


def test_the_foundation_comes_with_the_first(context):
    identity = context.keep("x")
    context.keep("y")
    said = commit(context("^commit"), [identity]).data
    kinds = {event["id"]: event["body"]["kind"] for event in context.events()}
    assert {kinds[one] for one in said["events"]} == {"shard", "codex", "lesson"}
    assert said["events"].count(identity) == 1


@pytest.mark.parametrize("typed", ["0" * 12, "x", ""])
def test_an_id_that_fits_nothing_changes_nothing(context, typed):
    context.keep("x")
    before = context.clone.git("rev-parse", "HEAD")
    with pytest.raises(Ambiguous):
        commit(context("^commit"), [typed])
    assert context.clone.git("rev-parse", "HEAD") == before


def test_the_message_is_ours_or_yours(context):
    commit(context("^commit"))
    assert context.clone.git("log", "-1", "--format=%s").startswith("agence: publish")
    context.keep("x")
    commit(context("^commit"), message="Learn about x\n\nWith a reason.")
    assert (
        context.clone.git("log", "-1", "--format=%B").strip() == "Learn about x\n\nWith a reason."
    )


def test_stage_only_writes_and_stages(context):
    before = context.clone.git("rev-parse", "HEAD")
    identity = context.keep("x")
    said = commit(context("^commit"), stage=True).data
    assert (said["commit"], said["staged"]) == (None, True)
    assert context.clone.git("rev-parse", "HEAD") == before
    staged = set(context.clone.git("diff", "--cached", "--name-only").splitlines())
    assert staged == set(said["paths"])
    assert view(identity) in staged
    context.clone.git("commit", "--quiet", "-m", "By hand")
    assert context.clone.git("status", "--porcelain") == ""
    assert commit(context("^commit")).data["events"] == []


def test_what_was_edited_by_hand_is_left_alone_and_named(context):
    identity = context.keep("x")
    context.commit()
    text = context.clone.read(view(identity)).replace("+++\n\n", "+++\n\nby hand\n\n")
    context.clone.write(view(identity), text)
    edit(context("^lesson edit"), identity, tag=["paths"])
    report = commit(context("^commit"))
    assert report.data["drafts"] == [view(identity)]
    assert view(identity) in report.text
    assert view(identity) not in changed(context)
    assert context.clone.read(view(identity)) == text
    assert context.clone.git("status", "--porcelain") == f" M {view(identity)}"


def test_a_stale_view_is_renewed(context):
    identity = context.keep("x")
    context.commit()
    edit(context("^lesson edit"), identity, body="more")
    assert view(identity) in commit(context("^commit")).data["paths"]
    assert "more" in context.clone.read(view(identity))


def test_private_events_are_not_published(context):
    context.keep("Ask Dana", "z" * 60_000, verb="~note")
    context.commit()
    kept = context.clone.git("grep", "-l", "-e", "Dana", "--cached", code=1)
    assert kept == ""
    assert context.events("hermetic")[0]["id"] not in published(context)


@pytest.mark.parametrize("head", ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"])
def test_in_the_middle_of_something_it_refuses_and_changes_nothing(context, head):
    context.keep("x")
    tip = context.clone.git("rev-parse", "HEAD")
    context.clone.write(f".git/{head}", f"{tip}\n")
    before = context.clone.git("status", "--porcelain")
    with pytest.raises(ShardError):
        commit(context("^commit"))
    assert context.clone.git("rev-parse", "HEAD") == tip
    assert context.clone.git("status", "--porcelain") == before


def test_a_detached_head_is_warned_of(context):
    context.clone.git("checkout", "--quiet", "--detach")
    assert "detached" in commit(context("^commit")).text


def test_the_first_commit_of_a_repository(tmp_path, context):
    context.clone.git("checkout", "--quiet", "--orphan", "empty")
    context.clone.git("rm", "-r", "--quiet", "--force", ".")
    identity = context.keep("x")
    commit(context("^commit"))
    assert view(identity) in context.clone.git("ls-files")
    assert context.clone.git("rev-list", "--count", "HEAD") == "1"


def test_through_the_door(context):
    context.keep("x")
    said = context.clone.agence_json("^commit", "-m", "Publish")["data"]
    assert said["commit"] == context.clone.git("rev-parse", "HEAD")
    assert context.clone.git("status", "--porcelain") == ""


def test_views_are_brought_after_a_linked_work_tree_is_gone(context):
    context.commit()
    linked = os.path.join(os.path.dirname(context.clone.path), "linked")
    context.clone.git("worktree", "add", "--quiet", "-b", "side", linked)
    there = Desk(Clone(linked), 7)
    kept = [there.keep(f"kept there {number}") for number in range(3)]
    there.commit()
    context.clone.git("worktree", "remove", "--force", linked)
    made = [context.keep("x") for _ in range(6)]
    paths = context.commit()
    assert {view(one) for one in made} <= set(paths)
    assert {view(one, f"kept-there-{n}") for n, one in enumerate(kept)} <= set(paths)


def test_the_lock_of_a_killed_publication_is_cleared_by_whatever_comes_next(context, monkeypatch):
    context.keep("x")
    left = Hold(context("^status").shard.repo, context.local("..", "index"))
    left.__enter__()
    os.close(left._flock)  # as the kernel does it when the process dies
    lock = context.local("..", "index.lock")
    assert os.path.exists(lock)
    status(context("^status"))
    assert not os.path.exists(lock)
    context.clone.git("commit", "--quiet", "--allow-empty", "-m", "by hand")


def test_a_message_without_its_option(context):
    context.keep("x")
    with pytest.raises(Ambiguous, match="no item 'my message'") as raised:
        commit(context("^commit"), ["my message"])
    assert "^commit -m" in raised.value.hint


def test_only_views_are_renewed(context):
    identity = context.keep("x")
    context.commit()
    path = view(identity)
    context.clone.git("rm", "--quiet", path)
    context.clone.git("commit", "--quiet", "-m", "by hand")
    report = commit(context("^commit"))
    assert (report.data["events"], report.data["paths"]) == ([], [path])
    assert report.text.startswith("Renewed 1 file in commit ")
    assert "event" not in report.text
