"""^verify names each thing that does not hold, ends with 4, and changes nothing."""

import os

import pytest

from agence.commands.learn import learn
from agence.commands.verify import verify
from tests.clone import Clone
from tests.commands.desk import Desk, effects

DRIFT = 600_000


def own_file(context, chain="nexus"):
    folder = context.local(chain, "own")
    (name,) = (name for name in os.listdir(folder) if name.endswith(".jsonl"))
    return os.path.join(folder, name)


def change(path, how):
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")[:-1]
    with open(path, "wb") as file:
        file.write(b"".join(line + b"\n" for line in how(lines)))


def problems(context, **how):
    said = verify(context("^verify"), **how)
    assert (said.code == 4) == bool(said.data["problems"])
    return [one["what"] for one in said.data["problems"]]


@pytest.fixture
def filled(context):
    for number in range(4):
        context.keep(f"lesson {number}")
    return context


def test_all_of_it_verifies(filled):
    filled.keep("mine", verb="~note")
    said = verify(filled("^verify"))
    assert said.code == 0
    assert said.data["events"] == len(filled.events()) + 1
    assert said.data["writers"] == 2
    filled.commit()
    assert verify(filled("^verify")).data["events"] == len(filled.events()) + 1


DAMAGE = {
    "an edited line": lambda lines: [
        *lines[:-2],
        lines[-2].replace(b"lesson 2", b"lesson 9"),
        lines[-1],
    ],
    "a line missing inside": lambda lines: [*lines[:-2], lines[-1]],
    "reordered lines": lambda lines: [*lines[:-2], lines[-1], lines[-2]],
    "a doubled line": lambda lines: [*lines, lines[-1]],
    "CRLF": lambda lines: [*lines[:-1], lines[-1] + b"\r"],
    "a BOM": lambda lines: [b"\xef\xbb\xbf" + lines[0], *lines[1:]],
    "a doubled key": lambda lines: [
        *lines[:-1],
        lines[-1].replace(b'{"body"', b'{"body":{},"body"'),
    ],
    "a number beyond 2^53": lambda lines: [
        *lines[:-1],
        lines[-1].replace(b'"seq":', b'"seq":9007199254740993'),
    ],
    "a line of 10 MB": lambda lines: [*lines[:-1], b'{"body":"' + b"x" * 10_000_000 + b'"}'],
    "no JSON": lambda lines: [*lines[:-1], b"hello"],
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_in_the_own_log_is_named_and_nothing_is_changed(filled, what):
    path = own_file(filled)
    change(path, DAMAGE[what])
    with open(path, "rb") as file:
        before = file.read()
    assert problems(filled)
    with open(path, "rb") as file:
        assert file.read() == before


def test_damage_in_a_published_segment_is_named(filled):
    paths = [path for path in filled.commit() if path.endswith(".jsonl")]
    text = filled.clone.read(paths[-1])
    filled.clone.commit(paths[-1], text.replace("lesson 2", "lesson 9"))
    said = verify(filled("^verify"))
    assert said.code == 4
    within = paths[-1].removeprefix(".agence/log/")
    assert {one["where"].rpartition(".jsonl")[0] for one in said.data["problems"]} == {
        within.removesuffix(".jsonl")
    }


def test_damage_in_the_work_tree_alone_is_named(filled):
    paths = [path for path in filled.commit() if path.endswith(".jsonl")]
    filled.clone.write(paths[-1], "hello\n")
    assert problems(filled)


def test_a_torn_last_line_is_noted_and_set_aside_by_the_next_write(filled):
    with open(own_file(filled), "ab") as file:
        file.write(b'{"body": {"torn')
    said = verify(filled("^verify"))
    assert said.code == 0
    assert any("torn" in one["what"] for one in said.data["notes"])
    learn(filled("^learn"), ["after it"])
    assert effects(filled.events()[-1:]) == [("set", "title", "after it")]
    assert verify(filled("^verify")).data["notes"] == []
    assert [name for name in os.listdir(filled.local("nexus", "own")) if ".torn-" in name]


def test_a_clock_in_the_future_is_named(context):
    context.now += 2 * DRIFT
    context.keep("from tomorrow")
    context.now -= 2 * DRIFT
    assert any("future" in what for what in problems(context))
    context.now += 2 * DRIFT
    assert problems(context) == []


def test_a_copied_clone_is_named_until_it_has_a_writer_of_its_own(filled, tmp_path):
    filled.clone.run("cp", "-r", filled.clone.path, str(tmp_path / "copy"))
    copy = Desk(Clone(tmp_path / "copy"), 9)
    assert any("copy" in what for what in problems(copy))
    copy.keep("written in the copy")
    filled.keep("written in the original")
    assert problems(copy) == problems(filled) == []
    writers = {event["body"]["writer"] for event in copy.events()}
    assert len(writers) == 2


def test_one_number_signed_twice_is_a_fork(filled, tmp_path):
    path = own_file(filled)
    with open(path, "rb") as file:
        saved = file.read()
    filled.keep("first")
    filled.commit()
    with open(path, "wb") as file:
        file.write(saved)
    for name in ("index.db", "index.db-wal", "index.db-shm", "refs.seen"):
        filled.clone.run("rm", "-f", filled.local("nexus", name))
    shard = filled("^learn").shard
    shard._notice_own_elsewhere = lambda: None
    shard.append([shard.draft("lesson", "shared", [])])
    assert any("forked" in what for what in problems(filled))


def test_a_key_that_others_can_read_is_named(filled):
    keys = filled.local("hermetic", "keys")
    os.chmod(os.path.join(keys, os.listdir(keys)[0]), 0o644)
    assert any("0600" in what for what in problems(filled))


def test_a_gap_in_anothers_chain_is_a_note_and_a_problem_where_that_is_asked(desks, send):
    ours, theirs = desks
    ours.keep("kept back")
    identity = ours.keep("published")
    ours.commit(identity)
    ours.clone.git("push", "--quiet")
    theirs.clone.git("pull", "--quiet")
    said = verify(theirs("^verify"))
    assert said.code == 0
    assert len(said.data["notes"]) == 1
    assert len(problems(theirs, complete=True)) == 1
    send()
    assert problems(theirs, complete=True) == []


def test_through_the_door(filled):
    filled.now = 1_900_000_000_000
    assert filled.clone.agence_json("^verify")["data"]["problems"] == []
    change(own_file(filled), DAMAGE["an edited line"])
    said = filled.clone.agence_json("^verify", code=4)
    assert said["ok"]
    assert said["data"]["problems"]
