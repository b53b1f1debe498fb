"""Processes killed at any instant, and many at once: what was acknowledged is there, once."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from itertools import pairwise

import pytest

from agence.events.event import read

DEFAULT_KILLS = 25


@pytest.fixture
def shard(repo):
    repo.agence("^init")
    repo.commit("notes.txt", "one\n")
    return repo


def start(clone, *words):
    """The program as a person starts it, in a process group of its own."""
    return subprocess.Popen(
        ["agence", *words, "--json"],
        cwd=clone.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def acknowledged(process):
    """The id that a process printed before it ended, or "" where it did not come so far."""
    said, wrong = process.communicate()
    assert b"Traceback" not in wrong
    if not said.endswith(b"\n"):
        return ""
    answer = json.loads(said)
    assert answer["ok"], answer
    return answer["data"]["id"]


def kill_after(clone, seconds, *words):
    process = start(clone, *words)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    return acknowledged(process)


def lessons(clone):
    return clone.agence_json("^lesson", "list", "--limit", "0")["data"]["items"]


def sessions(clone):
    return clone.agence_json("^session", "list")["data"]["sessions"]


def forget_index(clone):
    nexus = clone.agence("^where", "nexus").strip()
    for name in os.listdir(nexus):
        if name.startswith("index.db"):
            os.unlink(os.path.join(nexus, name))


def own_events(clone):
    """The events of each file of the own log, each line verified."""
    folder = clone.agence("^where", "own").strip()
    files = {}
    for name in os.listdir(folder):
        if name.endswith(".jsonl"):
            with open(os.path.join(folder, name), "rb") as file:
                files[name] = [read(line) for line in file.read().split(b"\n")[:-1]]
    return files


def assert_all_is_there(clone, kept, saved, tried):
    """`kept` and `saved` are the ids acknowledged for lessons and sessions."""
    for again in range(2):
        listed = lessons(clone)
        ids = [one["id"] for one in listed]
        titles = [one["title"] for one in listed]
        assert len(ids) == len(set(ids)), f"an event is listed twice (index made anew: {again})"
        assert len(titles) == len(set(titles)), "a write that was not acknowledged is there twice"
        assert set(kept) <= set(ids), "an acknowledged lesson is lost"
        held = [one["id"] for one in sessions(clone)]
        assert len(held) == len(set(held))
        assert set(saved) <= set(held), "an acknowledged session is lost"
        assert len(ids) + len(held) <= tried
        assert clone.agence_json("^verify")["data"]["problems"] == []
        forget_index(clone)
    for events in own_events(clone).values():
        assert [one.seq for one in events] == list(range(1, len(events) + 1))


def storm(clone, kills, seed):
    """Kill `kills` processes that learn or save; returns what each kind acknowledged.

    How long a process takes is measured again and again, so that kills fall all over it, whether
    the machine is busy or idle.
    """
    draw = random.Random(seed)
    kept: list[str] = []
    saved: list[str] = []
    for number in range(kills):
        if number % 20 == 0:
            begun = time.monotonic()
            kept.append(acknowledged(start(clone, "^learn", f"whole {number}")))
            whole = time.monotonic() - begun
        verb = draw.choice(["^learn", "^save"])
        found = kill_after(clone, draw.uniform(0, 1.6 * whole), verb, f"number {number}")
        if found:
            (kept if verb == "^learn" else saved).append(found)
    return kept, saved


def test_killed_while_writing(shard):
    kept, saved = storm(shard, DEFAULT_KILLS, seed=1)
    assert_all_is_there(shard, kept, saved, DEFAULT_KILLS + 2)
    after = shard.agence_json("^learn", "after the storm")["data"]["id"]
    assert_all_is_there(shard, [*kept, after], saved, DEFAULT_KILLS + 3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 14))
def test_killed_200_times_while_writing(shard, seed):
    kept, saved = storm(shard, 200, seed)
    print(f"\n200 killed, acknowledged: {len(kept) - 10} lessons, {len(saved)} sessions")
    assert len(kept) > 20
    assert len(saved) > 10
    assert_all_is_there(shard, kept, saved, 210)


def run_at_once(clone, writers, each, verb):
    """Let `writers` threads each run `each` processes one by one; all ids that these printed."""
    found: list[str] = []
    gate = threading.Barrier(writers)

    def work(writer):
        gate.wait()
        for number in range(each):
            process = start(clone, verb, f"{writer} says {number}")
            found.append(acknowledged(process))

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_8_writers_at_once_make_one_chain_without_gaps(two_shards):
    """In a clone that has no key yet: the eight agree on one, too."""
    ours, theirs = two_shards
    ours.agence("^init")
    ours.agence("^commit")
    ours.git("push", "--quiet")
    theirs.git("pull", "--quiet")
    theirs.agence("^init")

    kept = run_at_once(theirs, 8, 10, "^learn")

    assert len(set(kept)) == len(kept) == 80
    assert sorted(one["id"] for one in lessons(theirs)) == sorted(kept)
    (events,) = own_events(theirs).values()
    assert [one.seq for one in events] == list(range(1, 81))
    assert [one.body["prev"] for one in events] == ["", *(one.id for one in events[:-1])]
    assert sorted(one.id for one in events) == sorted(kept)
    assert all(a.stamp < b.stamp for a, b in pairwise(events))
    assert theirs.agence_json("^verify")["data"]["problems"] == []


def test_8_who_save_at_once_are_all_kept(shard):
    saved = run_at_once(shard, 8, 3, "^save")
    assert len(set(saved)) == len(saved) == 24
    assert sorted(one["id"] for one in sessions(shard)) == sorted(saved)
