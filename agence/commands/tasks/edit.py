"""Change a task, in your editor or by options.

Examples:
    agence ^task edit ship --priority 5 --stars 2
    agence ^task edit ship --scope docs/ --unscope web/ --agent @olena
    agence ^task edit ship                     # its text, in your editor

Where it stands is said by `^task set` and its like, what it depends on by `^task dep`.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.knowledge.edit import edit as edit_text
from agence.commands.tasks.add import check_complexity
from agence.commands.tasks.shown import agent_of, as_json, change, look, name_typed, scopes
from agence.commands.words import clean, read_file, refuse_credentials, tags_of, title_and_body
from agence.fold.entity import Entity
from agence.schema.effects import Effect, add_member, remove_member, set_field
from agence.shard.judging import known
from agence.shard.tasks import find_group, members
from agence.work.score import check_priority, check_stars


def edit(
    context: Context,
    task: Annotated[str, Argument(help="its name or id", metavar="ID", complete="entity")],
    title: Annotated[str | None, Option(help="a new title")] = None,
    body: Annotated[str | None, Option(help="a new text")] = None,
    file: Annotated[str | None, Option(help="read the text from a file, - for a pipe")] = None,
    tag: Annotated[list[str] | None, Option(help="a topic to add; can be repeated")] = None,
    untag: Annotated[list[str] | None, Option(help="a topic to take off; can be repeated")] = None,
    id_: Annotated[str | None, Option(help="a new name", name="id", metavar="NAME")] = None,
    priority: Annotated[int | None, Option(help="from 1 to 5; 5 comes first")] = None,
    stars: Annotated[int | None, Option(help="how much it matters, from 0")] = None,
    complexity: Annotated[int | None, Option(help="tier 0 to 5")] = None,
    scope: Annotated[list[str] | None, Option(help="a path to add", metavar="PATH")] = None,
    unscope: Annotated[list[str] | None, Option(help="a path to take out", metavar="PATH")] = None,
    workflow: Annotated[str | None, Option(help="of which it is a step", metavar="ID")] = None,
    agent: Annotated[str | None, Option(help="for whom it is", complete="agent")] = None,
    allow_secret: Annotated[bool, Option(help="keep it though it looks like a credential")] = False,
) -> Report:
    """Append one event with what changed. Raises UsageError for what no task can have."""
    found = look(context)
    one = context.shard.whole(found.find(task))
    text = {"title": title, "body": read_file(context, file) if file else body}
    fields: dict[str, object] = {
        "name": name_typed(found, id_) if id_ and id_ != one.text("name") else id_,
        "priority": None if priority is None else check_priority(priority),
        "stars": None if stars is None else check_stars(stars),
        "complexity": check_complexity(complexity),
        "agent": None if agent is None else agent_of(agent),
        "workflow": None
        if workflow is None
        else find_group(context.shard.index(context.scope), "workflow", workflow),
    }
    sets = (tag, untag, scope, unscope)
    if all(value is None for value in (*text.values(), *fields.values(), *sets)):
        return edit_text(context, one.id, allow_secret=allow_secret)
    effects = _text(context, one, text, allowed=allow_secret)
    effects += [
        set_field(name, value)
        for name, value in fields.items()
        if value is not None and value != one.fields.get(name, "")
    ]
    seen = [known(line) for line in context.shard.index(context.scope).lines_of(one.id)]
    for field, put, take in (
        ("tags", tags_of(tag), tags_of(untag)),
        ("scope", scopes(scope), scopes(unscope)),
    ):
        there = members(one, field)
        effects += [add_member(field, value) for value in put if value not in there]
        effects += [remove_member(field, value, seen) for value in take if value in there]
    name = found.name(one.id)
    if not effects:
        return Report(f"Nothing changed in {name}", {"id": one.id, "changed": []})
    change(context, one, effects)
    again = look(context)
    changed = sorted({str(effect["field"]) for effect in effects})
    data = as_json(again, again.tasks[one.id], context.now())
    return Report(f"Changed {', '.join(changed)} of {name}", data | {"changed": changed})


def _text(
    context: Context, task: Entity, said: dict[str, str | None], *, allowed: bool
) -> list[Effect]:
    """The effects of a new title and a new text, as far as they are new."""
    title, body = said["title"], said["body"]
    new = {} if title is None else {"title": title_and_body(title, None)[0]}
    new |= {} if body is None else {"body": clean(body)}
    if new.get("title") == "":
        raise UsageError("a task has a title", "leave out --title to keep the one it has")
    if context.scope == "shared":
        refuse_credentials("\n".join(new.values()), allowed=allowed)
    return [
        set_field(name, context.shard.field(context.scope, value))
        for name, value in new.items()
        if value != task.text(name)
    ]
