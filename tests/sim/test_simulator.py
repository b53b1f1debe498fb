"""Small runs that are green, three mutations of our own code that are not, and the kills."""

import os

import pytest

from tests.sim import run
from tests.sim.killing import doom
from tests.sim.mutations import MUTATIONS
from tests.sim.run import Outcome, play, play_seed
from tests.sim.steps import moves_of

FEW = 5  # seeds within which a mutation is caught


def test_all_clones_come_to_one_state():
    outcome = play_seed((1, 40, 3))
    assert not outcome.red, "\n".join([*outcome.trace, outcome.trouble])


def test_a_seed_repeats_its_run_exactly():
    moves = moves_of(17, 15, ("learn", "body", "exchange", "sync", "publish"))
    first, second = play(17, moves, 2), play(17, moves, 2)
    assert any("Died" in line for line in first.trace), "a run with a kill says more"
    assert first.trace == second.trace


@pytest.mark.parametrize(
    ("mutation", "among", "said"),
    [
        ("remove by value", ("tag", "untag", "exchange"), "tags of"),
        ("clock of maxima", ("learn", "exchange one"), "another cut"),
        ("delete wins", ("delete", "body", "exchange"), "is gone"),
    ],
)
def test_a_mutation_of_ours_goes_red(mutation, among, said):
    """The moves are those that matter, so that it is seen soon; all moves need more of them."""
    reds = []
    for seed in range(FEW):
        moves = moves_of(seed, 10, among)
        with MUTATIONS[mutation]():
            reds.append(play(seed, moves, 2).red)
        if reds[-1]:
            break
    assert said in reds[-1], reds
    assert not play(seed, moves, 2).red, "it is the mutation that is red"


@pytest.mark.soak
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutation_goes_red_among_all_moves(mutation):
    with MUTATIONS[mutation]():
        reds = [outcome.red for seed in range(4 * FEW) if (outcome := play_seed((seed, 200, 4)))]
    print(f"\n{mutation}: {sum(map(bool, reds))} of {len(reds)} seeds are red")
    assert any(reds)


def test_a_red_run_is_made_as_short_as_it_can_be(monkeypatch):
    moves = moves_of(1, 40)
    guilty = {moves[7], moves[23], moves[38]}
    monkeypatch.setattr(
        run, "play", lambda seed, left, _: Outcome(seed, "red" * (guilty <= set(left)), [])
    )
    assert run.shrink(1, moves, 4) == [moves[7], moves[23], moves[38]]


@pytest.mark.parametrize("calls", range(1, 5))
def test_the_fork_ends_at_the_call_it_was_told(tmp_path, calls):
    def work():
        for name in ("a", "b", "c"):
            os.mkdir(tmp_path / name)
        return b"done"

    said = doom(work, calls)
    assert said == (b"done" if calls > 3 else b"")
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "c"][: calls - 1]


def test_half_of_the_last_write_is_written(tmp_path):
    path = tmp_path / "file"

    def work():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.write(handle, b"0123456789")
        return b"done"

    assert doom(work, 1) == b""
    assert path.read_bytes() == b"01234"


def test_a_fault_in_the_fork_is_no_kill():
    def work():
        raise ValueError("a fault")

    with pytest.raises(AssertionError, match="fault of its own"):
        doom(work, 100)
