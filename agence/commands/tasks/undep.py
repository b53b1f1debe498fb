"""Take a dependency out: the task waits for that one no longer.

Examples:
    agence ^task undep ship test
    agence ^task undep ship platform:release
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Report
from agence.commands.tasks.shown import change, look
from agence.schema.effects import remove_member
from agence.shard.judging import known
from agence.shard.tasks import members


def undep(
    context: Context,
    task: Annotated[str, Argument(help="the task that waits", complete="entity")],
    on: Annotated[str, Argument(help="what it shall not wait for", complete="entity")],
) -> Report:
    """Append one event. Raises UsageError where there is no such dependency."""
    found = look(context)
    waiting = found.find(task)
    there = {*members(waiting, "needs"), *members(waiting, "after")}
    upstream = on if on in there else found.upstream(on)
    name = found.name(waiting.id)
    if upstream not in there:
        hint = f"`agence ^task show {name}` lists what it depends on"
        raise UsageError(f"{name} does not depend on '{on}'", hint)
    seen = [known(line) for line in context.shard.index(context.scope).lines_of(waiting.id)]
    effects = [remove_member(field, upstream, seen) for field in ("needs", "after")]
    waiting = change(context, waiting, [one for one in effects if one["cites"]])
    left = {field: list(members(waiting, field)) for field in ("needs", "after")}
    return Report(f"{name} depends on {found.name(upstream)} no longer", {"id": waiting.id, **left})
