"""The name that git gives to a blob: SHA-1, transport only; our own ids are elsewhere."""

import hashlib


def blob_id(content: bytes) -> str:
    """The id git gives to a blob of these bytes."""
    head = b"blob %d\0" % len(content)
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()
