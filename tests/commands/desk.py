"""A desk to call commands at: one clone, and every port of a Context in the test's own hands."""

import glob
import json
import os
import random
import shutil
from collections.abc import Iterable
from typing import Any

from agence.base.errors import UsageError
from agence.commands.commit import commit
from agence.commands.contract import Context
from agence.commands.knowledge.add import add
from agence.git.repository import discover
from agence.shard.keyring import Keyring
from agence.shard.layout import Layout
from agence.shard.shard import open_shard
from tests.clone import Clone

NOW = 1_767_225_600_000  # 2026-01-01
DAY = 86_400_000
SCOPES = {"^": "shared", "~": "private"}


class Desk:
    """Called with a line's beginning, such as "^lesson add", it makes the Context of that verb.

    clone    where it works; `programs` is the folder with ours, which the tests have made
    now      milliseconds since 1970; every look at the clock takes a second
    answer   what a question gets; None while nobody is at the terminal. `asked` are the questions
    typed    what stands on standard input
    editor   what becomes of a text in the person's editor
    notices  what was said on standard error
    """

    def __init__(self, clone: Clone, seed: int = 1, now: int = NOW) -> None:
        self.clone = clone
        self.programs = os.environ["PATH"].split(os.pathsep)[:1]
        self.now = now
        self.answer: str | None = None
        self.asked: list[str] = []
        self.typed = ""
        self.editor = str.upper
        self.notices: list[str] = []
        self._random = random.Random(seed)

    def __call__(
        self, line: str, *, cwd: str = "", speaker: str = "", program: bool = False
    ) -> Context:
        return Context(
            scope=SCOPES.get(line[0], "shared"),
            verb=line.lstrip("^~"),
            cwd=cwd or self.clone.path,
            speaker=speaker,
            interactive=self.answer is not None,
            program=program,
            programs=self.programs,
            now=self._now,
            entropy=self._random.randbytes,
            ask=self._ask,
            read_input=lambda: self.typed,
            notice=self.notices.append,
            edit=self.editor,
            open_shard=open_shard,
        )

    def keep(self, title: str, body: str | None = None, *tags: str, verb: str = "^lesson") -> str:
        """Keep a piece of knowledge; return its id."""
        said = add(self(f"{verb} add"), [title], body, list(tags))
        return str(said.data["id"])

    def commit(self, *only: str) -> list[str]:
        """Publish; return the paths that were."""
        return list(commit(self("^commit"), list(only)).data["paths"])

    def events(self, chain: str = "nexus") -> list[dict[str, Any]]:
        """The lines of an own log on disk, parsed: of "nexus" (shared) or "hermetic" (private)."""
        folder = os.path.join(self.local(chain), "own")
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        return [
            json.loads(line)
            for name in names
            if name.endswith(".jsonl")
            for line in Clone(folder).read(name).splitlines()
        ]

    def local(self, *parts: str) -> str:
        """A path below the clone's own state."""
        common = self.clone.git("rev-parse", "--git-common-dir")
        return os.path.join(self.clone.path, common, "agence", *parts)

    def _now(self) -> int:
        self.now += 1000
        return self.now

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        if self.answer is None:
            raise UsageError("nobody is at the terminal")
        return self.answer


def effects(events: Iterable[dict[str, Any]]) -> list[tuple[str, str, Any]]:
    """(op, field, value) of every effect of events, in their order."""
    said = [one for event in events for one in event["data"]["effects"]]
    return [(one["op"], one["field"], one["value"]) for one in said]


def moved(source: str, target: str) -> None:
    """Copy a folder of clones as if they had been made there: their paths, and what keys bind to.

    A clone that is merely copied makes new writers, and so is its shard's founder no longer.
    """
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("index.db*"))
    for config in glob.glob(f"{target}/*/.git/config"):
        clone = Clone(os.path.dirname(os.path.dirname(config)))
        clone.write(config, clone.read(config).replace(source, target))
        common = discover(clone.path).common_dir
        keyring = Keyring(Layout(common), common, os.urandom)
        for key in keyring.keys("shared"):
            keyring._save(key._replace(bound=keyring.binding()))
