"""Ask one git process for objects, one at a time: what changed between two trees, and blobs.

For when what to ask next depends on the last answer. Nothing is started before the first question.
"""

import os
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from agence.base.errors import OutsideError
from agence.git.objects import Entry, Found, Missing
from agence.git.repository import Repository
from agence.git.talk import Talk
from agence.git.trees import parse_tree

_WORDS_OF_AN_ANSWER = 3


class Reader:
    """Objects of one repository. Leaving the `with` block ends the process."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._talk: Talk | None = None

    def read(self, name: str) -> Found | Missing:
        """The object called `name`: an id, or `<commit>:<folder>`."""
        if self._talk is None:
            self._talk = Talk("cat-file", "--batch", cwd=self._repo.work_tree).__enter__()
        self._talk.send(os.fsencode(name) + b"\n")
        words = self._talk.line().split(b" ")
        if len(words) != _WORDS_OF_AN_ANSWER or not words[2].isdigit():
            return Missing(name)
        content = self._talk.read(int(words[2]))
        self._talk.read(1)
        return Found(name, words[0].decode(), words[1].decode(), content)

    def changes(self, tree: str, base: str = "", folder: str = "") -> Iterator[tuple[str, str]]:
        """(path, blob id) of what differs in `tree` from `base`, with "" for what is not there.

        Both are ids of trees; without a base it is all that is there. Submodules are passed over.
        Raises OutsideError where a tree is not here.
        """
        new, old = self._entries(tree), self._entries(base)
        for name in sorted(new.keys() | old.keys()):
            here, there = new.get(name), old.get(name)
            if here == there:
                continue
            path = folder + os.fsdecode(name)
            if "tree" in (_kind(here), _kind(there)):
                yield from self.changes(_id(here, "tree"), _id(there, "tree"), f"{path}/")
            if "blob" in (_kind(here), _kind(there)):
                yield path, _id(here, "blob")

    def _entries(self, tree: str) -> dict[bytes, Entry]:
        if not tree:
            return {}
        found = self.read(tree)
        if not isinstance(found, Found) or found.kind != "tree":
            raise OutsideError(f"the tree '{tree}' is not in this repository")
        return parse_tree(found.content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._talk is not None:
            self._talk.__exit__(kind, error, trace)


def _kind(entry: Entry | None) -> str:
    return entry.kind if entry is not None else ""


def _id(entry: Entry | None, kind: str) -> str:
    return entry.oid if entry is not None and entry.kind == kind else ""
