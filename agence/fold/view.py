"""A view: one entity as a Markdown file, rendered from the fold and never read back as truth.

    +++
    id = "..."
    kind = "lesson"
    title = "..."
    tags = ["...", "..."]
    +++

    the body

    <!-- agence heads=<ids> digest=<32 hex digits> -->

The last line is described in `footer.py`.
"""

from agence.fold.entity import Entity
from agence.fold.footer import Footer, above, footer, is_draft, seal
from agence.fold.front_matter import quote


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
    if entity.text("status"):
        front.append(f"status = {quote(entity.text('status'))}")
    contested = contested_fields(entity)
    if contested:
        front.append(f"contested = [{', '.join(quote(field) for field in contested)}]")
    body = entity.text("body").strip("\n")
    lines = ["+++", *front, "+++", "", *([body, ""] if body else [])]
    return seal("\n".join(lines).encode() + b"\n", entity.heads)


__all__ = ["Footer", "above", "footer", "is_draft", "quote", "render", "seal"]
