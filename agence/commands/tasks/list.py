"""List tasks, the highest score first.

Examples:
    agence ^task list
    agence ^task list --runnable --agent @ralph
    agence ^task list --blocked --json
    agence ^task list --state paused --workflow 3fa9

A score is 10 for each step of priority, 25 for each star and vote, and up to 100 for heat: how many
tasks wait for it. Each line has the id, the score, the sign of the state, and the title.
"""

from typing import TYPE_CHECKING, Annotated

from agence.commands.contract import Context, Option, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.tasks.shown import agent_of, as_json, line, look
from agence.commands.words import tags_of
from agence.fold.entity import Entity
from agence.shard.tasks import Board, find_group, holders, state_of
from agence.work.graph import blockers, is_runnable
from agence.work.states import DONE, sign_of

if TYPE_CHECKING:
    from collections.abc import Callable


def list_(
    context: Context,
    state: Annotated[str, Option(help="only in this state")] = "",
    runnable: Annotated[bool, Option(help="only what can begin now")] = False,
    blocked: Annotated[bool, Option(help="only what waits for another")] = False,
    agent: Annotated[str, Option(help="only what this agent has", complete="agent")] = "",
    workflow: Annotated[str, Option(help="only steps of this workflow", metavar="ID")] = "",
    tag: Annotated[list[str] | None, Option(help="only with this tag; can be repeated")] = None,
    all_: Annotated[bool, Option(help="also what is done", name="all")] = False,
    limit: Annotated[int, Option(help="how many at the most, 0 for all")] = 0,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """The tasks in force, as far as they are asked for."""
    now = look_back(context, context.scope, at, as_of)
    found = look(context)
    sign = sign_of(state) if state else ""
    group = find_group(context.shard.index(context.scope), "workflow", workflow)
    tests: list[Callable[[Entity], bool]] = [
        lambda task: not sign or state_of(task) == sign,
        lambda task: not runnable or is_runnable(found.graph, task.id),
        lambda task: not blocked or bool(blockers(found.graph, task.id)),
        lambda task: not agent or _has(task, agent_of(agent)),
        lambda task: not group or task.text("workflow") == group,
        lambda task: set(tags_of(tag)) <= set(task.tags),
    ]
    fits = [task for task in _by_score(found) if all(test(task) for test in tests)]
    hidden = 0 if all_ or sign == DONE else sum(state_of(task) == DONE for task in fits)
    shown = [task for task in fits if not hidden or state_of(task) != DONE]
    shown = shown[:limit] if limit else shown
    lines = [line(found, task, now) for task in shown]
    if not lines:
        lines = ['No such task here. Keep one: agence ^task add "..."']
    if hidden:
        lines.append(f"({hidden} done; --all lists them too)")
    items = [as_json(found, task, now) for task in shown]
    return Report("\n".join(lines), {"items": items, "count": len(items), "done": hidden})


def _by_score(found: Board) -> list[Entity]:
    return sorted(found.tasks.values(), key=lambda task: (-found.measures[task.id].score, task.id))


def _has(task: Entity, agent: str) -> bool:
    return task.text("agent") == agent or any(one.agent == agent for one in holders(task))
