"""`--set`, `--link` and `--opposes`: what a kind has beyond its text, by the table of kinds."""

from collections.abc import Iterable
from typing import Any

from agence.base.errors import UsageError
from agence.commands.contract import Option
from agence.commands.words import clean
from agence.events.event import Event
from agence.fold.entity import Entity
from agence.schema.effects import Effect, add_member, remove_member, set_field
from agence.schema.fields import bounds, number_of
from agence.schema.kinds import KINDS
from agence.shard.shard import Shard

SET = Option(
    help="a field of the kind, as in confidence=80; can be repeated",
    name="set",
    metavar="FIELD=VALUE",
)
LINK = Option(help="the id of what it points to; can be repeated", metavar="ID", complete="entity")
OPPOSES = Option(
    help="the id of what it contradicts; can be repeated", metavar="ID", complete="entity"
)
UNLINK = Option(
    help="the id of what it no longer points to, or contradicts", metavar="ID", complete="entity"
)
_HAVE_OPTIONS = ("title", "body", "tags", "status")  # by names of their own


def settings(kind: str, assignments: Iterable[str] | None) -> dict[str, Any]:
    """Field -> value of the words `field=value`. Raises UsageError naming what does not fit."""
    found: dict[str, Any] = {}
    for word in assignments or ():
        name, equals, text = word.partition("=")
        name = name.strip()
        fields = KINDS[kind].fields
        if not equals or name not in settable(kind):
            can = ", ".join(settable(kind)) or "none"
            raise UsageError(f"'{word}' sets no field of a {kind}", f"FIELD=VALUE, of: {can}")
        found[name] = _value(name, fields[name].type, " ".join(clean(text).split()))
    return found


def settable(kind: str) -> list[str]:
    """The names of the fields of a kind that `--set` takes."""
    return [
        name
        for name, field in KINDS[kind].fields.items()
        if field.front
        and field.rule in ("latest", "greatest", "least")
        and name not in _HAVE_OPTIONS
        and field.type in ("line", "number", "flag")
    ]


def set_effects(values: dict[str, Any], over: Entity | None = None) -> list[Effect]:
    """The effects that give fields these values, as far as `over` has others."""
    return [
        set_field(name, value)
        for name, value in values.items()
        if over is None or over.fields.get(name) != value
    ]


def link_effects(
    shard: Shard, scope: str, links: Iterable[str] | None, opposes: Iterable[str] | None
) -> list[Effect]:
    """The effects that point to other entities, named by the beginnings of their ids."""
    return [
        add_member(field, shard.entity(one, scope).id)
        for field, ids in (("links", links), ("opposes", opposes))
        for one in ids or ()
    ]


def unlink_effects(
    shard: Shard, scope: str, unlink: Iterable[str] | None, seen: Iterable[Event]
) -> list[Effect]:
    """The effects that take such pointers out again, whichever of the two they were."""
    seen = list(seen)
    ids = [shard.entity(one, scope).id for one in unlink or ()]
    found = [remove_member(field, one, seen) for field in ("links", "opposes") for one in ids]
    return [effect for effect in found if effect["cites"]]


def _value(name: str, type_: str, text: str) -> Any:  # noqa: ANN401 - by the type of the field
    if type_ == "flag":
        if text.lower() not in ("yes", "no", "true", "false"):
            raise UsageError(f"'{name}' is yes or no, not '{text}'")
        return text.lower() in ("yes", "true")
    if type_ != "number":
        return text
    number, (least, most) = number_of(name, text), bounds(name)
    if number is None:
        raise UsageError(f"'{name}' is a number from {least} to {most}, not '{text}'")
    return number
