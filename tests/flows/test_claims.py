"""Claims by real processes over a real remote: exactly one has a task, whatever happens between."""

import json
import os
import shutil
import subprocess

import pytest

from tests.clone import Clone

KILLED = -9


@pytest.fixture
def crowd(tmp_path, forge, ours):
    """Clones of one shard with a task that nobody has; none of them has written anything."""
    ours.agence("^task", "add", "Ship it", "--id", "ship")
    ours.agence("^commit")
    ours.git("push", "--quiet")

    def made(count):
        first = Clone(tmp_path / "clone-0")
        forge.git("clone", "--quiet", forge.path, first.path)
        first.agence("^init")
        first.agence("^task", "list")
        for number in range(1, count):
            shutil.copytree(first.path, tmp_path / f"clone-{number}", symlinks=True)
        return [Clone(tmp_path / f"clone-{number}") for number in range(count)]

    return made


def claimed(clone, code=0, agent="ralph", *more):
    """What `^task claim` says to a program."""
    return json.loads(
        clone.agence("^task", "claim", "ship", "--as", agent, *more, "--json", code=code)
    )


def shown(clone):
    return json.loads(clone.agence("^task", "show", "ship", "--json"))["data"]


def numbers(forge):
    """The numbers that the remote gave, as refs or in the branch."""
    refs = forge.git("for-each-ref", "--format=%(refname)", "refs/agence/shared/claims").split()
    branch = forge.git("for-each-ref", "--format=%(refname)", "refs/heads/agence/refs")
    paths = forge.git("ls-tree", "-r", "--name-only", branch, "claims/").split() if branch else []
    return [int(one.rpartition("/")[2]) for one in [*refs, *paths]]


def at_once(clones):
    """All claim at once; (exit code, envelope) of each."""
    words = ("agence", "^task", "claim", "ship", "--as", "ralph", "--json")
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen(words, cwd=one.path, stdout=pipe, stderr=subprocess.DEVNULL)
        for one in clones
    ]
    said = [one.communicate()[0] for one in running]
    return [(one.returncode, json.loads(text)) for one, text in zip(running, said, strict=True)]


def refuse(forge, pattern):
    """Let the forge refuse refs that match."""
    script = f'#!/bin/sh\ncase "$1" in {pattern}) echo "not here" >&2; exit 1;; esac\n'
    hook(forge, "update", script)


