"""Show one session in full: its steps, its context, what happened to it.

Examples:
    agence ^session show 69a8f74c
    agence ^session show 69a8 --json

The id is the one that `^save` and `^session list` print; 4 digits or more are enough where they fit
only one. It changes nothing; `^resume` takes the session up.
"""

from typing import Annotated, Any

from agence.base.identifiers import choose
from agence.commands.contract import Argument, Context, Report
from agence.commands.sessions.shown import (
    as_json,
    details,
    letter_json,
    letter_line,
    provenance,
)
from agence.session.lifecycle import Session
from agence.session.record import title
from agence.shard.mailbox import Letter, accepted_by, look_in
from agence.shard.sessions import Sessions
from agence.shard.shard import Shard


def show(
    context: Context,
    identity: Annotated[str, Argument(help="its id", metavar="ID", complete="session")],
) -> Report:
    """One session, here or offered. Raises Ambiguous for an id that fits none or several."""
    shard = context.shard
    book, mail = Sessions(shard.layout).read(), look_in(shard)
    offered = {one.bundle.record["id"]: one for one in reversed(mail.letters)}
    known = [*book.sessions, *offered]
    found = choose(identity, known, "session", "see `agence ^session list`")
    if found in book.sessions:
        return _shown(shard, book.sessions[found])
    return _offered(offered[found])


def _shown(shard: Shard, session: Session) -> Report:
    record = session.record
    lines = [title(record), f"session {session.label} ({session.id}), {session.status}"]
    lines.append(f"  saved by {record['by']} for {record['agent']}, {record['created_at']}")
    lines += [*provenance(record), *details(record), *_tree(record["git"])]
    for one in record["recent_commands"]:
        code = f" (code {one['code']})" if one.get("code") else ""
        lines.append(f"  ran: {' '.join(one['argv'])}{code}")
    for one in session.transitions:
        to = f" to {one['to']}" if one.get("to") else ""
        lines.append(f"  {one['at']}  {one['action']}{to}, by {one['by']}")
    taken = [who for offer in sorted(session.sent) if (who := accepted_by(shard, offer))]
    lines += [f"  taken up by {who}" for who, _ in taken]
    return Report("\n".join(lines), as_json(session) | {"accepted_by": [who for who, _ in taken]})


def _offered(letter: Letter) -> Report:
    record = letter.bundle.record
    lines = [title(record), letter_line(letter)]
    lines += [f"  note: {letter.note}"] if letter.note else []
    lines += [*details(record), *_tree(record["git"])]
    return Report("\n".join(lines), {**record, "status": "offered", "handoff": letter_json(letter)})


def _tree(state: dict[str, Any]) -> list[str]:
    """What the work tree was like."""
    lines = [f"  on {state['branch'] or 'no branch'} at {state['head'][:8] or 'no commit yet'}"]
    for sort, label in (("dirty", "changed"), ("staged", "staged")):
        lines += [f"  {label}: {one['status']} {one['path']}" for one in state[sort]]
    return lines + [f"  untracked: {one}" for one in state["untracked"]]
