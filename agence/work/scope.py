"""The files that tasks speak for: where two claims meet, and what lies outside of one.

A scope is a set of paths from the root of the repository. A path stands for itself and all below
it, with or without a slash at its end; "*" stands for everything, and so does ".". A task without
a scope speaks for no file and is kept from none. Paths are compared as written, letter by letter.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from agence.base.errors import UsageError
from agence.work.states import ACTIVE

EVERYTHING = "*"


class Claim(NamedTuple):
    """What one task speaks for: its state's sign, who has it (None: nobody), its scope."""

    state: str
    agent: str | None
    scope: tuple[str, ...] = ()


class Conflict(NamedTuple):
    """A task whose files somebody else has: whose, and the pairs (wanted path, their path)."""

    task: str
    agent: str
    overlaps: tuple[tuple[str, str], ...]


class Verdict(NamedTuple):
    """Whether changes lie within a task's scope; else those that don't, or `why` none can."""

    in_scope: bool
    out: tuple[str, ...] = ()
    why: str = ""


def normalised(path: str) -> str:
    """A path as it is kept: relative, without "." and "..", with no slash at its end.

    Raises UsageError for a path that leaves the repository or names no file that could be in it.
    """
    parts = _parts(path)
    if parts is None:
        raise UsageError(
            f"scope '{path}' is not inside the repository",
            "give a path from its root, such as lib/ or docs/guide.md",
        )
    if any("*" in part for part in parts):
        raise UsageError(
            f"scope '{path}' has a pattern in it",
            "name the folder or the file, or * alone for everything",
        )
    return "/".join(parts) or EVERYTHING


def path_overlaps(one: str, other: str) -> bool:
    """Whether two paths have a file in common; a path that leaves the repository has none."""
    return covers(one, other) or covers(other, one)


def covers(scope: str, path: str) -> bool:
    """Whether `path` is the path `scope` or lies below it."""
    outer, inner = _parts(scope), _parts(path)
    return outer is not None and inner is not None and inner[: len(outer)] == outer


def scope_overlaps(one: Iterable[str], other: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of paths that have a file in common, as they were given, sorted."""
    theirs = set(other)
    return sorted((a, b) for a in set(one) for b in theirs if path_overlaps(a, b))


def find_conflicts(task: str, scope: Iterable[str], claims: Mapping[str, Claim]) -> list[Conflict]:
    """The other tasks that somebody has and that speak for files of `scope`, by id.

    A task that is done, put aside or nobody's keeps nothing.
    """
    wanted = tuple(scope)
    found = []
    for name, claim in sorted(claims.items()):
        if name == task or not claim.agent or claim.state not in ACTIVE:
            continue
        overlaps = scope_overlaps(wanted, claim.scope)
        if overlaps:
            found.append(Conflict(name, claim.agent, tuple(overlaps)))
    return found


def in_scope(task: str, claims: Mapping[str, Claim], changed: Iterable[str]) -> Verdict:
    """Whether all `changed` paths, as git names them, lie in the scope of a task.

    Without a task, nothing does; a task without a scope is not restricted.
    """
    if not task:
        return Verdict(in_scope=False, why="no task is named")
    if task not in claims:
        return Verdict(in_scope=False, why=f"task '{task}' is not found")
    scope = claims[task].scope
    out = {path for path in changed if not any(covers(one, path) for one in scope)}
    return Verdict(in_scope=not scope or not out, out=tuple(sorted(out)) if scope else ())


def _parts(path: str) -> tuple[str, ...] | None:
    """The names on the way to a path, none for everything; None where it leaves the repository."""
    if path == EVERYTHING:
        return ()
    if not path or path.startswith(("/", "~/")) or "\0" in path:
        return None
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return tuple(parts)
