"""The sessions file: what was acknowledged is there once, whatever is killed, torn or edited."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from agence.base.errors import OutsideError, ShardError
from agence.session.index_page import is_current, page
from agence.shard.files import locked
from agence.shard.layout import Layout
from agence.shard.sessions import Sessions
from tests.core.session_samples import IDENTITY, line, record

WRITER = """
import os, sys
from agence.shard.layout import Layout
from agence.shard.sessions import Sessions
from tests.core.session_samples import record
store = Sessions(Layout(sys.argv[1]))
print("ready", flush=True)
for _ in range(int(sys.argv[2])):
    print(store.keep(record(os.urandom(16).hex(), title="x" * 200)).id, flush=True)
"""


@pytest.fixture
def store(tmp_path):
    return Sessions(Layout(str(tmp_path)))


def append(store, content):
    with open(store.path, "ab") as file:
        file.write(content)


def shown(store):
    with open(os.path.join(os.path.dirname(store.path), "INDEX.md"), encoding="utf-8") as file:
        return file.read()


def assert_shown(store):
    assert is_current(shown(store), os.path.getsize(store.path))
    assert shown(store) == page(store.read().sessions.values(), os.path.getsize(store.path))


def start(folder, count):
    words = [sys.executable, "-c", WRITER, str(folder), str(count)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_a_record_comes_back_as_it_was(store):
    made = {**record(todo=["flip DNS"]), "mood": {"x": [1.5, None]}}
    store.keep(made)
    assert store.read().sessions[IDENTITY].record == made
    assert oct(os.stat(store.path).st_mode & 0o777) == "0o600"


def test_every_change_shows_in_the_page(store):
    store.keep(record())
    assert_shown(store)
    store.keep(record("ab" * 16, title="a | b"))
    assert_shown(store)
    store.move(IDENTITY, "resume", "2026-03-05T04:00:00Z", "Ada")
    assert_shown(store)
    assert "| resumed |" in shown(store)


def test_a_stale_page_is_renewed_by_a_reader_and_by_a_writer(store):
    store.keep(record())
    append(store, line(record("ab" * 16)) + b"\n")
    store.freshen()
    assert_shown(store)
    append(store, line(record("cd" * 16)) + b"\n")
    store.keep(record("ef" * 16))
    assert_shown(store)
    assert shown(store).count("\n| ") == 2 + 4


def test_a_page_that_cannot_be_written_fails_no_save(store, tmp_path):
    store.keep(record())
    page_path = os.path.join(os.path.dirname(store.path), "INDEX.md")
    os.unlink(page_path)
    os.mkdir(page_path)
    store.keep(record("ab" * 16))
    assert len(store.read().sessions) == 2


def test_a_reader_waits_for_nobody(store):
    store.keep(record())
    append(store, line(record("ab" * 16)) + b"\n")
    with locked(f"{store.path}.lock"):
        store.freshen()
        assert len(store.read().sessions) == 2


def test_transitions_obey_the_table(store):
    store.keep(record())
    moved = store.move(IDENTITY, "handoff", "2026-03-05T04:00:00Z", "Ada", to="ralph")
    assert moved.status == store.read().sessions[IDENTITY].status == "transferred"
    before = os.path.getsize(store.path)
    for action in ("resume", "handoff", "save"):
        with pytest.raises(ShardError):
            store.move(IDENTITY, action, "2026-03-05T05:00:00Z", "Ada")
    assert os.path.getsize(store.path) == before


def test_of_two_handoffs_at_once_one_wins(store):
    store.keep(record())
    outcomes = []

    def hand(to):
        try:
            store.move(IDENTITY, "handoff", "2026-03-05T04:00:00Z", "Ada", to=to)
            outcomes.append(to)
        except ShardError:
            outcomes.append("")

    threads = [threading.Thread(target=hand, args=(f"agent{n}",)) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (winner,) = [one for one in outcomes if one]
    session = store.read().sessions[IDENTITY]
    assert [one["to"] for one in session.transitions] == [winner]


def test_a_session_is_received_only_where_it_is_not_at_work(store):
    store.keep(record())
    back = {**record(), "status": "resumed", "received": {"offer": "e" * 64, "at": "2026"}}
    with pytest.raises(ShardError):
        store.receive(back)
    store.move(IDENTITY, "handoff", "2026-03-05T04:00:00Z", "Ada", to="ralph")
    assert store.receive(back).status == "resumed"
    assert store.receive({**back, "id": "ab" * 16, "session_id": "abababab"}).status == "resumed"
    assert store.faults() == []
    assert_shown(store)


def test_a_torn_last_line_is_noted_then_set_aside_and_never_glued(store):
    store.keep(record())
    append(store, b'{"v":1,"id":"torn')
    ((where, fault),) = store.faults()
    assert (where, fault.torn) == (f"{store.path}:2", True)
    store.keep(record("ab" * 16))
    assert store.faults() == []
    assert set(store.read().sessions) == {IDENTITY, "ab" * 16}
    aside = [one for one in os.listdir(os.path.dirname(store.path)) if ".torn-" in one]
    with open(os.path.join(os.path.dirname(store.path), *aside), "rb") as file:
        assert file.read() == b'{"v":1,"id":"torn'


def test_a_bad_line_is_reported_and_stays(store):
    store.keep(record())
    append(store, b"oops\n")
    store.keep(record("ab" * 16))
    ((where, fault),) = store.faults()
    assert (where, fault.torn, fault.what) == (f"{store.path}:2", False, "not JSON")
    assert len(store.read().sessions) == 2


def test_eight_writers_at_once_lose_nothing(store, tmp_path):
    writers = [start(tmp_path, 12) for _ in range(8)]
    said = [one.communicate()[0].split()[1:] for one in writers]
    ids = [identity for lines in said for identity in lines]
    assert len(ids) == 8 * 12
    assert set(store.read().sessions) == set(ids)
    assert store.faults() == []
    assert_shown(store)


def _kill_some(store, folder, times, seed):
    chance = random.Random(seed)
    acknowledged = []
    for _ in range(times):
        writer = start(folder, 10_000)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(chance.random() * 0.05)
        writer.send_signal(signal.SIGKILL)
        acknowledged += [one for one in writer.communicate()[0].split("\n") if len(one) == 32]
    store.keep(record())
    with open(store.path, "rb") as file:
        ids = [json.loads(one)["id"] for one in file.read().split(b"\n")[:-1]]
    assert len(ids) == len(set(ids))
    assert set(acknowledged) <= set(ids)
    assert store.faults() == []
    assert_shown(store)
    return len(acknowledged)


def test_a_kill_at_any_instant_loses_nothing_acknowledged(store, tmp_path):
    assert _kill_some(store, tmp_path, 12, seed=1) > 0


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing_acknowledged(store, tmp_path):
    assert _kill_some(store, tmp_path, 200, seed=2) > 0


def test_a_disk_that_refuses_is_said(store, tmp_path, monkeypatch):
    store.keep(record())
    size = os.path.getsize(store.path)

    def refuse(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutsideError, match="no space left"):
        store.keep(record("ab" * 16))
    assert os.path.getsize(store.path) == size
    assert list(store.read().sessions) == [IDENTITY]


def test_recent_commands_are_the_last_that_ran_or_were_refused(store, tmp_path):
    assert store.recent_commands() == []
    logs = Layout(str(tmp_path)).logs
    os.makedirs(logs)
    entries = [
        {"phase": phase, "argv": ["git", str(number)], "at": number, "outcome": "ran", "code": 0}
        for number in range(30)
        for phase in ("intent", "result")
    ]
    lines = [json.dumps(one) for one in entries]
    refused = json.dumps({"phase": "decision", "argv": ["rm"], "outcome": "refused", "layer": "x"})
    with open(os.path.join(logs, "commands.jsonl"), "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, "torn{", '{"phase": "result", "argv": "rm"}', refused, ""]))
    found = store.recent_commands()
    assert len(found) == 20
    assert found[0]["argv"] == ["git", "11"]
    assert found[-1] == {"argv": ["rm"], "outcome": "refused"}
