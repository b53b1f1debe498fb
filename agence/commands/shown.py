"""How an entity is shown: as lines for people, as JSON for programs."""

from time import gmtime, strftime

from agence.base.identifiers import short
from agence.commands.contract import JSON
from agence.fold.entity import Entity
from agence.fold.view import contested_fields
from agence.shard.views import view_path


def day(ms: int) -> str:
    """`2026-11-20`, UTC, of milliseconds since 1970."""
    return strftime("%Y-%m-%d", gmtime(min(ms, 253_402_300_799_999) // 1000))


def moment(ms: int) -> str:
    """`2026-11-20 13:45:00Z` of milliseconds since 1970."""
    return strftime("%Y-%m-%d %H:%M:%SZ", gmtime(min(ms, 253_402_300_799_999) // 1000))


def line(entity: Entity) -> str:
    """One line: id, day, title, status, tags."""
    status = entity.text("status")
    marks = f" ({status})" if status in ("doing", "done", "dropped") else ""
    contested = " (contested)" if entity.conflicts else ""
    marks += entity.labels + (" (deleted)" if entity.deleted else contested)
    marks += " (not merged here)" if entity.refused else ""
    return f"{short(entity.id)}  {day(entity.created)}  {entity.title}{marks}"


def one_line(word: object) -> str:
    """A word of somebody's on one line: none can pass for a line of ours."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(word)).split())


def as_json(entity: Entity) -> dict[str, JSON]:
    """What every verb says of an entity; fields that the kind does not have are left out."""
    shown: dict[str, JSON] = {
        "id": entity.id,
        "short": short(entity.id),
        "kind": entity.kind,
        "scope": "private" if entity.scope == "instance" else "shared",
        "title": entity.text("title"),
        "body": entity.text("body"),
        "tags": list(entity.tags),
        "by": entity.by,
        "created": entity.created,
        "updated": entity.updated,
        "path": "" if entity.scope == "instance" else view_path(entity),
        "contested": contested_fields(entity),
    }
    if entity.text("status"):
        shown["status"] = entity.text("status")
    if entity.deleted:
        shown["deleted"] = True
    if entity.refused:
        shown["refused"] = list(entity.refused)
    return shown
