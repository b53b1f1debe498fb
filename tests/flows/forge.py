"""A forge: a bare repository that merges as hosts do, without one merge driver of ours."""

import glob
import json
import os
from typing import Any, NamedTuple

from tests.clone import Clone

LOG = ".agence/log/"


class Merged(NamedTuple):
    """What a merge came to: its tree, and the paths that conflict in it."""

    tree: str
    conflicts: list[str]


class Forge(Clone):
    """The bare repository. Branches are moved by what its pull-request buttons do."""

    def tip(self, branch: str) -> str:
        """The commit of a branch, or of anything else that names one."""
        return self.git("rev-parse", "--verify", "--quiet", f"{branch}^{{commit}}")

    def try_merge(self, ours: str, theirs: str) -> Merged:
        """What `git merge-tree --write-tree` says, here, where no driver is configured."""
        assert "merge.agence" not in self.git("config", "--list")
        words = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs)
        said = self.run("sh", "-c", 'git "$@"; test $? -le 1', "git", *words).stdout.split("\0")
        return Merged(said[0], [path for path in said[1:] if path])

    def merge(self, branch: str, into: str, prefer: str = "") -> str:
        """The button "merge": a merge commit; `prefer` settles conflicts outside of the log."""
        return self._land(branch, into, prefer, [self.tip(into), self.tip(branch)])

    def squash(self, branch: str, into: str, prefer: str = "") -> str:
        """The button "squash and merge": one commit, of which git knows nothing of the branch."""
        return self._land(branch, into, prefer, [self.tip(into)])

    def cherry_pick(self, commit: str, onto: str) -> str:
        """Apply the change of one commit alone."""
        return self._apply(commit, f"{commit}^", onto)

    def revert(self, commit: str, on: str) -> str:
        """Take back the change of one commit."""
        return self._apply(f"{commit}^", commit, on)

    def rebase(self, branch: str, upstream: str, onto: str) -> str:
        """Replay `upstream..branch` on `onto`; the branch then names the copies."""
        words = ("rev-list", "--reverse", f"{upstream}..{branch}")
        work = f"{branch}-rebased"
        self.git("branch", "--force", work, onto)
        for commit in self.git(*words).split():
            self.cherry_pick(commit, work)
        self.git("branch", "--force", branch, work)
        self.git("branch", "--quiet", "-D", work)
        return self.tip(branch)

    def paths(self, commit: str) -> list[str]:
        """The paths in the tree of a commit."""
        return self.git("ls-tree", "-r", "--name-only", commit).splitlines()

    def _land(self, branch: str, into: str, prefer: str, parents: list[str]) -> str:
        merged = self.try_merge(into, branch)
        self._check(merged)
        tree = merged.tree
        if merged.conflicts:
            assert prefer, f"conflicts in {merged.conflicts}"
            tree = self._settled(merged, {"ours": into, "theirs": branch, "both": ""}[prefer])
        return self._move(into, tree, parents)

    def _apply(self, change: str, base: str, onto: str) -> str:
        """A three-way merge with a base of our choosing: both sides made children of it."""
        ours = self._commit(f"{onto}^{{tree}}", [self.tip(base)])
        theirs = self._commit(f"{change}^{{tree}}", [self.tip(base)])
        merged = self.try_merge(ours, theirs)
        self._check(merged)
        assert not merged.conflicts
        return self._move(onto, merged.tree, [self.tip(onto)])

    def _check(self, merged: Merged) -> None:
        in_log = [path for path in merged.conflicts if path.startswith(LOG)]
        assert not in_log, f"conflicts in the log: {in_log}"

    def _settled(self, merged: Merged, side: str) -> str:
        """The merged tree with the files of one side where they conflict; "" leaves the markers."""
        if not side:
            return merged.tree
        index = os.path.join(self.path, "settling")
        git = ("env", f"GIT_INDEX_FILE={index}", "git")
        self.run(*git, "read-tree", merged.tree)
        for path in merged.conflicts:
            blob = self.git("rev-parse", f"{side}:{path}")
            self.run(*git, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        tree = self.run(*git, "write-tree").stdout.strip()
        os.unlink(index)
        return tree

    def _move(self, branch: str, tree: str, parents: list[str]) -> str:
        commit = self._commit(tree, parents)
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def _commit(self, tree: str, parents: list[str]) -> str:
        words = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", tree, *words, "-m", "by the forge")


def events_in(clone: Clone, tree: str = "HEAD") -> set[str]:
    """The ids of the events that the log of a commit holds, read by git and nothing of ours."""
    listed = clone.git("ls-tree", "-r", "--name-only", tree, "--", LOG).splitlines()
    lines = [
        line
        for path in listed
        if path.endswith(".jsonl")
        for line in clone.git("cat-file", "blob", f"{tree}:{path}").splitlines()
    ]
    return {json.loads(line)["id"] for line in lines}


def written_by(clone: Clone) -> set[str]:
    """The ids of every shared event that this clone has acknowledged."""
    common = clone.git("rev-parse", "--path-format=absolute", "--git-common-dir")
    files = glob.glob(os.path.join(glob.escape(common), "agence", "nexus", "own", "*.jsonl"))
    return {json.loads(line)["id"] for file in files for line in clone.read(file).splitlines()}


def learn(clone: Clone, title: str, *more: str) -> str:
    """Keep a lesson; return its id, which is that of its create event."""
    return str(clone.agence_json("^learn", title, *more)["data"]["id"])


def titles(clone: Clone) -> set[str]:
    """The titles of the lessons in force."""
    return {one["title"] for one in clone.agence_json("^lesson", "list")["data"]["items"]}


def status(clone: Clone) -> dict[str, Any]:
    """What `^status` says."""
    data: dict[str, Any] = clone.agence_json("^status")["data"]
    return data


def state(clone: Clone) -> tuple[str, str]:
    """The hash of the folded state, and the name of its cut."""
    said = clone.agence_json("^state", "--hash")["data"]
    return said["state"], said["cut"]


def fresh(forge: Clone, folder: str, branch: str = "main") -> Clone:
    """A clone of one branch only, that has joined the shard it found there."""
    forge.git("clone", "--quiet", "--single-branch", "--branch", branch, forge.path, folder)
    clone = Clone(folder)
    clone.agence("^init")
    return clone


def check_folds(clone: Clone) -> None:
    """Every event in the checked-out tree is folded, none waits, and all of it verifies."""
    said = status(clone)
    assert said["waiting"] == []
    assert said["faults"] == []
    clone.agence("^verify")
    held = events_in(clone)
    cut = clone.agence_json("^state", "--hash")["data"]["events"]
    assert cut == len(held), f"{cut} of {len(held)} events are folded"
