"""Whether git really merges through our drivers here: tried on two made-up sides.

git runs in the user's own work tree, with its configuration and attributes, and writes its objects
into a folder that is gone afterwards. No ref, index or file takes part.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from agence.fold.footer import seal
from agence.git.repository import Repository
from agence.git.run import GitFailed, git
from agence.shard.files import replace
from agence.shard.health.check import Check, Finding, ill
from agence.shard.health.repository import TRIES_MERGES, version
from agence.shard.layout import LOG, TRACKED
from agence.shard.shard import Shard
from agence.shard.template import GITATTRIBUTES

_LOG = f"{LOG}/2000-01/trial/1-trial.jsonl"
_VIEW = f"{TRACKED}/synthetic/lessons/trial-00000000.md"
_TASK = f"{TRACKED}/organic/tasks/trial-00000000.md"
_WANTED = {_LOG: "agence-log", _VIEW: "agence-view", _TASK: "agence-view"}
_ROLES = ("AUTHOR", "COMMITTER")


class _Trial(NamedTuple):
    """Three made-up copies of the two files, and the only right result."""

    sides: tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]
    result: dict[str, bytes]


def _attributes(shard: Shard) -> Finding:
    words = ("check-attr", "-z", "merge", "text", "--", *_WANTED)
    said = git(*words, cwd=shard.repo.work_tree).decode(errors="replace").split("\0")
    found = {(path, name): value for path, name, value in zip(*[iter(said[:-1])] * 3, strict=True)}
    for path, driver in _WANTED.items():
        if found.get((path, "merge")) != driver:
            why = f"git would merge {os.path.dirname(path)} as '{found.get((path, 'merge'))}'"
            return ill(f"{why}, not by {driver}", f"give {TRACKED}/.gitattributes its lines back")
        if found.get((path, "text")) != "unset":
            why = f"git may change the ends of lines in {os.path.dirname(path)}"
            return ill(why, f"give {TRACKED}/.gitattributes its line `* -text` back")
    return Finding("git is told to use the drivers, and to leave lines as they are")


def _write_attributes(shard: Shard) -> None:
    """Put the lines that are missing behind those that somebody may have added."""
    path = os.path.join(shard.repo.work_tree, TRACKED, ".gitattributes")
    try:
        with open(path, encoding="utf-8") as file:
            there = file.read()
    except FileNotFoundError:
        there = ""
    kept = there if there.endswith("\n") or not there else f"{there}\n"
    replace(path, f"{kept}{GITATTRIBUTES}".encode(), 0o644)


def _merge(shard: Shard) -> Finding:
    if version(shard.repo) < TRIES_MERGES:
        return Finding("not tried: this git can't merge beside the work tree")
    trial = _made_up()
    again = "a check above says why; where none does, `agence ^init` sets the drivers again"
    with _objects(shard.repo) as tried:
        ours, theirs = _commits(tried, trial)
        try:
            tree = tried.git("merge-tree", "--write-tree", ours, theirs).decode().strip()
        except GitFailed as failure:
            said = failure.stderr.strip().splitlines()
            why = said[-1] if said else "git kept one side only"
            return ill(f"git did not merge two made-up sides by the drivers: {why}", again)
        for path, wanted in trial.result.items():
            if tried.git("cat-file", "blob", f"{tree}:{path}") != wanted:
                return ill(f"git merged {os.path.dirname(path)} by another driver", again)
    return Finding("git merged two made-up sides by both drivers")


class _Objects:
    """git in the user's work tree, that writes its objects elsewhere."""

    def __init__(self, repo: Repository, folder: str) -> None:
        self._cwd = repo.work_tree
        self._env = {
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.path.join(repo.common_dir, "objects"),
            **{f"GIT_{role}_NAME": "agence" for role in _ROLES},
            **{f"GIT_{role}_EMAIL": "agence@localhost" for role in _ROLES},
        }

    def git(self, *words: str, feed: bytes = b"") -> bytes:
        """What git prints. Raises GitFailed."""
        return git(*words, cwd=self._cwd, feed=feed, env=self._env)

    def commit(self, files: Mapping[str, bytes], parent: str) -> str:
        """A commit of these files alone; its id."""
        entries = []
        for path, content in files.items():
            names = path.split("/")
            oid = self.git("hash-object", "-w", "--stdin", feed=content).decode().strip()
            line = f"100644 blob {oid}\t{names.pop()}\n"
            while len(names) > 1:
                oid = self.git("mktree", feed=line.encode()).decode().strip()
                line = f"040000 tree {oid}\t{names.pop()}\n"
            entries.append(line)
        below = self.git("mktree", feed="".join(sorted(entries)).encode()).decode().strip()
        tree = self.git("mktree", feed=f"040000 tree {below}\t{TRACKED}\n".encode()).decode()
        words = ("-p", parent) if parent else ()
        commit = ("commit-tree", "--no-gpg-sign", "-m", "a trial", *words, tree.strip())
        return self.git(*commit).decode().strip()


@contextmanager
def _objects(repo: Repository) -> Iterator[_Objects]:
    with tempfile.TemporaryDirectory(prefix="agence-") as folder:
        yield _Objects(repo, folder)


def _commits(tried: _Objects, trial: _Trial) -> tuple[str, str]:
    base = tried.commit(trial.sides[0], "")
    return tried.commit(trial.sides[1], base), tried.commit(trial.sides[2], base)


def _made_up() -> _Trial:
    base, ours, theirs = b'{"id":"1"}\n', b'{"id":"1"}\n{"id":"2"}\n', b'{"id":"0"}\n{"id":"1"}\n'
    views = [
        seal(f"+++\ntitle = {title}\n+++\n\n{body}\n".encode(), [head])
        for title, body, head in (
            ('"a"', "one\ntwo\nthree", "a" * 64),
            ('"b"', "one\ntwo\nthree", "b" * 64),
            ('"a"', "one\ntwo\n3", "c" * 64),
        )
    ]
    merged = seal(b'+++\ntitle = "b"\n+++\n\none\ntwo\n3\n', ["b" * 64, "c" * 64])
    logs = (base, ours, theirs)
    first, second, third = ({_LOG: log, _VIEW: view} for log, view in zip(logs, views, strict=True))
    result = {_LOG: b'{"id":"0"}\n{"id":"1"}\n{"id":"2"}\n', _VIEW: merged}
    return _Trial((first, second, third), result)


CHECKS = (Check("attributes", _attributes, _write_attributes), Check("merge", _merge))
