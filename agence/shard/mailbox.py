"""Handoffs that this clone can see: found, verified, and taken up.

    refs/agence/shared/handoff/<agent>/<id>             made here; pushed under this name
    refs/agence/remotes/<remote>/handoff/<agent>/<id>   fetched from a remote
    refs/agence/inbox/handoff/<agent>/<id>              read from a file
    refs/remotes/<remote>/agence/refs                   the branch of a host that takes no such refs

A receiver says so in the shared log and keeps the session before it is done. Every step can be
repeated, and then changes nothing more.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from agence.base.errors import ShardError, TrustError
from agence.base.identifiers import short
from agence.git.objects import Found, list_tree, read_many
from agence.git.refs import for_each
from agence.schema.effects import set_field
from agence.session.bundle import (
    KIND,
    MANIFEST,
    SESSION,
    BadBundle,
    Bundle,
    opened,
    paths,
    segment_of,
)
from agence.session.lifecycle import RESUMABLE, TRANSFERRED, Session, after
from agence.session.record import iso
from agence.shard.carriers import SHARED_BRANCH, remote_names
from agence.shard.delivery import INBOX, SHARED
from agence.shard.files import locked, outside
from agence.shard.judging import known
from agence.shard.layout import folder
from agence.shard.sessions import Sessions
from agence.shard.shard import Shard
from agence.shard.shared_branch import Place, places


class Letter(NamedTuple):
    """A handoff that verifies.

    ref     where it lies, as places are named; `commit` and `folder` say it to git
    own     it was made by this clone
    near    it lies here, or came from the remote that counts as the shard's own
    """

    ref: str
    commit: str
    folder: str
    bundle: Bundle
    own: bool
    near: bool

    @property
    def at(self) -> str:
        """When it was offered, as a record says times."""
        return iso(self.bundle.event.stamp.ms)

    @property
    def sender(self) -> str:
        """Who offers it."""
        return str(self.bundle.event.body["by"])

    @property
    def note(self) -> str:
        """What the sender says to it, "" for nothing."""
        note = self.bundle.fields.get("note")
        return note if isinstance(note, str) else ""


class Mail(NamedTuple):
    """What lies in the mailbox: letters, newest first, and (ref, why) of what does not verify."""

    letters: list[Letter]
    broken: list[tuple[str, str]]


@contextmanager
def claimed(shard: Shard) -> Iterator[None]:
    """Hold the mailbox: of two who send or take up at once in this clone, one waits.

    Inside, the shard is looked at anew: what the other one did is seen.
    """
    with outside(shard.layout.mailbox):
        folder(shard.layout.mailbox)
    with locked(os.path.join(shard.layout.mailbox, "lock")):
        shard.forget()
        yield


def look_in(shard: Shard, only: Iterable[str] = ()) -> Mail:
    """All handoffs that this clone can see, or those of the refs `only`; each is verified."""
    wanted = set(only)
    seen = [one for one in _places(shard) if not wanted or one.name in wanted]
    own = {key.writer for key in shard.keyring.keys("shared")} if seen else set()
    letters: dict[str, Letter] = {}
    broken = []
    for place, found in _contents(shard, seen):
        try:
            bundle = _checked(place.name, found)
        except TrustError as error:
            broken.append((place.name, error.message))
            continue
        near = _is_near(shard, place.name)
        letter = Letter(*place, bundle, own=bundle.event.writer in own, near=near)
        before = letters.get(bundle.event.id)
        if before is None or letter.near > before.near:
            letters[bundle.event.id] = letter
    newest = sorted(letters.values(), key=lambda one: one.bundle.event.stamp, reverse=True)
    return Mail(newest, broken)


def take_up(shard: Shard, letter: Letter, now: int) -> Session:
    """Accept a handoff: say so in the shared log, then keep its session here as resumed.

    Raises ShardError when somebody else accepted it, or it is meant for another shard; TrustError
    when its ref does not hold what it should. Done twice, it gives the session that is here.
    """
    _check_whole(shard, letter)
    event = letter.bundle.event
    target = letter.bundle.fields["target"]
    if target != shard.pins.shard or event.body["shard"] != shard.pins.shard:
        raise ShardError(
            f"session {short(letter.bundle.record['id'])} is meant for shard {short(target)};"
            f" this is {short(shard.pins.shard)}",
            "take it up in a clone of that shard",
        )
    with claimed(shard):
        store = Sessions(shard.layout)
        here = store.read().sessions.get(letter.bundle.record["id"])
        if here and event.id in here.offers:
            return here
        _accept(shard, letter)
        if here and here.status in RESUMABLE:  # a copy of what was given away, not yet marked so
            at, to = letter.at, letter.bundle.to
            store.move(here.id, "handoff", at, letter.sender, to=to, offer=event.id, ref=letter.ref)
        return store.receive(_received(shard, letter, now))


def accepted_by(shard: Shard, offer: str) -> tuple[str, str] | None:
    """(who, writer) of the acceptance of an offer, as far as it is in force here; else None."""
    events = [known(line) for line in shard.index("shared").lines_of(offer)]
    for event in sorted(events, key=lambda one: (one.stamp, one.id)):
        effects = (event.data or {}).get("effects")
        if isinstance(effects, list) and set_field("status", "accepted") in effects:
            return str(event.body["by"]), event.writer
    return None


def _places(shard: Shard) -> list[Place]:
    remotes = [f"refs/agence/remotes/{one}/handoff" for one in remote_names(shard.repo)]
    refs = for_each(shard.repo, SHARED, INBOX, *remotes)
    return [*(Place(ref, oid, "") for ref, oid in refs.items()), *places(shard)]


def _is_near(shard: Shard, name: str) -> bool:
    remote = shard.pins.remote
    near = (f"refs/agence/remotes/{remote}/handoff/", f"refs/remotes/{remote}/{SHARED_BRANCH}:")
    far = ("refs/agence/remotes/", "refs/remotes/")
    return not name.startswith(far) or name.startswith(near)


def _contents(shard: Shard, seen: list[Place]) -> Iterator[tuple[Place, dict[str, bytes]]]:
    """What each manifest names, path -> content: two git processes for all of them."""
    heads = {(one.commit, one.folder) for one in seen}
    named = (MANIFEST, SESSION)
    read = _read(shard, [f"{oid}:{below}{path}" for oid, below in sorted(heads) for path in named])
    segments = {}
    for oid, below in heads:
        try:
            segments[oid, below] = segment_of(read.get(f"{oid}:{below}{MANIFEST}", b""))
        except BadBundle:
            continue
    read |= _read(shard, sorted({f"{oid}:{path}" for (oid, _), path in segments.items()}))
    for place in seen:
        lies = {path: f"{place.commit}:{place.folder}{path}" for path in named}
        segment = segments.get((place.commit, place.folder), "")
        lies |= {segment: f"{place.commit}:{segment}"} if segment else {}
        yield place, {path: read[name] for path, name in lies.items() if name in read}


def _read(shard: Shard, names: list[str]) -> dict[str, bytes]:
    if not names:
        return {}
    blobs = (one for one in read_many(shard.repo, names) if isinstance(one, Found))
    return {one.name: one.content for one in blobs if one.kind == "blob"}


def _checked(ref: str, found: dict[str, bytes]) -> Bundle:
    bundle = opened(found)
    if ref.split("/")[-2:] != [bundle.to, bundle.name]:
        raise BadBundle("it lies under a name that is not its own")
    return bundle


def _check_whole(shard: Shard, letter: Letter) -> None:
    """Raises BadBundle unless its tree, or its folder in one, holds the bundle and nothing else."""
    held = set(list_tree(shard.repo, letter.commit, under=letter.folder))
    wanted = paths(letter.bundle.event)
    if letter.folder:  # the log beside it is everybody's
        wanted = {f"{letter.folder}{path}" for path in wanted if not path.startswith("log/")}
    if held != wanted:
        raise BadBundle(f"'{letter.ref}' holds something that its sender did not put in")


def _accept(shard: Shard, letter: Letter) -> None:
    """Append the acceptance, unless this clone did. Raises ShardError when somebody else did."""
    event = letter.bundle.event
    by = accepted_by(shard, event.id)
    if by is None:
        effects = [set_field("status", "accepted"), set_field("accepted_by", shard.speaker)]
        draft = shard.draft(KIND, "shared", effects)
        draft = draft._replace(entity=event.id, parents=(event.id,))
        shard.append([draft], [event.stamp])
    elif by[1] not in {key.writer for key in shard.keyring.keys("shared")}:
        label = short(letter.bundle.record["id"])
        raise ShardError(
            f"session {label} was taken up by {by[0]} already", "ask them to hand it to you"
        )


def _received(shard: Shard, letter: Letter, now: int) -> dict[str, object]:
    """The record that is kept here: the sender's, and where it came from."""
    record = letter.bundle.record
    return {
        **record,
        "status": after(TRANSFERRED, "accept", short(record["id"])),
        "agent": letter.bundle.to,
        "received": {
            "offer": letter.bundle.event.id,
            "from": letter.sender,
            "agent": record["agent"],
            "to": letter.bundle.to,
            "note": letter.note,
            "offered_at": letter.at,
            "at": iso(now),
            "by": shard.speaker,
            "writer": letter.bundle.event.writer,
            "ref": letter.ref,
        },
    }
