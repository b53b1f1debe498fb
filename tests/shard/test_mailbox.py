"""Handoffs as a clone sees them: which there are, whose they are, and who gets one."""

import os
import threading

import pytest

from agence.base.errors import ShardError
from agence.commands.contract import Context
from agence.session.bundle import export
from agence.shard.delivery import offered, post, read_file, without_login, write_file
from agence.shard.mailbox import accepted_by, claimed, look_in, take_up
from agence.shard.sessions import Sessions
from agence.shard.shard import open_shard
from tests.core.session_samples import IDENTITY, keep_all, record

NOW = 1_772_680_900_000


@pytest.fixture
def opened(two_shards):
    """A function that opens one of two clones of a shard, anew each time, as some speaker."""
    for clone in two_shards:
        clone.agence("^init")
        clone.agence("^commit")
        clone.git("push", "--quiet", "origin", "main")
        two_shards[1].git("pull", "--quiet")

    def one(number, speaker=""):
        return open_shard(
            Context(
                scope="shared",
                verb="resume",
                cwd=two_shards[number].path,
                speaker=speaker,
                interactive=False,
                now=lambda: NOW,
                entropy=os.urandom,
                ask=str,
                read_input=str,
                notice=lambda _: None,
                edit=str,
                open_shard=open_shard,
            )
        )

    return one


def hand(shard, to="ralph", note="infra"):
    store = Sessions(shard.layout)
    session = store.keep(record())
    content = export(session.record, shard.repo.work_tree, keep_all)
    event = offered(shard, session, content, to, note)
    ref, _ = post(shard, event, content, to)
    return ref, event, content


def carry(ours, theirs, ref, tmp_path):
    path = str(tmp_path / "letter.bundle")
    write_file(ours, ref, path)
    return read_file(theirs, path)


def test_what_was_posted_is_found_as_it_was(opened):
    ref, event, _ = hand(opened(0))
    (letter,) = look_in(opened(0)).letters
    assert (letter.ref, letter.bundle.event, letter.own, letter.near) == (ref, event, True, True)
    assert (letter.bundle.to, letter.note, letter.sender) == ("ralph", "infra", "Ada Example")
    assert letter.bundle.record["id"] == IDENTITY


def test_posting_twice_is_posting_once(opened):
    shard = opened(0)
    ref, event, content = hand(shard)
    (letter,) = look_in(shard).letters
    assert post(shard, event, content, "ralph") == (ref, letter.commit)


def test_offering_again_finds_the_first_offer(opened):
    _, event, content = hand(opened(0))
    shard = opened(0)
    session = Sessions(shard.layout).read().sessions[IDENTITY]
    assert offered(shard, session, content, "ralph", "infra").id == event.id
    assert offered(shard, session, content, "ralph", "").id == event.id
    assert offered(opened(0), session, content, "ralph", "other").id != event.id
    assert offered(opened(0), session, content, "chad", "infra").id != event.id


def test_who_waited_sees_what_the_other_did(opened):
    waiting = opened(0)
    waiting.index("shared")
    _, event, content = hand(opened(0))
    session = Sessions(waiting.layout).read().sessions[IDENTITY]
    with claimed(waiting):
        assert offered(waiting, session, content, "ralph", "infra").id == event.id


def test_one_offer_seen_in_two_places_is_one_letter(opened, tmp_path):
    ours, theirs = opened(0), opened(1)
    ref, _, _ = hand(ours)
    (inbox,) = carry(ours, theirs, ref, tmp_path)
    letter_ref = f"refs/agence/remotes/origin/handoff/{'/'.join(ref.split('/')[-2:])}"
    commit = look_in(theirs).letters[0].commit
    os.makedirs(os.path.dirname(os.path.join(theirs.repo.common_dir, letter_ref)))
    with open(os.path.join(theirs.repo.common_dir, letter_ref), "w", encoding="ascii") as file:
        file.write(f"{commit}\n")
    assert inbox in (one.ref for one in look_in(theirs, [inbox]).letters)
    (letter,) = look_in(opened(1)).letters
    assert (letter.own, letter.near) == (False, True)


def test_what_a_remote_that_is_gone_left_is_not_seen(opened, tmp_path):
    ours, theirs = opened(0), opened(1)
    ref, _, _ = hand(ours)
    carry(ours, theirs, ref, tmp_path)
    commit = look_in(theirs).letters[0].commit
    for remote in ("fork", "gone"):
        name = f"refs/agence/remotes/{remote}/handoff/{'/'.join(ref.split('/')[-2:])}"
        path = os.path.join(theirs.repo.common_dir, name)
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{commit}\n")
    theirs.repo.set_config("remote.fork.url", "/somewhere")
    seen = look_in(opened(1), [name.replace("/gone/", "/fork/"), name])
    assert [one.near for one in seen.letters] == [False]


def test_taking_up_accepts_and_then_keeps(opened, tmp_path):
    ours, theirs = opened(0), opened(1, "ralph")
    ref, event, _ = hand(ours)
    carry(ours, theirs, ref, tmp_path)
    (letter,) = look_in(theirs).letters
    session = take_up(theirs, letter, NOW)
    assert (session.status, session.record["received"]["from"]) == ("resumed", "Ada Example")
    assert accepted_by(opened(1), event.id) == ("ralph", next(iter(theirs.log("shared").files())))
    assert (
        take_up(opened(1, "ralph"), letter, NOW)
        == Sessions(theirs.layout).read().sessions[IDENTITY]
    )


def test_many_who_take_one_up_at_once_accept_it_once(opened, tmp_path):
    ours = opened(0)
    ref, event, _ = hand(ours)
    carry(ours, opened(1), ref, tmp_path)
    (letter,) = look_in(opened(1)).letters
    shards = [opened(1, "ralph") for _ in range(4)]
    outcomes = []

    def take(shard):
        outcomes.append(take_up(shard, letter, NOW).status)

    threads = [threading.Thread(target=take, args=(one,)) for one in shards]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert outcomes == ["resumed"] * 4
    events = opened(1).index("shared").lines_of(event.id)
    assert len(events) == 2
    assert len(Sessions(ours.layout).read().sessions) == 1


def test_a_copy_that_was_not_marked_is_marked_first(opened):
    ours = opened(0, "ralph")
    _, event, _ = hand(ours)
    (letter,) = look_in(ours).letters
    session = take_up(opened(0, "ralph"), letter, NOW)
    assert (session.status, session.sent, session.offers) == ("resumed", {event.id}, (event.id,))
    assert Sessions(ours.layout).faults() == []


def test_a_file_without_handoffs_gives_none(opened, tmp_path):
    shard = opened(0)
    path = str(tmp_path / "main.bundle")
    write_file(shard, "refs/heads/main", path)
    with pytest.raises(ShardError, match="no handoff"):
        read_file(shard, path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ada:hush@host/x.git", "https://host/x.git"),
        ("https://hush@host", "https://host"),
        ("https://a@b:hush@host/x@y", "https://host/x@y"),
        ("ada@host:x.git", "ada@host:x.git"),
        ("https://host/x", "https://host/x"),
        ("no https://a:b@h/ and http://c:d@e/f", "no https://h/ and http://e/f"),
    ],
)
def test_a_login_is_taken_out(text, shown):
    assert without_login(text) == shown
