"""Rules of fields are functions of the set of writes: no order and no grouping of them matters."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.stamps import Stamp
from agence.crdt.add_wins import add_wins
from agence.crdt.counter import counter, up_down
from agence.crdt.latest import latest
from agence.crdt.life import life
from agence.crdt.lines import MARKS
from agence.crdt.ordered import lattice
from agence.crdt.text import text
from agence.crdt.write import Outcome, Write, unseen
from agence.schema.fields import RULES
from agence.schema.states import ORDER

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


# Every rule of the table, on every kind of write.

COUNTS = st.integers(-3, 3)
anything = histories(
    ["set", "add", "remove", "increment", "delete", "restore", "edit"],
    st.sampled_from(["a\nb\nc", "a\nB\nc", "a\nb\nC", "1\na\nb\nc", "-", "+"]) | COUNTS,
)
FITS = {"increment": int, "add": str, "remove": str}


def fitting(writes):
    """The writes whose value an event can hold: those that the fold passes on."""
    return [w for w in writes if isinstance(w.value, FITS.get(w.op, object))]


def seen_of(outcome):
    lost, rivals = (sorted(w.event for w in part) for part in outcome[1:])
    return outcome.value, lost, rivals


FOLDS = {
    **{name: rule for name, (rule, _, _) in RULES.items()},
    "states": lattice(ORDER),
    "life": life,
}


WHOLE = ["latest", "text", "multi-value", "fenced", "greatest", "least", "states"]


@pytest.mark.parametrize("name", FOLDS)
@given(writes=anything, data=st.data())
def test_no_rule_depends_on_order_or_repetition_of_the_whole(name, writes, data):
    writes = fitting(writes)
    shuffled = data.draw(st.permutations(writes))
    assert seen_of(FOLDS[name](shuffled)) == seen_of(FOLDS[name](writes))


@pytest.mark.parametrize("name", WHOLE)
@given(writes=anything, data=st.data())
def test_who_has_seen_all_decides_under_every_rule_of_whole_values(name, writes, data):
    writes = fitting(writes)
    value = data.draw(st.sampled_from(["+", "a\nb", 2]))
    final = Write("f" * 64, Stamp(0, 0), 99, (1 << 99) - 1, "set", value)
    outcome = FOLDS[name]([*writes, final])
    assert outcome == Outcome([value] if name in ("multi-value", "fenced") else value)


def written(*values, base=None):
    """Writes side by side, each over `base` where that is given."""
    first = [] if base is None else [Write("0" * 64, Stamp(0, 0), 0, 0, "set", base)]
    seen = 1 if first else 0
    return first + [
        Write(f"{at:064x}", Stamp(at, 0), at, seen, "set", value)
        for at, value in enumerate(values, len(first) or 1)
    ]


def test_texts_that_do_not_overlap_are_merged():
    outcome = text(written("A\nb\nc\nd\ne", "a\nb\nc\nd\nE", base="a\nb\nc\nd\ne"))
    assert outcome == Outcome("A\nb\nc\nd\nE")


def test_texts_that_overlap_keep_both_versions_and_are_in_conflict():
    writes = written("a\nONE\nc", "a\nTWO\nc", base="a\nb\nc")
    outcome = text(writes)
    assert outcome.value == f"a\n{MARKS.one}\nONE\n{MARKS.other}\nTWO\n{MARKS.end}\nc"
    assert [w.event for w in outcome.rivals] == [w.event for w in writes[1:]]


@given(st.lists(st.sampled_from("abcdef"), max_size=6), st.data())
def test_a_line_that_one_side_alone_changed_is_in_the_merged_text(base, data):
    lines = [f"{at} {one}" for at, one in enumerate(base)]
    sides = [
        data.draw(st.sets(st.sampled_from(range(len(lines))))) if lines else set() for _ in "12"
    ]
    texts = [
        "\n".join(f"{line} by {side}" if at in changed else line for at, line in enumerate(lines))
        for side, changed in enumerate(sides)
    ]
    merged = text(written(*texts, base="\n".join(lines))).value.split("\n")
    for side, changed in enumerate(sides):
        assert {f"{lines[at]} by {side}" for at in changed} <= set(merged)


def test_a_criss_cross_has_a_base():
    first, one, other = written("A\nb\nc\nd\ne", "a\nb\nc\nd\nE", base="a\nb\nc\nd\ne")
    left = Write("3" * 64, Stamp(3, 0), 3, 0b111, "set", "A\nb\nc2\nd\nE")
    right = Write("4" * 64, Stamp(4, 0), 4, 0b111, "set", "A2\nb\nc\nd\nE")
    assert text([first, one, other, left, right]) == Outcome("A2\nb\nc2\nd\nE")


def test_a_ladder_of_criss_crosses_is_folded_in_bounded_depth():
    writes = [Write(f"{at:064x}", Stamp(at, 0), at, 0, "set", f"{at}\nx") for at in range(2)]
    for at in range(2, 400, 2):
        seen = (1 << at) - 1
        writes += [
            Write(f"{side:064x}", Stamp(side, 0), side, seen, "set", f"{side}\nx")
            for side in (at, at + 1)
        ]
    assert text(writes).rivals


@given(st.lists(st.tuples(COUNTS, st.booleans())))
def test_a_counter_is_the_sum_of_its_distinct_increments(increments):
    writes = [
        Write(f"{at:064x}", Stamp(at, 0), at, 0, "increment", value)
        for at, (value, _) in enumerate(increments)
    ]
    assert up_down(writes).value == sum(value for value, _ in increments)
    assert counter(writes).value == sum(value for value, _ in increments if value > 0)


def test_done_wins_over_all_that_was_written_beside_it_and_yields_to_who_saw_it():
    states = lattice(ORDER)
    assert states(written("&", "-", "+")).value == "-"
    reopened = [*written("-"), Write("9" * 64, Stamp(0, 0), 2, 0b10, "set", "+")]
    assert states(reopened).value == "+"


def alive(*ops):
    """Writes about a life: (op, places that its author had seen)."""
    return [
        Write(f"{at:064x}", Stamp(at, 0), at, sum(1 << one for one in seen), op, None)
        for at, (op, seen) in enumerate(ops)
    ]


def test_a_delete_takes_away_what_it_saw_however_late_that_comes_back():
    late = alive(("edit", []), ("edit", [0]), ("delete", [0, 1]))
    assert life(late) == Outcome(value=True)


def test_a_delete_yields_to_an_edit_made_beside_it_until_somebody_has_seen_both():
    beside = alive(("edit", []), ("delete", [0]), ("edit", [0]))
    outcome = life(beside)
    assert outcome.value is False
    assert [w.at for w in outcome.rivals] == [1, 2]
    settled = alive(("edit", []), ("delete", [0]), ("edit", [0]), ("edit", [0, 1, 2]))
    assert life(settled) == Outcome(value=False)
    again = alive(("edit", []), ("delete", [0]), ("edit", [0]), ("delete", [0, 1, 2]))
    assert life(again) == Outcome(value=True)


def test_only_a_restore_brings_back_what_was_deleted():
    assert life(alive(("edit", []), ("delete", [0]), ("edit", [0, 1]))).value is True
    assert life(alive(("edit", []), ("delete", [0]), ("restore", [0, 1]))).value is False
