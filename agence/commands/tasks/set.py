"""Say where a task stands.

Examples:
    agence ^task set ship paused
    agence ^task set ship failed
    agence ^task set ship "?"                  # the sign for awaiting-input

The states are pending (+), human-assigned (~), human-working ($), agent-assigned (%),
agent-executing (&), awaiting-input (?), paused (_), human-held (#), failed (!) and done (-). What
is done stays done: only `^task reopen` leaves it. Of two states written at the same time the one
further on counts, and done is furthest.
"""

from collections.abc import Collection
from typing import Annotated

from agence.base.errors import Refusal
from agence.commands.contract import Argument, Context, Report
from agence.commands.tasks.shown import as_json, change, doer, look, until
from agence.fold.entity import Entity
from agence.schema.effects import Effect, set_field
from agence.shard.claims import given_back, own_claim
from agence.shard.holding import has_lapsed
from agence.shard.tasks import Board, holders, state_of, worker
from agence.work.graph import blockers
from agence.work.states import ACTIVE, DONE, check_step, name_of, sign_of


def set_(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
    state: Annotated[str, Argument(help="a state, by its name or sign")],
) -> Report:
    """Append one event. Raises UsageError for what is no state, and for a task that is done."""
    found = look(context)
    one, sign = found.find(task), sign_of(state)
    if sign == DONE:
        check_needs(found, one)
    return move(context, found, one, sign)


def check_needs(found: Board, task: Entity, also: Collection[str] = ()) -> None:
    """Raise Refusal for a task that waits for others than `also`, which are done with it."""
    waits = [one for one in blockers(found.graph, task.id) if one not in also]
    if waits and state_of(task) != DONE:
        name, others = found.name(task.id), ", ".join(found.name(one) for one in waits)
        raise Refusal(
            f"task {name} waits for {others}, so it is not done",
            f"do that first, or say `agence ^task done {name} --force` where it is done already",
        )


def move(
    context: Context, found: Board, task: Entity, state: str, more: tuple[Effect, ...] = ()
) -> Report:
    """Bring a task into a state; who leaves it gives an own claim back.

    Raises Refusal for an agent where somebody else has claimed the task.
    """
    before = state_of(task)
    check_step(before, state)
    agent, is_person = doer(context)
    mine = own_claim(context.shard, task, agent)
    if before == state == DONE and not mine:
        by = f", by {worker(task)}" if worker(task) else ""
        data = as_json(found, task, context.now())
        return Report(f"{found.name(task.id)} is done already{by}", data)
    if not mine and not is_person:
        _check_nobodys(context, found, task)
    effects: list[Effect] = [*more]
    if state != before:
        effects.append(set_field("state", state))
    if mine and state not in ACTIVE:
        gone = given_back(task, mine)
        effects += [one for one in gone if one["field"] == "claim" or state == "+"]
    if mine and state == DONE and task.text("agent") != mine.agent:
        effects.append(set_field("agent", mine.agent))
    if effects:
        task = change(context, task, effects)
    again = look(context)
    data = as_json(again, again.tasks[task.id], context.now())
    said = "is" if state == before else "is now"
    return Report(f"{again.name(task.id)} {said} {name_of(state_of(task))}", data)


def _check_nobodys(context: Context, found: Board, task: Entity) -> None:
    others = [one for one in holders(task) if not has_lapsed(one, context.now())]
    if others:
        who = " and ".join(one.agent for one in others)
        raise Refusal(
            f"task {found.name(task.id)} is already claimed by {who}"
            f" {until(max(one.until for one in others))}",
            "claim it first, when it is free",
        )
