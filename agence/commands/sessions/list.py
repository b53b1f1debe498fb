"""List the sessions of this clone, and the handoffs that wait for somebody.

Examples:
    agence ^session list
    agence ^session list --status saved --limit 5
    agence ^session list --json

What was saved or resumed last comes first. A handoff is `offered` until somebody here takes it up
with `^resume`. What does not verify is named, and is not offered to anyone.
"""

from typing import Annotated

from agence.commands.contract import Context, Option, Report
from agence.commands.sessions.shown import as_json, letter_json, letter_line, line
from agence.shard.mailbox import look_in
from agence.shard.sessions import Sessions


def list_(
    context: Context,
    status: Annotated[
        str, Option(help="only these: saved, resumed, transferred, archived or offered")
    ] = "",
    limit: Annotated[int, Option(help="how many at the most, 0 for all")] = 0,
) -> Report:
    """The sessions as they are now."""
    shard = context.shard
    store = Sessions(shard.layout)
    book, mail = store.read(), look_in(shard)
    store.freshen()
    taken = {offer for session in book.sessions.values() for offer in session.offers}
    offered = [one for one in mail.letters if not one.own and one.bundle.event.id not in taken]
    wanted = [one for one in book.newest() if status in ("", one.status)]
    if status not in ("", "offered"):
        offered = []
    if limit:
        offered = offered[:limit]
        wanted = wanted[: max(0, limit - len(offered))]
    lines = [*(letter_line(one) for one in offered), *(line(one) for one in wanted)]
    if not lines:
        lines.append('No session here yet. Keep one: agence ^save "..."')
    lines += [f"refused: {ref}: {why}" for ref, why in mail.broken]
    lines += [f"not read: {store.path}:{one.line}: {one.what}" for one in book.faults]
    data = {
        "sessions": [as_json(one) for one in wanted],
        "offered": [letter_json(one) for one in offered],
        "refused": [{"ref": ref, "reason": why} for ref, why in mail.broken],
        "faults": [{"line": one.line, "reason": one.what} for one in book.faults],
        "count": len(wanted) + len(offered),
    }
    return Report("\n".join(lines), data)
