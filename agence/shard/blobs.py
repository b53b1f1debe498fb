"""Texts too large for an event: kept beside the own log, published beside the segments."""

import os

from agence.base.errors import UsageError
from agence.events.blob import LIMIT, blob_digest, reference, referred
from agence.fold.entity import Entity
from agence.git.objects import Found, read_many
from agence.git.repository import Repository
from agence.shard.files import outside, read_bytes, replace
from agence.shard.index import Index
from agence.shard.layout import Layout, folder


class Blobs:
    """The blobs of one chain of one clone."""

    def __init__(self, layout: Layout, chain: str, repo: Repository) -> None:
        self._folder = os.path.join(layout.own(chain), "blobs")
        self._repo = repo

    def keep(self, text: str) -> dict[str, object]:
        """Keep a text; durable when this returns. What stands for it in an event."""
        content = text.encode()
        if len(content) > LIMIT:
            raise UsageError(
                f"a text of {len(content)} bytes; {LIMIT} is the most",
                "keep a path or an address to it",
            )
        with outside(self._folder):
            folder(self._folder)
        path = os.path.join(self._folder, blob_digest(content))
        if not os.path.exists(path):
            replace(path, content)
        return reference(content)

    def content(self, index: Index, digest: str) -> bytes | None:
        """The bytes of a blob, checked against its digest; None where they are not here."""
        path = os.path.join(self._folder, digest)
        if os.path.exists(path):
            found = read_bytes(path)
            return found if blob_digest(found) == digest else None
        oids = [row[0] for row in index.rows("SELECT oid FROM blob WHERE digest = ?", [digest])]
        for blob in read_many(self._repo, oids):
            if isinstance(blob, Found) and blob_digest(blob.content) == digest:
                return blob.content
        return None

    def whole(self, index: Index, entity: Entity) -> Entity:
        """The entity with the texts of its blobs in their fields."""
        names = {field: referred(value) for field, value in entity.fields.items()}
        if not any(names.values()):
            return entity
        fields = dict(entity.fields)
        for field, digest in names.items():
            if digest:
                content = self.content(index, digest)
                missing = f"(the text {digest[:16]} is not in this clone)"
                fields[field] = missing if content is None else content.decode(errors="replace")
        return entity._replace(fields=fields)
