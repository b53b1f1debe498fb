"""What a start costs: the modules that Python imports for one line, and how long each takes.

`python -m tests.house.bill` prints the bill of each door.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BILL_LINE = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \|\s*(\S+)$")
SHOWN = 12


class Line(NamedTuple):
    """One module: the microseconds of its own code, and with all that it imported."""

    module: str
    own: int
    total: int


class Door(NamedTuple):
    """One line as typed, and what it may not import.

    `program` is the module with `entry`, `words` are typed after it, `forbidden` are modules that
    it may not import, with all below them; it runs in a folder with `files`, reads `feed` and ends
    with `code`.
    """

    program: str
    words: tuple[str, ...]
    forbidden: frozenset[str]
    files: Mapping[str, str] = {}
    code: int = 0
    feed: str = ""


HEAVY = frozenset(
    {
        *("argparse", "asyncio", "dataclasses", "email", "http", "importlib.metadata", "inspect"),
        *("click", "detect_secrets", "jsonschema", "pydantic", "pygit2", "rich", "typer"),
        *("logging", "multiprocessing", "pathlib", "tempfile", "tomllib", "tomli_w", "unittest"),
        *("urllib", "xml", "zoneinfo"),
    }
)
OUTSIDE = frozenset({"apsw", "blake3", "merge3", "nacl", "socket", "sqlite3", "subprocess"})

DOORS = {
    "agence --version": Door("agence.cli.main", ("--version",), HEAVY | OUTSIDE | {"json"}),
    "agence-merge log": Door(
        "agence.drivers.merge",
        ("log", "base", "ours", "theirs", "log.jsonl"),
        HEAVY | OUTSIDE | {"agence.fold", "json", "re", "typing"},
        {"base": "", "ours": "", "theirs": '{"id":"a"}\n'},
    ),
    "agence-merge view": Door(
        "agence.drivers.merge",
        ("view", "base", "ours", "theirs", "x.md"),
        HEAVY | OUTSIDE - {"blake3", "merge3"} | {"agence.fold.entity", "agence.shard"},
        {"base": "a\nb\nc\n", "ours": "1\nb\nc\n", "theirs": "a\nb\n3\n"},
    ),
    "agence-hook": Door(
        "agence.drivers.hook",
        ("claude", "pre-tool"),
        HEAVY | OUTSIDE | {"agence.cli", "agence.commands", "agence.git", "agence.shard.shard"},
        feed='{"tool_name": "Bash", "tool_input": {"command": "cd a && git clean -fd"}}',
    ),
}


def imported(door: Door, folder: str) -> list[Line]:
    """The modules that `door` imports beyond bare Python, run in `folder`, in order of import."""
    for name, text in door.files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    script = f"import sys; from {door.program} import entry; sys.exit(entry())"
    bare = {line.module for line in _bill(("-c", "pass"), folder, Door("", (), frozenset()))}
    lines = _bill(("-c", script, *door.words), folder, door)
    return [line for line in lines if line.module not in bare]


def forbidden(door: Door, lines: list[Line]) -> list[str]:
    """The modules among `lines` that the door may not import."""
    return [
        line.module
        for line in lines
        if any(line.module == root or line.module.startswith(f"{root}.") for root in door.forbidden)
    ]


def _bill(words: tuple[str, ...], folder: str, door: Door) -> list[Line]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words],
        cwd=folder,
        input=door.feed,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert done.returncode == door.code, "\n".join([f"ended with {done.returncode}", *said])
    found = map(BILL_LINE.match, done.stderr.splitlines())
    return [Line(match[3], int(match[1]), int(match[2])) for match in found if match]


def main() -> None:
    for name, door in DOORS.items():
        with tempfile.TemporaryDirectory() as folder:
            lines = imported(door, folder)
        spent = sum(line.own for line in lines)
        print(f"{name}: {len(lines)} modules beyond bare Python, {spent / 1000:.1f} ms")
        for line in sorted(lines, key=lambda line: -line.own)[:SHOWN]:
            print(f"  {line.own / 1000:6.1f} ms  {line.module}")


if __name__ == "__main__":
    main()
