"""^sync exchanges the shared log beside all branches, and says what was sent and what came."""

import json
import os

import pytest

from agence.base.errors import OutsideError, ShardError
from agence.commands.beliefs.add import add as believe
from agence.commands.commit import commit
from agence.commands.conflicts.answer import answer
from agence.commands.conflicts.list import list_ as conflicts
from agence.commands.knowledge.edit import edit
from agence.commands.knowledge.list import list_
from agence.commands.learn import learn
from agence.commands.push import push
from agence.commands.recall import recall
from agence.commands.state import state
from agence.commands.status import status
from agence.commands.sync import sync
from agence.shard import sync as exchange
from agence.shard.shard import Shard
from tests.clone import Clone
from tests.commands.desk import Desk

LOG = "refs/agence/shared/log"
FETCHED = "refs/agence/remotes/origin/log"
BRANCH = "agence/refs"
COUNTS = ("clean", "merged", "conflicts")
REFUSES = """#!/bin/sh
case "$1" in refs/agence/*) echo "only branches are kept here" >&2; exit 1 ;; esac
"""


def synced(desk):
    return sync(desk("^sync")).data


def counts(desk):
    said = synced(desk)
    return tuple(said[one] for one in COUNTS)


def titles(desk, **how):
    return {one["title"] for one in list_(desk("^lesson list"), **how).data["items"]}


def folded(desk):
    return state(desk("^state"), hash_only=True).data


def remote_of(desk):
    return Clone(desk.clone.git("remote", "get-url", "origin"))


def events_at(clone, ref):
    """The ids of the events in a log, read by git and nothing of ours."""
    listed = clone.git("ls-tree", "-r", "--name-only", ref, "--", "log/").splitlines()
    contents = [clone.git("cat-file", "blob", f"{ref}:{p}") for p in listed if p[-6:] == ".jsonl"]
    return {json.loads(line)["id"] for one in contents for line in one.splitlines()}


def hook(clone, name, text):
    path = os.path.join(clone.git("rev-parse", "--absolute-git-dir"), "hooks", name)
    clone.write(path, text)
    os.chmod(path, 0o755)


def test_what_one_keeps_the_other_knows(desks):
    ours, theirs = desks
    kept = ours.keep("Pin the compiler", "Floating versions break builds.", "build")
    said = sync(ours("^sync"))
    assert (said.data["sent"], said.data["received"], said.data["tries"]) == (1, 0, 1)
    assert said.data["remote"] == "origin"
    assert "1 change sent" in said.text
    assert events_at(remote_of(ours), LOG) == {kept}
    assert said.data["tip"] == remote_of(ours).git("rev-parse", LOG)

    assert titles(theirs) == set()
    said = sync(theirs("^sync"))
    assert (said.data["sent"], said.data["received"]) == (0, 1)
    assert "1 change by others in 1 item: 1 clean, 0 merged, 0 in conflict" in said.text
    assert titles(theirs) == {"Pin the compiler"}
    assert recall(theirs("^recall"), ["floating"]).data["count"] == 1
    assert folded(theirs) == folded(ours)


def test_done_again_it_changes_nothing_and_opens_no_index(desks, monkeypatch):
    ours, theirs = desks
    ours.keep("x")
    synced(ours)
    synced(theirs)
    refs = [one.clone.git("for-each-ref") for one in (*desks, Desk(remote_of(ours)))]
    with monkeypatch.context() as patch:
        patch.setattr(Shard, "index", lambda *_: pytest.fail("an index was opened"))
        for desk in desks:
            said = synced(desk)
            assert [said[one] for one in ("sent", "received", *COUNTS)] == [0] * 5
            assert said["tip"] == remote_of(ours).git("rev-parse", LOG)
    assert refs == [one.clone.git("for-each-ref") for one in (*desks, Desk(remote_of(ours)))]


def test_an_event_kept_while_it_works_is_sent_the_next_time(desks, monkeypatch):
    """What there is nothing to do about is what was there when the work began."""
    ours, _ = desks
    ours.keep("first")
    original = exchange._sent

    def slowly(*words):
        learn(ours("^learn"), ["second"])
        return original(*words)

    with monkeypatch.context() as patch:
        patch.setattr(exchange, "_sent", slowly)
        said = synced(ours)
        assert (said["sent"], said["received"]) == (1, 0)
    assert synced(ours)["sent"] == 1


