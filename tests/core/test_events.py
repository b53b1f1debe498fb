"""An event is one line that can be neither changed nor moved, and that outlives its data."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agence.base.canonical import NotCanonical, encode
from agence.base.digest import digest
from agence.base.errors import TrustError
from agence.base.stamps import Stamp
from agence.events.blob import blobs_of
from agence.events.event import LINE_LIMIT, PARENT_LIMIT, PART_LIMIT, BadEvent, read, write
from agence.events.signature import public_key, sign
from tests.core.values import SEEDS, SHARD, draft, event, ids, objects, stamps, values

LESSON = {"effects": [{"op": "set", "field": "title", "value": 'Pin the "compiler" - é'}]}


def signed(changes, data=LESSON, *, seed=SEEDS[0], outer=None):
    """The line of a body with `changes`, properly hashed and signed, as another program might."""
    body = dict(event({}).body)
    body |= changes
    body["writer"] = changes.get("writer", public_key(seed).hex())
    salt = bytes(16)
    if "data_hash" not in changes:
        body["data_hash"] = digest("agence/data/1", salt, encode(data)).hex()
    identity = digest("agence/event/1", encode(body))
    whole = {
        "body": body,
        "data": data,
        "id": identity.hex(),
        "salt": salt.hex(),
        "sig": sign(b"agence/sig/1\0" + identity, seed).hex(),
    }
    whole |= outer or {}
    return json.dumps(
        {name: part for name, part in whole.items() if part is not None},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()


def erased(line):
    outer = json.loads(line)
    return encode({name: outer[name] for name in ("body", "id", "sig")})


@given(
    objects,
    st.lists(ids, max_size=4),
    st.sampled_from(SEEDS),
    st.integers(1, 2**40),
    stamps,
    st.binary(min_size=16, max_size=16),
)
def test_what_is_written_is_read(data, parents, seed, seq, stamp, salt):  # noqa: PLR0917
    made = event(data, parents=parents, seed=seed, seq=seq, stamp=stamp, salt=salt)
    again = read(made.line)
    assert again == made
    assert again.data == data
    assert again.parents == sorted(set(parents))
    assert (again.seq, again.stamp, again.writer) == (seq, stamp, public_key(seed).hex())
    assert again.entity == again.id
    assert json.loads(made.line)["id"] == again.id


def lines():
    edit = event(LESSON, entity="a" * 64, parents=["a" * 64, "b" * 64], seq=2)
    return {"whole": event(LESSON).line, "edit": edit.line, "erased": erased(edit.line)}


@pytest.mark.parametrize("name", lines())
def test_no_byte_can_be_changed(name):
    """Every position, in each of these ways."""
    line = lines()[name]
    read(line)
    for at in range(len(line)):
        for flip in (0x01, 0x10, 0x20, 0x80):
            changed = line[:at] + bytes([line[at] ^ flip]) + line[at + 1 :]
            with pytest.raises(TrustError):
                read(changed)
        with pytest.raises(TrustError):
            read(line[:at] + line[at + 1 :])
        with pytest.raises(TrustError):
            read(line[:at] + b" " + line[at:])
    with pytest.raises(TrustError):
        read(line + b"\r")


@settings(max_examples=300)
@given(st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_other_lines_are_refused_and_never_break_the_reader(line):
    with pytest.raises(TrustError):
        read(line)


@settings(max_examples=300)
@given(st.data())
def test_members_of_any_type_never_break_the_reader(data):
    """A field of the body, or a member of the event, replaced and signed again."""
    fields = sorted(event(LESSON).body)
    body = {data.draw(st.sampled_from(fields)): data.draw(values)}
    if not isinstance(body.get("writer", ""), str):
        body = {}
    outer = {data.draw(st.sampled_from(["data", "salt", "sig", "id", "body"])): data.draw(values)}
    for line in (signed(body), signed({}, outer=outer), signed(body, outer=outer)):
        try:
            again = read(line)
        except TrustError:
            continue
        assert again.line == line
        assert again.body["data_hash"] == json.loads(line)["body"]["data_hash"]


def test_erased_data_leaves_a_valid_event():
    made = event(LESSON)
    left = read(erased(made.line))
    assert left.data is None
    assert (left.id, left.body) == (made.id, made.body)


@pytest.mark.parametrize("part", ["data", "salt"])
def test_data_and_salt_go_together(part):
    with pytest.raises(BadEvent, match="members other"):
        read(signed({}, outer={part: None}))


@given(objects, objects)
def test_data_can_not_be_swapped(data, other):
    if data != other:
        with pytest.raises(BadEvent, match="the data is not that of the body"):
            read(signed({}, data, outer={"data": other}))


def test_the_salt_hides_the_data():
    assert event(LESSON, salt=bytes(16)).body != event(LESSON, salt=b"\1" * 16).body


def test_an_event_of_another_shard_keeps_its_shard():
    line = event(LESSON).line
    assert read(line).body["shard"] == SHARD
    moved = line.replace(SHARD.encode(), b"6" * 64)
    with pytest.raises(BadEvent, match="the id is not that of the body"):
        read(moved)


def test_a_signature_of_another_purpose_does_not_count():
    made = event(LESSON)
    bare = sign(bytes.fromhex(made.id), SEEDS[0]).hex()
    other = sign(b"agence/sig/2\0" + bytes.fromhex(made.id), SEEDS[0]).hex()
    foreign = sign(b"agence/sig/1\0" + bytes.fromhex(made.id), SEEDS[1]).hex()
    for signature in (bare, other, foreign):
        with pytest.raises(BadEvent, match="the signature is not valid"):
            read(signed({}, outer={"sig": signature}))


def test_unknown_fields_and_kinds_are_kept():
    line = signed({"kind": "holiday_of_2031", "weather": {"sun": [1, None]}})
    again = read(line)
    assert again.line == line
    assert (again.kind, again.body["weather"]) == ("holiday_of_2031", {"sun": [1, None]})


def test_a_newer_version_is_read_past():
    assert read(signed({"v": 2, "more": 1})).body["v"] == 2


def test_nothing_unsigned_can_ride_along():
    with pytest.raises(BadEvent, match="members other"):
        read(signed({}, outer={"note": "read me"}))
    with pytest.raises(BadEvent, match="members other"):
        read(signed({}, outer={"data": None, "salt": None, "z": 1}))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"v": 0}, "version"),
        ({"v": True}, "'v'"),
        ({"v": "1"}, "'v'"),
        ({"seq": 0}, "seq"),
        ({"seq": -1}, "seq"),
        ({"seq": 2}, "prev"),
        ({"prev": "a" * 64}, "prev"),
        ({"seq": 2, "prev": "A" * 64}, "no event id"),
        ({"seq": 2, "prev": "a" * 63}, "no event id"),
        ({"hlc": [1]}, "hlc"),
        ({"hlc": [1, 2, 3]}, "hlc"),
        ({"hlc": [-1, 0]}, "hlc"),
        ({"hlc": [True, 0]}, "hlc"),
        ({"hlc": ["1", 0]}, "hlc"),
        ({"parents": ["a" * 64] * (PARENT_LIMIT + 1)}, "parents"),
        ({"parents": ["x"]}, "no event id"),
        ({"parents": [1]}, "no event id"),
        ({"parents": [["a" * 64]]}, "no event id"),
        ({"derived_from": [None]}, "no event id"),
        ({"supersedes": "a" * 64}, "'supersedes'"),
        ({"entity": "a"}, "no event id"),
        ({"shard": "a"}, "no event id"),
        ({"writer": "a"}, "writer"),
        ({"writer": "A" * 64}, "writer"),
        ({"by": None}, "'by'"),
        ({"kind": ["lesson"]}, "'kind'"),
        ({"data_hash": 1}, "'data_hash'"),
    ],
    ids=str,
)
def test_a_body_of_another_shape_is_refused(changes, what):
    with pytest.raises(BadEvent) as caught:
        read(signed(changes))
    assert what in caught.value.message


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": "agent:../../x"},
        {"scope": "instance:x"},
        {"scope": "collective:" + "0" * 64},
        {"scope": "universal:"},
        {"scope": ""},
        {"kind": "le\nsson"},
        {"kind": "Lesson"},
        {"kind": ""},
        {"by": "x" * 257},
        {"by": "Dana\u202eanaD"},
        {"by": "a\nb"},
        {"shard": ""},
        {"hlc": [1, 2**31]},
    ],
    ids=str,
)
def test_the_words_of_a_body_have_a_grammar(changes):
    with pytest.raises(BadEvent):
        read(signed(changes))


def test_a_newer_version_may_have_other_words():
    assert read(signed({"v": 2, "scope": "team:blue", "kind": "Lesson"})).body["v"] == 2


def test_the_largest_event_is_read_again():
    room = PART_LIMIT - len(encode({"text": ""}))
    made = event({"text": "x" * room}, parents=[f"{n:064x}" for n in range(PARENT_LIMIT)])
    assert read(made.line) == made
    with pytest.raises(BadEvent, match="64 KiB"):
        event({"text": "x" * (room + 1)})
    with pytest.raises(BadEvent, match="data of more than 64 KiB"):
        read(signed({}, {"text": "x" * (room + 1)}))
    with pytest.raises(BadEvent, match="a body of more than 64 KiB"):
        read(signed({"more": "x" * PART_LIMIT}))
    with pytest.raises(BadEvent, match="parents"):
        event({}, parents=[f"{n:064x}" for n in range(PARENT_LIMIT + 1)])


def test_a_line_of_10_mb_is_refused_by_its_length():
    with pytest.raises(BadEvent, match="a line of 10000000 bytes"):
        read(b'{"body":' + b" " * (10_000_000 - 8))
    assert LINE_LIMIT < 200_000


@pytest.mark.parametrize("data", [{"A": 1}, {"a": 1.5}, {"a": 2**53}, {"a": "\ud800"}])
def test_data_without_a_form_is_not_signed(data):
    with pytest.raises(NotCanonical):
        event(data)


@given(objects)
def test_equal_drafts_are_equal_lines(data):
    def make():
        return write(draft(data), SEEDS[0], 1, "", Stamp(1, 0), bytes(16)).line

    assert make() == make()


@given(values)
def test_blobs_are_looked_for_in_data_of_any_shape(value):
    name = "c" * 64
    assert blobs_of(event({"effects": value})) <= {name}
    listed = [value, {"op": "set", "value": {"blob": name}}]
    assert name in blobs_of(event({"effects": listed}))
