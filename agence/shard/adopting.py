"""Drafts made into signed events, and their files into views of what is in force then.

The event is kept first and the file is written after it: whatever ends this in between, the file is
only stale then. An event rests on the heads of the view that was edited, so what others wrote
meanwhile merges with it by the rules of the fields.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from agence.base.errors import AgenceError, ShardError
from agence.events.event import Draft as Unsigned
from agence.events.event import Event
from agence.fold.adoption import (
    Typed,
    Unreadable,
    decoded,
    effects,
    from_scratch,
    has_two_versions,
    typed,
)
from agence.fold.adoption import (
    read as read_view,
)
from agence.fold.bases import Lineage
from agence.fold.view import render
from agence.git import staging
from agence.git.objects import resolve_many
from agence.git.placing import check_folders
from agence.git.publish import publish
from agence.shard.edited import CHOOSE, Draft, entity_of, kind_at, lineage
from agence.shard.files import outside, replace
from agence.shard.shard import Shard
from agence.shard.views import CODEX, read, rendered

_NO_DRAFT = "`agence ^status` names what can be adopted"


class Adopted(NamedTuple):
    """A draft that is signed now.

    path     of the view that stands in its place
    changed  whether the file was changed meanwhile, and so left as it is
    """

    draft: Draft
    event: Event
    path: str
    changed: bool


def as_new(shard: Shard, path: str) -> Draft:
    """What a file that no event knows says, as a new entity or page."""
    content = read(shard.repo.work_tree, path) or b""
    draft = Draft(path, content, None)
    kind = kind_at(path)
    if os.path.islink(os.path.join(shard.repo.work_tree, path)):
        return draft._replace(why="it is a symbolic link", hint="put the file itself there")
    if has_two_versions(content, ()):
        return draft._replace(why=CHOOSE, hint="take out what is not right, and the marks")
    try:
        if kind == "codex":
            page = {"path": path.removeprefix(f"{CODEX}/"), "text": decoded(content)}
            return _for_founder(shard, draft._replace(typed=Typed(page)))
        name = os.path.basename(path).removesuffix(".md")
        said = from_scratch(kind, content, name)
    except Unreadable as error:
        return draft._replace(why=str(error), hint="mend that first")
    if said.unknown:
        why = f"a {kind} keeps no such thing as {', '.join(said.unknown)}"
        return draft._replace(why=why, hint="put it into the text, below the front matter")
    return draft._replace(typed=said)


def as_whole(shard: Shard, path: str) -> Draft:
    """All that a file says, as if somebody had typed it over what is in force."""
    content = read(shard.repo.work_tree, path) or b""
    entity = entity_of(shard, path)
    draft = Draft(path, content, entity)
    if entity is None or entity.deleted:
        return draft._replace(why="nothing in force has its view here", hint=_NO_DRAFT)
    now = render(shard.whole(entity))
    if has_two_versions(content, [now]):
        return draft._replace(why=CHOOSE, hint="take out what is not right, and the marks")
    try:
        present = read_view(now)
        said = typed(entity.kind, read_view(content), [present], present)
    except Unreadable as error:
        return draft._replace(why=str(error), hint="mend that first")
    if said.unknown:
        why = f"a {entity.kind} keeps no such thing as {', '.join(said.unknown)}"
        return draft._replace(why=why, hint="put it into the text, below the front matter")
    return draft._replace(typed=said, base=present)


def judged(shard: Shard, draft: Draft) -> Draft:
    """The draft, with what stands in the way of its adoption in this clone."""
    page = draft.entity is not None and draft.entity.kind == "codex"
    return _for_founder(shard, draft) if page and not draft.why else draft


def sign(shard: Shard, chosen: Sequence[Draft]) -> list[Adopted]:
    """Sign what was typed, one event for each draft, and make the files views again.

    Raises OutsideError where nothing could be kept, ShardError where the events are kept and git's
    index could not be brought in line.
    """
    pasts = [lineage(shard, one.entity) if one.entity else None for one in chosen]
    unsigned = [_unsigned(shard, one, past) for one, past in zip(chosen, pasts, strict=True)]
    seen = [event.stamp for past in pasts if past for event in past.events.values()]
    events = shard.append(unsigned, seen)
    shard.forget()
    top = shard.repo.work_tree
    done = []
    changes: dict[str, bytes | None] = {}
    for draft, event in zip(chosen, events, strict=True):
        path, content = _view_of(shard, event)
        changed = read(top, draft.path) != draft.content
        if not changed:
            changes[path] = content
            if path != draft.path:
                changes[draft.path] = None
        done.append(Adopted(draft, event, path, changed))
    try:
        _place(shard, changes)
    except AgenceError as error:
        what = f"{len(events)} change{'s are' if len(events) > 1 else ' is'} signed and kept"
        raise ShardError(f"{what}, but {error.message}", "then run `agence ^render`") from error
    return done


def _unsigned(shard: Shard, draft: Draft, past: Lineage | None) -> Unsigned:
    kind = draft.entity.kind if draft.entity else kind_at(draft.path)
    seen = [past.events[one] for one in sorted(past.before(draft.base.heads))] if past else []
    kept = {
        name: shard.field("shared", value) if name in ("body", "text") else value
        for name, value in draft.typed.fields.items()
    }
    said = effects(draft.typed._replace(fields=kept), kind, seen)
    made = shard.draft(kind, "shared", said, over=draft.entity)
    if draft.entity is None:
        return made
    parents = draft.base.heads
    return made._replace(parents=parents, supersedes=parents)


def _view_of(shard: Shard, event: Event) -> tuple[str, bytes]:
    """The path and the bytes of the view of what an event is about, as that is in force now."""
    entity = shard.index("shared").entity(event.entity)
    if entity is None:
        raise ShardError(f"the event {event.id[:8]} is kept and not in force", "see `^verify`")
    if entity.refused:
        raise ShardError("the change is kept, and can't be shown here", "see `^merge list`")
    return next(iter(rendered([shard.whole(entity)], shard.pins.founder).items()))


def _place(shard: Shard, changes: dict[str, bytes | None]) -> None:
    """Write the files; and git's index where these are staged, so that no draft is left there."""
    top = shard.repo.work_tree
    check_folders(top, changes)
    staged = _staged(shard, changes)
    by_git = {path: content for path, content in changes.items() if path in staged}
    for path, content in changes.items():
        whole = os.path.join(top, path)
        if path in by_git:
            continue
        if content is not None:
            replace(whole, content, 0o644)
        elif os.path.lexists(whole):
            with outside(whole):
                os.unlink(whole)
    if by_git:
        publish(shard.repo, by_git, "", stage_only=True)


def _staged(shard: Shard, changes: dict[str, bytes | None]) -> set[str]:
    """The paths where the index has something else than HEAD, or is to lose something.

    With a file that takes another name goes its new one.
    """
    entries = staging.read(shard.repo, staging.index_path(shard.repo, in_hook=True))
    heads = resolve_many(shard.repo, [f"HEAD:{path}" for path in changes])
    found = set()
    for path, content in changes.items():
        head = heads[f"HEAD:{path}"]
        entry = entries.get(path)
        if entry is not None and (content is None or head is None or not entry.holds(head[0])):
            found.add(path)
    gone = [path for path in found if changes[path] is None]
    names = list(changes)
    return found | {names[names.index(path) - 1] for path in gone}


def _for_founder(shard: Shard, draft: Draft) -> Draft:
    """A page of governance counts only by the key that founded the shard."""
    bound = shard.keyring.binding()
    keys = (key for key in shard.keyring.keys("shared") if key.bound == bound and not key.retired)
    key = next(keys, None)
    if key is not None and key.writer == shard.pins.founder:
        return draft
    return draft._replace(
        why="only the founder of the shard adopts governance",
        hint=f"commit the file and have it adopted by key {shard.pins.founder[:16]};"
        " until then the adopted text is in force",
    )
