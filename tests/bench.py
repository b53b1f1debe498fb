"""How long each door takes, as a ratio to bare Python in the same run.

    make bench                     # 1,000 lessons
    make bench LESSONS=10000

Each command is a whole process; runs alternate with `python -c pass`, and the median of the pairs
is printed. Nothing here passes or fails: what a door may import is pinned by the house tests.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LESSONS = int(os.environ.get("LESSONS", "1000"))
RUNS = int(os.environ.get("RUNS", "15"))
BIN = Path(sys.executable).parent
BARE = [sys.executable, "-c", "pass"]

SEED = """
import os, random, sys, time
from agence.schema.effects import add_member, set_field
from agence.shard.shard import open_shard

class Ports:
    cwd, speaker, notice, programs = os.getcwd(), "bench", print, ()
    now = staticmethod(lambda: time.time_ns() // 1_000_000)
    entropy = staticmethod(os.urandom)

pick = random.Random(7)
words = [f"{a}{b}" for a in ("ba", "co", "du", "fi", "ga", "hu", "ke", "lo", "mi", "no")
         for b in (f"{c}{d}{e}" for c in "rstlmnk" for d in "aeiou" for e in ("n", "rd", "st",
         "x"))]
text = lambda n: " ".join(pick.choice(words) for _ in range(n))
shard = open_shard(Ports())
drafts = [shard.draft("lesson", "shared", [set_field("title", text(6)), set_field("body", text(60)),
          add_member("tags", pick.choice(words))]) for _ in range(int(sys.argv[1]))]
for start in range(0, len(drafts), 500):
    shard.append(drafts[start:start + 500])
"""


def main() -> None:
    """Build a shard, time the doors, print the table."""
    with tempfile.TemporaryDirectory() as folder:
        home, shard = Path(folder, "home"), Path(folder, "shard")
        home.mkdir()
        env = os.environ | {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env |= {
            f"GIT_{who}_{what}": "bench@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        subprocess.run(["git", "init", "-q", "-b", "main", shard], check=True, env=env)
        git = ["git", "-C", str(shard)]
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True, env=env)
        _run([str(BIN / "agence"), "^init"], shard, env)
        _run([sys.executable, "-c", SEED, str(LESSONS)], shard, env)
        rebuilt = _rebuild(shard, env)
        for name in ("base", "ours", "theirs"):
            Path(shard, name).write_bytes(b"")
        print(f"{LESSONS} lessons, {RUNS} runs; median of wall time over bare python, and in ms")
        for label, words, feed in _doors():
            ratio, own, bare = _time(words, shard, env, feed)
            print(f"{ratio:6.2f} x  {own:7.1f} ms  (bare {bare:5.1f} ms)  {label}")
        print(f"index rebuilt: {rebuilt[0]:.0f} events a second, peak memory {rebuilt[1]} MB")


def _doors() -> list[tuple[str, list[str], str]]:
    def agence(*words: str) -> list[str]:
        return [str(BIN / "agence"), *words]

    hook = '{"tool_name":"Bash","tool_input":{"command":"git status"},"cwd":"."}'
    return [
        ("agence --version", agence("--version"), ""),
        ("agence-hook claude pre-tool", [str(BIN / "agence-hook"), "claude", "pre-tool"], hook),
        (
            "agence-merge log, two small files",
            [str(BIN / "agence-merge"), "log", "base", "ours", "theirs", "x"],
            "",
        ),
        ("^learn", agence("^learn", "a lesson of the bench"), ""),
        ("^recall", agence("^recall", "barast cosan"), ""),
        ("^lesson list", agence("^lesson", "list", "--limit", "20"), ""),
        ("^lesson list, all", agence("^lesson", "list"), ""),
        ("^save", agence("^save", "half way", "--todo", "go on"), ""),
        ("/git-status", agence("/git-status"), ""),
    ]


def _rebuild(shard: Path, env: dict[str, str]) -> tuple[float, int]:
    for path in (shard / ".git/agence/nexus").glob("index.db*"):
        path.unlink()
    words = [str(BIN / "agence"), "^recall", "barast"]
    before = time.perf_counter()
    with subprocess.Popen(words, cwd=shard, env=env, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - before
    return LESSONS / seconds, usage.ru_maxrss // 1024


def _time(
    words: list[str], cwd: Path, env: dict[str, str], feed: str
) -> tuple[float, float, float]:
    pairs = []
    for _ in range(RUNS + 1):
        own, bare = _wall(words, cwd, env, feed), _wall(BARE, cwd, env, "")
        pairs.append((own / bare, own, bare))
    ratios, owns, bares = zip(*pairs[1:], strict=True)
    return (
        statistics.median(ratios),
        statistics.median(owns) * 1000,
        statistics.median(bares) * 1000,
    )


def _wall(words: list[str], cwd: Path, env: dict[str, str], feed: str) -> float:
    before = time.perf_counter()
    subprocess.run(
        words,
        cwd=cwd,
        env=env,
        input=feed.encode(),
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - before


def _run(words: list[str], cwd: Path, env: dict[str, str]) -> None:
    subprocess.run(words, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
