"""In whose name events are signed: a name that is one slip away from a known one is refused.

Names are said, not proven, and anybody may begin to use a new one. But a claim by `raplh` keeps
ralph away from his own task, so what looks misspelt is asked about before it is written.
"""

import os
from collections.abc import Iterable

from agence.base.errors import UsageError
from agence.base.slips import near_name
from agence.shard.index import Index
from agence.shard.layout import TRACKED
from agence.shard.shard import Shard

_FOLDER = "agents/"  # of the codex: the personas


def personas(shard: Shard) -> list[str]:
    """The agents that have a persona of the founder's in force here, sorted."""
    paths = [
        page.text("path")
        for page in shard.index("shared").entities("codex")
        if page.writer == shard.pins.founder
    ]
    inside = (one.removeprefix(_FOLDER) for one in paths if one.startswith(_FOLDER))
    return sorted(one.removesuffix(".md") for one in inside if one.endswith(".md"))


def check_speaker(shard: Shard) -> None:
    """Raise UsageError where the name given for this line looks like a misspelt known one.

    Looking costs nothing where there is a page for the name, or it signed in this clone before.
    """
    name = shard.ports.speaker
    if not name or not shard.pins.shard or f"{name}.md" in _pages(shard):
        return
    index = shard.index("shared")
    if _wrote_here(index, name):
        return
    known = {*personas(shard), *_writers(index)}
    meant = "" if name in known else near_name(name, known)
    if meant:
        raise UsageError(
            f"nobody has written here as '{name}' yet",
            f"did you mean {meant}? a new name differs by more than a letter",
        )


def _pages(shard: Shard) -> Iterable[str]:
    try:
        return os.listdir(os.path.join(shard.repo.work_tree, TRACKED, "codex", "agents"))
    except OSError:
        return ()


def _wrote_here(index: Index, name: str) -> bool:
    sql = (
        "SELECT 1 FROM event WHERE own AND json_extract(CAST(line AS TEXT), '$.body.by') = ?"
        " ORDER BY n DESC LIMIT 1"
    )
    return bool(index.one(sql, [name]))


def _writers(index: Index) -> set[str]:
    """The names that events in force are signed with."""
    sql = (
        "SELECT DISTINCT json_extract(CAST(line AS TEXT), '$.body.by')"
        " FROM force CROSS JOIN event ON event.n = force.n WHERE place = ? AND NOT waits"
    )
    return {row[0] for row in index.rows(sql, [index.place])}
