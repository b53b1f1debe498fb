"""Keep a piece of knowledge: a lesson, plan, issue or doc, or a private note or todo.

Examples:
    agence ^lesson add "Pin the compiler" --body "Builds drifted twice." --tag build
    agence ^plan add "Move to the new queue" --file plan.md
    git log -5 | agence ^doc add "Last week" --file -
    agence ^skill add "Rotate the keys" --file rotate.md --set confidence=70
    agence ~todo add "Ask about the invoice"

`^` keeps it in the shared chain: it leaves this machine with the next `^commit` and push. `~`
keeps it in the private chain, which never leaves. Notes and todos are always private.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.base.identifiers import short
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.fields import (
    LINK,
    OPPOSES,
    SET,
    link_effects,
    set_effects,
    settings,
)
from agence.commands.words import (
    check_status,
    read_file,
    refuse_credentials,
    tags_of,
    title_and_body,
)
from agence.schema.effects import Effect, add_member, set_field
from agence.schema.kinds import KINDS

Pointers = tuple[list[str] | None, list[str] | None]


def add(
    context: Context,
    text: Annotated[
        list[str], Argument(help="the title; more lines become the body", metavar="TEXT")
    ],
    body: Annotated[str | None, Option(help="the text below the title")] = None,
    tag: Annotated[list[str] | None, Option(help="a topic; can be repeated")] = None,
    file: Annotated[str | None, Option(help="read the body from a file, - for a pipe")] = None,
    status: Annotated[str | None, Option(help="open, doing, done or dropped")] = None,
    set_: Annotated[list[str] | None, SET] = None,
    link: Annotated[list[str] | None, LINK] = None,
    opposes: Annotated[list[str] | None, OPPOSES] = None,
    allow_secret: Annotated[bool, Option(help="keep it though it looks like a credential")] = False,
) -> Report:
    """Append one event. Raises Refusal for what looks like a credential in the shared chain."""
    if body is not None and file is not None:
        raise UsageError("--body and --file both give the body", "use one of them")
    if file is not None:
        body = read_file(context, file)
    pointers = (link, opposes)
    return keep(
        context, " ".join(text), body, tag, set_, pointers, status=status, allow_secret=allow_secret
    )


def keep(
    context: Context,
    text: str,
    body: str | None,
    tag: list[str] | None,
    assignments: list[str] | None,
    pointers: Pointers = (None, None),
    *,
    status: str | None = None,
    allow_secret: bool = False,
) -> Report:
    """Append the event that creates an entity of the kind that the verb is about.

    `pointers` are the ids that it links to, and those that it contradicts.
    """
    kind = kind_of(context)
    scope = scope_of(context, kind)
    title, whole = title_and_body(text, body)
    check_status(status)
    values = settings(kind, assignments)
    if scope == "shared":
        said = "\n".join([title, whole, *(tag or []), *map(str, values.values())])
        refuse_credentials(said, allowed=allow_secret)
    effects: list[Effect] = [set_field("title", title)]
    if whole:
        effects.append(set_field("body", context.shard.field(scope, whole)))
    effects += [add_member("tags", one) for one in tags_of(tag)]
    effects += set_effects(values) + link_effects(context.shard, scope, *pointers)
    if "status" in KINDS[kind].fields:
        effects.append(set_field("status", status or "open"))
    elif status:
        raise UsageError(f"a {kind} has no status")
    event = context.shard.append([context.shard.draft(kind, scope, effects)])[0]
    where = (
        "private: it never leaves this machine" if scope == "private" else "`^commit` publishes it"
    )
    return Report(
        f"Kept {kind} {short(event.id)} ({where})",
        {"id": event.id, "short": short(event.id), "kind": kind, "scope": scope, "title": title},
    )


def kind_of(context: Context) -> str:
    """The kind that the verb is about: "lesson" for `lesson add`, and for `learn`."""
    first = context.verb.split()[0]
    return "lesson" if first == "learn" else first


def scope_of(context: Context, kind: str) -> str:
    """Where a kind is kept: notes and todos are private under either prefix."""
    return "private" if KINDS[kind].scope == "private" else context.scope
