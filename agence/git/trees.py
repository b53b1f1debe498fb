"""Build a tree from another by subtree: only the folders that change are read and written.

No index takes part, so it is as right and as quick in a sparse or a huge repository.
"""

import os
from collections.abc import Mapping

from agence.base.errors import ShardError
from agence.git.objects import Entry
from agence.git.repository import Repository
from agence.git.talk import Talk

_RAW_OID = 20  # bytes
_FILE = "100644"
_KINDS = {"040000": "tree", "160000": "commit"}

# What is to become of a folder: name to blob id, to None (gone), or to the folder's own plan.
_Plan = dict[bytes, "str | _Plan | None"]


def write_tree(repo: Repository, base_tree: str | None, changes: Mapping[str, str | None]) -> str:
    """Write the tree `base_tree` (any tree-ish; None is empty) with `changes`; return its id.

    `changes` are paths to blob ids; None takes the file away. Folders left empty vanish.
    Raises ShardError when a path lies in a submodule.
    """
    mktree = ("mktree", "-z", "--missing", "--batch")
    with (
        Talk("cat-file", "--batch", cwd=repo.work_tree) as asked,
        Talk(*mktree, cwd=repo.work_tree) as made,
    ):
        weaver = _Weaver(asked, made)
        start = None if base_tree is None else f"{base_tree}^{{tree}}"
        return weaver.weave(start, _plan(changes), "") or weaver.write({})


def parse_tree(raw: bytes) -> dict[bytes, Entry]:
    """The entries of a tree by name. Source: git's tree objects, `mode SP name NUL raw id`."""
    entries: dict[bytes, Entry] = {}
    at = 0
    while at < len(raw):
        end = raw.index(b"\0", at)
        digits, _, name = raw[at:end].partition(b" ")
        at = end + 1 + _RAW_OID
        mode = digits.decode().zfill(6)
        entries[name] = Entry(mode, _KINDS.get(mode, "blob"), raw[end + 1 : at].hex())
    return entries


class _Weaver:
    """Reads trees from one git process and writes new ones to another."""

    __slots__ = ("_asked", "_made")

    def __init__(self, asked: Talk, made: Talk) -> None:
        self._asked = asked
        self._made = made

    def weave(self, tree: str | None, plan: _Plan, path: str) -> str | None:
        """The id of `tree` with `plan` done to it, or None when nothing is left."""
        before = {} if tree is None else self.read(tree)
        after = dict(before)
        for name, change in plan.items():
            there = before.get(name)
            if isinstance(change, dict):
                self._weave_below(after, name, change, path + os.fsdecode(name) + "/")
            elif change is not None:
                after[name] = Entry(_FILE, "blob", change)
            elif there is not None and there.kind == "blob":
                del after[name]
        return self.write(after) if after else None

    def _weave_below(
        self, entries: dict[bytes, Entry], name: bytes, plan: _Plan, path: str
    ) -> None:
        there = entries.get(name)
        if there is not None and there.kind == "commit":
            raise ShardError(f"'{path}' is a submodule", "work inside the submodule")
        folder = there.oid if there is not None and there.kind == "tree" else None
        below = self.weave(folder, plan, path)
        if below is not None:
            entries[name] = Entry("040000", "tree", below)
        elif folder is not None:
            del entries[name]

    def read(self, tree: str) -> dict[bytes, Entry]:
        """The entries of a tree."""
        self._asked.send(tree.encode() + b"\n")
        head = self._asked.line()
        if head.endswith(b" missing"):
            raise ShardError(f"the tree '{tree}' is not in this repository")
        raw = self._asked.read(int(head.split(b" ")[2]))
        self._asked.read(1)
        return parse_tree(raw)

    def write(self, entries: Mapping[bytes, Entry]) -> str:
        """Write a tree; git sorts the entries."""
        lines = [
            f"{entry.mode} {entry.kind} {entry.oid}\t".encode() + name + b"\0"
            for name, entry in entries.items()
        ]
        self._made.send(b"".join(lines) + b"\0")
        return self._made.line().decode()


def _plan(changes: Mapping[str, str | None]) -> _Plan:
    root: _Plan = {}
    for path, blob in changes.items():
        *folders, name = os.fsencode(path).split(b"/")
        here = root
        for folder in folders:
            below = here.setdefault(folder, {})
            if not isinstance(below, dict):
                here[folder] = below = {}
            here = below
        here[name] = blob
    return root
