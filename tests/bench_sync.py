"""How long two clones take to learn of each other's edits, beside what git alone takes.

    make bench
    ROUNDS=15 LESSONS=1000 python tests/bench_sync.py

Two clones of one remote on this disk, 1,000 lessons, five others of them edited ten times on each
side before each measure. Rounds alternate with git's own in a repository of as many text files of
that size. Medians are printed, of wall time and of the processor time of all the processes; on a
busy machine the second says more. Nothing here passes or fails.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

LESSONS = int(os.environ.get("LESSONS", "1000"))
ROUNDS = int(os.environ.get("ROUNDS", "9"))
SHARED, EDITS = 5, 10
BIN = Path(sys.executable).parent
AGENCE = str(BIN / "agence")

PORTS = """
import os, sys, time
from agence.schema.effects import add_member, set_field
from agence.shard.shard import open_shard

class Ports:
    cwd, speaker, notice, programs = os.getcwd(), "bench", print, ()
    now = staticmethod(lambda: time.time_ns() // 1_000_000)
    entropy = staticmethod(os.urandom)

shard = open_shard(Ports())
"""
SEED = f"""{PORTS}
body = "\\n\\n".join(f"Paragraph {{n}} of a lesson, with some words in it." for n in range(12))
made = [shard.draft("lesson", "shared", [set_field("title", f"lesson {{n}}"),
        set_field("body", body)]) for n in range(int(sys.argv[1]))]
shard.append(made)
"""
EDIT = f"""{PORTS}
side, times, count, first = sys.argv[1], *map(int, sys.argv[2:])
for n in range(times):
    found = sorted(shard.index().entities("lesson"), key=lambda one: one.id)
    found = found[first:first + count]
    over = found[n % count]
    said = [line for line in over.text("body").split("\\n\\n") if not line.startswith(side)]
    said.insert(0 if side == "ours" else len(said), f"{{side}} {{time.time_ns()}}")
    shard.append([shard.draft("lesson", "shared", [set_field("body", "\\n\\n".join(said))], over)])
    shard.forget()
"""


class Times(NamedTuple):
    """Milliseconds of wall time, and of processor time of a program and all that it starts."""

    wall: float
    processor: float


class Bench:
    """A folder with two clones of a shard, and two of a plain repository of text files."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.first = 0  # the first of the entities that are edited: others each time
        home = self.folder / "home"
        home.mkdir()
        self.env = os.environ | {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)
        self.env |= {
            f"GIT_{who}_{what}": "bench@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        self.env["PATH"] = f"{BIN}{os.pathsep}{self.env['PATH']}"

    def run(self, where: str, *words: str) -> str:
        """Run a program in one of the clones; what it prints."""
        return subprocess.run(
            words,
            cwd=self.folder / where,
            env=self.env,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ).stdout

    def timed(self, where: str, *words: str) -> Times:
        """What a program in one of the clones takes."""
        wall, processor = time.perf_counter(), _processor()
        self.run(where, *words)
        return Times((time.perf_counter() - wall) * 1000, (_processor() - processor) * 1000)

    def edit(self, where: str) -> None:
        """Edit the shared lessons in a clone of the shard."""
        words = map(str, (EDITS, SHARED, self.first))
        self.run(where, sys.executable, "-c", EDIT, where, *words)

    def build(self) -> None:
        """The four clones."""
        for remote, names in (("shard.git", ("ours", "theirs")), ("plain.git", ("one", "other"))):
            self.run("", "git", "init", "-q", "--bare", "-b", "main", remote)
            self.run("", "git", "clone", "-q", remote, names[0])
            self.run(names[0], "git", "commit", "-q", "--allow-empty", "-m", "begin")
            self.run(names[0], "git", "push", "-q", "-u", "origin", "HEAD:main")
        self.run("ours", AGENCE, "^init")
        self.run("ours", sys.executable, "-c", SEED, str(LESSONS))
        self.run("ours", AGENCE, "^commit")
        self.run("ours", "git", "push", "-q")
        self.run("one", "sh", "-c", "cp -r ../ours/.agence texts; rm texts/.gitattributes")
        self.run("one", "git", "add", "texts")
        self.run("one", "git", "commit", "-qm", "texts")
        self.run("one", "git", "push", "-q")
        self.run("", "git", "clone", "-q", "shard.git", "theirs")
        self.run("", "git", "clone", "-q", "plain.git", "other")
        self.run("theirs", AGENCE, "^init")
        for name in ("ours", "theirs"):
            self.run(name, AGENCE, "^sync")

    def edit_texts(self, where: str) -> list[str]:
        """Edit the plain texts, one side above and one below, and commit; the files."""
        texts = sorted((self.folder / where / "texts/synthetic/lessons").iterdir())
        texts = texts[self.first : self.first + SHARED]
        for path in texts:
            lines = path.read_text().split("\n")
            lines[8 if where == "one" else -4] = f"{where} {time.time_ns()}"
            path.write_text("\n".join(lines))
        self.run(where, "git", "commit", "-qam", "edit")
        return [str(path) for path in texts]

    def drivers(self) -> Times:
        """What five runs of the merge driver on views as they are."""
        views = sorted((self.folder / "ours/.agence/synthetic/lessons").iterdir())[:SHARED]
        runs = []
        for view in views:
            base = view.read_text()
            for name, text in (
                ("base", base),
                ("mine", base.replace("Paragraph 0", "Mine")),
                ("yours", base.replace("Paragraph 11", "Yours")),
            ):
                (self.folder / name).write_text(text)
            words = (str(BIN / "agence-merge"), "view", "base", "mine", "yours", "x")
            runs.append(self.timed("", *words))
        return Times(*map(sum, zip(*runs, strict=True)))

    def pull(self) -> dict[str, Times]:
        """One round of `git pull` on both, of the lessons that the last `sync` was about."""
        for name in ("theirs", "ours"):
            self.edit(name)
            self.run(name, AGENCE, "^commit")
        self.run("theirs", "git", "push", "-q")
        self.edit_texts("other")
        self.edit_texts("one")
        self.run("other", "git", "push", "-q")
        words = ("git", "pull", "-q", "--no-rebase", "--no-edit")
        found = {"git pull of the shard": self.timed("ours", *words)}
        found["git pull of plain texts"] = self.timed("one", *words)
        found["five merge drivers"] = self.drivers()
        for name, peer in (("ours", "theirs"), ("one", "other")):
            self.run(name, "git", "push", "-q")
            self.run(peer, "git", "pull", "-q", "--no-rebase", "--no-edit")
        return found

    def sync(self) -> dict[str, Times]:
        """One round of `^sync`, with ten edits on each side and without any."""
        self.first = (self.first + SHARED) % (LESSONS - SHARED)
        self.edit("theirs")
        self.run("theirs", AGENCE, "^sync")
        self.edit("ours")
        self.edit_texts("other")
        self.run("other", "git", "push", "-q", "origin", "HEAD:refs/heads/other")
        self.edit_texts("one")
        found = {
            "^sync, ten edits on each side": self.timed("ours", AGENCE, "^sync"),
            "git fetch": self.timed("one", "git", "fetch", "-q"),
            "git push": self.timed("one", "git", "push", "-q", "origin", "HEAD:refs/heads/one"),
            "^sync, nothing to do": self.timed("ours", AGENCE, "^sync"),
            "git fetch, nothing to do": self.timed("one", "git", "fetch", "-q"),
            "git push, nothing to do": self.timed(
                "one", "git", "push", "-q", "origin", "HEAD:refs/heads/one"
            ),
        }
        self.run("theirs", AGENCE, "^sync")
        return found


def main() -> None:
    """Build the clones, alternate the rounds, print the medians and what they are compared to."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        bench.build()
        bench.sync()
        bench.pull()
        rounds = [bench.sync() | bench.pull() for _ in range(ROUNDS)]
    print(f"{LESSONS} lessons, {EDITS} edits of {SHARED} on each side, median of {ROUNDS} rounds")
    median = {
        name: Times(*map(statistics.median, zip(*(one[name] for one in rounds), strict=True)))
        for name in rounds[0]
    }
    print("    wall   processor")
    for name, (wall, processor) in median.items():
        print(f"{wall:8.1f} ms {processor:8.1f} ms  {name}")
    bars = (
        ("^sync, ten edits on each side", ("git fetch", "git push"), 100),
        ("^sync, nothing to do", ("git fetch, nothing to do", "git push, nothing to do"), 100),
        ("git pull of the shard", ("git pull of plain texts", "five merge drivers"), 0),
    )
    for name, parts, more in bars:
        sums = [sum(one) + more for one in zip(*(median[part] for part in parts), strict=True)]
        ratios = " and ".join(f"{a / b:.2f}" for a, b in zip(median[name], sums, strict=True))
        said = " + ".join([*parts, *([f"{more} ms"] if more else [])])
        print(f"{name}: {ratios} of {said}")


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
