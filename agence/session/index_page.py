"""INDEX.md: the view of the saved sessions, for people who open the folder.

Its last line names the length of the file that it shows, so that whoever reads it sees at once
whether it is stale.
"""

from collections.abc import Iterable

from agence.session.lifecycle import Session
from agence.session.record import progress, title

_HEAD = """\
# Sessions

Newest first. This is a view of session-saved.jsonl, renewed whenever that changes.

| session | saved | status | agent | done | title |
| --- | --- | --- | --- | --- | --- |
"""


def page(sessions: Iterable[Session], length: int) -> str:
    """The whole page, of sessions in the order of their first lines; `length` bytes are shown."""
    rows = [_row(session) for session in sessions]
    return _HEAD + "".join(reversed(rows)) + _tail(length)


def extended(before: str, was: int, session: Session, length: int) -> str | None:
    """`before` with the row of a new session on top, or None where it did not show `was` bytes."""
    if not before.startswith(_HEAD) or not before.endswith(_tail(was)):
        return None
    rows = before[len(_HEAD) : len(before) - len(_tail(was))]
    return _HEAD + _row(session) + rows + _tail(length)


def is_current(text: str, length: int) -> bool:
    """Whether a page shows all `length` bytes."""
    return text.startswith(_HEAD) and text.endswith(_tail(length))


def _row(session: Session) -> str:
    done, steps = progress(session.record)
    cells = (
        *(session.label, session.record["created_at"], session.status, session.record["agent"]),
        *(f"{done} of {steps}" if steps else "", title(session.record)),
    )
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")


def _tail(length: int) -> str:
    return f"\n<!-- {length} bytes -->\n"
