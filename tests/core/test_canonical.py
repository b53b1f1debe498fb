"""One value, one byte string; all else is refused, and the message says which rule it broke."""

import json
import os

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agence.base.canonical import LARGEST, NotCanonical, decode, decode_members, encode
from tests.conftest import ROOT
from tests.core.values import names, values
from tests.laws import assert_round_trip

JCS = os.path.join(ROOT, "tests", "vectors", "jcs")
INSIDE = {"arrays"}  # the other pairs have names of members, or numbers, that we refuse

REFUSED = {
    b'{"a":1,"a":2}': "a duplicate key: 'a'",
    b'{"a":1,"a":1}': "a duplicate key: 'a'",
    b'{"a":{"b":1,"b":2},"c":0}': "a duplicate key: 'b'",
    b'\xef\xbb\xbf{"a":1}': "byte order mark",
    b'{"a":1}\r': "CRLF",
    b'{"a": 1}': "white space",
    b' {"a":1}': "white space",
    b'{"b":1,"a":2}': "order",
    b'{"a":"\\u0041"}': "escapes",
    b'{"a":"\\/"}': "escapes",
    b'{"a":"\x7f\\u007f"}': "escapes",
    b"-0": "a number's form",
    b"1.0": "a float",
    b"1e2": "a float",
    b"1e400": "a float",
    b"NaN": "a float",
    b"-Infinity": "a float",
    b"9007199254740992": "a number beyond 2^53",
    b"-9007199254740992": "a number beyond 2^53",
    b"9" * 10_000: "a number beyond 2^53",
    b"01": "not JSON",
    b"+1": "not JSON",
    b"'a'": "not JSON",
    b"[1,]": "not JSON",
    b'"a\nb"': "not JSON",
    b"": "not JSON",
    b"1\n2": "not JSON",
    b'"\xff"': "not JSON in UTF-8",
    b'"\xed\xa0\x80"': "not JSON in UTF-8",
    b'"\\ud800"': "not valid Unicode",
    b'"\\udc00\\ud800"': "not valid Unicode",
    b'"\\ud83d\\ude02"': "escapes",
    b'{"A":1}': "a key outside of [a-z0-9_]",
    b'{"":1}': "a key outside of [a-z0-9_]",
    b'{"a-b":1}': "a key outside of [a-z0-9_]",
    b'{"\\ud800":1}': "a key outside of [a-z0-9_]",
    b"[" * 33 + b"]" * 33: "nested deeper than 32",
    b"[" * 1_000_000: "nested deeper than 32",
    b'{"a":' * 1_000_000: "nested deeper than 32",
}


@given(values)
def test_a_value_survives_its_line(value):
    assert_round_trip(encode, decode, value)


@given(values)
def test_it_is_jcs(value):
    assert encode(value) == rfc8785.dumps(value)


@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda t: t.encode("utf-8", "replace")))
@example(b"[1")
@settings(max_examples=1000)
def test_bytes_are_the_canonical_form_or_refused(line):
    try:
        value = decode(line)
    except NotCanonical:
        return
    assert encode(value) == line


@given(st.data(), values.map(encode))
@settings(max_examples=500)
def test_a_changed_line_is_another_value_or_refused(data, line):
    at = data.draw(st.integers(0, len(line) - 1))
    changed = line[:at] + bytes([data.draw(st.integers(0, 255))]) + line[at + 1 :]
    try:
        value = decode(changed)
    except NotCanonical:
        return
    assert encode(value) == changed
    assert changed == line or json.dumps(value) != json.dumps(decode(line))


@given(st.dictionaries(names, values, max_size=5) | values)
def test_the_members_of_a_line_are_its_parts(value):
    members = {name: encode(one) for name, one in value.items()} if type(value) is dict else {}
    assert decode_members(encode(value)) == (value, members)


@given(st.dictionaries(names, values, min_size=2, max_size=5))
def test_only_one_order_of_the_members_is_read(value):
    turned = json.dumps(
        dict(sorted(value.items(), reverse=True)), ensure_ascii=False, separators=(",", ":")
    )
    for read in (decode, decode_members):
        with pytest.raises(NotCanonical):
            read(turned.encode())


@pytest.mark.parametrize("line", REFUSED, ids=lambda line: repr(line[:24]))
def test_refused_by_name(line):
    for read in (decode, decode_members):
        with pytest.raises(NotCanonical) as caught:
            read(line)
        assert REFUSED[line] in caught.value.message


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), float("inf"), LARGEST + 1, -LARGEST - 1, b"a", (1,), {1}, object()],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"a": [v]}])
def test_what_has_no_form_is_not_written(value, wrap):
    with pytest.raises(NotCanonical):
        encode(wrap(value))


@pytest.mark.parametrize("key", ["", "A", "é", "a b", "a-b", "a\n", 1, None, True, "\ud800"])
def test_names_of_members_are_plain(key):
    with pytest.raises(NotCanonical, match="a key outside"):
        encode({key: 1})


def test_the_largest_numbers_have_a_form():
    assert encode([LARGEST, -LARGEST]) == b"[9007199254740991,-9007199254740991]"
    assert decode(b"[9007199254740991,-9007199254740991]") == [LARGEST, -LARGEST]


def test_a_lone_surrogate_is_not_written():
    with pytest.raises(NotCanonical, match="Unicode"):
        encode(["\ud800"])


def test_a_value_that_holds_itself_is_refused():
    loop: list = []
    loop.append(loop)
    with pytest.raises(NotCanonical, match="nested"):
        encode(loop)


def test_depth_is_counted_alike_when_writing_and_reading():
    value: list = []
    for _ in range(31):
        value = [value]
    assert decode(encode(value)) == value
    with pytest.raises(NotCanonical, match="nested"):
        encode([value])


def pairs():
    return sorted({name.split(".")[0] for name in os.listdir(JCS)})


def read_pair(name):
    parts = []
    for part in ("input", "output"):
        with open(os.path.join(JCS, f"{name}.{part}.json"), "rb") as file:
            parts.append(file.read())
    return parts


def test_the_pairs_are_all_there():
    assert pairs() == ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("name", pairs())
def test_the_published_pairs(name):
    given_, published = read_pair(name)
    value = json.loads(given_)
    assert rfc8785.dumps(value) == published
    if name in INSIDE:
        assert encode(value) == published
        assert decode(published) == value
        return
    with pytest.raises(NotCanonical):
        encode(value)
    with pytest.raises(NotCanonical):
        decode(published)


@pytest.mark.parametrize("name", pairs())
def test_the_published_strings_have_the_published_form(name):
    strings = list(all_strings(json.loads(read_pair(name)[0])))
    assert encode(strings) == rfc8785.dumps(strings)
    for one in strings:
        assert encode(one) in read_pair(name)[1]


def all_strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from all_strings(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *all_strings(inner))
