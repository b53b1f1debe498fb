"""Show one task in full: what it weighs, who has it, what it waits for.

Examples:
    agence ^task show ship
    agence ^task show 3fa9c1d2 --json

Claims that are not exclusive and met each other are all shown: nobody decides between them but the
people who made them.
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.shown import moment
from agence.commands.tasks.shown import as_json, look, notes, until
from agence.fold.entity import Entity
from agence.shard.holding import has_lapsed
from agence.shard.tasks import Board, Claim, call, claims_of, holders, members, plain, state_of
from agence.work.graph import is_runnable
from agence.work.score import score_text
from agence.work.states import name_of


def show(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """One task as it is in force. Raises UsageError for what is none, or several."""
    now = look_back(context, context.scope, at, as_of)
    found = look(context)
    one = context.shard.whole(found.find(task))
    called = f" ({call(one)})" if one.text("name") else ""
    state = name_of(plain(state_of(one)))
    free = is_runnable(found.graph, one.id) and not holders(one)
    runs = "can begin now" if free else ""
    head = [
        f"{one.title}{called}",
        f"task {short(one.id)} by {one.by}, {moment(one.created)}",
        "; ".join(part for part in (state, *notes(found, one, now), runs) if part),
        _weight(found, one),
        *_lists(found, one),
        *(f"claimed by {_claim(claim, one, now)}" for claim in claims_of(one) if claim.agent),
        *(
            f"written at the same time as {plain(lost.field)} ({short(lost.event)}):"
            f" {plain(str(lost.value))}"
            for lost in one.lost
        ),
    ]
    if one.labels:
        head.insert(2, one.labels.strip())
    body = one.text("body")
    return Report("\n".join([*head, *(["", body] if body else [])]), as_json(found, one, now))


def _weight(found: Board, task: Entity) -> str:
    said = found.measures[task.id]
    data = as_json(found, task, 0)
    parts = [f"score {score_text(said.score)}", f"priority {data['priority']}"]
    parts += [f"{data['stars']} stars"] if data["stars"] else []
    parts += [f"{data['votes']:+} votes"] if data["votes"] else []
    return ", ".join([*parts, f"heat {said.heat / 1000:g}", f"tier {said.tier}"])


def _lists(found: Board, task: Entity) -> list[str]:
    lines = [
        ("needs", [found.name(one) for one in members(task, "needs")]),
        ("after", [found.name(one) for one in members(task, "after")]),
        ("scope", [plain(one) for one in members(task, "scope")]),
    ]
    return [f"{name}: {', '.join(values)}" for name, values in lines if values]


def _claim(claim: Claim, task: Entity, now: int) -> str:
    how = f"exclusive, with number {claim.fence}" if claim.fence else "not exclusive"
    past = "; silent" if has_lapsed(claim, now) else ""
    stale = "" if claim in holders(task) else "; a greater number counts"
    return f"{claim.agent} {until(claim.until)} ({how}{past}{stale})"
