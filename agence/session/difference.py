"""What differs between a work tree as a session captured it and as it is now."""

from collections.abc import Mapping
from typing import Any, NamedTuple

State = Mapping[str, Any]


class Change(NamedTuple):
    """Paths of one sort: there `then` and not now, `now` and not then, `other`: both, changed."""

    then: list[str]
    now: list[str]
    other: list[str]


class Difference(NamedTuple):
    """`branch` and `head` are (then, now) where they differ, else None."""

    branch: tuple[str, str] | None
    head: tuple[str, str] | None
    dirty: Change
    staged: Change
    untracked: Change

    @property
    def nothing(self) -> bool:
        """Whether the work tree is just as it was."""
        parts = (self.dirty, self.staged, self.untracked)
        return not (self.branch or self.head or any(any(part) for part in parts))


def difference(then: State, files_then: list[Any], now: State, files_now: list[Any]) -> Difference:
    """Compare two states (`git` of a record) and the contents of their changed files.

    A folder that is untracked as a whole counts as one path, and what is in it is not compared; nor
    is a file so large that it was kept without a digest, beyond its size.
    """
    before, after = _contents(files_then), _contents(files_now)
    return Difference(
        branch=_pair(then["branch"], now["branch"]),
        head=_pair(then["head"], now["head"]),
        dirty=_change(_dirty(then, before), _dirty(now, after)),
        staged=_change(_staged(then), _staged(now)),
        untracked=_change(_untracked(then, before), _untracked(now, after)),
    )


def _pair(then: str, now: str) -> tuple[str, str] | None:
    return (then, now) if then != now else None


def _contents(files: list[Any]) -> dict[str, tuple[Any, Any]]:
    return {one["path"]: (one.get("size"), one.get("digest")) for one in files}


def _dirty(state: State, contents: dict[str, Any]) -> dict[str, Any]:
    return {one["path"]: (one["status"], contents.get(one["path"])) for one in state["dirty"]}


def _staged(state: State) -> dict[str, Any]:
    return {one["path"]: (one["status"], one.get("blob")) for one in state["staged"]}


def _untracked(state: State, contents: dict[str, Any]) -> dict[str, Any]:
    return {path: contents.get(path) for path in state["untracked"]}


def _change(then: dict[str, Any], now: dict[str, Any]) -> Change:
    return Change(
        then=sorted(then.keys() - now.keys()),
        now=sorted(now.keys() - then.keys()),
        other=sorted(path for path in then.keys() & now.keys() if then[path] != now[path]),
    )
