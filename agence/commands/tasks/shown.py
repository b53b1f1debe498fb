"""What the verbs of tasks have in common: whom they are for, how tasks are shown and changed."""

import re
from collections import Counter
from collections.abc import Iterable

from agence.base.errors import UsageError
from agence.base.identifiers import short
from agence.commands.contract import JSON, Context
from agence.commands.shown import as_json as entity_as_json
from agence.commands.shown import moment
from agence.fold.entity import Entity
from agence.schema.effects import Effect
from agence.shard.holding import has_lapsed
from agence.shard.judging import known
from agence.shard.speakers import check_speaker
from agence.shard.tasks import (
    Board,
    board,
    call,
    claims_of,
    holders,
    members,
    plain,
    state_of,
    worker,
)
from agence.work.expression import Expression, parse
from agence.work.graph import Task as Node
from agence.work.graph import blockers, is_runnable
from agence.work.scope import normalised
from agence.work.score import priority_in, score_text, stars_in
from agence.work.states import name_of

_AGENT = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._-]{0,62}").fullmatch
_NAME_LIMIT = 63  # characters


def look(context: Context) -> Board:
    """The tasks of the chain that the line is about."""
    return board(context.shard.index(context.scope))


def doer(context: Context) -> tuple[str, bool]:
    """(for whom a task is taken, whether that is a person): "@ralph", or the name git knows.

    Raises UsageError for a name that looks like a misspelt one.
    """
    if context.speaker:
        check_speaker(context.shard)
        return plain(f"@{context.speaker}"), False
    return plain(context.shard.speaker), True


def agent_of(typed: str) -> str:
    """An agent's name as it is kept: "@ralph"; "" takes the agent away. Raises UsageError."""
    if typed and not _AGENT(typed):
        raise UsageError(f"'{typed}' is no agent's name", "a name is a word, such as @ralph")
    return f"@{typed.removeprefix('@')}" if typed else ""


def name_typed(found: Board, typed: str) -> str:
    """A readable name for a task. Raises UsageError for one that is none, or is taken."""
    if len(typed) > _NAME_LIMIT or not _is_name(typed):
        raise UsageError(f"'{typed}' can't name a task", "letters, digits and . _ - /, such as T-1")
    taken = next((one for one in found.tasks.values() if one.text("name") == typed), None)
    if taken is not None:
        raise UsageError(
            f"task '{typed}' already exists: {taken.title} ({short(taken.id)})",
            "choose another name, or edit that one",
        )
    return typed


def _is_name(typed: str) -> bool:
    try:
        return parse(typed) == Expression(typed)
    except UsageError:
        return False


def scopes(typed: Iterable[str] | None) -> list[str]:
    """Paths from the top of the repository, as they are kept: each once, sorted."""
    return sorted({normalised(one) for one in typed or ()})


def change(
    context: Context, task: Entity, effects: list[Effect], *, rests_on: Iterable[str] = ()
) -> Entity:
    """Write an event over a task; the task as it is then, read again."""
    index = context.shard.index(context.scope)
    stamps = [known(line).stamp for line in index.lines_of(task.id)]
    draft = context.shard.draft(task.kind, context.scope, effects, over=task)
    parents = tuple(sorted({*draft.parents, *rests_on}))
    context.shard.append([draft._replace(parents=parents, supersedes=task.heads)], stamps)
    context.shard.forget()
    again = context.shard.index(context.scope).entity(task.id)
    return again if again is not None else task


def named(found: Board) -> tuple[dict[str, Node], dict[str, str]]:
    """The graph under the names that people use, and id -> name; two of one name have their ids."""
    count = Counter(call(task) for task in found.tasks.values())
    label = {
        one: call(task) if count[call(task)] == 1 else short(one)
        for one, task in found.tasks.items()
    }
    graph = {
        label[one]: Node(
            node.state,
            tuple(label.get(need, need) for need in node.needs),
            tuple(label.get(need, need) for need in node.after),
        )
        for one, node in found.graph.items()
    }
    return graph, label


def line(found: Board, task: Entity, now: int) -> str:
    """One line: id, score, state, title, and what keeps it or who has it."""
    measured = found.measures[task.id]
    called = f" ({call(task)})" if task.text("name") else ""
    state = plain(state_of(task))
    head = f"{short(task.id)}  {score_text(measured.score):>5}  {state}  {task.title}"
    return f"{head}{called}{task.labels}{''.join(f'; {one}' for one in notes(found, task, now))}"


def notes(found: Board, task: Entity, now: int) -> list[str]:
    """What is to know of a task besides its title: who has it, what it waits for."""
    said = []
    held = holders(task)
    if held:
        said.append(" and ".join(_held(one.agent, lapsed=has_lapsed(one, now)) for one in held))
        if len(held) > 1:
            said[-1] += " claim it: contested"
    elif task.text("agent"):
        said.append(plain(task.text("agent")))
    waits = blockers(found.graph, task.id)
    if waits:
        said.append(f"waits for {', '.join(found.name(one) for one in waits)}")
    circle = next((one for one in found.circles if task.id in one), ())
    if circle:
        others = " and ".join(found.name(one) for one in circle if one != task.id)
        said.append(f"in a circle with {others}")
    if task.conflicts and len(held) < 2:
        said.append("contested")
    return said


def _held(agent: str, *, lapsed: bool) -> str:
    return f"{agent} (silent)" if lapsed else agent


def as_json(found: Board, task: Entity, now: int) -> dict[str, JSON]:
    """What every verb of tasks says of one. Scores and heat are numbers as people read them."""
    measured = found.measures[task.id]
    held = holders(task)
    return entity_as_json(task) | {
        "name": task.text("name"),
        "state": state_of(task),
        "state_name": name_of(state_of(task)),
        "priority": priority_in(task.fields.get("priority")),
        "stars": stars_in(task.fields.get("stars")),
        "votes": task.fields.get("votes") or 0,
        "agent": worker(task),
        "claims": [
            one.value() | {"holds": one in held, "lapsed": has_lapsed(one, now)}
            for one in claims_of(task)
        ],
        "scope_paths": list(members(task, "scope")),
        "needs": list(members(task, "needs")),
        "after": list(members(task, "after")),
        "workflow": task.text("workflow"),
        "security": task.text("security"),
        "score": measured.score / 10,
        "heat": measured.heat / 1000,
        "depth": measured.depth,
        "tier": measured.tier,
        "runnable": is_runnable(found.graph, task.id),
        "blocked_by": list(blockers(found.graph, task.id)),
        "circle": next((list(one) for one in found.circles if task.id in one), []),
    }


def until(ms: int) -> str:
    """When a claim ends, for people."""
    return f"until {moment(ms)}"
