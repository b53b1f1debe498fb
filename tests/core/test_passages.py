"""Passages hold all words of a text, but none of the lines that mark two versions."""

from hypothesis import given
from hypothesis import strategies as st

from agence.crdt.lines import MARKS, merge_lines
from agence.recall.passages import LENGTH, passages

LINES = st.lists(st.sampled_from(["", "one two", "three", "four. five", "six " * 400]), max_size=8)


@given(LINES, LINES, LINES)
def test_both_versions_are_found_and_their_marks_are_not(base, one, other):
    merged, _ = merge_lines(base, one, other, MARKS)
    pieces = [piece for piece, _ in passages("\n".join(merged))]
    words = [word for line in merged if line not in MARKS for word in line.split()]
    assert " ".join(pieces).split() == words
    assert all(len(piece) <= LENGTH for piece in pieces)
    assert not any(mark in said for said in pieces for mark in MARKS)


def test_each_version_is_a_passage_of_its_own():
    text = f"before\n{MARKS.one}\nit is 5\n{MARKS.other}\nit is 7\n{MARKS.end}\nafter"
    assert passages(text) == [
        ("before", "it is 5"),
        ("it is 5", "before\nit is 7"),
        ("it is 7", "it is 5\nafter"),
        ("after", "it is 7"),
    ]
