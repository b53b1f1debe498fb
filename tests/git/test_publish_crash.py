"""Killed at any instant, or two at once: nothing staged is lost and no deletion is staged."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from agence.git.publish import publish
from agence.git.refs import Moved

ROUNDS = 30
EVERY_STEP = bool(os.environ.get("AGENCE_EVERY_STEP"))  # a minute or two
STRIDE = 61


def changes(round_):
    """A round renews a view, adds a segment and takes the one before last away."""
    return {
        ".agence/synthetic/lessons/view.md": f"view {round_}\n".encode(),
        f".agence/log/2026-01/w/{round_}.jsonl": b"%d\n" % round_,
        f".agence/log/2026-01/w/{round_ - 1}.jsonl": None,
    }


def settled(checkout, round_):
    for attempt in range(5):
        try:
            publish(checkout.repo, changes(round_), f"round {round_}")
        except Moved:  # by a git of the killed one that had its last word still to say
            assert attempt < 4
        else:
            return


def check_after_the_kill(checkout):
    staged = checkout.git("diff", "--cached", "--name-status").split("\n")
    assert [line for line in staged if ".agence" in line and line.startswith("D")] == []
    assert [line for line in staged if ".agence" not in line] == ["D\tsrc/main.c", "A\tstaged"]


def check_settled(checkout, round_):
    settled(checkout, round_)
    assert checkout.git("status", "--porcelain").split("\n") == [
        *("D  src/main.c", "A  staged", "?? src/")
    ]
    for path, content in changes(round_).items():
        listed = checkout.git("ls-tree", "--name-only", "HEAD", path)
        assert listed == (path if content is not None else "")
        assert (checkout.top / path).exists() == (content is not None)
        if content is not None:
            assert checkout.show(path) == content.decode().rstrip()
            assert (checkout.top / path).read_bytes() == content


@pytest.fixture
def working(checkout):
    """A repository with work of the user staged, and round 0 published."""
    checkout.write("staged", "staged\n")
    checkout.git("add", "staged")
    checkout.git("rm", "-q", "--cached", "src/main.c")
    publish(checkout.repo, changes(0), "round 0")
    return checkout


@pytest.mark.parametrize("seed", [1])
def test_killed_at_random_instants(working, script, seed):
    instants = random.Random(seed)
    whole = 0.0
    for round_ in range(1, ROUNDS + 1):
        words = [sys.executable, script("round"), str(round_)]
        with subprocess.Popen(words, cwd=working.top, stdout=subprocess.PIPE) as publisher:
            assert publisher.stdout is not None
            publisher.stdout.read(1)  # it is about to publish
            start = time.monotonic()
            if not whole:
                publisher.wait()
                whole = time.monotonic() - start
            time.sleep(instants.uniform(0, whole))
            publisher.kill()
        check_after_the_kill(working)
        check_settled(working, round_)
    working.git("fsck", "--strict")


def published_until(repo, round_, instant, function=""):
    """Publish in a process of its own that is killed at its `instant`-th step in our code.

    A step is a call or return of a function of ours (only of `function`, if given), or a call of
    the system by one. Returns whether it got that far.
    """
    child = os.fork()
    if child == 0:
        left = instant

        def step(frame, _event, _argument):
            nonlocal left
            code = frame.f_code
            left -= "/agence/git/" in code.co_filename and function in {"", code.co_name}
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(step)
        publish(repo, changes(round_), f"round {round_}")
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0


@pytest.mark.parametrize("first", range(STRIDE) if EVERY_STEP else [3])
def test_killed_at_every_step(working, first):
    round_, instant = 1, first
    while published_until(working.repo, round_, instant):
        check_after_the_kill(working)
        check_settled(working, round_)
        round_, instant = round_ + 1, instant + STRIDE
    assert round_ > 20


@pytest.mark.parametrize("function", ["place", "_swap_in", "commit", "take_away", "_clear"])
def test_killed_where_it_matters(working, function):
    round_, instant = 1, 0
    while published_until(working.repo, round_, instant, function):
        check_after_the_kill(working)
        # The next publication may know nothing of what this one was about to take away.
        publish(working.repo, {}, "nothing")
        listed = working.git("ls-tree", "-r", "--name-only", "HEAD", ".agence/log").split()
        assert set(working.git("ls-files", ".agence/log").split()) >= set(listed)
        if working.git("log", "-1", "--format=%s") == f"round {round_}":
            assert working.ours() == ""
        check_settled(working, round_)
        round_, instant = round_ + 1, instant + 1
    assert round_ > 2


def test_two_publishers_at_once(checkout, script):
    checkout.write("staged", "staged\n")
    checkout.git("add", "staged")
    words = [sys.executable, str(script("many"))]
    both = [subprocess.Popen([*words, name], cwd=checkout.top) for name in ("one", "two")]
    assert [publisher.wait() for publisher in both] == [0, 0]
    assert checkout.git("rev-list", "--count", "HEAD") == "21"
    assert len(checkout.git("ls-tree", "-r", "--name-only", "HEAD", ".agence").split()) == 20
    assert checkout.git("status", "--porcelain") == "A  staged"


def test_beside_a_user_who_keeps_adding(checkout, script):
    words = [sys.executable, str(script("many")), "one"]
    with subprocess.Popen(words, cwd=checkout.top) as publisher:
        count = 0
        while publisher.poll() is None:
            checkout.write(f"file{count}", "x")
            count += checkout.git("add", f"file{count}", check=False) == "" and staged(
                checkout, f"file{count}"
            )
    assert publisher.returncode == 0
    assert count > 0
    assert len(checkout.git("diff", "--cached", "--name-only").split()) >= count
    assert checkout.ours() == ""


def staged(checkout, path):
    return checkout.git("ls-files", path) == path
