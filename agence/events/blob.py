"""A blob: a text too large for an event, named by its digest and carried beside the segments.

In the event stands `{"blob": <64 hex digits>, "bytes": <its length>}` in place of the text. The
digest is BLAKE3-256("agence/blob/1" || 0x00 || content), over UTF-8.
"""

from typing import Any

from agence.base.digest import hex_digest
from agence.base.identifiers import is_hex
from agence.events.event import Event

INLINE = 48 * 1024  # bytes of UTF-8 that a field may have before its text becomes a blob
LIMIT = 16 * 1024 * 1024  # bytes of a blob


def blob_digest(content: bytes) -> str:
    """The name of a blob."""
    return hex_digest("agence/blob/1", content)


def reference(content: bytes) -> dict[str, Any]:
    """What stands in the event."""
    return {"blob": blob_digest(content), "bytes": len(content)}


def referred(value: object) -> str:
    """The digest that a field's value refers to, "" where it is no reference."""
    if isinstance(value, dict):
        name = value.get("blob")
        if isinstance(name, str) and is_hex(name, 64):
            return name
    return ""


def blobs_of(event: Event) -> set[str]:
    """The digests of the blobs that an event refers to."""
    effects = (event.data or {}).get("effects")
    listed = effects if isinstance(effects, list) else []
    return {referred(one.get("value")) for one in listed if isinstance(one, dict)} - {""}
