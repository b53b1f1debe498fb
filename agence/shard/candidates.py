"""What completes a value while somebody types: ids of entities and sessions, names of agents.

It answers from what is there at once: the index as it is and the session log; nothing is brought
up to date.
"""

import os

from agence.base.errors import AgenceError
from agence.base.lazy import load
from agence.git.repository import discover
from agence.shard.carriers import read_pins
from agence.shard.index import Index, copy_in_memory
from agence.shard.layout import Layout
from agence.shard.template import commands

_MOST = 200


def candidates(kind: str, cwd: str) -> list[str]:
    """The words that may stand for a value: an "entity", "session", "agent" or "command"."""
    if kind == "command":
        known = load("json").loads(commands())["commands"]
        return sorted(known)
    try:
        repo = discover(cwd)
    except AgenceError:
        return []
    layout = Layout(repo.common_dir)
    if kind == "session":
        return _sessions(layout)
    path = layout.index("shared")
    if kind not in ("entity", "agent") or not os.path.exists(path):
        return []
    index = copy_in_memory(path)
    index.enter(repo.git_dir)
    index.founder = read_pins(repo).founder
    return _agents(index) if kind == "agent" else _entities(index)


def _entities(index: Index) -> list[str]:
    known = index.entities()
    shown = (e for e in known if e.kind not in ("codex", "shard", "handoff"))
    return [e.id[:8] for e, _ in zip(shown, range(_MOST), strict=False)]


def _agents(index: Index) -> list[str]:
    mine = (entity for entity in index.entities("codex") if entity.writer == index.founder)
    pages = (entity.text("path") for entity in mine)
    names = (path for path in pages if path.startswith("agents/") and path.endswith(".md"))
    return sorted({name.removeprefix("agents/").removesuffix(".md") for name in names})


def _sessions(layout: Layout) -> list[str]:
    path = os.path.join(layout.sessions, "session-saved.jsonl")
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")[-_MOST:]
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(str(load("json").loads(line)["session_id"]))
        except (ValueError, KeyError, TypeError):
            continue
    return list(dict.fromkeys(reversed(found)))
