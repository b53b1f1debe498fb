"""A world of clones around one forge, in which everything that happens follows from one seed.

Each clone has its own clock, its own source of keys, and somebody who works in it by git and by
agence. Verbs run in this process, or in a fork of it that is killed on its way.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unittest import mock

from agence.base.errors import AgenceError
from agence.cli import table
from agence.commands.contract import Context, Report
from agence.shard import publishing
from tests.clone import Clone
from tests.commands.desk import NOW, Desk
from tests.conftest import GIT_CONFIG, PROGRAMS, ROOT, make_history
from tests.flows.forge import Forge
from tests.sim.killing import doom

NAMES = ("anna", "ben", "cleo", "dan", "eva", "finn", "gul", "hana")
TEN_MINUTES = 600_000
YEAR_2099 = 4_070_908_800_000
CROWD = 8  # files of one writer and month before they are joined: folders get crowded early


class Move(NamedTuple):
    """One step of a run: which, by whom, and what every choice in it is drawn from."""

    step: str
    seat: int
    seed: int


Doing = Callable[["Seat", random.Random], str | None]
WRITING = ("learn", "lesson add", "plan add", "task add", "lesson edit", "plan edit", "task edit")
HOT = 3  # entities that everybody edits


class Died(AgenceError):
    """The process was killed before it had said anything."""


class No(AgenceError):
    """git would not."""


class Seat(Desk):
    """Somebody at a clone. `skew` is what the clock here is ahead, in milliseconds.

    acknowledged  ids of the events that stood in the own log when a verb had said that it was done
    place         the work tree that the present step is made in
    doomed        after how many calls the next verb is killed; 0 lets it live
    """

    def __init__(self, world: "World", name: str, skew: int) -> None:
        super().__init__(Clone(os.path.join(world.folder, name)))
        self.world = world
        self.name = name
        self.skew = skew
        self.acknowledged: set[str] = set()
        self.place = self.clone.path
        self.doomed = 0
        self._random = random.Random(f"{world.seed} {name}")
        self._read: dict[str, int] = {}

    def _now(self) -> int:
        return self.world.now + self.skew

    def context(self, line: str) -> Context:
        """The Context of a verb in the present work tree."""
        context = self(line, cwd=self.place)
        context.entropy = self._entropy
        return context

    def _entropy(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def say(self, line: str, *words: Any, ready: Context | None = None, **options: Any) -> Report:
        """Let a verb do its work, as `agence LINE` would. Raises AgenceError, Died."""
        row, _ = table.find(line[1:].split(), line[0])
        function = table.function_of(row)
        context = ready or self.context(line)
        before = self.own("nexus")
        said = self.carry_out(context, lambda: function(context, *words, **options))
        own = self.own("nexus")
        wrote = said.data.get("changed") != [] and said.data.get("scope") != "private"
        if row.name in WRITING and wrote:
            assert own > before, f"{line} said that it was done, and kept nothing"
            assert row.name.endswith("edit") or said.data["id"] in own, f"{line} kept another"
        return said

    def carry_out(self, context: Context, work: Callable[[], Report]) -> Report:
        """Do what a verb does, in a process that may be killed. Raises AgenceError, Died."""
        try:
            said = self._doomed(work) if self.doomed else work()
        finally:
            closed(context)
        self.acknowledged |= self.own("nexus")
        return said

    def _doomed(self, work: Callable[[], Report]) -> Report:
        calls, self.doomed = self.doomed, 0
        stay = self._random.getrandbits(64)  # who is killed takes none of our keys with it
        mine, self._random = self._random, random.Random(stay)
        answer = doom(lambda: _answer(work), calls)
        self._random = mine
        if not answer:
            raise Died(f"killed at call {calls}")
        said = json.loads(answer)
        if "refused" in said:
            raise AgenceError(said["refused"])
        return Report(said["text"], said["data"], said["code"])

    def own(self, chain: str) -> set[str]:
        """The ids of all whole lines of an own log: "nexus" (shared) or "hermetic" (private)."""
        folder = os.path.join(self.clone.path, ".git", "agence", chain, "own")
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        found = set()
        for name in names:
            if name.endswith(".jsonl"):
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                lines = content[: content.rfind(b"\n") + 1].splitlines()
                found |= {json.loads(line)["id"] for line in lines}
                before = self._read.get(name, 0)
                assert len(lines) >= before, f"{self.name}: an own log became shorter"
                self._read[name] = len(lines)
        return found

    def git(self, *words: str, feed: str = "") -> str:
        """What git prints in the present work tree. Raises No where it ends with another code."""
        done = self.try_git(*words, feed=feed)
        if done.returncode:
            why = (done.stderr or done.stdout).strip().splitlines() or [""]
            raise No(f"git {words[0]}: {why[0]}")
        return done.stdout.removesuffix("\n")

    def try_git(self, *words: str, feed: str = "") -> subprocess.CompletedProcess[str]:
        """Run git in the present work tree, whatever comes of it."""
        return subprocess.run(
            ["git", *words],
            cwd=self.place,
            input=feed,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )

    def path(self, *parts: str) -> str:
        """A path below the present work tree."""
        return os.path.join(self.place, *parts)

    def sit(self, place: str = "") -> None:
        """Go on in another work tree of this clone; in the main one without a name."""
        self.place = place or self.clone.path
        self.clock()

    def clock(self) -> None:
        """Let git, too, see the clock that hangs here."""
        for role in ("AUTHOR", "COMMITTER"):
            os.environ[f"GIT_{role}_DATE"] = f"@{self._now() // 1000} +0000"
            os.environ[f"GIT_{role}_NAME"] = self.name
            os.environ[f"GIT_{role}_EMAIL"] = f"{self.name}@example.org"


class World:
    """A forge and the clones around it, in `folder`.

    typed    what was written by hand into views, and may be a draft: their paths
    hushed   what was kept privately and must not leave
    trace    what was done, and what came of it, a line each
    """

    def __init__(self, seed: int, folder: str, clones: int = 4) -> None:
        draw = random.Random(f"world {seed}")
        self.seed = seed
        self.folder = folder
        self.now = NOW
        self.typed: set[str] = set()
        self.hushed: set[str] = set()
        self.trace: list[str] = []
        self.count = 0
        self.forge = Forge(os.path.join(folder, "forge.git"))
        self.seats = [
            Seat(self, name, draw.randint(-TEN_MINUTES, TEN_MINUTES)) for name in NAMES[:clones]
        ]
        if draw.random() < 0.5:
            self.seats[-1].skew = YEAR_2099 - NOW

    def begin(self) -> None:
        """Found a shard in the first clone, and let the others join it."""
        os.mkdir(self.forge.path)
        first = self.seats[0]
        first.clock()
        self.forge.git("init", "--quiet", "--bare")
        for seat in self.seats:
            seat.clock()
            self.forge.git("clone", "--quiet", self.forge.path, seat.clone.path)
            seat.git("remote", "set-url", "origin", "../forge.git")  # it gets into messages
            if seat is first:
                make_history(seat.clone)
                seat.git("push", "--quiet", "--set-upstream", "origin", "main")
            seat.say("^init")
            if seat is first:
                self._know_something(first)
                seat.say("^commit")
                seat.say("^push")

    def _know_something(self, first: Seat) -> None:
        """What everybody has from the beginning, and goes on with."""
        for kind in ("lesson", "lesson", "lesson", "plan"):
            number = self.number()
            body = "\n".join(f"line {number}.{n}" for n in range(4))
            first.say(f"^{kind} add", [f"{kind.title()} {number}"], body, ["build"])

    def number(self) -> int:
        """A number that was not given before."""
        self.count += 1
        return self.count

    def play(self, move: Move, steps: dict[str, Doing]) -> str:
        """Make one move; what came of it is written down, and returned."""
        draw = random.Random(move.seed)
        self.now += draw.choice((1_000, 60_000, 3_600_000, 40_000_000))
        seat = self.seats[move.seat % len(self.seats)]
        seat.sit(self._some_place(seat, draw))
        seat.doomed = int(2 ** draw.uniform(1, 7)) if draw.random() < 0.15 else 0
        try:
            came = steps[move.step](seat, draw) or "done"
        except AgenceError as error:
            came = f"{type(error).__name__}: {error}"
        seat.doomed = 0
        where = os.path.basename(seat.place)
        line = f"{len(self.trace) + 1} {where} {move.step}: {came}".replace(self.folder, "")
        self.trace.append(line)
        return line

    def _some_place(self, seat: Seat, draw: random.Random) -> str:
        linked = f"{seat.clone.path}-linked"
        return linked if os.path.isdir(linked) and draw.random() < 0.4 else seat.clone.path


def some(draw: random.Random, found: list[Any]) -> Any:
    """One of these, rather of the first. Raises No where there is none."""
    if not found:
        raise No("nothing of that kind is here")
    return draw.choice(found[:HOT] if draw.random() < 0.7 else found)


def _answer(work: Callable[[], Report]) -> bytes:
    try:
        said = work()
    except AgenceError as error:
        return json.dumps({"refused": f"{type(error).__name__}: {error}"}).encode()
    return json.dumps({"text": said.text, "data": dict(said.data), "code": said.code}).encode()


def closed(context: Context) -> None:
    """Let go of the indexes that a Context has opened."""
    shard, context._shard = context._shard, None
    if shard is not None:
        for index in shard._open.values():
            index.db.close()
        shard._open.clear()


@contextlib.contextmanager
def surroundings(folder: str) -> Iterator[None]:
    """A git and programs of our own, and folders that get crowded early."""
    programs = os.path.join(folder, "bin")
    os.makedirs(programs)
    for name, module in PROGRAMS.items():
        with open(os.path.join(programs, name), "w", encoding="utf-8") as file:
            file.write(f"#!{sys.executable}\nimport sys\nfrom {module} import entry\n")
            file.write("sys.exit(entry())\n")
        os.chmod(file.name, 0o755)
    with open(os.path.join(folder, "gitconfig"), "w", encoding="utf-8") as file:
        file.write(GIT_CONFIG)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "AGENCE_", "XDG_"))}
    ours = {
        "GIT_CONFIG_GLOBAL": file.name,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": "true",
        "HOME": folder,
        "NO_COLOR": "1",
        "PATH": os.pathsep.join([programs, kept.get("PATH", "")]),
        "PYTHONPATH": ROOT,
    }
    with (
        mock.patch.dict(os.environ, kept | ours, clear=True),
        mock.patch.object(publishing, "CROWD", CROWD),
    ):
        yield
