"""Conflicts, deletes and their answers between real clones of a forge without our driver."""

import pytest

from agence.schema.effects import set_field
from tests.clone import Clone
from tests.commands.desk import Desk
from tests.flows.forge import fresh, learn, state, titles

STALE = 1000


def publish(clone):
    """Commit, take in what others pushed, and push."""
    clone.agence("^commit")
    clone.git("pull", "--quiet", "--no-rebase", "--no-edit")
    clone.agence("^commit")
    clone.git("push", "--quiet")


def take_in(clone):
    clone.git("pull", "--quiet", "--no-rebase", "--no-edit")


def items(clone, *more):
    return clone.agence_json("^conflicts", *more)["data"]["items"]


def joined(forge, ours, folder, *names):
    """The founder's clone, and one for each of `names`."""
    ours.git("config", "user.name", "Ada")
    found = [ours]
    for name in names:
        clone = fresh(forge, str(folder / name))
        clone.git("config", "user.name", name)
        found.append(clone)
    return found


@pytest.fixture
def clones(forge, ours, tmp_path):
    """Two clones of one shard."""
    return joined(forge, ours, tmp_path, "Dana")


@pytest.fixture
def five(forge, ours, tmp_path):
    """Five clones of one shard, each of somebody else."""
    return joined(forge, ours, tmp_path, "Dana", "Eve", "Finn", "Gus")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("--take", "newest"), ("--take", "mine")),
        (("--take", "both"), ("--value", "neither")),
        (("--take", "merge", "--editor"), ("--escalate", "Gus")),
        (("--take", "theirs"), ("--take", "highest-confidence")),
    ],
)
def test_answers_of_both_sides_converge_on_five_clones_and_both_are_seen(
    five, one, other, monkeypatch, tmp_path
):
    editor = tmp_path / "editor.sh"
    editor.write_text("#!/bin/sh\nprintf 'by hand\\n' > \"$1\"\n", encoding="utf-8")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    ours, theirs = five[:2]
    lesson = learn(ours, "Pin it")
    publish(ours)
    take_in(theirs)
    ours.agence("^lesson", "edit", lesson, "--title", "here", "--set", "confidence=60")
    theirs.agence("^lesson", "edit", lesson, "--title", "there", "--set", "confidence=90")
    publish(ours)
    publish(theirs)
    take_in(ours)
    conflict = next(item["id"] for item in items(ours) if item["field"] == "title")
    assert conflict in {item["id"] for item in items(theirs)}
    events = {
        clone.agence_json("^conflicts", "answer", conflict, *how)["data"]["event"]
        for clone, how in ((ours, one), (theirs, other))
    }
    publish(ours)
    publish(theirs)
    for clone in five:
        take_in(clone)
    assert len({state(clone) for clone in five}) == 1
    for clone in five:
        decided = items(clone, "--settled")
        assert events <= {item["event"] for item in decided if item["id"] == conflict}
    lists = [[(item["id"], item["state"]) for item in items(clone)] for clone in five]
    assert all(one == lists[0] for one in lists)


def test_a_clone_that_comes_back_a_thousand_events_later_resurrects_nothing(clones):
    ours, stale = clones[:2]
    gone = learn(ours, "gone")
    learn(ours, "kept")
    publish(ours)
    take_in(stale)
    ours.agence("^delete", gone, "--reason", "it is wrong")
    publish(ours)
    shard = Desk(ours)("^learn").shard
    drafts = [
        shard.draft("lesson", "shared", [set_field("title", f"lesson {number}")])
        for number in range(STALE)
    ]
    shard.append(drafts)
    publish(ours)
    learn(stale, "written meanwhile")
    publish(stale)
    take_in(ours)
    for clone in (ours, stale):
        assert "gone" not in titles(clone)
        assert {"kept", "written meanwhile"} <= titles(clone)
        assert len(titles(clone)) == STALE + 2
        assert gone in {
            item["id"]
            for item in clone.agence_json("^lesson", "list", "--deleted")["data"]["items"]
        }
        assert items(clone) == []
    assert state(ours) == state(stale)


def test_a_stale_edit_of_what_was_deleted_is_asked_about_and_the_answer_holds(clones):
    ours, stale = clones[:2]
    gone = learn(ours, "gone")
    publish(ours)
    take_in(stale)
    ours.agence("^delete", gone)
    publish(ours)
    stale.agence("^lesson", "edit", gone, "--title", "still of use")
    publish(stale)
    take_in(ours)
    (asked,) = items(ours)
    assert [item["id"] for item in items(stale)] == [asked["id"]]
    assert "still of use" in titles(ours)
    ours.agence("^conflicts", "answer", asked["id"], "--take", "delete")
    publish(ours)
    take_in(stale)
    for clone in (ours, stale):
        assert "still of use" not in titles(clone)
        assert items(clone) == []


def test_a_rename_beside_a_delete_keeps_id_and_links(clones):
    ours, theirs = clones[:2]
    lesson, other = learn(ours, "one"), learn(ours, "other")
    ours.agence("^lesson", "edit", other, "--link", lesson)
    publish(ours)
    take_in(theirs)
    ours.agence("^delete", lesson)
    theirs.agence("^lesson", "edit", lesson, "--title", "renamed")
    publish(ours)
    publish(theirs)
    take_in(ours)
    theirs.agence("^conflicts", "answer", items(theirs)[0]["id"], "--take", "delete")
    theirs.agence("^restore", lesson)
    publish(theirs)
    take_in(ours)
    for clone in (ours, theirs):
        shown = clone.agence_json("^lesson", "show", lesson)["data"]
        assert (shown["id"], shown["title"]) == (lesson, "renamed")
        state_ = clone.agence_json("^state")["data"]["all"]
        links = next(dict(map(tuple, e["fields"]))["links"] for e in state_ if e["id"] == other)
        assert links == [lesson]


@pytest.mark.soak
def test_who_kills_the_asking_leaves_the_rest_open(clones):
    ours, theirs = clones[:2]
    lessons = [learn(ours, f"lesson {number}") for number in range(2)]
    publish(ours)
    take_in(theirs)
    for lesson in lessons:
        ours.agence("^lesson", "edit", lesson, "--title", f"here {lesson[:4]}")
        theirs.agence("^lesson", "edit", lesson, "--title", f"there {lesson[:4]}")
    publish(ours)
    publish(theirs)
    take_in(ours)
    answered = _at_a_terminal(ours, "newest\n")
    assert "holds: " in answered
    left = items(ours)
    assert len(left) == 1
    assert left[0]["state"] == "open"
    assert len(items(ours, "--settled")) == 1


def _at_a_terminal(clone: Clone, typed: str) -> str:
    """Type at `^conflicts ask` on a terminal, then kill it in the middle of the next question."""
    script = (
        "import os, pty, sys, signal\n"
        "pid, end = pty.fork()\n"
        "if pid == 0:\n"
        "    os.execvp(sys.executable, [sys.executable, '-m', 'agence', '^conflicts', 'ask'])\n"
        "said = b''\n"
        "def until(count):\n"
        "    global said\n"
        "    while said.count(b'Which holds?') < count:\n"
        "        try:\n"
        "            said += os.read(end, 4096)\n"
        "        except OSError:\n"
        "            sys.exit(said.decode(errors='replace'))\n"
        "until(1)\n"
        f"os.write(end, {typed.encode()!r})\n"
        "until(2)\n"
        "os.kill(pid, signal.SIGKILL)\n"
        "os.waitpid(pid, 0)\n"
        "sys.stdout.write(said.decode(errors='replace'))\n"
    )
    return clone.run("python", "-c", script).stdout
