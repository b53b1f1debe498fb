"""Keep a task written as one line: stars, state, name, agent, and what it depends on.

Examples:
    agence ^task expr "***ship@ralph:sec=internal ^ test ; docs"
    agence ^task expr "&web:deploy ^ build" --title "Deploy the site"

Stars are the priority; the sign before the name is the state; `^` is a hard dependency and `;` a
soft one. Where a task of that name is here already, its dependencies are added to it.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.add import dependencies, kept
from agence.commands.tasks.dep import add_dependencies
from agence.commands.tasks.shown import agent_of, look, name_typed
from agence.commands.words import refuse_credentials, title_and_body
from agence.schema.effects import Effect, set_field
from agence.shard.tasks import Board
from agence.work.expression import Expression, parse, render
from agence.work.states import PENDING

_TAKEN = ("agent", "sec")  # keys that have fields of their own


def expr(
    context: Context,
    text: Annotated[list[str], Argument(help="the task, in quotes", metavar="EXPRESSION")],
    title: Annotated[str, Option(help="its title; its name by default")] = "",
    of: Annotated[
        str, Option(help="the task that the dependencies are of, where none is named", metavar="ID")
    ] = "",
) -> Report:
    """Keep a task, or add dependencies to one. Raises UsageError, which names the column."""
    said = parse(" ".join(text))
    found = look(context)
    hard = [one.ref for one in said.dependencies if one.sign == "^"]
    soft = [one.ref for one in said.dependencies if one.sign == ";"]
    if not said.task:
        if not of:
            raise UsageError("the dependencies are of no task", "name it first, or by --of")
        return add_dependencies(context, found, found.find(of), hard, soft)
    _check_repo(found, said)
    there = [one for one in found.tasks.values() if one.text("name") == said.task]
    if there and said == Expression(said.task, said.repo, dependencies=said.dependencies):
        return add_dependencies(context, found, there[0], hard, soft)
    first, _ = title_and_body(title or said.task, None)
    if context.scope == "shared":
        refuse_credentials(f"{first}\n{' '.join(text)}", allowed=False)
    effects: list[Effect] = [set_field("title", first)]
    effects.append(set_field("name", name_typed(found, said.task)))
    effects += [set_field(field, value) for field, value in _fields(said).items() if value]
    effects += dependencies(found, hard, soft)
    report = kept(context, effects, first)
    return report._replace(data={**report.data, "expression": render(said)})


def _fields(said: Expression) -> dict[str, str | int]:
    more = dict(said.metadata)
    unknown = sorted(set(more) - set(_TAKEN))
    if unknown:
        raise UsageError(f"'{unknown[0]}=' says nothing of a task", f"use {' or '.join(_TAKEN)}")
    if said.relation:
        raise UsageError(f"'{said.task}' is the {said.relation} of no task", "use ^ or ; instead")
    return {
        "state": said.state or PENDING,
        "priority": said.priority or 1,
        "agent": agent_of(said.assignee),
        "security": more.get("sec", ""),
    }


def _check_repo(found: Board, said: Expression) -> None:
    if said.repo and said.repo != found.shard:
        raise UsageError(
            f"'{said.repo}:{said.task}' is a task of another repository; this is {found.shard}",
            f"keep it there, or depend on it: `^ {said.repo}:{short(said.task)}`",
        )
