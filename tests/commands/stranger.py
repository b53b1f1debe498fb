"""Somebody with a key of their own who writes events as no verb does."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agence.base.stamps import Stamp
from agence.events.event import Draft, Event, write
from tests.commands.desk import Desk
from tests.store import commit_segments, segments


class Stranger:
    """Writes to the shard of a desk. `fork` writes on over an earlier event of theirs."""

    def __init__(self, desk: Desk, number: int = 77) -> None:
        self.desk = desk
        self.shard = desk("^x").shard.pins.shard
        self.seed = bytes([number]) * 32
        self.chain: list[Event] = []

    def write(
        self, effects: list[Any], kind: str = "lesson", over: str = "", **said: object
    ) -> Event:
        """An event over the first one about an entity; nothing of it is anywhere yet."""
        seq, prev = (self.chain[-1].seq, self.chain[-1].id) if self.chain else (0, "")
        parents = (over,) if over else ()
        data = {"effects": effects} | said
        scope = f"collective:{self.shard}"
        draft = Draft(kind, over, data, self.shard, scope, "Mallory", parents)
        stamp = Stamp(self.desk.now + 1000 * (seq + 1), 0)
        event = write(draft, self.seed, seq + 1, prev, stamp, bytes(16))
        self.chain.append(event)
        return event

    def fork(self, length: int) -> None:
        """Go on as if only the first `length` events of theirs had been written."""
        del self.chain[length:]

    def put(self, events: Iterable[Event]) -> None:
        """Commit these events as part of the desk's branch."""
        clone = self.desk.clone
        commit_segments(Path(clone.path), segments(iter(events)))
        clone.git("reset", "--quiet", "--hard", "main")
