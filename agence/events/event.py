"""An event: one immutable signed fact, one line.

    {"body": {...}, "data": {...}, "id": "...", "salt": "...", "sig": "..."}

    id        = BLAKE3-256("agence/event/1" || 0x00 || JCS(body))
    data_hash = BLAKE3-256("agence/data/1" || 0x00 || salt || JCS(data)), a part of body
    sig       = Ed25519(writer, "agence/sig/1" || 0x00 || id)

Erasing drops `data` and `salt`: the id, the chain and the signature still hold. Fields and kinds
that this version does not know are kept and carried.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from agence.base.canonical import NotCanonical, decode, decode_members, encode
from agence.base.digest import digest
from agence.base.errors import TrustError
from agence.base.identifiers import is_agent, is_hex
from agence.base.stamps import COUNTER, Stamp
from agence.events.signature import holds, public_key, sign

VERSION = 1
PART_LIMIT = 64 * 1024  # bytes of a body, and of its data
LINE_LIMIT = 2 * PART_LIMIT + 1024
PARENT_LIMIT = 64
SALT = 16  # bytes

# A name is text for people: without control characters, line ends and marks of direction.
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]{0,256}").fullmatch
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,63}").fullmatch

_ID = "agence/event/1"
_DATA = "agence/data/1"
_SIG = b"agence/sig/1\0"
_ERASED = {"body", "id", "sig"}
_WHOLE = _ERASED | {"data", "salt"}
_BODY = {
    "v": int,
    "shard": str,
    "scope": str,
    "kind": str,
    "entity": str,
    "by": str,
    "writer": str,
    "seq": int,
    "prev": str,
    "parents": list,
    "hlc": list,
    "data_hash": str,
    "derived_from": list,
    "supersedes": list,
}


class BadEvent(TrustError):
    """A line that is no valid event. The message says in what."""

    code = "bad-event"


class Draft(NamedTuple):
    """What is to become an event: all that its writer's chain does not say.

    shard     id of the genesis, or "" for a genesis
    scope     "instance", "agent:<id>", "collective:<id>" or "universal"
    entity    id of the create event of what this is about, or "" to create
    parents   ids of the heads this rests on; an event has at most 64
    """

    kind: str
    entity: str
    data: dict[str, Any]
    shard: str
    scope: str
    by: str
    parents: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()


class Event(NamedTuple):
    """A verified event. `data` is None where it was erased."""

    id: str
    line: bytes
    body: dict[str, Any]
    data: dict[str, Any] | None

    @property
    def writer(self) -> str:
        """The public key that signed it, 64 hex digits."""
        return self.body["writer"]  # type: ignore[no-any-return]

    @property
    def seq(self) -> int:
        """Its place in the writer's chain, from 1."""
        return self.body["seq"]  # type: ignore[no-any-return]

    @property
    def kind(self) -> str:
        """What it is about, such as "lesson"."""
        return self.body["kind"]  # type: ignore[no-any-return]

    @property
    def entity(self) -> str:
        """The id of the entity it is about: its own for the event that creates one."""
        return self.body["entity"] or self.id

    @property
    def parents(self) -> list[str]:
        """The ids of the heads it rests on."""
        return self.body["parents"]  # type: ignore[no-any-return]

    @property
    def stamp(self) -> Stamp:
        """Its hybrid logical clock stamp, as written."""
        return Stamp(*self.body["hlc"])


def write(  # noqa: PLR0913, PLR0917 - the six things that a line is made of
    draft: Draft, seed: bytes, seq: int, prev: str, stamp: Stamp, salt: bytes
) -> Event:
    """Sign `draft` as number `seq` of the chain of the key of `seed`; `salt` is 16 random bytes.

    Raises NotCanonical for values without a canonical form, BadEvent for what is too large.
    """
    data = encode(draft.data)
    body: dict[str, Any] = {
        "v": VERSION,
        "shard": draft.shard,
        "scope": draft.scope,
        "kind": draft.kind,
        "entity": draft.entity,
        "by": draft.by,
        "writer": public_key(seed).hex(),
        "seq": seq,
        "prev": prev,
        "parents": sorted(set(draft.parents)),
        "hlc": [stamp.ms, stamp.counter],
        "data_hash": digest(_DATA, salt, data).hex(),
        "derived_from": list(draft.derived_from),
        "supersedes": list(draft.supersedes),
    }
    encoded = encode(body)
    _check_body(body)
    if len(encoded) > PART_LIMIT or len(data) > PART_LIMIT:
        raise BadEvent(
            "more than 64 KiB in one event", "keep the text shorter, or in several parts"
        )
    if len(body["parents"]) > PARENT_LIMIT:
        raise BadEvent(f"more than {PARENT_LIMIT} parents")
    identity = digest(_ID, encoded)
    line = b'{"body":%s,"data":%s,"id":"%s","salt":"%s","sig":"%s"}' % (
        encoded,
        data,
        identity.hex().encode(),
        salt.hex().encode(),
        sign(_SIG + identity, seed).hex().encode(),
    )
    return Event(identity.hex(), line, body, draft.data)