def test_what_is_on_the_default_branch_is_not_sent(desks):
    ours, _ = desks
    ours.keep("x")
    ours.commit()
    push(ours("^push"))
    assert synced(ours)["sent"] == 0
    assert "refs/agence" not in remote_of(ours).git("for-each-ref")


def test_published_here_and_not_pushed_it_is_the_same_file(desks):
    ours, theirs = desks
    paths = []
    for title in ("x", "y"):
        ours.keep(title)
        paths += [one for one in ours.commit() if one.endswith(".jsonl")]
    synced(ours)
    listed = remote_of(ours).git("ls-tree", "-r", LOG).split()
    assert [one for one in listed if one.endswith(".jsonl")] == [
        path.removeprefix(".agence/") for path in paths
    ]
    for path in paths:
        assert ours.clone.git("rev-parse", f"HEAD:{path}") in listed
    synced(theirs)
    assert titles(theirs) == {"x", "y"}


def test_what_own_events_rest_on_comes_along(desks):
    """A lesson of a colleague's branch that was edited here."""
    ours, theirs = desks
    kept = theirs.keep("of theirs")
    other = theirs.keep("not asked for")
    theirs.commit()
    theirs.clone.git("push", "--quiet", "origin", "HEAD:topic")
    ours.clone.git("fetch", "--quiet")
    ours.clone.git("checkout", "--quiet", "--detach", "origin/topic")
    edit(ours("^lesson edit"), kept, title="edited here")
    ours.clone.git("checkout", "--quiet", "main")
    assert synced(ours)["sent"] == 2
    sent = events_at(remote_of(ours), LOG)
    assert kept in sent
    assert other not in sent


def test_what_only_other_refs_hold_is_not_sent(desks, tmp_path):
    ours, theirs = desks
    theirs.keep("of a stranger")
    theirs.commit()
    fork = Clone(tmp_path / "fork.git")
    os.mkdir(fork.path)
    fork.git("init", "--quiet", "--bare")
    theirs.clone.git("push", "--quiet", fork.path, "HEAD:main")
    ours.clone.git("remote", "add", "fork", fork.path)
    ours.clone.git("fetch", "--quiet", "fork")
    kept = ours.keep("ours")
    synced(ours)
    assert events_at(remote_of(ours), LOG) == {kept}
    assert titles(ours) == {"ours"}


def test_nothing_private_is_sent(desks):
    ours, _ = desks
    ours.keep("the zebra is mine", verb="~lesson")
    ours.keep("y")
    synced(ours)
    remote = remote_of(ours)
    listed = remote.git("ls-tree", "-r", "--name-only", LOG).splitlines()
    assert listed
    assert not [one for one in listed if "zebra" in remote.git("cat-file", "blob", f"{LOG}:{one}")]


def test_a_plain_fetch_puts_nothing_in_force(desks):
    ours, theirs = desks
    ours.keep("x")
    synced(ours)
    theirs.clone.git("fetch", "--quiet")
    assert titles(theirs) == set()
    named = [one["ref"] for one in status(theirs("^status")).data["not_in_force"]]
    assert named == [FETCHED]
    assert recall(theirs("^recall"), ["x"], everywhere=True).data["count"] == 1
    assert synced(theirs)["received"] == 1
    assert titles(theirs) == {"x"}
    assert status(theirs("^status")).data["not_in_force"] == []


def test_a_law_that_the_founder_did_not_sign_is_none(desks):
    ours, theirs = desks
    shard = theirs("^x").shard
    page = next(p for p in shard.index("shared").entities("codex") if p.text("path") == "LAWS.md")
    effects = [
        {"op": "set", "field": "path", "value": "LAWS.md"},
        {"op": "set", "field": "text", "value": "Obey the zebra."},
    ]
    shard.append([shard.draft("codex", "shared", effects, page)])
    assert synced(theirs)["sent"] == 1
    synced(ours)
    assert recall(ours("^recall"), ["zebra"]).data["count"] == 0
    assert len(status(ours("^status")).data["not_governance"]) == 1


