"""The views that an edited file can come from: its bases.

The first is the one that the file's last line names: found in git's index, in HEAD, in the commit
that is being merged, in the file's history, or rendered again from the events. The others are what
a merge may have mixed into it: the newest versions of its history, and what others have written
since, each by itself.
"""

import os
from collections.abc import Callable, Iterable, Sequence

from agence.fold.adoption import origin
from agence.fold.entity import Entity, fold_entity
from agence.fold.view import is_draft, render
from agence.git.history import newest
from agence.git.objects import Found, read_many
from agence.git.repository import Repository
from agence.shard.judging import known
from agence.shard.shard import Shard

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


def agrees(content: bytes) -> bool:
    """Whether it is a view that nobody edited."""
    return not is_draft(content)


class Past:
    """The states that an entity has gone through, from the events about it that are in force."""

    def __init__(self, shard: Shard, entity: Entity) -> None:
        events = [known(line) for line in shard.index("shared").lines_of(entity.id)]
        self.events = {event.id: event for event in events}
        self._shard = shard
        self._others = {one for event in events for one in event.parents} - self.events.keys()
        self._entity = entity

    def before(self, heads: Iterable[str]) -> set[str]:
        """The ids of these events about it, as far as they are known, and of all these rest on."""
        seen: set[str] = set()
        left = [one for one in heads if one in self.events]
        while left:
            one = left.pop()
            if one not in seen:
                seen.add(one)
                left += [parent for parent in self.events[one].parents if parent in self.events]
        return seen

    def view(self, heads: Iterable[str]) -> bytes:
        """What its view said to whoever had seen these events; b"" where that was nothing yet."""
        seen = self.before(heads)
        part = [event for event in self.events.values() if event.id in seen]
        entity = fold_entity(part, self._others)
        return render(self._shard.whole(entity)) if entity else b""

    def bases(self, content: bytes, versions: Sequence[bytes]) -> list[bytes]:
        """The bases of a file among views that agree, the one that it was made from first.

        None where nothing says which that is.
        """
        first = self._made_from(content, versions)
        if first is None:
            return []
        seen = self.before(origin(first)[0])
        mixed = [view for view in versions if view != first and not set(origin(view)[0]) <= seen]
        sides = [self.view([head]) for head in self._entity.heads if head not in seen]
        return list(dict.fromkeys([first, *mixed, *filter(None, sides)]))

    def _made_from(self, content: bytes, versions: Sequence[bytes]) -> bytes | None:
        heads, digest = origin(content)
        for view in versions:
            if heads and origin(view)[0] == heads:
                return view
        if heads and self.events.keys() >= set(heads):
            view = self.view(heads)
            if origin(view)[1] == digest or not digest.strip("0"):
                return view
        usable = (view for view in versions if self.events.keys() >= set(origin(view)[0]))
        return next(usable, None)