def read(line: bytes, check: Callable[[bytes, bytes, bytes], bool] = holds) -> Event:
    """The event of one line, verified; raises BadEvent (or NotCanonical) that says what is wrong.

    `check(message, signature, key)` judges the signature.
    """
    if len(line) > LINE_LIMIT:
        raise BadEvent(f"a line of {len(line)} bytes, more than an event may have")
    value, members = decode_members(line)
    outer = _envelope(value)
    body, identity, signature = outer["body"], outer["id"], outer["sig"]
    _check_body(body)
    encoded = members["body"]
    if len(encoded) > PART_LIMIT:
        raise BadEvent("a body of more than 64 KiB")
    if digest(_ID, encoded).hex() != identity:
        raise BadEvent("the id is not that of the body")
    key = bytes.fromhex(body["writer"])
    if not check(_SIG + bytes.fromhex(identity), bytes.fromhex(signature), key):
        raise BadEvent("the signature is not valid")
    return Event(identity, line, body, _data(outer, members, body["data_hash"]))


def without_data(line: bytes) -> bytes:
    """The line of an event whose data is erased, from its verified line."""
    outer: Any = decode(line)
    return encode({name: outer[name] for name in sorted(_ERASED)})


def _envelope(outer: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the line held
    if not isinstance(outer, dict) or "body" not in outer:
        raise BadEvent("not an event")
    if outer.keys() != _WHOLE and outer.keys() != _ERASED:
        # Nothing signs the other members: they would be a place to hide things in.
        raise BadEvent("members other than body, id, sig, and data with salt")
    if not isinstance(outer["body"], dict) or not isinstance(outer["id"], str):
        raise BadEvent("the body is no object, or the id no string")
    if not isinstance(outer["sig"], str) or not is_hex(outer["sig"], 128):
        raise BadEvent("the signature is not hex")
    return outer


def _data(outer: dict[str, Any], members: dict[str, bytes], expected: str) -> dict[str, Any] | None:
    if "data" not in outer:
        return None
    data, salt = outer["data"], outer["salt"]
    if not isinstance(data, dict) or not isinstance(salt, str) or not is_hex(salt, 2 * SALT):
        raise BadEvent("the data is no object, or the salt not 16 bytes in hex")
    encoded = members["data"]
    if len(encoded) > PART_LIMIT:
        raise BadEvent("data of more than 64 KiB")
    if digest(_DATA, bytes.fromhex(salt), encoded).hex() != expected:
        raise BadEvent("the data is not that of the body")
    return data


def _check_body(body: dict[str, Any]) -> None:
    for name, kind in _BODY.items():
        if type(body.get(name)) is not kind:
            raise BadEvent(f"the body has no valid '{name}'")
    if body["v"] < 1 or body["seq"] < 1 or not is_hex(body["writer"], 64):
        raise BadEvent("the body has no valid version, seq or writer")
    if (body["prev"] != "") != (body["seq"] > 1) or len(body["parents"]) > PARENT_LIMIT:
        raise BadEvent("the body has no valid prev or parents")
    _check_clock(body["hlc"])
    links = (body["prev"], body["entity"], body["shard"])
    names = (*body["parents"], *body["derived_from"], *body["supersedes"])
    if not all(isinstance(one, str) and is_hex(one, 64) for one in names):
        raise BadEvent("the body names something that is no event id")
    if not all(one == "" or is_hex(one, 64) for one in links):
        raise BadEvent("the body's prev, entity or shard is no event id")
    if body["v"] == VERSION:
        _check_words(body)


def _check_clock(hlc: list[Any]) -> None:
    if len(hlc) != 2 or any(type(part) is not int or part < 0 for part in hlc) or hlc[1] > COUNTER:
        raise BadEvent("the body has no valid hlc")


def _check_words(body: dict[str, Any]) -> None:
    """The words of version 1 have a grammar, so that every reader accepts the same set for ever."""
    if not _KIND(body["kind"]) or not _NAME(body["by"]):
        raise BadEvent("the body has no valid kind or by")
    if (body["shard"] == "") != (body["kind"] == "shard" and body["entity"] == ""):
        raise BadEvent("the body has no valid shard: a genesis has none, and nothing else")
    if body["parents"] != sorted(set(body["parents"])):
        raise BadEvent("the body's parents are not sorted, each once")
    level, _, name = body["scope"].partition(":")
    fits = {"instance": name == "", "universal": name == "", "collective": name == body["shard"]}
    if not fits.get(level, level == "agent" and is_agent(name)):
        raise BadEvent("the body has no valid scope")
    if level in ("instance", "universal") and ":" in body["scope"]:
        raise BadEvent("the body has no valid scope")


__all__ = ["BadEvent", "Draft", "Event", "NotCanonical", "read", "without_data", "write"]