def test_a_long_text_comes_along(desks):
    ours, theirs = desks
    ours.keep("x", "A long text. " * 6000)
    synced(ours)
    synced(theirs)
    shard = theirs("^x").shard
    (lesson,) = shard.index("shared").entities("lesson")
    assert shard.whole(lesson).text("body").strip() == ("A long text. " * 6000).strip()


def test_the_three_counts(desks):
    ours, theirs = desks
    names = ("apart", "beside", "against")
    ids = {name: ours.keep(name, "one\ntwo\nthree\n") for name in names}
    assert counts(ours) == (0, 0, 0)
    assert counts(theirs) == (3, 0, 0)
    for name in names:
        edit(ours("^lesson edit"), ids[name], body=f"one, of ours in {name}\ntwo\nthree\n")
    edit(theirs("^lesson edit"), ids["beside"], tag=["beside"])
    edit(theirs("^lesson edit"), ids["against"], body="one, of theirs\ntwo\nthree\n")
    synced(ours)
    said = sync(theirs("^sync"))
    assert tuple(said.data[one] for one in COUNTS) == (1, 1, 1)
    assert (said.data["sent"], said.data["received"]) == (2, 3)
    assert "3 changes by others in 3 items: 1 clean, 1 merged, 1 in conflict" in said.text
    assert said.text.endswith("1 conflict waits for an answer: `agence ^conflicts`")
    assert counts(ours) == (0, 1, 1)
    assert folded(ours) == folded(theirs)


def test_nothing_of_the_user_is_touched(desks):
    ours, theirs = desks
    theirs.keep("x")
    synced(theirs)
    clone = ours.clone
    clone.git("tag", "v1")
    clone.write("README.md", "changed\n")
    clone.write("src/new.py", "NEW = 1\n")
    clone.git("add", "src/new.py")
    clone.git("fetch", "--quiet", "origin", "main")

    def inside(name):
        with open(os.path.join(clone.path, ".git", name), "rb") as file:
            return file.read()

    def look():
        said = clone.git("status", "--porcelain"), clone.git("stash", "list")
        refs = clone.git("for-each-ref", "refs/heads", "refs/tags", "refs/remotes")
        return [*map(inside, ("HEAD", "FETCH_HEAD", "index", "config")), refs, *said]

    before = look()
    ours.keep("y")
    said = synced(ours)
    assert (said["sent"], said["received"]) == (1, 1)
    assert look() == before
    assert remote_of(ours).git("for-each-ref", "refs/tags") == ""


def test_a_log_that_somebody_took_away_comes_back(desks):
    ours, theirs = desks
    ours.keep("x")
    synced(ours)
    synced(theirs)
    remote_of(ours).git("update-ref", "-d", LOG)
    assert synced(theirs)["sent"] == 1
    assert len(events_at(remote_of(ours), LOG)) == 1
    assert synced(ours)["received"] == 0


def test_a_log_that_was_rewound_is_whole_again(desks):
    ours, theirs = desks
    ours.keep("x")
    synced(ours)
    tip = remote_of(ours).git("rev-parse", LOG)
    theirs.keep("y")
    synced(theirs)
    remote_of(ours).git("update-ref", LOG, tip)
    assert synced(theirs)["sent"] == 1
    synced(ours)
    assert titles(ours) == titles(theirs) == {"x", "y"}


