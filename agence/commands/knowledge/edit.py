"""Change a piece of knowledge; nothing that was written is lost, `^history` shows it all.

Examples:
    agence ^lesson edit 3fa9c1d2                       # in your editor ($VISUAL or $EDITOR)
    agence ^lesson edit 3fa9 --title "A better title" --tag build --untag draft
    agence ^plan edit 77ab --status done --link 3fa9
    agence ^skill edit 18c4 --set confidence=90
    agence ^doc edit 90cd --file page.md

In the editor the first line is the title, a line `tags: a, b` may follow, then the text.
"""

from typing import Annotated

from agence.base.errors import Refusal, UsageError
from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.fields import (
    LINK,
    OPPOSES,
    SET,
    UNLINK,
    link_effects,
    set_effects,
    settings,
    unlink_effects,
)
from agence.commands.knowledge.add import kind_of, scope_of
from agence.commands.words import (
    check_status,
    clean,
    read_file,
    refuse_credentials,
    tags_of,
    title_and_body,
)
from agence.fold.entity import Entity
from agence.schema.effects import Effect, add_member, remove_member, set_field
from agence.shard.judging import known
from agence.shard.shard import alive


def edit(
    context: Context,
    identity: Annotated[str, Argument(help="its id", metavar="ID", complete="entity")],
    title: Annotated[str | None, Option(help="a new title")] = None,
    body: Annotated[str | None, Option(help="a new text")] = None,
    file: Annotated[str | None, Option(help="read the text from a file, - for a pipe")] = None,
    tag: Annotated[list[str] | None, Option(help="a topic to add; can be repeated")] = None,
    untag: Annotated[list[str] | None, Option(help="a topic to take off; can be repeated")] = None,
    status: Annotated[str | None, Option(help="open, doing, done or dropped")] = None,
    set_: Annotated[list[str] | None, SET] = None,
    link: Annotated[list[str] | None, LINK] = None,
    opposes: Annotated[list[str] | None, OPPOSES] = None,
    unlink: Annotated[list[str] | None, UNLINK] = None,
    allow_secret: Annotated[bool, Option(help="keep it though it looks like a credential")] = False,
) -> Report:
    """Append one event with what changed. Raises Ambiguous for an id that fits none or several."""
    kind = kind_of(context)
    scope = scope_of(context, kind)
    entity = alive(context.shard.whole(context.shard.entity(identity, scope, kind)))
    check_status(status)
    if body is not None and file is not None:
        raise UsageError("--body and --file both give the body", "use one of them")
    body = read_file(context, file) if file is not None else body
    typed = [*entity.tags, *(tag or [])]
    beyond = (set_, link, opposes, unlink)
    by_hand = all(one is None for one in (title, body, tag, untag, status, *beyond))
    if by_hand:
        title, body, typed = _in_editor(context, entity)
    tags = set(tags_of(typed)) - set(tags_of(untag))
    if status is not None and not entity.text("status"):
        raise UsageError(f"a {kind} has no status")
    new_title = title_and_body(title, None)[0] if title is not None else entity.text("title")
    new_body = clean(body) if body is not None else entity.text("body")
    changed = {"title": new_title, "body": new_body, "status": status or entity.text("status")}
    if scope == "shared":
        text = "\n".join([new_title, new_body, *typed, *(set_ or [])])
        _refuse(context, text, allowed=allow_secret, keep=by_hand)
    effects: list[Effect] = [
        set_field(field, context.shard.field(scope, value))
        for field, value in changed.items()
        if value != entity.text(field)
    ]
    seen = [known(line) for line in context.shard.index(scope).lines_of(entity.id)]
    effects += [add_member("tags", one) for one in sorted(tags - set(entity.tags))]
    effects += [remove_member("tags", one, seen) for one in sorted(set(entity.tags) - tags)]
    effects += set_effects(settings(kind, set_), entity)
    effects += link_effects(context.shard, scope, link, opposes)
    effects += unlink_effects(context.shard, scope, unlink, seen)
    if not effects:
        return Report(
            f"Nothing changed in {kind} {short(entity.id)}", {"id": entity.id, "changed": []}
        )
    draft = context.shard.draft(kind, scope, effects, over=entity)
    draft = draft._replace(supersedes=draft.parents)
    context.shard.append([draft], [event.stamp for event in seen])
    fields = sorted({str(one["field"]) for one in effects})
    return Report(
        f"Changed {', '.join(fields)} of {kind} {short(entity.id)}",
        {"id": entity.id, "changed": fields},
    )


def _refuse(context: Context, text: str, *, allowed: bool, keep: bool) -> None:
    """Refuse what looks like a credential; what was typed in an editor is kept aside, and named."""
    try:
        refuse_credentials(text, allowed=allowed)
    except Refusal as error:
        if not keep:
            raise
        path = context.shard.keep_aside(text)
        hint = f"what you typed is in '{path}', readable by you alone; take it out there"
        raise Refusal(error.message, f"{hint}, then use --file, or say --allow-secret") from error


def _in_editor(context: Context, entity: Entity) -> tuple[str, str, list[str]]:
    """The title, the text and the tags as they were typed."""
    before = f"{entity.text('title')}\ntags: {', '.join(entity.tags)}\n\n{entity.text('body')}\n"
    first, _, rest = clean(context.edit(before)).partition("\n")
    tags = list(entity.tags)
    if rest.startswith("tags:"):
        said, _, rest = rest.partition("\n")
        tags = [said.removeprefix("tags:")]
    return first, rest, tags
