"""Which views only lag behind: the next `^commit` or `^render` writes them from the events.

A file that is gone is one of them. Nothing is deleted by taking its view away.
"""

import os
from collections.abc import Collection, Iterator

from agence.fold.adoption import has_two_versions
from agence.fold.view import is_draft
from agence.git.run import git
from agence.shard import held
from agence.shard.edited import in_force
from agence.shard.layout import TRACKED
from agence.shard.publishing import lagging
from agence.shard.shard import Shard
from agence.shard.small import missing
from agence.shard.views import read, small_files, view_path


def stale(shard: Shard, kept: Collection[str]) -> dict[str, bool]:
    """The path of each stale view that is not `kept`, sorted -> whether the file is gone.

    Of what `^commit` will write anyway any whole view will do, but none with the marks of a merge.
    """
    behind = lagging(shard)
    top = shard.repo.work_tree
    found = {path for path, content in behind.items() if read(top, path) != content}
    ahead = dict(_ahead(shard))
    whole = {path for path, content in ahead.items() if not is_draft(content)}
    rest = _changed(shard).difference(behind, whole)
    found |= {path for path in rest if _is_behind(shard, path)}
    found |= {path for path, content in ahead.items() if _is_marked(shard, path, content)}
    found -= {*kept, *small_files()}
    found |= missing(shard).keys()
    return {path: not os.path.lexists(os.path.join(top, path)) for path in sorted(found)}


def _changed(shard: Shard) -> set[str]:
    """The paths of views and pages that the work tree has otherwise than HEAD."""
    folders = [f"{TRACKED}/{name}" for name in ("synthetic", "organic", "codex")]
    words = ("diff", "--name-only", "--no-renames", "-z", "HEAD", "--", *folders)
    return set(os.fsdecode(git(*words, cwd=shard.repo.work_tree, check=False)).split("\0")[:-1])


def _ahead(shard: Shard) -> Iterator[tuple[str, bytes]]:
    """The files, with their bytes, that are views of what the tree does not hold all events of."""
    index = shard.index("shared")
    sql = "SELECT entity FROM event WHERE n = ?"
    for identity in {index.one(sql, [n]) for n in held.apart(index)}:
        entity = index.entity(identity)
        path = view_path(entity) if entity else ""
        content = read(shard.repo.work_tree, path) if path else None
        if content is not None:
            yield path, content


def _is_marked(shard: Shard, path: str, content: bytes) -> bool:
    return is_draft(content) and has_two_versions(content, [in_force(shard, path) or b""])


def _is_behind(shard: Shard, path: str) -> bool:
    said = in_force(shard, path)
    return said is not None and said != read(shard.repo.work_tree, path)
