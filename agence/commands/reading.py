"""`--at` and `--as-of`: the options of every verb that reads."""

from agence.base.errors import UsageError
from agence.base.lazy import load
from agence.commands.contract import Context, Option

AT = Option(
    help="as it was at a commit, an event or a cut that ^state named", name="at", metavar="CUT"
)
AS_OF = Option(
    help="as it was at a time, UTC: 2026-11-20, 2026-11-20T13:45, 13:45, yesterday, or 3d ago",
    metavar="TIME",
)


def look_back(context: Context, scope: str, at: str | None, as_of: str | None) -> int:
    """Let the shard answer from the past where one is asked for; what counts as now there.

    Milliseconds since 1970. Raises ShardError for a cut that is not known, UsageError for what is
    no time.
    """
    now = context.now()
    if at is None and as_of is None:
        return now
    if at == "":
        raise UsageError("--at names nothing", "give a commit, an event's id, or a cut")
    until = load("agence.shard.past").time_of(as_of, now) if as_of is not None else None
    then = context.shard.look_back(scope, at or "", until)
    if next(context.shard.index(scope).rows("SELECT 1 FROM force LIMIT 1"), None) is None:
        context.notice("at that time there was nothing here: what is known was kept later")
    return then
