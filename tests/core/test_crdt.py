"""Rules of fields are functions of the set of writes: no order and no grouping of them matters."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from agence.base.stamps import Stamp
from agence.crdt.add_wins import add_wins
from agence.crdt.latest import latest
from agence.crdt.write import Outcome, Write, unseen

stamps = st.builds(Stamp, st.integers(0, 3), st.integers(0, 1))


@st.composite
def histories(draw, ops, values, size=6):
    """Writes of one field; each has seen some earlier ones, and all that these had seen."""
    writes: list[Write] = []
    for at in range(draw(st.integers(0, size))):
        seen = 0
        for parent in draw(st.lists(st.sampled_from(range(at)), max_size=3)) if at else []:
            seen |= 1 << parent | writes[parent].seen
        op, value = draw(st.sampled_from(ops)), draw(values)
        tags = [w.event for w in writes if seen >> w.at & 1 and (w.op, w.value) == ("add", value)]
        cites = tuple(tags) if op == "remove" else ()
        writes.append(Write(f"{at:064x}", draw(stamps), at, seen, op, value, cites))
    return writes


registers = histories(["set"], st.integers(0, 3) | st.text(max_size=2) | st.none())
sets = histories(["add", "remove"], st.sampled_from(["x", "y"]))
mixed = histories(["set", "add", "remove", "increment"], st.sampled_from(["x", "y"]))


def summary(outcome):
    return outcome.value, sorted(write.event for write in outcome.lost)


@given(registers | mixed, st.data())
def test_a_register_does_not_depend_on_the_order(writes, data):
    assert summary(latest(data.draw(st.permutations(writes)))) == summary(latest(writes))


@given(sets | mixed, st.data())
def test_a_set_does_not_depend_on_the_order(writes, data):
    assert add_wins(data.draw(st.permutations(writes))) == add_wins(writes)


@given(registers)
def test_the_value_of_a_register_was_written_and_nothing_later_had_seen_it(writes):
    outcome = latest(writes)
    if not writes:
        assert outcome == Outcome(None)
        return
    maximal = [w for w in writes if not any(other.seen >> w.at & 1 for other in writes)]
    winner = max(maximal, key=lambda w: (w.stamp, w.event))
    assert outcome.value == winner.value
    assert {w.event for w in outcome.lost} == {w.event for w in maximal if w.value != winner.value}


@given(registers, st.data())
def test_one_write_that_has_seen_all_decides_whatever_its_stamp(writes, data):
    everything = (1 << len(writes)) - 1
    final = Write("f" * 64, data.draw(stamps), len(writes), everything, "set", "final")
    assert latest([*writes, final]) == Outcome("final")


@given(sets)
def test_a_member_is_there_while_one_addition_of_it_was_not_removed(writes):
    removed = {(w.value, tag) for w in writes if w.op == "remove" for tag in w.cites}
    expected = {w.value for w in writes if w.op == "add" and (w.value, w.event) not in removed}
    assert add_wins(writes).value == sorted(expected)


@given(mixed)
def test_operations_of_another_rule_change_nothing(writes):
    assert latest(writes) == latest([w for w in writes if w.op == "set"])
    assert add_wins(writes) == add_wins([w for w in writes if w.op in ("add", "remove")])


def write(name, op, value, *, at, seen=(), stamp=(1, 0), cites=()):
    mask = sum(1 << one for one in seen)
    return Write(name, Stamp(*stamp), at, mask, op, value, tuple(cites))


def outcomes(rule, writes):
    return {repr(summary(rule(order))) for order in permutations(writes)}


def test_a_removal_takes_out_only_what_it_saw():
    first = write("a", "add", "x", at=0)
    removal = write("b", "remove", "x", at=1, seen=[0], cites=["a"])
    meanwhile = write("c", "add", "x", at=2)
    after = write("d", "add", "x", at=3, seen=[0, 1])
    assert add_wins([first, removal]).value == []
    assert add_wins([first, removal, meanwhile]).value == ["x"]
    assert add_wins([first, removal, after]).value == ["x"]
    assert len(outcomes(add_wins, [first, removal, meanwhile, after])) == 1


def test_a_removal_of_one_member_leaves_another_of_the_same_event():
    both = [write("a", "add", "x", at=0), write("a", "add", "y", at=0)]
    assert add_wins([*both, write("b", "remove", "x", at=1, seen=[0], cites=["a"])]).value == ["y"]


def test_put_put_delete_with_a_put_at_the_same_time():
    """Diverged in a widely used implementation (ipfs/go-ds-crdt) until each put had its own tag."""
    here = [
        write("a1", "add", "x", at=0),
        write("a2", "add", "x", at=1, seen=[0]),
        write("a3", "remove", "x", at=2, seen=[0, 1], cites=["a1", "a2"]),
    ]
    there = write("b1", "add", "x", at=3)
    assert add_wins(here).value == []
    assert add_wins([*here, there]).value == ["x"]
    assert len(outcomes(add_wins, [*here, there])) == 1

    registers_here = [
        write("a1", "set", "1", at=0),
        write("a2", "set", "2", at=1, seen=[0], stamp=(9, 0)),
        write("a3", "set", None, at=2, seen=[0, 1], stamp=(3, 0)),
    ]
    for stamp, expected in (((2, 0), None), ((4, 0), "3")):
        put = write("b1", "set", "3", at=3, stamp=stamp)
        assert latest([*registers_here, put]).value == expected
        assert len(outcomes(latest, [*registers_here, put])) == 1


def test_equal_stamps_are_decided_by_the_id():
    writes = [write(name, "set", name, at=at) for at, name in enumerate(["b", "c", "a"])]
    assert latest(writes).value == "c"
    assert {w.value for w in latest(writes).lost} == {"a", "b"}
    assert len(outcomes(latest, writes)) == 1


def test_equal_values_contest_nothing():
    writes = [write(name, "set", "same", at=at) for at, name in enumerate("ab")]
    assert latest(writes) == Outcome("same")


@given(registers)
def test_of_some_writes_at_least_one_is_unseen(writes):
    assert bool(unseen(writes)) == bool(writes)
