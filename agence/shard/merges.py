"""Which merge functions are in force, and which of them can be used here.

The founder pins a function to a field, by its name and the hash of its code. A clone that has not
just this code refuses where the function is needed: it shows no state rather than another one.
Where nothing is pinned, nothing of this is looked for.
"""

import json
from collections.abc import Collection, Iterable
from typing import NamedTuple

from agence.base.errors import TrustError
from agence.base.identifiers import is_hex
from agence.crdt.custom import Custom
from agence.events.event import Event
from agence.fold.entity import NO_MERGES, Entity, Merges, fold_entity
from agence.schema.fields import Field
from agence.schema.kinds import KINDS
from agence.schema.shapes import fits
from agence.shard.index import Index
from agence.shard.installed import Installed, function, installed

KIND = "merge"
_RULES = ("latest", "text", "greatest", "least")  # of fields that a function may be pinned to


class Pin(NamedTuple):
    """A function pinned to a field; `id` is that of the entity that says so."""

    id: str
    kind: str
    field: str
    name: str
    hash: str

    @property
    def target(self) -> str:
        """The field as it is typed: `kind.field`."""
        return f"{self.kind}.{self.field}"


class Usable(NamedTuple):
    """What is pinned, as far as it can be used here.

    rules        (kind, field) -> the rule that stands in the place of the field's own
    reasons      the same -> why its function can't be used here
    fingerprint  "" where nothing is pinned; else it changes when any of this does
    """

    rules: Merges = NO_MERGES
    reasons: dict[tuple[str, str], TrustError] = {}  # noqa: RUF012 - never changed
    fingerprint: str = ""


def target_of(kind: str, field: str) -> Field | None:
    """The field, where a function may be pinned to it: shared knowledge that holds one value."""
    known = KINDS.get(kind)
    if known is None or known.scope != "either":
        return None
    found = known.fields.get(field)
    return found if found and found.rule in _RULES else None


def pins(entities: Iterable[Entity], founder: str) -> list[Pin]:
    """The pins among these entities that count: the founder's, of one field the newest."""
    found: dict[tuple[str, str], Pin] = {}
    for one in sorted(entities, key=lambda one: (one.created, one.id)):
        kind, _, field = one.text("target").partition(".")
        said = one.kind == KIND and one.writer == founder and not one.deleted
        if said and target_of(kind, field) and is_hex(one.text("hash"), 64):
            found[kind, field] = Pin(one.id, kind, field, one.text("name"), one.text("hash"))
    return [found[key] for key in sorted(found)]


def usable(pinned: Iterable[Pin], top: str) -> Usable:
    """What these pins come to in this environment; `top` is the work tree."""
    rules: dict[tuple[str, str], Custom] = {}
    reasons: dict[tuple[str, str], TrustError] = {}
    rows = []
    for pin in pinned:
        key, field = (pin.kind, pin.field), KINDS[pin.kind].fields[pin.field]
        join = None
        try:
            join = function(agreeing(pin, top), top)
        except TrustError as error:
            reasons[key] = error
        rules[key] = Custom(join, fits(field.type), field.fold())
        rows.append([pin.kind, pin.field, pin.name, pin.hash, join is not None])
    return Usable(rules, reasons, json.dumps(rows) if rows else "")


def agreeing(pin: Pin, top: str) -> Installed:
    """The installed function of a pin. Raises TrustError where its code is not the pinned."""
    offer = installed(pin.name, top)
    if offer.hash != pin.hash:
        raise TrustError(
            f"'{pin.name}' of {offer.package} is not the code that was pinned for"
            f" {pin.target}: its hash is {offer.hash[:16]}, pinned is {pin.hash[:16]}",
            "install the version that was pinned, or let the founder pin this one",
        )
    return offer


def in_force(index: Index, top: str) -> Usable:
    """What is pinned in force in this index. Where nothing is, one query and no import."""
    return usable(pinned, top) if (pinned := pins_in(index)) else Usable()


def pins_in(index: Index) -> list[Pin]:
    """The pins that are in force in this index."""
    sql = "SELECT 1 FROM entity WHERE place = ? AND kind = ? LIMIT 1"
    if index.one(sql, [index.place, KIND]) is None:
        return []
    return pins(index.entities(KIND), index.founder)


def of_cut(cut: Collection[Event], founder: str, top: str) -> Merges:
    """The rules that the pins of a cut come to."""
    about: dict[str, list[Event]] = {}
    for event in cut:
        if event.kind == KIND:
            about.setdefault(event.entity, []).append(event)
    if not about:
        return NO_MERGES
    ids = {event.id for event in cut}
    folded = (fold_entity(events, ids) for events in about.values())
    return usable(pins((one for one in folded if one), founder), top).rules


def is_followed(index: Index, top: str) -> bool:
    """Whether what is folded was folded with what is pinned and installed now."""
    before = before_of(index)
    return not before or in_force(index, top).fingerprint == before


def before_of(index: Index) -> str:
    """The fingerprint that the entities of this place were folded with."""
    return str(index.one("SELECT merges FROM place WHERE n = ?", [index.place]) or "")


def kinds_in(fingerprint: str) -> set[str]:
    """The kinds of which something is merged by a function."""
    return {row[0] for row in json.loads(fingerprint)} if fingerprint else set()


def refuse(index: Index, entities: Iterable[Entity], top: str) -> None:
    """Raises TrustError where an entity may be another elsewhere, naming what to install."""
    refused = [entity for entity in entities if entity.refused]
    if not refused:
        return
    fields = sorted({(one.kind, field) for one in refused for field in one.refused})
    reasons = in_force(index, top).reasons
    why = [f"{kind}.{field}: {_why(reasons.get((kind, field)))}" for kind, field in fields]
    hints = [reasons[key].hint for key in fields if key in reasons]
    count = f"{len(refused)} entit{'y' if len(refused) == 1 else 'ies'}"
    raise TrustError(
        f"{count} can't be folded here as elsewhere: {'; '.join(why)}",
        hints[0] if hints else "an edit that has seen all of the values settles it",
    )


def _why(error: TrustError | None) -> str:
    return error.message if error else "its merge function fails on these values"
