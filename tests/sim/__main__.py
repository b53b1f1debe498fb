"""Play runs of the simulator of clones, and say which go red.

python -m tests.sim --seed 7 --steps 200 --clones 4 --show
python -m tests.sim --seeds 0:1000 --jobs 2
python -m tests.sim --seed 7 --shrink
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.sim.mutations import MUTATIONS
from tests.sim.run import play, play_seed, shrink
from tests.sim.steps import moves_of


def main() -> int:
    """Play what the command line asks for; the exit code is 1 where anything went red."""
    asked = _arguments()
    if asked.mutation:
        with MUTATIONS[asked.mutation]():
            return _some(asked)
    return _some(asked)


def _some(asked: argparse.Namespace) -> int:
    if asked.seed is not None:
        return _one(asked)
    first, _, last = asked.seeds.partition(":")
    runs = [(seed, asked.steps, asked.clones) for seed in range(int(first), int(last))]
    red, begun = 0, time.monotonic()
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("fork")) as pool:
        for number, outcome in enumerate(pool.map(play_seed, runs), 1):
            if outcome.red:
                red += 1
                print(f"seed {outcome.seed}: RED {outcome.red}", flush=True)
            if number % 20 == 0 or number == len(runs):
                spent = time.monotonic() - begun
                print(f"{number} seeds, {red} red, {spent:.0f} s", flush=True)
    return 1 if red else 0


def _one(asked: argparse.Namespace) -> int:
    chosen = moves_of(asked.seed, asked.steps)
    begun = time.monotonic()
    outcome = play(asked.seed, chosen, asked.clones)
    if outcome.red and asked.shrink:
        chosen = shrink(asked.seed, chosen, asked.clones)
        outcome = play(asked.seed, chosen, asked.clones)
    if asked.show or outcome.red:
        print("\n".join(outcome.trace))
    verdict = f"RED {outcome.red}" if outcome.red else "green"
    print(f"seed {asked.seed}, {len(chosen)} steps, {time.monotonic() - begun:.1f} s: {verdict}")
    if outcome.trouble and asked.show:
        print(outcome.trouble)
    return 1 if outcome.red else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seed", type=int, help="play one run, and print it where it is red")
    parser.add_argument("--seeds", default="0:20", help="play the runs of seeds FIRST:LAST")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--clones", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("--mutation", choices=MUTATIONS, help="with a mistake in our own code")
    parser.add_argument("--show", action="store_true", help="print what was done")
    parser.add_argument("--shrink", action="store_true", help="leave out moves while it stays red")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
