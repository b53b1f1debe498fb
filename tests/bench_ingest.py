"""How long a store of many events takes: from nothing, and one more event afterwards.

    python -m tests.bench_ingest            # 100,000 events of about 1 KB
    EVENTS=10000 python -m tests.bench_ingest

Prints seconds, of the clock and of all processors, events a second, the greatest sum of
proportional memory of all processes, and the milliseconds of one more own event. Nothing here
passes or fails.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from agence.shard import ingest
from agence.shard.shard import Shard, open_shard
from tests.store import commit_segments, make_events, segments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EVENTS = int(os.environ.get("EVENTS", "100000"))
RUNS = 5


class Ports:
    """What a shard may use of the world, as the bench has it."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = str(cwd)
        self.speaker = "bench"
        self.programs: Sequence[str] = ()
        self.now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
        self.entropy: Callable[[int], bytes] = os.urandom
        self.notice: Callable[[str], None] = print


def main() -> None:
    """Make the store, read it from nothing, then one event more."""
    with tempfile.TemporaryDirectory() as folder:
        repo = Path(folder, "shard")
        _make(repo)
        spent = os.times().children_user + os.times().children_system
        before = time.perf_counter()
        agence = [sys.executable, "-m", "agence", "^recall", "barast"]
        with subprocess.Popen(agence, cwd=repo, stdout=subprocess.DEVNULL) as process:
            peak = _peak(process)
        seconds = time.perf_counter() - before
        spent = os.times().children_user + os.times().children_system - spent
        rate = f"{EVENTS / seconds:.0f} a second"
        print(f"{EVENTS} events from nothing: {seconds:.1f} s, {rate}, {spent:.1f} s of processors")
        print(f"greatest memory of all processes: {peak >> 20} MB")
        times = sorted(_one_more(open_shard(Ports(repo)), number) for number in range(RUNS))
        print(f"one more event: {times[RUNS // 2] * 1000:.1f} ms")


def _make(repo: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", repo], check=True)
    git = ["git", "-C", str(repo)]
    for key, value in (("name", "bench"), ("email", "bench@example.org")):
        subprocess.run([*git, "config", f"user.{key}", value], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    for verb in ("^init", "^commit"):
        words = [sys.executable, "-m", "agence", verb]
        subprocess.run(words, cwd=repo, check=True, stdout=subprocess.DEVNULL)
    shard = open_shard(Ports(repo)).pins.shard
    commit_segments(repo, segments(make_events(shard, EVENTS)))
    subprocess.run([*git, "reset", "-q", "--hard"], check=True)
    for path in (repo / ".git/agence/nexus").glob("index.db*"):
        path.unlink()


def _peak(process: subprocess.Popen[bytes]) -> int:
    """The greatest memory in bytes of a process and its children until it ends."""
    done = threading.Event()
    found = [0]

    def watch() -> None:
        while not done.wait(0.2):
            found[0] = max(found[0], sum(map(_memory, _family(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    done.set()
    watcher.join()
    return found[0]


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _family(int(child)))]


def _memory(pid: int) -> int:
    """Proportional memory: what processes share is counted once."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _one_more(shard: Shard, number: int) -> float:
    """Seconds that the index takes for one own event more."""
    shard.index()
    shard.forget()
    effect = {"field": "title", "op": "set", "value": f"one more {number}"}
    shard.append([shard.draft("lesson", "shared", [effect])])
    shard.forget()  # whoever was asked about the speaker's name has looked already
    spent: list[float] = []
    refresh = ingest.refresh

    def timed(*carried: object, **how: object) -> None:
        before = time.perf_counter()
        refresh(*carried, **how)  # type: ignore[arg-type]
        spent.append(time.perf_counter() - before)

    ingest.refresh = timed
    try:
        shard.index()
    finally:
        ingest.refresh = refresh
    shard.forget()
    return spent[0]


if __name__ == "__main__":
    main()
