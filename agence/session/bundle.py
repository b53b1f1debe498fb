"""The bundle of a handoff: a signed offer, the session it offers, and a description of both.

    log/<segment>    the event that offers: who gives what to whom, and the digest of the session
    session.json     the session's record, canonical JSON, nothing of the sender's machine in it
    manifest.json    what is where; it follows from the other two, byte for byte

Whatever is trusted stands in the event. What is read is checked as a whole before anything of it is
used: a bundle is right, or is refused by name.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from agence.base.canonical import decode, encode
from agence.base.digest import hex_digest
from agence.base.errors import TrustError
from agence.base.identifiers import is_agent, short
from agence.events.event import Event, read
from agence.events.segment import pack
from agence.schema.effects import Effect, set_field
from agence.session.record import Record, title, wrong

VERSION = 1
SESSION, MANIFEST = "session.json", "manifest.json"
KIND = "handoff"
_PURPOSE = "agence/bundle/1"
_SEGMENT = re.compile(r"log/\d{4}-\d\d/[0-9a-f]{64}/\d+-[0-9a-f]{32}\.jsonl").fullmatch


class BadBundle(TrustError):
    """A bundle that is not what its sender signed. The message says in what."""

    code = "bad-bundle"


class Bundle(NamedTuple):
    """A bundle that was verified; `fields` are what the event sets."""

    event: Event
    fields: dict[str, Any]
    record: Record

    @property
    def to(self) -> str:
        """The agent it is addressed to."""
        return str(self.fields["to"])

    @property
    def name(self) -> str:
        """The last part of its ref."""
        return name(self.record["id"], self.event.id)


def name(session: str, offer: str) -> str:
    """The last part of a bundle's ref: one session may be handed on several times."""
    return f"{session}-{short(offer)}"


def export(record: Record, top: str, hide: Callable[[str], bool]) -> bytes:
    """The session as it leaves the machine whose work tree is `top`: canonical JSON.

    Paths of this machine become relative; of a recent command for which `hide` is true only the
    program's name is left. Raises NotCanonical for what has no canonical form.
    """
    outside = {key: value for key, value in record.items() if key != "received"}
    outside["status"] = "transferred"
    name_only = str(record["metadata"]["repo"]).rstrip("/").rpartition("/")[2]
    outside["metadata"] = {**record["metadata"], "repo": name_only}
    outside["recent_commands"] = [_shown(one, hide) for one in record["recent_commands"]]
    return encode(relative(outside, top))


def relative(value: Any, top: str) -> Any:  # noqa: ANN401 - any JSON
    """`value` with the path `top` taken out of all its texts: what lies below becomes relative."""
    if not top.strip("/"):
        return value
    found = re.compile(rf"{re.escape(top.rstrip('/'))}(?:(/)|(?![\w-]|\.\w))")
    return _replaced(value, found)


def offer(session: bytes, to: str, note: str, shard: str) -> list[Effect]:
    """The effects of the event that offers `session` to the agent `to` of `shard`."""
    record = _record(session)
    return [
        set_field("status", "offered"),
        set_field("session", record["id"]),
        set_field("title", title(record)[:200]),
        set_field("to", to),
        set_field("note", note),
        set_field("bundle", hex_digest(_PURPOSE, session)),
        set_field("target", shard),
    ]


def digest_of(session: bytes) -> str:
    """What the event says of the session's bytes."""
    return hex_digest(_PURPOSE, session)


def files(event: Event, session: bytes) -> dict[str, bytes]:
    """All that a bundle holds, path -> content."""
    segment = pack([event])[0]
    return {
        f"log/{segment.path}": segment.content,
        SESSION: session,
        MANIFEST: _manifest(event, session),
    }


def paths(event: Event) -> set[str]:
    """The paths of all that the bundle of this event holds."""
    return {f"log/{pack([event])[0].path}", SESSION, MANIFEST}


def segment_of(manifest: bytes) -> str:
    """Where a manifest says that the event is. Raises BadBundle."""
    try:
        described = decode(manifest)
    except TrustError as error:
        raise BadBundle(f"its manifest is damaged: {error.message}") from error
    path = described.get("event") if isinstance(described, dict) else None
    if isinstance(described, dict) and described.get("v") != VERSION:
        raise BadBundle("it was made by another version of agence", "update agence")
    if not isinstance(path, str) or not _SEGMENT(path):
        raise BadBundle("its manifest names no event")
    return path


def opened(found: Mapping[str, bytes]) -> Bundle:
    """The bundle of these files, path -> content. Raises BadBundle, saying what does not hold."""
    if MANIFEST not in found or SESSION not in found:
        raise BadBundle("its manifest or its session is missing")
    line = found.get(segment_of(found[MANIFEST]), b"")
    try:
        event = read(line.removesuffix(b"\n"))
    except TrustError as error:
        raise BadBundle(f"its event does not verify: {error.message}") from error
    fields = _fields(event)
    if event.parents or event.body["entity"]:
        raise BadBundle("its event rests on others, which nobody here has seen")
    if digest_of(found[SESSION]) != fields["bundle"]:
        raise BadBundle("its session is not the one that was signed")
    if dict(found) != files(event, found[SESSION]):
        raise BadBundle("it holds something that its sender did not put in, or not as it was put")
    record = _record(found[SESSION])
    if record["id"] != fields["session"]:
        raise BadBundle("its session is not the one that the event names")
    return Bundle(event, fields, record)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON
    """(field, text) of each text in a JSON value."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for place, one in enumerate(value, 1):
            yield from texts(one, f"{path}[{place}]")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from texts(one, f"{path}.{key}" if path else str(key))


def _manifest(event: Event, session: bytes) -> bytes:
    fields = _fields(event)
    return encode(
        {
            "v": VERSION,
            "event": f"log/{pack([event])[0].path}",
            "offer": event.id,
            "session": fields["session"],
            "digest": digest_of(session),
            "by": event.body["by"],
            "to": fields["to"],
            "shard": fields["target"],
        }
    )


def _fields(event: Event) -> dict[str, Any]:
    """What an offer sets. Raises BadBundle for an event that offers nothing."""
    effects = (event.data or {}).get("effects")
    found: dict[str, Any] = {}
    for effect in effects if isinstance(effects, list) else ():
        if isinstance(effect, dict) and effect.get("op") == "set":
            found[str(effect.get("field"))] = effect.get("value")
    named = all(isinstance(found.get(one), str) for one in ("session", "to", "bundle", "target"))
    if event.kind != KIND or event.body["entity"] or not named or not is_agent(found["to"]):
        raise BadBundle("its event is no offer")
    return found


def _record(session: bytes) -> Record:
    try:
        record = decode(session)
    except TrustError as error:
        raise BadBundle(f"its session is damaged: {error.message}") from error
    reason = wrong(record)
    if reason or not isinstance(record, dict):
        raise BadBundle(f"its session is damaged: {reason}")
    return record


def _shown(command: dict[str, Any], hide: Callable[[str], bool]) -> dict[str, Any]:
    words = command["argv"]
    if words and hide(" ".join(words)):
        return {**command, "argv": [*words[:1], "(left out)"]}
    return command


def _replaced(value: Any, top: re.Pattern[str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return top.sub(lambda found: "" if found[1] else ".", value)
    if isinstance(value, list):
        return [_replaced(one, top) for one in value]
    if isinstance(value, dict):
        return {key: _replaced(one, top) for key, one in value.items()}
    return value
