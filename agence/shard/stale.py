"""Which views only lag behind: the next `^commit` or `^render` writes them from the events.

A file that is gone is one of them. Nothing is deleted by taking its view away.
"""

import os
from collections.abc import Collection

from agence.git.run import git
from agence.shard.edited import in_force
from agence.shard.layout import TRACKED
from agence.shard.publishing import lagging
from agence.shard.shard import Shard
from agence.shard.template import STATIC
from agence.shard.views import read


def stale(shard: Shard, kept: Collection[str]) -> dict[str, bool]:
    """The path of each stale view that is not `kept`, sorted -> whether the file is gone."""
    behind = lagging(shard)
    top = shard.repo.work_tree
    found = {path for path, content in behind.items() if read(top, path) != content}
    found |= {path for path in _changed(shard) - behind.keys() if _is_behind(shard, path)}
    found -= {*kept, *(f"{TRACKED}/{name}" for name in STATIC)}
    return {path: not os.path.lexists(os.path.join(top, path)) for path in sorted(found)}


def _changed(shard: Shard) -> set[str]:
    """The paths of views and pages that the work tree has otherwise than HEAD."""
    folders = [f"{TRACKED}/{name}" for name in ("synthetic", "organic", "codex")]
    words = ("diff", "--name-only", "--no-renames", "-z", "HEAD", "--", *folders)
    return set(os.fsdecode(git(*words, cwd=shard.repo.work_tree, check=False)).split("\0")[:-1])


def _is_behind(shard: Shard, path: str) -> bool:
    said = in_force(shard, path)
    return said is not None and said != read(shard.repo.work_tree, path)
