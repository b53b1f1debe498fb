"""Segments: one set of events is one name and one byte string, however it was come by."""

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agence.base.canonical import encode
from agence.base.errors import TrustError
from agence.base.stamps import Stamp
from agence.events.event import read
from agence.events.segment import LIMIT, fingerprint, month, order_faults, pack, split_lines
from tests.core.values import SEEDS, chain, event

EVENTS = chain(60)
subsets = st.lists(st.sampled_from(EVENTS), unique_by=lambda one: one.id, max_size=40)
limits = st.integers(1, 20_000) | st.none()


@given(subsets, limits)
def test_packing_is_a_partition(events, limit):
    segments = pack(events, limit)
    ids = [one for segment in segments for one in segment.ids]
    assert sorted(ids) == sorted(one.id for one in events)
    assert sum(len(segment.content) for segment in segments) == sum(
        len(one.line) + 1 for one in events
    )
    assert all(segment.ids for segment in segments)


@given(subsets, limits)
def test_a_segment_is_no_larger_than_the_limit_unless_it_is_one_line(events, limit):
    segments = pack(events, limit)
    for segment in segments:
        assert limit is None or len(segment.content) <= limit or len(segment.ids) == 1
    if limit is None:
        assert len(segments) <= 1


@given(subsets, limits, st.randoms(use_true_random=False))
def test_the_order_in_which_events_came_does_not_matter(events, limit, shuffler):
    shuffled = shuffler.sample(events, len(events))
    assert pack(shuffled, limit) == pack(events, limit)


@given(subsets, limits)
def test_a_segment_is_read_again(events, limit):
    for segment in pack(events, limit):
        lines, torn = split_lines(segment.content)
        ids = [read(line).id for line in lines]
        assert torn == b""
        assert ids == sorted(segment.ids)
        assert order_faults(segment.path, ids) == []


@given(subsets.filter(bool), st.data())
def test_a_missing_foreign_repeated_or_moved_line_shows(events, data):
    segment = pack(events, None)[0]
    ids = sorted(segment.ids)
    at = data.draw(st.integers(0, len(ids) - 1))
    foreign = data.draw(st.sampled_from(EVENTS)).id
    assert order_faults(segment.path, ids[:at] + ids[at + 1 :])
    assert order_faults(segment.path, [*ids, ids[at]])
    if foreign not in ids:
        assert order_faults(segment.path, sorted([*ids, foreign]))
    if len(ids) > 1:
        assert order_faults(segment.path, [*ids[1:], ids[0]])


@given(subsets.filter(bool))
def test_the_name_says_month_writer_first_number_and_what_is_in_it(events):
    segment = pack(events, None)[0]
    first = min(events, key=lambda one: one.seq)
    assert re.fullmatch(r"\d{4}-\d\d/[0-9a-f]{64}/[0-9]+-[0-9a-f]{32}\.jsonl", segment.path)
    assert segment.path.startswith(f"{month(first.stamp.ms)}/{first.writer}/{first.seq}-")
    assert segment.path.endswith(f"-{fingerprint(segment.ids)}.jsonl")


@given(subsets.filter(bool), st.data())
def test_erasing_leaves_the_name(events, data):
    outer = json.loads(data.draw(st.sampled_from(events)).line)
    left = read(encode({name: outer[name] for name in ("body", "id", "sig")}))
    before = pack(events, None)[0]
    after = pack([left if one.id == left.id else one for one in events], None)[0]
    assert (after.path, after.ids) == (before.path, before.ids)
    assert after.content != before.content


def test_what_is_published_is_cut_at_256_kib():
    events = chain(100, body="x" * 10_000)
    segments = pack(events)
    assert LIMIT == 256 * 1024
    assert [len(segment.ids) for segment in segments[:-1]] == [24] * 4
    assert all(len(segment.content) <= LIMIT for segment in segments)
    starts = [int(segment.path.split("/")[-1].split("-")[0]) for segment in segments]
    assert starts == sorted(starts)


def test_a_segment_may_be_exactly_as_large_as_the_limit():
    size = sum(len(one.line) + 1 for one in EVENTS[1:4])  # all lines but the first are as long
    assert [len(segment.ids) for segment in pack(EVENTS[1:7], size)] == [3, 3]
    assert [len(segment.ids) for segment in pack(EVENTS[1:4], size - 1)] == [2, 1]


def test_both_branches_of_a_fork_fit_into_one_segment():
    ours, theirs = event({"a": 1}), event({"a": 2})
    segment = pack([ours, theirs])[0]
    assert segment == pack([theirs, ours])[0]
    assert segment.ids == {ours.id, theirs.id}


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        (0, "1970-01"),
        (951_782_399_999, "2000-02"),
        (951_868_800_000, "2000-03"),
        (1_767_225_599_999, "2025-12"),
        (1_767_225_600_000, "2026-01"),
        (4_070_908_800_000, "2099-01"),
        (2**53 - 1, "9999-12"),
    ],
)
def test_the_month_is_that_of_utc(ms, expected, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    assert month(ms) == expected


def test_the_month_is_that_of_the_first_event():
    early = event({}, seq=1, stamp=Stamp(1_767_225_599_999, 0))
    late = event({}, seq=2, stamp=Stamp(1_767_225_600_000, 0))
    assert pack([late, early])[0].path.startswith("2025-12/")
    assert pack([late])[0].path.startswith("2026-01/")


@given(st.binary(max_size=60))
def test_only_a_newline_ends_a_line(content):
    lines, torn = split_lines(content)
    assert b"".join(line + b"\n" for line in lines) + torn == content
    assert not any(b"\n" in line for line in [*lines, torn])


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_of_200_events_no_flipped_byte_and_no_lost_line_passes(number):
    """The carrier as a whole: what is there reads, or something is named."""
    chosen = random.Random(number)
    segment = TWO_HUNDRED
    lines, _ = split_lines(segment.content)
    at = chosen.randrange(len(segment.content))
    flipped = bytearray(segment.content)
    flipped[at] ^= 1 << chosen.randrange(8)
    assert faults_of(segment.path, bytes(flipped))
    dropped = chosen.randrange(len(lines))
    left = b"".join(line + b"\n" for n, line in enumerate(lines) if n != dropped)
    assert faults_of(segment.path, left)


@pytest.mark.soak
def test_of_200_events_not_one_flipped_byte_passes():
    lines, _ = split_lines(TWO_HUNDRED.content)
    for number, line in enumerate(lines):
        left = b"".join(one + b"\n" for n, one in enumerate(lines) if n != number)
        assert faults_of(TWO_HUNDRED.path, left)
        for at in range(len(line)):
            flipped = line[:at] + bytes([line[at] ^ 1 << at % 8]) + line[at + 1 :]
            assert faults_of("-" + fingerprint([TWO_HUNDRED_IDS[number]]), flipped + b"\n")


def test_the_whole_of_the_200_events_is_sound():
    assert faults_of(TWO_HUNDRED.path, TWO_HUNDRED.content) == []


TWO_HUNDRED = pack(chain(200, seed=SEEDS[1]), None)[0]
TWO_HUNDRED_IDS = sorted(TWO_HUNDRED.ids)


def faults_of(path, content):
    lines, torn = split_lines(content)
    found = ["torn"] if torn else []
    ids = []
    for line in lines:
        try:
            ids.append(read(line).id)
        except TrustError as error:
            found.append(error.message)
    return found + order_faults(path, ids)