def test_what_was_erased_stays_erased(desks):
    """Another's copy of the same segment, with the data, does not bring them back."""
    ours, theirs = desks
    ours.keep("a name that must go")
    synced(ours)
    synced(theirs)
    clone = theirs.clone
    (path,) = clone.git("ls-tree", "-r", "--name-only", LOG).splitlines()
    event = json.loads(clone.git("cat-file", "blob", f"{LOG}:{path}"))
    del event["data"], event["salt"]
    line = json.dumps(event, sort_keys=True, separators=(",", ":"))
    blob = clone.git("hash-object", "-w", "--stdin", feed=line + "\n")
    index = ("env", f"GIT_INDEX_FILE={clone.path}/.git/erasing", "git")
    clone.run(*index, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    tree = clone.run(*index, "write-tree").stdout.strip()
    erased = clone.git("commit-tree", tree, "-p", LOG, "-m", "erase")
    clone.git("update-ref", LOG, erased)
    synced(theirs)
    assert remote_of(ours).git("rev-parse", f"{LOG}:{path}") == blob
    ours.keep("z")
    synced(ours)
    assert remote_of(ours).git("rev-parse", f"{LOG}:{path}") == blob


def test_a_host_that_takes_no_such_refs_gets_a_branch(desks, monkeypatch):
    ours, theirs = desks
    hook(remote_of(ours), "update", REFUSES)
    ours.keep("x")
    said = sync(ours("^sync"))
    assert (said.data["sent"], said.data["refused"]) == (1, "hook declined")
    assert "in a branch" in said.text
    assert len(events_at(remote_of(ours), BRANCH)) == 1
    assert "refs/agence" not in remote_of(ours).git("for-each-ref")
    theirs.keep("y")
    said = synced(theirs)
    assert (said["sent"], said["received"]) == (1, 1)
    assert synced(ours)["received"] == 1
    assert titles(ours) == titles(theirs) == {"x", "y"}
    with monkeypatch.context() as patch:
        patch.setattr(Shard, "index", lambda *_: pytest.fail("an index was opened"))
        assert synced(ours)["tip"] == remote_of(ours).git("rev-parse", BRANCH)
    assert "agence/refs" not in ours.clone.git("branch")


def test_a_host_that_refuses_the_branch_too(desks):
    ours, _ = desks
    hook(remote_of(ours), "update", "#!/bin/sh\nexit 1\n")
    ours.keep("x")
    with pytest.raises(OutsideError, match="can't be pushed to 'origin'"):
        sync(ours("^sync"))
    os.unlink(os.path.join(remote_of(ours).path, "hooks", "update"))
    assert synced(ours)["sent"] == 1


def test_success_is_not_said_before_it_is_read_back(desks, monkeypatch):
    ours, _ = desks
    hook(remote_of(ours), "post-receive", f"#!/bin/sh\ngit update-ref -d {LOG}\n")
    monkeypatch.setattr(exchange, "_PAUSE", 0)
    ours.keep("x")
    with pytest.raises(OutsideError, match="each time"):
        sync(ours("^sync"))


def test_who_was_slower_tries_again(desks, monkeypatch):
    ours, theirs = desks
    original = exchange._sent
    theirs.keep("of theirs")
    ours.keep("of ours")
    faster = [lambda: synced(theirs)]

    def late(*words):
        if faster:
            monkeypatch.setattr(exchange, "_sent", original)
            faster.pop()()
        return original(*words)

    monkeypatch.setattr(exchange, "_sent", late)
    said = synced(ours)
    assert (said["tries"], said["sent"], said["received"]) == (2, 1, 1)
    synced(theirs)
    assert titles(ours) == titles(theirs) == {"of ours", "of theirs"}


def test_killed_after_the_push_it_goes_on(desks, monkeypatch):
    ours, _ = desks
    ours.keep("x")
    with monkeypatch.context() as patch:
        patch.setattr(exchange, "_keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sync(ours("^sync"))
    assert LOG not in ours.clone.git("for-each-ref")
    assert synced(ours)["sent"] == 0
    assert ours.clone.git("rev-parse", LOG) == remote_of(ours).git("rev-parse", LOG)


def test_what_was_synced_is_published_with_what_rests_on_it(desks):
    ours, theirs = desks
    kept = ours.keep("x")
    synced(ours)
    synced(theirs)
    edit(theirs("^lesson edit"), kept, title="y")
    commit(theirs("^commit"), [])
    push(theirs("^push"))
    ours.clone.git("pull", "--quiet")
    assert titles(ours) == {"y"}
    assert synced(ours)["sent"] == 0


def published(desk):
    desk.commit()
    push(desk("^push"))


def test_what_is_on_the_default_branch_comes_with_it(desks, monkeypatch):
    """One publishes and pushes, the other only syncs: they hear of each other."""
    ours, theirs = desks
    published(ours)
    synced(theirs)
    ours.keep("x")
    published(ours)
    assert titles(theirs) == set()
    said = synced(theirs)
    assert (said["sent"], said["received"], said["clean"]) == (0, 1, 1)
    assert titles(theirs) == {"x"}
    assert theirs.clone.git("rev-parse", "origin/main") == ours.clone.git("rev-parse", "HEAD")
    with monkeypatch.context() as patch:
        patch.setattr(Shard, "index", lambda *_: pytest.fail("an index was opened"))
        assert synced(theirs)["received"] == 0
    assert LOG not in remote_of(ours).git("for-each-ref")


def test_it_counts_both_what_was_pushed_and_what_was_synced(desks):
    ours, theirs = desks
    ours.keep("in the log")
    synced(ours)
    ours.keep("in the branch")
    published(ours)
    said = sync(theirs("^sync"))
    assert (said.data["received"], said.data["clean"]) == (2, 2)
    assert "2 changes by others in 2 items: 2 clean" in said.text


def test_a_default_branch_that_is_gone_stops_nothing(desks):
    ours, theirs = desks
    remote_of(ours).git("update-ref", "-d", "refs/heads/main")
    ours.keep("x")
    assert synced(ours)["sent"] >= 1
    assert synced(theirs)["received"] == 1
    assert titles(theirs) == {"x"}


def test_beliefs_that_contradict_each_other_are_in_conflict(desks, monkeypatch):
    ours, theirs = desks
    believe(ours("^belief add"), "the queue", "runs-on", "redis", confidence=60)
    synced(ours)
    believe(theirs("^belief add"), "the queue", "runs-on", "rabbitmq", confidence=80)
    said = sync(theirs("^sync"))
    assert tuple(said.data[one] for one in (*COUNTS, "open")) == (0, 0, 1, 1)
    waits = "1 conflict waits for an answer: `agence ^conflicts`"
    assert said.text.endswith(waits)
    with monkeypatch.context() as patch:
        patch.setattr(Shard, "index", lambda *_: pytest.fail("an index was opened"))
        assert sync(theirs("^sync")).text.endswith(waits)


def test_what_is_checked_out_counts_for_what_waits(desks):
    """Of a colleague's branch nothing is in force before it is checked out."""
    ours, theirs = desks
    believe(ours("^belief add"), "the queue", "runs-on", "redis")
    ours.commit()
    ours.clone.git("push", "--quiet", "origin", "HEAD:topic")
    believe(theirs("^belief add"), "the queue", "runs-on", "rabbitmq")
    theirs.clone.git("fetch", "--quiet")
    assert [synced(theirs)["open"] for _ in range(2)] == [0, 0]
    theirs.clone.git("checkout", "--quiet", "--detach", "origin/topic")
    assert [synced(theirs)["open"] for _ in range(2)] == [1, 1]
    theirs.clone.git("checkout", "--quiet", "main")
    assert synced(theirs)["open"] == 0


def test_what_is_kept_in_both_versions_waits_for_nobody(desks):
    ours, theirs = desks
    kept = ours.keep("x", "one\n")
    synced(ours)
    synced(theirs)
    edit(ours("^lesson edit"), kept, body="of ours\n")
    synced(ours)
    edit(theirs("^lesson edit"), kept, body="of theirs\n")
    assert sync(theirs("^sync")).data["open"] == 1
    (one,) = conflicts(theirs("^conflicts")).data["items"]
    answer(theirs("^conflicts answer"), one["id"], take="both")
    said = sync(theirs("^sync"))
    assert said.data["open"] == 0
    assert "wait" not in said.text
    assert synced(ours)["conflicts"] == 0


def test_without_a_remote(context):
    with pytest.raises(ShardError, match="no remote") as caught:
        sync(context("^sync"))
    assert caught.value.exit_code == 3


def test_a_remote_that_is_not_configured_any_more(desks):
    ours, _ = desks
    ours.clone.git("remote", "rename", "origin", "other")
    with pytest.raises(ShardError, match="'origin' is gone"):
        sync(ours("^sync"))


def test_a_remote_that_can_not_be_reached(desks):
    ours, _ = desks
    ours.clone.git("remote", "set-url", "origin", "/nowhere/at/all.git")
    ours.keep("x")
    with pytest.raises(OutsideError, match="origin"):
        sync(ours("^sync"))
    assert titles(ours) == {"x"}


def test_through_the_door(desks):
    _, theirs = desks
    data = theirs.clone.agence_json("^sync")["data"]
    assert set(data) >= {*COUNTS, "sent", "received", "tries", "remote", "tip", "refused"}
    assert theirs.clone.run("agence", "^sync").stdout.startswith("Synced with origin: 0 changes")
