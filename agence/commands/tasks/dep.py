"""Say that a task depends on another: it waits until that one is done.

Examples:
    agence ^task dep ship test                 # ship waits for test
    agence ^task dep ship docs --soft          # better after docs; nothing waits
    agence ^task dep ship platform:release     # a task of another repository

What would close a circle is refused. Two clones that write at the same time can close one all the
same: then each task in it waits and is shown as such, until one dependency is taken out.
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.shown import change, look, named
from agence.fold.entity import Entity
from agence.schema.effects import Effect, add_member, remove_member
from agence.shard.judging import known
from agence.shard.tasks import Board, members
from agence.work.graph import check_dependency


def dep(
    context: Context,
    task: Annotated[str, Argument(help="the task that waits", complete="entity")],
    on: Annotated[str, Argument(help="the task that it waits for", complete="entity")],
    soft: Annotated[bool, Option(help="it better be done before, and nothing waits")] = False,
) -> Report:
    """Append one event. Raises UsageError for a circle, and for what is no task here."""
    found = look(context)
    hard, advised = ([], [on]) if soft else ([on], [])
    return add_dependencies(context, found, found.find(task), hard, advised)


def add_dependencies(
    context: Context, found: Board, task: Entity, hard: list[str], soft: list[str]
) -> Report:
    """Make a task depend on others, named as people do."""
    effects: list[Effect] = []
    added: list[str] = []
    for typed, field in [*((one, "needs") for one in hard), *((one, "after") for one in soft)]:
        upstream = found.upstream(typed)
        if upstream in members(task, field):
            continue
        graph, label = named(found)
        check_dependency(graph, label[task.id], label.get(upstream, upstream))
        effects.append(add_member(field, upstream))
        effects += _other_kind(context, task, field, upstream)
        added.append(upstream)
    name = found.name(task.id)
    if not effects:
        text = f"The dependency already exists: {name} on {', '.join([*hard, *soft])}"
        return Report(text, {"id": task.id, "added": [], "needs": list(members(task, "needs"))})
    task = change(context, task, effects)
    upstreams = " and ".join(found.name(one) for one in added)
    data = {field: list(members(task, field)) for field in ("needs", "after")}
    said = "better comes after" if not hard else "waits for"
    return Report(f"{name} {said} {upstreams}", {"id": task.id, "added": added, **data})


def _other_kind(context: Context, task: Entity, field: str, upstream: str) -> list[Effect]:
    """What makes a soft dependency hard, or the other way round: the one there was goes."""
    other = "after" if field == "needs" else "needs"
    if upstream not in members(task, other):
        return []
    seen = [known(line) for line in context.shard.index(context.scope).lines_of(task.id)]
    return [remove_member(other, upstream, seen)]
