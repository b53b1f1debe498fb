"""The log of commands that the gate decided on: one line before, one after. Local, append-only."""

import json
import os
from typing import Any

from agence.shard.files import append_line, locked, outside
from agence.shard.layout import Layout, folder


def record(layout: Layout, entry: dict[str, Any]) -> None:
    """Append one entry to nexus/logs/commands.jsonl, durable when this returns."""
    with outside(layout.logs):
        folder(layout.logs)
    path = os.path.join(layout.logs, "commands.jsonl")
    line = json.dumps(entry, ensure_ascii=False, sort_keys=True).encode(errors="replace")
    with locked(f"{path}.lock"), outside(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            end = os.fstat(handle).st_size
            if end and os.pread(handle, 1, end - 1) != b"\n":
                line = b"\n" + line  # a torn line stays a line of its own
            append_line(handle, line, end)
        finally:
            os.close(handle)
