"""The files of `.agence/` that are rendered from events: where they lie, what they say."""

import os
import stat
from collections.abc import Iterable

from agence.fold.entity import Entity
from agence.fold.view import render
from agence.schema.kinds import KINDS
from agence.shard.layout import TRACKED
from agence.shard.template import STATIC

CODEX = f"{TRACKED}/codex"


def view_path(entity: Entity) -> str:
    """The path of an entity's view below the top of the work tree, "" for kinds without one."""
    kind = KINDS.get(entity.kind)
    if kind is None or not kind.folder:
        return ""
    if kind.name == "codex":
        path = entity.text("path")
        return f"{CODEX}/{path}" if is_plain(path) else ""
    return f"{TRACKED}/{kind.folder}/{entity.name}.md"


def is_plain(path: str) -> bool:
    """Whether a path from an event stays inside its folder and names no hidden file."""
    parts = path.split("/")
    return (
        bool(path)
        and "\\" not in path
        and not any(p in ("", ".", "..") or p[0] == "." for p in parts)
    )


def small_files() -> dict[str, bytes]:
    """Path -> bytes of the files that every shard has; they are added, never overwritten."""
    return {f"{TRACKED}/{name}": text.encode() for name, text in STATIC.items()}


def rendered(entities: Iterable[Entity], founder: str) -> dict[str, bytes]:
    """Path -> bytes of every view of these entities; only the founder's codex counts.

    What can't be folded here as elsewhere has none: what lies in the tree stays.
    """
    files: dict[str, bytes] = {}
    for entity in sorted(entities, key=lambda one: (one.created, one.id)):
        path = view_path(entity)
        if not path or entity.refused or (entity.kind == "codex" and entity.writer != founder):
            continue
        files[path] = entity.text("text").encode() if entity.kind == "codex" else render(entity)
    return files


def read(top: str, path: str) -> bytes | None:
    """The bytes of a file of the work tree, None where there is none; a link is not followed.

    What is neither file nor link is none: nobody may ever write into a named pipe.
    """
    whole = os.path.join(top, path)
    if os.path.islink(whole):
        return os.readlink(whole).encode()
    try:
        if not stat.S_ISREG(os.stat(whole).st_mode):
            return None
        with open(whole, "rb") as file:
            return file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
