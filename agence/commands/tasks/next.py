"""Say which task to take: of those that can begin now the one with the highest score.

Examples:
    agence ^task next
    agence ^task next --as ralph --json        # also what is given to ralph
    agence ^task next --scope web/             # only what works on these paths

A task that waits for another, or that somebody else has, is not named.
"""

from typing import Annotated

from agence.commands.contract import Context, Option, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.tasks.shown import as_json, doer, line, look, scopes
from agence.shard.holding import has_lapsed
from agence.shard.tasks import holders, members
from agence.work.scope import scope_overlaps


def next_(
    context: Context,
    scope: Annotated[
        list[str] | None, Option(help="only what works on this path", metavar="PATH")
    ] = None,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """The best task for whoever asks."""
    now = look_back(context, context.scope, at, as_of)
    found = look(context)
    agent, _ = doer(context)
    wanted = scopes(scope)
    for task in found.ready():
        others = [one for one in holders(task) if one.agent != agent and not has_lapsed(one, now)]
        given = task.text("agent") not in ("", agent) and not holders(task)
        if others or given:
            continue
        if wanted and not scope_overlaps(wanted, members(task, "scope")):
            continue
        return Report(line(found, task, now), {"task": as_json(found, task, now)})
    waiting = sum(1 for one in found.graph.values() if one.state != "-")
    open_ = f"{waiting} open task{'s' * (waiting != 1)}"
    text = f"No task can be taken now ({open_})" if waiting else "There is no open task"
    return Report(text, {"task": None, "open": waiting})
