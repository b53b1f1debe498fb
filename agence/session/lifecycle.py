"""The life of a session: one table of transitions, and the fold of its lines.

    active       work under way that no record holds; `^save` makes one
    saved        a record that nobody has taken up
    resumed      somebody works on it again
    transferred  it was handed to another agent, and is theirs
    archived     put away

A line is a record (see `record`), or a transition:

    {"v": 1, "session": <32 hex digits>, "session_id": <8>, "action": "resume", "status": "resumed",
     "at": "2026-03-05T03:21:07Z", "by": "Ada", ...}

The state of a session is the fold of its lines in their order. A line that can't be understood is
listed as a fault; it never hides the others.
"""

import json
from typing import Any, NamedTuple

from agence.base.errors import ShardError
from agence.base.identifiers import SHORT
from agence.session.record import VERSION, Record, wrong

ACTIVE, SAVED, RESUMED, TRANSFERRED, ARCHIVED = (
    *("active", "saved", "resumed"),
    *("transferred", "archived"),
)
TABLE: dict[tuple[str, str], str] = {
    (ACTIVE, "save"): SAVED,
    (SAVED, "resume"): RESUMED,
    (SAVED, "handoff"): TRANSFERRED,
    (SAVED, "archive"): ARCHIVED,
    (RESUMED, "resume"): RESUMED,  # a break, or a crash: who has it may take it up again
    (RESUMED, "handoff"): TRANSFERRED,
    (RESUMED, "archive"): ARCHIVED,
    (TRANSFERRED, "accept"): RESUMED,  # also where it comes back to whoever gave it away
    (TRANSFERRED, "archive"): ARCHIVED,
}
ACTIONS = tuple(dict.fromkeys(action for _, action in TABLE))
RESUMABLE = (SAVED, RESUMED)

_WHY = {
    SAVED: ("it is saved already", "`^save` makes a new one each time"),
    RESUMED: ("it is taken up already", "`^resume` takes it up again"),
    TRANSFERRED: ("it was handed to another agent", "`^session show` says to whom"),
    ARCHIVED: ("it was put away", "`^save` starts a new one"),
    ACTIVE: ("there is no record of it here", "`^session list` shows what there is"),
}
_TRANSITION = ("session", "session_id", "action", "status", "at", "by")


class Session(NamedTuple):
    """One session as its lines make it.

    record       its newest record; `status` in it is that of the moment it was written
    status       what it is now
    transitions  the transitions since the first record, as written, oldest first
    touched      number of its last line: what has the greatest was saved or resumed last
    offers       ids of the handoffs that brought it here
    """

    id: str
    record: Record
    status: str
    transitions: tuple[dict[str, Any], ...]
    touched: int
    offers: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The 8 digits that people type."""
        return self.id[:SHORT]

    @property
    def sent(self) -> set[str]:
        """The ids of the handoffs by which it left."""
        offers = (one.get("offer") for one in self.transitions if one["action"] == "handoff")
        return {one for one in offers if isinstance(one, str)}

    @property
    def moved_at(self) -> str:
        """When it last changed, in the form of `created_at`."""
        received = self.record.get("received")
        times = [self.record["created_at"], *(one["at"] for one in self.transitions)]
        if isinstance(received, dict):
            times.append(received.get("at"))
        return max(one for one in times if isinstance(one, str))


class Fault(NamedTuple):
    """A line that counts for nothing, by its number from 1; `torn` if it was never acknowledged."""

    line: int
    what: str
    torn: bool = False


def after(status: str, action: str, label: str) -> str:
    """The state that `action` leads to from `status`. Raises ShardError where no arrow is drawn."""
    found = TABLE.get((status, action))
    if found is None:
        why, hint = _WHY.get(status, (f"this version does not know '{status}'", "update agence"))
        raise ShardError(f"session {label} is {status}, '{action}' is not open to it: {why}", hint)
    return found


def transition(session: Session, action: str, at: str, by: str) -> dict[str, Any]:
    """The line of a transition. Raises ShardError where it is not allowed."""
    return {
        "v": VERSION,
        "session": session.id,
        "session_id": session.label,
        "action": action,
        "status": after(session.status, action, session.label),
        "at": at,
        "by": by,
    }


class Book:
    """The sessions that lines make; fed line by line.

    sessions  id -> Session, in the order of their first lines
    faults    what could not be understood
    """

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.faults: list[Fault] = []
        self.lines = 0

    def feed(self, content: bytes) -> None:
        """Take all lines of a file; what follows the last newline is noted as torn."""
        *lines, torn = content.split(b"\n")
        for line in lines:
            self.take(line)
        if torn:
            what = f"a torn last line of {len(torn)} bytes: it was never acknowledged"
            self.faults.append(Fault(self.lines + 1, what, torn=True))

    def take(self, line: bytes) -> None:
        """Take the next line, without its newline."""
        self.lines += 1
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            self._fault("not JSON")
            return
        if not isinstance(entry, dict):
            self._fault("not an object")
        elif "runstate" in entry:
            self._record(entry)
        else:
            self._transition(entry)

    def newest(self) -> list[Session]:
        """The sessions, the one that was saved or resumed last first."""
        return sorted(self.sessions.values(), key=lambda one: -one.touched)

    def _record(self, record: Record) -> None:
        reason = wrong(record)
        if reason:
            self._fault(reason)
            return
        before = self.sessions.get(record["id"])
        received = record.get("received")
        offer = received.get("offer") if isinstance(received, dict) else None
        if before and (before.status != TRANSFERRED or not offer):
            self._fault(f"session {before.label} is here already")
            return
        offers = (before.offers if before else ()) + ((offer,) if isinstance(offer, str) else ())
        moves = before.transitions if before else ()
        identity, status = record["id"], record["status"]
        self.sessions[identity] = Session(identity, record, status, moves, self.lines, offers)

    def _transition(self, entry: dict[str, Any]) -> None:
        if not all(isinstance(entry.get(name), str) for name in _TRANSITION):
            self._fault("neither a record nor a transition")
            return
        session = self.sessions.get(entry["session"])
        if session is None:
            self._fault("about a session of which there is no record")
            return
        status, action = entry["status"], entry["action"]
        if action in ACTIONS and TABLE.get((session.status, action)) != status:
            self._fault(f"'{action}' can't lead from {session.status} to {status}")
            return
        moves = (*session.transitions, entry)
        self.sessions[session.id] = session._replace(
            status=status, transitions=moves, touched=self.lines
        )

    def _fault(self, what: str) -> None:
        self.faults.append(Fault(self.lines, what))
