"""Keep a task: a piece of work that somebody can take.

Examples:
    agence ^task add "Ship the site" --id ship --priority 4 --needs test
    agence ^task add "Test the site" --id test --scope web/ --scope tests/ --agent @ralph
    agence ^task add "Write it down" --after ship --workflow 3fa9c1d2 --stars 2

A name given by --id is what others call the task by; without one it has its id. --needs names a
task that has to be done before, --after one that better be. A task of another repository is named
`repo:task`; it keeps this one waiting, since nobody here can tell that it is done.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.tasks.shown import agent_of, look, name_typed, scopes
from agence.commands.words import read_file, refuse_credentials, tags_of, title_and_body
from agence.schema.effects import Effect, add_member, set_field
from agence.shard.tasks import KIND, Board, find_group
from agence.work.score import LOWEST, check_priority, check_stars
from agence.work.states import PENDING, sign_of

TIERS = 5


def add(
    context: Context,
    text: Annotated[
        list[str], Argument(help="the title; more lines become the body", metavar="TITLE")
    ],
    id_: Annotated[str, Option(help="a readable name", name="id", metavar="NAME")] = "",
    body: Annotated[str | None, Option(help="the text below the title")] = None,
    file: Annotated[str | None, Option(help="read the body from a file, - for a pipe")] = None,
    tag: Annotated[list[str] | None, Option(help="a topic; can be repeated")] = None,
    priority: Annotated[int, Option(help="from 1 to 5; 5 comes first")] = LOWEST,
    stars: Annotated[int, Option(help="how much it matters, from 0")] = 0,
    complexity: Annotated[int | None, Option(help="tier 0 to 5, as people see it")] = None,
    needs: Annotated[
        list[str] | None, Option(help="a task to be done before", metavar="ID")
    ] = None,
    after: Annotated[
        list[str] | None, Option(help="a task better done before", metavar="ID")
    ] = None,
    scope: Annotated[
        list[str] | None, Option(help="a path it works on; can be repeated", metavar="PATH")
    ] = None,
    workflow: Annotated[str, Option(help="the workflow it is a step of", metavar="ID")] = "",
    agent: Annotated[str, Option(help="for whom it is", complete="agent")] = "",
    state: Annotated[str, Option(help="where it stands; pending by default")] = PENDING,
    allow_secret: Annotated[bool, Option(help="keep it though it looks like a credential")] = False,
) -> Report:
    """Append one event. Raises UsageError for a name that is taken and for what is no task."""
    if body is not None and file is not None:
        raise UsageError("--body and --file both give the body", "use one of them")
    title, whole = title_and_body(" ".join(text), read_file(context, file) if file else body)
    if context.scope == "shared":
        refuse_credentials("\n".join([title, whole, *(tag or [])]), allowed=allow_secret)
    found = look(context)
    fields = {
        "title": title,
        "name": name_typed(found, id_) if id_ else "",
        "body": context.shard.field(context.scope, whole) if whole else "",
        "state": sign_of(state),
        "priority": check_priority(priority),
        "stars": check_stars(stars),
        "complexity": check_complexity(complexity),
        "agent": agent_of(agent),
        "workflow": find_group(context.shard.index(context.scope), "workflow", workflow),
    }
    effects = [set_field(name, value) for name, value in fields.items() if value not in ("", None)]
    effects += [add_member("tags", one) for one in tags_of(tag)]
    effects += [add_member("scope", one) for one in scopes(scope)]
    effects += dependencies(found, needs, after)
    return kept(context, effects, title)


def kept(context: Context, effects: list[Effect], title: str) -> Report:
    """Append the event of a new task, and say so."""
    draft = context.shard.draft(KIND, context.scope, effects)
    event = context.shard.append([draft])[0]
    name = next((one["value"] for one in effects if one["field"] == "name"), "")
    called = f" ({name})" if name else ""
    where = "private" if context.scope == "private" else "`^commit` or `^sync` shares it"
    data = {"id": event.id, "short": short(event.id), "name": name, "title": title, "kind": KIND}
    return Report(f"Kept task {short(event.id)}{called}; {where}", data)


def dependencies(found: Board, needs: list[str] | None, after: list[str] | None) -> list[Effect]:
    """The effects that make a new task depend on others. Raises UsageError for what is no task."""
    hard = sorted({found.upstream(one) for one in needs or ()})
    soft = sorted({found.upstream(one) for one in after or ()} - set(hard))
    effects = [add_member("needs", one) for one in hard]
    return effects + [add_member("after", one) for one in soft]


def check_complexity(tier: int | None) -> int | None:
    """The tier a user gave. Raises UsageError."""
    if tier is not None and not 0 <= tier <= TIERS:
        raise UsageError(f"complexity must be 0-{TIERS}, not {tier}", "0 is what a script can do")
    return tier
