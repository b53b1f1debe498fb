"""What must hold when all is at rest: one state everywhere, nothing lost, nothing nobody wrote.

It is read from what lies in git, by a fold of its own.
"""

import json
import shutil

from agence.events.event import read
from agence.fold.entity import Entity
from agence.fold.state import closed, cut_name, fold, state_hash
from agence.shard.index import remove
from agence.shard.publishing import tree_views
from agence.shard.views import rendered, small_files
from tests.clone import Clone
from tests.flows.forge import LOG
from tests.sim.meaning import check_meaning
from tests.sim.rest import drafts
from tests.sim.world import Seat, World
from tests.sim.world import closed as let_go

YEAR_2100 = 4_102_444_800_000


def check(world: World) -> dict[str, Entity]:
    """Everything that must hold after `settle`; returns the state that all have."""
    lines = log_lines(world.seats[0].clone)
    cut = closed([read(line) for line in lines])
    state = fold(cut)
    expected = (state_hash(state.values()), cut_name(event.id for event in cut))
    assert len(cut) == len(lines), "events wait for what they rest on"
    for seat in world.seats:
        _check_seat(seat, set(lines.values()), expected, state)
    _check_newcomer(world, expected)
    check_meaning(cut, state)
    _check_forge(world)
    return state


def log_lines(clone: Clone) -> dict[bytes, str]:
    """Line -> id of the events in the log of HEAD, read by git and by nothing of ours."""
    listed = clone.git("ls-tree", "-r", "--name-only", "HEAD", "--", LOG).splitlines()
    feed = "".join(f"HEAD:{path}\n" for path in listed if path.endswith(".jsonl"))
    said = clone.git("cat-file", "--batch=", feed=feed)
    return {line.encode(): json.loads(line)["id"] for line in said.splitlines() if line}


def _check_seat(
    seat: Seat, held: set[str], expected: tuple[str, str], state: dict[str, Entity]
) -> None:
    seat.sit()
    who = seat.name
    lost = set().union(*(one.acknowledged for one in seat.world.seats)) - held
    assert not lost, f"acknowledged and lost: {sorted(lost)}"
    assert set(log_lines(seat.clone).values()) == held, f"{who}: another log than the first clone"
    for index in ("as it is", "made anew"):
        said = seat.say("^state", hash_only=True).data
        assert said["cut"] == expected[1], f"{who}: another cut, by the index {index}"
        assert said["state"] == expected[0], f"{who}: another state, by the index {index}"
        context = seat.context("^state")
        shard = context.shard
        views = tree_views(shard)
        expected_views = rendered(map(shard.whole, state.values()), shard.pins.founder)
        assert views == small_files() | expected_views, f"{who}: other views, by the index {index}"
        let_go(context)
        remove(shard.layout.index("shared"))
    _check_files(seat, views)
    said = seat.say("^status").data
    assert not said["waiting"] + said["faults"] + said["unpublished"], f"{who}: {said}"
    there = seat.skew
    seat.skew = YEAR_2100 - seat.world.now  # from there no clock is in the future
    problems = seat.say("^verify").data["problems"]
    seat.skew = there
    assert not problems, f"{who}: does not verify: {problems}"


def _check_newcomer(world: World, expected: tuple[str, str]) -> None:
    """Whoever comes now, with the last commit alone, finds the same."""
    seat = Seat(world, f"newcomer-{world.number()}", 0)
    seat.clock()
    url = f"file://{world.forge.path}"
    world.forge.git("clone", "--quiet", "--depth", "1", url, seat.clone.path)
    seat.say("^init")
    said = seat.say("^state", hash_only=True).data
    assert (said["state"], said["cut"]) == expected, "a newcomer finds another state"
    shutil.rmtree(seat.clone.path)


def _check_files(seat: Seat, views: dict[str, bytes]) -> None:
    assert seat.git("status", "--porcelain") == "", f"{seat.name}: {seat.git('status', '-s')}"
    edited = set(drafts(seat))
    for path, content in views.items():
        if path not in edited and path.endswith(".md"):
            with open(seat.path(path), "rb") as file:
                assert file.read() == content, f"{seat.name}: a stale view: {path}"


def _check_forge(world: World) -> None:
    """Nothing private is in any object of the forge, reachable or not."""
    said = world.forge.run(
        "git", "cat-file", "--batch-all-objects", "--unordered", "--batch"
    ).stdout
    assert "Begin" in said, "the objects of the forge were not read"
    for seat in world.seats:
        for secret in seat.own("hermetic"):
            assert secret not in said, f"a private event of {seat.name} is in the forge"
    for secret in world.hushed:
        assert secret not in said, f"private words are in the forge: {secret}"
