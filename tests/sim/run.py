"""One run: a world, its moves, rest, and what is checked then."""

import os
import random
import tempfile
import traceback
from collections.abc import Sequence
from typing import NamedTuple

from tests.sim.oracle import check
from tests.sim.rest import settle
from tests.sim.steps import BY_NAME, moves_of
from tests.sim.world import Move, World, surroundings

MEMORY = "/dev/shm"


class Outcome(NamedTuple):
    """What came of a run: `red` says what was wrong, "" for nothing; `trouble` is where."""

    seed: int
    red: str
    trace: list[str]
    trouble: str = ""


def play(seed: int, moves: Sequence[Move], clones: int = 4) -> Outcome:
    """Play the moves, and check at their end, in every other run also at a point before it."""
    place = MEMORY if os.path.isdir(MEMORY) else None
    with tempfile.TemporaryDirectory(prefix="agence-sim-", dir=place) as folder:
        world = World(seed, folder, clones)
        with surroundings(folder):
            try:
                _play(world, moves)
            except Exception as error:  # noqa: BLE001 - whatever it is, the run is red
                red = f"{type(error).__name__}: {error}".replace(folder, "")
                return Outcome(seed, red, world.trace, traceback.format_exc())
            return Outcome(seed, "", world.trace)


def play_seed(run: tuple[int, int, int]) -> Outcome:
    """The run of a seed, so many steps, so many clones."""
    seed, steps, clones = run
    return play(seed, moves_of(seed, steps), clones)


def _play(world: World, moves: Sequence[Move]) -> None:
    draw = random.Random(f"rests of {world.seed}")
    rests = {draw.randrange(1, 2 * len(moves)), len(moves)}
    world.begin()
    for number, move in enumerate(moves, 1):
        world.play(move, BY_NAME)
        if number in rests:
            settle(world, draw)
            state = check(world)
            world.trace.append(f"at rest: {len(state)} entities, {world.forge.tip('main')}")


def shrink(seed: int, moves: Sequence[Move], clones: int) -> list[Move]:
    """Leave out moves, many at first, as long as the run stays red."""
    left, size = list(moves), len(moves) // 2
    while size:
        at = 0
        while at < len(left):
            fewer = left[:at] + left[at + size :]
            if fewer and play(seed, fewer, clones).red:
                left = fewer
            else:
                at += size
        size //= 2
    return left
