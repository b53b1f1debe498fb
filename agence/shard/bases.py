"""What git has of an edited file: the versions that it can come from."""

import os
from collections.abc import Callable, Iterable

from agence.git.history import newest
from agence.git.objects import Found, read_many
from agence.git.repository import Repository

_HEADS = ("HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD")


class Versions:
    """What git has of some paths: near at hand, and further back where that says nothing."""

    def __init__(self, repo: Repository, paths: Iterable[str]) -> None:
        self._repo = repo
        self._starts = [one for one in _HEADS if os.path.lexists(os.path.join(repo.git_dir, one))]
        self._near: dict[str, list[tuple[str, bytes]]] = {}
        names = {
            f"{place}:{path}": path
            for path in paths
            if "\n" not in path
            for place in ("", ":2", ":3", *self._starts)
        }
        for found in read_many(repo, list(names)):
            if isinstance(found, Found) and found.kind == "blob":
                near = self._near.setdefault(names[found.name], [])
                near.append((found.name, found.content))

    def near(self, path: str, agrees: Callable[[bytes], bool]) -> list[bytes]:
        """Those of the index and of the heads that `agrees` says yes to."""
        return [content for _, content in self._near.get(path, []) if agrees(content)]

    def far(self, path: str, agrees: Callable[[bytes], bool]) -> list[bytes]:
        """Those of the history; none where HEAD has one."""
        for name, content in self._near.get(path, []):
            if name == f"HEAD:{path}" and agrees(content):
                return []
        return newest(self._repo, path, self._starts, agrees)
