"""Which conflicts a person put off: local to the clone, so that nobody is asked twice.

nexus/put-off.json    {<who>: [<ids of conflicts>]}; for the private chain in hermetic/
"""

import json
import os

from agence.shard.files import locked, replace
from agence.shard.layout import Layout, folder


class PutOff:
    """The conflicts of one chain that `speaker` put off. A damaged file counts as empty."""

    def __init__(self, layout: Layout, scope: str, speaker: str) -> None:
        self._path = os.path.join(os.path.dirname(layout.index(scope)), "put-off.json")
        self._speaker = speaker

    def read(self) -> set[str]:
        """The ids of the conflicts."""
        return set(self._all().get(self._speaker, []))

    def add(self, conflict: str) -> None:
        """Put one off."""
        self._write(self.read() | {conflict})

    def take_out(self, conflict: str) -> None:
        """It was answered."""
        if conflict in self.read():
            self._write(self.read() - {conflict})

    def _all(self) -> dict[str, list[str]]:
        try:
            with open(self._path, encoding="utf-8") as file:
                said = json.load(file)
        except (OSError, ValueError):
            return {}
        if not isinstance(said, dict):
            return {}
        return {who: ids for who, ids in said.items() if isinstance(ids, list)}

    def _write(self, ids: set[str]) -> None:
        folder(os.path.dirname(self._path))
        with locked(f"{self._path}.lock"):
            whole = self._all() | {self._speaker: sorted(ids)}
            replace(self._path, json.dumps(whole, sort_keys=True).encode() + b"\n")
