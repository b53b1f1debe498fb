"""Bring everybody to rest, as people would: each commits, merges, pushes, until all agree."""

import os
import random
from contextlib import suppress

from agence.base.errors import AgenceError
from agence.shard.edited import edited
from tests.sim.by_git import in_log, settle_files
from tests.sim.verbs import adopt
from tests.sim.world import Seat, World, closed

ROUNDS = 6


def settle(world: World, draw: random.Random) -> None:
    """Bring everybody to main, with all that they wrote. Nothing may be refused here."""
    for seat in world.seats:
        _come_to_rest(seat)
    for _ in range(ROUNDS):
        for seat in world.seats:
            _publish(seat, draw)
        if len({seat.clone.git("rev-parse", "HEAD") for seat in world.seats}) == 1:
            return
    raise AssertionError(f"no rest after {ROUNDS} rounds")


def _come_to_rest(seat: Seat) -> None:
    seat.sit()
    linked = f"{seat.clone.path}-linked"
    if os.path.isdir(linked):
        seat.git("worktree", "remove", "--force", linked)
    for under_way in ("merge", "rebase", "cherry-pick", "revert"):
        seat.try_git(under_way, "--abort")
    _clear_lock(seat)
    seat.git("reset", "--quiet", "--hard")
    seat.git("clean", "--quiet", "-d", "--force")
    seat.git("checkout", "--quiet", "--force", "main")
    if os.path.exists(os.path.join(seat.clone.path, ".git", "shallow")):
        seat.git("fetch", "--quiet", "--unshallow", "origin")


def _clear_lock(seat: Seat) -> None:
    """A publisher that was killed has left the lock of the index: the next one takes it away."""
    if os.path.exists(os.path.join(seat.clone.path, ".git", "index.lock")):
        seat.say("^commit", [], "", stage=True)


def _publish(seat: Seat, draw: random.Random) -> None:
    """Commit, merge, push and sync."""
    seat.sit()
    _give_up_drafts(seat)
    seat.say("^commit")
    before = seat.git("rev-parse", "HEAD")
    seat.git("fetch", "--quiet", "--prune", "origin")
    done = seat.try_git("merge", "--quiet", "--no-edit", "origin/main")
    if done.returncode:
        stopped = seat.git("diff", "--name-only", "--diff-filter=U").splitlines()
        assert stopped, f"a merge failed: {done.stderr}"
        seat.world.trace.append(f"{seat.name} merges: {in_log(stopped)}{len(stopped)} conflicts")
        settle_files(seat, draw.choice(("ours", "theirs", "markers")))
        seat.git("commit", "--quiet", "--no-edit")
    now, there = seat.git("rev-parse", "HEAD", "origin/main").split()
    if now != before:
        seat.say("^commit")
        now = seat.git("rev-parse", "HEAD")
    if now != there:
        seat.say("^push")
    seat.say("^sync")


def _give_up_drafts(seat: Seat) -> None:
    """Sign what was edited by hand, and let go of what can't be signed."""
    with suppress(AgenceError):
        adopt(seat, random.Random(0))
    given_up = drafts(seat)
    for path in given_up:
        os.unlink(seat.path(path))
    if given_up:
        seat.git("add", "--all")
        seat.try_git("commit", "--quiet", "-m", "Give up drafts")


def drafts(seat: Seat) -> list[str]:
    """The paths that are shown as edited by hand: each must have been."""
    context = seat.context("^status")
    found = edited(context.shard)
    closed(context)
    nobody = set(found) - seat.world.typed
    assert not nobody, f"{seat.name}: a draft that nobody typed: {sorted(nobody)}"
    return found
