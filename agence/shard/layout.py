"""Where everything of a shard lies.

Tracked, in the work tree: `.agence/`. Local, in the git directory and so in no work tree: `agence/`
with nexus (own log, index, sessions, logs, faults, mailbox) and hermetic (keys, private log).
"""

import os
from contextlib import suppress

TRACKED = ".agence"
LOG = f"{TRACKED}/log"


class Layout:
    """The paths of one clone. Nothing is made here; `folder` makes one when it is first needed."""

    def __init__(self, common_dir: str) -> None:
        self.root = os.path.join(common_dir, "agence")
        self.nexus = os.path.join(self.root, "nexus")
        self.hermetic = os.path.join(self.root, "hermetic")
        self.keys = os.path.join(self.hermetic, "keys")
        self.sessions = os.path.join(self.nexus, "sessions")
        self.logs = os.path.join(self.nexus, "logs")
        self.faults = os.path.join(self.nexus, "faults")
        self.mailbox = os.path.join(self.nexus, "mailbox")

    def own(self, chain: str) -> str:
        """The folder of this clone's own log, of the "shared" or the "private" chain."""
        return os.path.join(self.hermetic if chain == "private" else self.nexus, "own")

    def index(self, chain: str) -> str:
        """The index file of a chain; the private one lies with what it indexes."""
        return os.path.join(self.hermetic if chain == "private" else self.nexus, "index.db")


def folder(path: str) -> str:
    """`path`, made with its parents, each readable by its owner only."""
    if not os.path.isdir(path):
        folder(os.path.dirname(path))
        with suppress(FileExistsError):  # another process made it just now
            os.mkdir(path, 0o700)
    return path
