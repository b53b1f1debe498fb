"""Open a task again that is done; it is pending then.

Examples:
    agence ^task reopen ship
    agence ^task reopen ship --because "the pump leaks again"
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.shown import as_json, change, look
from agence.commands.words import clean, refuse_credentials
from agence.schema.effects import Effect, set_field
from agence.shard.tasks import state_of
from agence.work.states import reopened


def reopen(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
    because: Annotated[str, Option(help="why; goes below the text of the task")] = "",
) -> Report:
    """Append one event, the only one that leaves done. Raises UsageError where it is not done."""
    found = look(context)
    one = found.find(task)
    effects: list[Effect] = [set_field("state", reopened(state_of(one))), set_field("agent", "")]
    if because:
        refuse_credentials(because, allowed=context.scope == "private")
        whole = context.shard.whole(one).text("body")
        body = "\n\n".join(part for part in (whole, f"Reopened: {clean(because)}") if part)
        effects.append(set_field("body", context.shard.field(context.scope, body)))
    change(context, one, effects)
    again = look(context)
    data = as_json(again, again.tasks[one.id], context.now())
    return Report(f"{again.name(one.id)} is open again", data)
