"""The views that an edited file can come from: its bases.

The first is the one that the file's last line names: one of the versions that are given, or the
same rendered again from the events. The others are what a merge may have mixed into it: the other
versions, and what others have written since, each by itself.
"""

from collections.abc import Callable, Iterable, Sequence

from agence.events.event import Event
from agence.fold.adoption import Unreadable, contains, origin, read
from agence.fold.entity import NO_MERGES, Entity, Merges, fold_entity
from agence.fold.view import is_draft, render

_MANY = 64  # newest states since the first base; a merge mixes in the latest of others


def agrees(content: bytes) -> bool:
    """Whether it is a view that nobody edited."""
    return not is_draft(content)


class Lineage:
    """The states that an entity has gone through, from the events about it that are in force.

    `whole` puts the texts of blobs in place; `merges` are the rules of fields that have a function.
    """

    def __init__(
        self,
        entity: Entity,
        events: Iterable[Event],
        whole: Callable[[Entity], Entity],
        merges: Merges = NO_MERGES,
    ) -> None:
        self.entity = entity
        self.events = {event.id: event for event in events}
        self._whole = whole
        self._merges = merges
        parents = {parent for event in self.events.values() for parent in event.parents}
        self._others = parents - self.events.keys()

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
        entity = fold_entity(part, self._others, self._merges)
        return render(self._whole(entity)) if entity else b""

    def bases(self, content: bytes, versions: Sequence[bytes]) -> list[bytes]:
        """The bases of a file among views that agree, the one that it was made from first.

        None where nothing says which that is.
        """
        first = self._made_from(content, versions)
        if first is None:
            return []
        seen = self._seen(content, first)
        others = [view for view in versions if not set(origin(view)[0]) <= seen]
        sides = [self.view([one]) for one in self._newest_but(seen)]
        made_from = self._gone_on_from(content, first)
        return list(dict.fromkeys([made_from, first, *others, *filter(None, sides)]))

    def _newest_but(self, seen: set[str]) -> list[str]:
        """The newest events but for those `seen`, the newest first."""
        unseen = [one for one in self.events.values() if one.id not in seen]
        newest = sorted(unseen, key=lambda one: (one.stamp, one.id), reverse=True)
        return [one.id for one in newest[:_MANY]]

    def _gone_on_from(self, content: bytes, first: bytes) -> bytes:
        """The newest state since `first` all of which the file says.

        So it is where somebody goes on typing in an editor after an adoption.
        """
        seen = self.before(origin(first)[0])
        try:
            file = read(content)
            for one in reversed(self._newest_but(seen)):
                view = self.view([one])
                if seen <= self.before([one]) and contains(file, read(first), read(view)):
                    first, seen = view, self.before([one])
        except Unreadable:
            return first
        return first

    def _seen(self, content: bytes, first: bytes) -> set[str]:
        """The events whose states no merge can have mixed into the file.

        What the merge driver made of a draft names the heads of both sides; then these are the
        events that both had seen.
        """
        heads, digest = origin(content)
        if not _is_open(digest) or not heads:
            return self.before(origin(first)[0])
        return set.intersection(*(self.before([head]) for head in heads))

    def _made_from(self, content: bytes, versions: Sequence[bytes]) -> bytes | None:
        heads, digest = origin(content)
        for view in versions:
            if heads and origin(view)[0] == heads:
                return view
        if heads and self.events.keys() >= set(heads):
            view = self.view(heads)
            if origin(view)[1] == digest or _is_open(digest):
                return view
        usable = (view for view in versions if self.events.keys() >= set(origin(view)[0]))
        return next(usable, None)


def _is_open(digest: str) -> bool:
    """Whether it is the digest of a draft that the merge driver left open."""
    return not digest.strip("0")
