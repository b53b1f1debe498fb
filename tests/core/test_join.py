"""The join of segments is the union of their lines, and nothing restores erased data."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.canonical import encode
from agence.events.join import event_id, join
from tests.laws import assert_joins

hexes = st.binary(min_size=32, max_size=32).map(bytes.hex)
texts = st.text(alphabet='a"\\{}[],:\xe9\n', max_size=8)
names = st.sampled_from(["id", "data", "salt", "sig", "body", "a", "z9"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts | hexes,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(names, values, max_size=4)


@st.composite
def events(draw):
    """The line of an event, and the same line erased."""
    fields = {"body": draw(objects), "id": draw(hexes), "sig": draw(hexes) + draw(hexes)}
    if draw(st.booleans()):
        fields |= draw(st.dictionaries(st.sampled_from(["aa", "kk", "zz"]), values, max_size=2))
    whole = fields | {"data": draw(objects), "salt": draw(hexes)[:32]}
    return encode(whole), encode(fields)


def foreign_bytes(line):
    return b"\n" not in line and line != b""


pool = st.shared(st.lists(events(), min_size=1, max_size=6), key="pool")
lines = pool.flatmap(lambda known: st.sampled_from([line for pair in known for line in pair]))
foreign = st.binary(max_size=20).filter(foreign_bytes) | st.sampled_from([b"{}", b"\r", b'{"id":1'])
segments = st.lists(lines | foreign, max_size=12).map(b"\n".join)  # the last line is torn


def two(a, b):
    return join([a, b])


@given(segments, segments, segments)
def test_join_keeps_the_lattice_laws(a, b, c):
    assert_joins(two, *(join([one]) for one in (a, b, c)))


@given(segments, segments, segments)
def test_no_order_or_grouping_changes_a_byte(a, b, c):
    whole = join([a, b, c])
    assert whole == join([c, b, a, b]) == two(two(c, a), b) == two(a, two(b, c)) == join([whole, a])


@given(segments, segments)
def test_each_line_is_kept_once_unless_it_was_erased(a, b):
    there = {line for one in (a, b) for line in one.split(b"\n") if line}
    *kept, last = join([a, b]).split(b"\n")
    assert last == b""
    assert len(kept) == len(set(kept))
    assert set(kept) <= there
    for line in there - set(kept):
        fields = json.loads(line)
        del fields["data"], fields["salt"]
        assert encode(fields) in kept


@given(st.lists(events(), min_size=1, max_size=5))
def test_erased_stays_erased(pairs):
    whole = b"".join(line + b"\n" for line, _ in pairs)
    erased = b"".join(line + b"\n" for _, line in pairs)
    assert two(whole, erased) == two(erased, whole) == join([erased])


@given(st.lists(events(), max_size=6))
def test_events_are_sorted_by_id(pairs):
    found = [json.loads(line)["id"] for line in join(line for line, _ in pairs).split(b"\n")[:-1]]
    assert found == sorted(found)


@given(events())
def test_the_id_is_the_outer_one(pair):
    for line in pair:
        assert event_id(line).decode() == json.loads(line)["id"]


@given(objects | st.lists(values, max_size=3) | values)
def test_the_id_of_any_json_is_found_exactly(value):
    line = encode(value)
    identity = value.get("id") if isinstance(value, dict) else None
    if isinstance(identity, str) and identity.isascii() and identity.isalnum():
        assert event_id(line).decode() == identity
    elif identity is None:
        assert event_id(line) in (b"", b"null")


@given(st.binary(max_size=40) | st.text(alphabet='{}[]",:\\idsatlg', max_size=40).map(str.encode))
def test_any_bytes_are_a_line(line):
    assert set(join([line]).split(b"\n")) == set(line.split(b"\n")) | {b""}


@given(events())
def test_a_forged_erasure_drops_nothing(pair):
    line, erased = pair
    forged = encode(json.loads(erased) | {"sig": "f" * 64 + "0" * 64})
    body = encode(json.loads(erased) | {"body": {"forged": True}})
    assert line in join([line, forged, body]).split(b"\n")


def test_an_escaped_quote_ends_no_string():
    line = b'{"a":"\\",\\"id\\":\\"x","b":["\\\\\\"}",{"id":"y"}],"id":"z","zz":"\\\\"}'
    assert json.loads(line)["id"] == "z" == event_id(line).decode()


def test_what_was_torn_is_a_line_of_its_own():
    assert join([b'{"id":"a"', b'{"id":"b"}\n']) == b'{"id":"b"}\n{"id":"a"\n'
    assert join([b"a\rb", b"a\r\n"]) == b"a\r\na\rb\n"
    assert join([b"", b"\n\n"]) == b""


PIECES = ['"', "\\", "{", "}", "[", "]", ",", ":", "a", "é", '","id":"', '"salt"']


def made_up(chance, number):
    """The line of event `number`, whole or erased; few numbers, so that sides share events."""
    text = "".join(chance.choices(PIECES, k=chance.randrange(5)))
    body = {"n": number, "t": str(number)}
    if chance.random() < 0.1:
        body["t"] = text  # another line of the same id: forged, or of another version
    fields: dict[str, Any] = {"body": body, "id": f"{number:064x}", "sig": "5" * 128}
    if chance.random() < 0.1:
        fields["zz"] = [text]
    if chance.random() < 0.7:
        fields |= {"data": {"t": str(number)}, "salt": f"{number:032x}"}
    return encode(fields)


def side(chance):
    """The bytes of a segment as git may hand it over: in any order, torn, with markers, CRLF."""
    found = [made_up(chance, chance.randrange(9)) for _ in range(chance.randrange(8))]
    torn = found[0][:40] if found else b"{"
    for stray in (b"<" * 7 + b" ours", b"=======", b">" * 7 + b" theirs", b"{}", torn):
        if chance.random() < 0.05:
            found.insert(chance.randrange(len(found) + 1), stray)
    if chance.random() < 0.7:
        found.sort()
    end = b"\r\n" if chance.random() < 0.02 else b"\n"
    return end.join([*found, b""] if chance.random() < 0.9 else found)


def assert_driver_laws(a, b, c):
    ab, bc = two(a, b), two(b, c)
    assert ab == two(b, a), "the sides may not change places"
    assert two(ab, c) == two(a, bc), "the order of merges changes bytes"
    assert two(ab, ab) == two(ab, a) == two(b, ab) == ab, "merging again changes bytes"
    assert join([ab]) == ab, "it does not accept its own output"
    there = {line for one in (a, b) for line in one.split(b"\n")}
    assert set(ab.split(b"\n")) <= there | {b""}, "a line is invented"


def try_triples(count, seed):
    chance = random.Random(seed)
    for number in range(count):
        triple = [side(chance) for _ in "abc"]
        try:
            assert_driver_laws(*triple)
        except AssertionError as error:
            pytest.fail(f"seed {seed}, triple {number}: {error}: {triple}")


def test_random_sides_of_a_merge_keep_the_laws():
    try_triples(1000, seed=1)


@pytest.mark.soak
def test_100_000_random_triples_keep_the_laws():
    try_triples(100_000, seed=random.SystemRandom().randrange(1 << 32))
