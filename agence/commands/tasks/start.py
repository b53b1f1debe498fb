"""Say that you are at a task.

Examples:
    agence ^task start ship --as ralph         # an agent is at it
    agence ^task start ship                    # a person is

A task that waits for another is not started; `^task next` names one that can be. To keep others
away from it claim it first.
"""

from typing import Annotated

from agence.base.errors import Refusal
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.set import move
from agence.commands.tasks.shown import doer, look
from agence.schema.effects import set_field
from agence.shard.tasks import worker
from agence.work.graph import blockers


def start(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
    force: Annotated[bool, Option(help="although it waits for another task")] = False,
) -> Report:
    """Append one event. Raises Refusal where it waits for another, or somebody has it."""
    found = look(context)
    one = found.find(task)
    waits = blockers(found.graph, one.id)
    if waits and not force:
        names = ", ".join(found.name(upstream) for upstream in waits)
        hint = "do that first, or say --force where it can be done all the same"
        raise Refusal(f"task {found.name(one.id)} waits for {names}", hint)
    agent, is_person = doer(context)
    more = () if worker(one) == agent else (set_field("agent", agent),)
    return move(context, found, one, "$" if is_person else "&", more)
