"""A view: one entity as a Markdown file, rendered from the fold and never read back as truth.

    +++
    id = "..."
    kind = "lesson"
    title = "..."
    tags = ["...", "..."]
    <what else the kind has, where it says something>
    +++

    the body

    <!-- agence heads=<ids> digest=<32 hex digits> -->

The last line is described in `footer.py`.
"""

from agence.fold.entity import Entity
from agence.fold.footer import Footer, above, footer, is_draft, seal
from agence.fold.front_matter import quote
from agence.schema.kinds import KINDS

_UNKNOWN = KINDS["plan"].fields  # a kind of a newer version shows what a plan shows


def contested_fields(entity: Entity) -> list[str]:
    """The fields with an open conflict, sorted; "deleted" where it was deleted on one side only."""
    return sorted({one.field or "deleted" for one in entity.conflicts})


def render(entity: Entity) -> bytes:
    """The bytes of the view of `entity`: the same on every machine. Of a deleted one, one line."""
    if entity.deleted:
        said = f"*This {entity.kind} was deleted: {entity.title}*"
        return seal(f"{said}\n".encode(), entity.heads)
    front = [f"id = {quote(entity.id)}", f"kind = {quote(entity.kind)}"]
    front.append(f"title = {quote(entity.text('title'))}")
    front.append(f"tags = [{', '.join(quote(tag) for tag in entity.tags)}]")
    front += _front(entity)
    contested = contested_fields(entity)
    if contested:
        front.append(f"contested = [{', '.join(quote(field) for field in contested)}]")
    body = entity.text("body").strip("\n")
    lines = ["+++", *front, "+++", "", *([body, ""] if body else [])]
    return seal("\n".join(lines).encode() + b"\n", entity.heads)


def _front(entity: Entity) -> list[str]:
    """The lines of the fields of its kind that say something, in the order of the table."""
    kind = KINDS.get(entity.kind)
    fields = kind.fields if kind else _UNKNOWN
    said = ((name, _toml(entity.fields.get(name))) for name, field in fields.items() if field.front)
    return [f"{name} = {value}" for name, value in said if value and name not in ("title", "tags")]


def _toml(value: object) -> str:
    """A value as TOML has it; "" for nothing, and for what needs more than a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return quote(value) if value and isinstance(value, str) else str(value)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return f"[{', '.join(map(quote, value))}]"
    return ""


__all__ = ["Footer", "above", "footer", "is_draft", "quote", "render", "seal"]