def hook(forge, name, script):
    path = os.path.join(forge.path, "hooks", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    forge.write(path, script)
    os.chmod(path, 0o755)


@pytest.mark.parametrize("count", [6, pytest.param(20, marks=pytest.mark.soak)])
def test_of_all_who_claim_at_once_exactly_one_gets_the_task(crowd, forge, count):
    clones = crowd(count)
    results = at_once(clones)
    winners = [said["data"] for code, said in results if code == 0]
    assert len(winners) == 1
    assert (winners[0]["exclusive"], winners[0]["fence"]) == (True, 1)
    lost = [said["error"] for code, said in results if code != 0]
    assert {code for code, _ in results} == {0, 5}
    assert all("already claimed by @ralph" in error["message"] for error in lost)
    assert numbers(forge) == [1]
    winner = clones[[code for code, _ in results].index(0)]
    winner.agence("^sync")
    for clone in clones[:3]:
        clone.agence("^sync")
        assert [one["fence"] for one in shown(clone)["claims"]] == [1]
        assert shown(clone)["contested"] == []


def test_a_host_that_takes_no_refs_decides_in_the_branch(crowd, forge):
    clones = crowd(6)
    refuse(forge, "refs/agence/*")
    results = at_once(clones)
    assert sorted(code for code, _ in results) == [0, 5, 5, 5, 5, 5]
    assert numbers(forge) == [1]
    winner = clones[[code for code, _ in results].index(0)]
    winner.agence("^task", "renew", "ship", "--as", "ralph", "--minutes", "90")
    winner.agence("^task", "release", "ship", "--as", "ralph")
    loser = clones[[code for code, _ in results].index(5)]
    assert claimed(loser)["data"]["fence"] == 2
    assert sorted(numbers(forge)) == [1, 2]


def test_a_host_that_takes_only_what_follows_lets_a_claim_be_renewed_and_given_back(crowd, forge):
    (clone,) = crowd(1)
    forge.git("config", "receive.denyNonFastForwards", "true")
    claimed(clone)
    clone.agence("^task", "renew", "ship", "--as", "ralph", "--minutes", "90")
    clone.agence("^task", "release", "ship", "--as", "ralph")
    assert claimed(clone)["data"]["fence"] == 2
    assert sorted(numbers(forge)) == [1, 2]
    assert forge.git("for-each-ref", "refs/heads/agence/refs") == ""


def test_a_host_that_takes_neither_leaves_the_claim_not_exclusive(crowd, forge):
    (clone,) = crowd(1)
    refuse(forge, "refs/agence/*|refs/heads/agence/*")
    data = claimed(clone)["data"]
    assert (data["exclusive"], data["fence"], data["agent"]) == (False, 0, "@ralph")
    assert "takes no claims" in data["why"]


@pytest.mark.parametrize(
    ("where", "ends"), [("pre-receive", 1), ("post-receive", 0)], ids=["before", "after"]
)
def test_whoever_is_killed_has_the_task_or_nobody_has(crowd, forge, tmp_path, where, ends):
    ours, theirs = crowd(2)
    wait = f"while [ ! -s {tmp_path}/pid ]; do sleep 0.05; done"
    hook(forge, where, f"#!/bin/sh\n{wait}\nkill -9 $(cat {tmp_path}/pid)\nexit {ends}\n")
    words = ("agence", "^task", "claim", "ship", "--as", "ralph")
    with subprocess.Popen(words, cwd=ours.path, stderr=subprocess.DEVNULL) as process:
        ours.write(str(tmp_path / "pid.new"), str(process.pid))
        os.rename(tmp_path / "pid.new", tmp_path / "pid")
    assert process.returncode == KILLED
    os.unlink(os.path.join(forge.path, "hooks", where))
    assert shown(ours)["claims"] == []
    assert numbers(forge) == ([1] if where == "post-receive" else [])
    if where == "post-receive":
        assert "already claimed" in claimed(theirs, 5)["error"]["message"]
    again = claimed(ours)["data"]
    assert (again["exclusive"], again["fence"]) == (True, 1)
    assert [one["holds"] for one in shown(ours)["claims"]] == [True]
    assert numbers(forge) == [1]
    assert "already claimed" in claimed(theirs, 5)["error"]["message"]


def test_an_empty_lock_file_that_a_killed_one_left_wedges_nobody(crowd):
    (clone,) = crowd(1)
    nexus = clone.agence("where", "nexus").strip()
    clone.write(os.path.join(nexus, "claims.lock"), "")
    assert claimed(clone)["data"]["exclusive"]


def test_without_the_remote_nothing_is_claimed_unless_it_may_be_contested(crowd, forge):
    ours, theirs = crowd(2)
    os.rename(forge.path, f"{forge.path}.away")
    assert claimed(ours, 6)["error"]["code"] == "outside"
    assert shown(ours)["claims"] == []
    for clone, agent in ((ours, "ralph"), (theirs, "olena")):
        data = claimed(clone, 0, agent, "--contested")["data"]
        assert (data["exclusive"], data["agent"]) == (False, f"@{agent}")
    os.rename(f"{forge.path}.away", forge.path)
    for clone in (ours, theirs, ours):
        clone.agence("^sync")
    for clone in (ours, theirs):
        said = shown(clone)
        assert sorted(one["agent"] for one in said["claims"] if one["holds"]) == [
            "@olena",
            "@ralph",
        ]
        assert "claim" in said["contested"]
        assert "contested" in clone.agence("^task", "list")


def test_a_copy_of_a_clone_has_no_claim_of_the_clone_it_was_copied_from(crowd, tmp_path):
    (ours,) = crowd(1)
    claimed(ours)
    shutil.copytree(ours.path, tmp_path / "copy", symlinks=True)
    assert "in another clone" in claimed(Clone(tmp_path / "copy"), 5)["error"]["message"]
