"""Which files of `.agence/` somebody edited by hand: drafts, that are never overwritten.

A view is edited where its last line does not agree with what is above it, a page of governance
where it says what no event about the page ever said. It is a draft where something was typed into
it: what remains after a three-way merge with what is in force. Where nothing remains, as after many
a merge, the file is only stale, and the next `^commit` or `^render` renews it from the events; so
it is where the file is empty or gone. Whether git has the edit committed is no matter.
"""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from agence.base.identifiers import short
from agence.fold.adoption import (
    NOTHING,
    Reading,
    Typed,
    Unreadable,
    decoded,
    has_two_versions,
    is_nobodys,
    lines_of,
    origin,
    typed,
    with_typed,
)
from agence.fold.adoption import (
    read as read_view,
)
from agence.fold.bases import Lineage, agrees
from agence.fold.entity import Entity
from agence.fold.view import is_draft, render
from agence.schema.effects import effects_of
from agence.schema.kinds import KINDS
from agence.shard.bases import Versions
from agence.shard.judging import known
from agence.shard.layout import TRACKED
from agence.shard.merges import in_force as usable_in
from agence.shard.shard import Shard
from agence.shard.untouched import untouched
from agence.shard.views import CODEX, is_plain, read, rendered, view_path

_VIEW = re.compile(r"-([0-9a-f]{8})\.md").search  # how the name of a view ends
_NAMED = re.compile(rb'^id *= *"[0-9a-f]{64}"', re.MULTILINE).search
File = tuple[str, str, bytes]  # the kind whose view it is or would be, its path and its bytes
CHOOSE = "two versions stand side by side in it"
_CHOOSE = "keep what is right, take out the lines that mark the versions, then `agence ^adopt`"
_BACK = "bring the events that it comes from, or give the file back its name"


class Draft(NamedTuple):
    """A file that somebody edited by hand.

    content  its bytes as they were read
    entity   what it is the view of, as that is in force; None where nothing in force has this view
    typed    what was typed into it
    base     what it was made from; the adoption rests on its heads
    why      it can't be adopted as it is, and what to do, in `hint`; "" where it can
    """

    path: str
    content: bytes
    entity: Entity | None
    typed: Typed = Typed()
    base: Reading = NOTHING
    why: str = ""
    hint: str = ""


def edited(shard: Shard) -> list[str]:
    """The paths of the drafts in the work tree, sorted."""
    return [draft.path for draft in drafts(shard)]


def drafts(shard: Shard, files: Sequence[File] | None = None) -> list[Draft]:
    """The drafts in the work tree, sorted by path. `files` are what `touched` gives, if known."""
    found = touched(shard) if files is None else files
    return sorted([*_views(shard, found), *_pages(shard)], key=lambda draft: draft.path)


def new_files(shard: Shard, files: Sequence[File] | None = None) -> list[str]:
    """The files that somebody put by hand where views and pages lie, sorted: not in force.

    `files` are what `touched` gives, if known.
    """
    views = (
        path
        for _, path, content in (touched(shard) if files is None else files)
        if _is_new(content) and entity_of(shard, path) is None
    )
    pages = {view_path(page) for page in _founders(shard)}
    return sorted([*views, *(path for path in _below_codex(shard) if path not in pages)])


def touched(shard: Shard) -> list[File]:
    """The Markdown files where views lie, but for those that nobody can have edited."""
    return list(_markdown(shard.repo.work_tree, untouched(shard)))


def in_force(shard: Shard, path: str) -> bytes | None:
    """What the view or the page at this path says of what is in force; None for no such path."""
    pages = (page for page in _founders(shard) if path == view_path(page))
    entity = entity_of(shard, path) or next(pages, None)
    views = rendered([shard.whole(entity)], shard.pins.founder) if entity else {}
    return views.get(path)


def lineage(shard: Shard, entity: Entity) -> Lineage:
    """The states that an entity has gone through here."""
    index = shard.index("shared")
    events = [known(line) for line in index.lines_of(entity.id)]
    return Lineage(entity, events, shard.whole, usable_in(index, shard.repo.work_tree).rules)


def kind_at(path: str) -> str:
    """The kind whose views, or pages, lie where this path does; "" for none."""
    for kind in KINDS.values():
        folder = f"{TRACKED}/{kind.folder}"
        inside = path.startswith(f"{folder}/") and is_plain(path[len(folder) + 1 :])
        if kind.folder and inside and (kind.closed or os.path.dirname(path) == folder):
            return kind.name
    return ""


def _views(shard: Shard, files: Sequence[File]) -> Iterator[Draft]:
    suspects = [
        (kind, path, content)
        for kind, path, content in files
        if content.strip() and is_draft(content) and (_VIEW(path) or not _is_new(content))
    ]
    if not suspects:
        return
    versions = Versions(shard.repo, [path for _, path, _ in suspects])
    for kind, path, content in suspects:
        entity = entity_of(shard, path)
        if entity is not None:
            draft = _view(shard, Draft(path, content, entity), entity, versions)
            if draft is not None:
                yield draft
        elif not _is_new(content):
            yield Draft(
                path, content, None, why=f"no {kind} in force has its view here", hint=_BACK
            )


def _view(shard: Shard, draft: Draft, entity: Entity, versions: Versions) -> Draft | None:
    """What was typed into the view of an entity, None where nothing was."""
    if os.path.islink(os.path.join(shard.repo.work_tree, draft.path)):
        return draft._replace(why="it is a symbolic link", hint="put the file itself there")
    past = lineage(shard, entity)
    now = render(shard.whole(entity))
    near = versions.near(draft.path, agrees)
    found = judged_with(draft, past, now, near)
    far = versions.far(draft.path, agrees) if found else []
    return judged_with(draft, past, now, [*near, *far]) if far else found


def judged_with(draft: Draft, past: Lineage, now: bytes, versions: list[bytes]) -> Draft | None:
    """The same, compared with the view as it is `now` and with these versions of the file."""
    entity = past.entity
    bases = past.bases(draft.content, versions)
    said = [*bases, *versions, now]
    if has_two_versions(draft.content, said):
        return None if is_nobodys(draft.content, said) else draft._replace(why=CHOOSE, hint=_CHOOSE)
    if not bases:
        why = "nothing says which version of the view it was made from"
        return draft._replace(why=why, hint="with --whole all that it says counts as typed")
    try:
        views = [read_view(base) for base in bases]
        present = views[0] if entity.deleted else read_view(now)
        made = typed(entity.kind, read_view(draft.content), views, present)
    except Unreadable as error:
        nobodys = is_nobodys(draft.content, said)
        mend = draft._replace(why=str(error), hint="mend that, or take the file away")
        return None if nobodys else mend
    draft = draft._replace(typed=made, base=views[0])
    return _checked(draft, entity, past) if made else None


def _checked(draft: Draft, entity: Entity, past: Lineage) -> Draft:
    """The draft with what stands in the way of its adoption, if anything does."""
    if entity.deleted:
        why = f"the {entity.kind} was deleted"
        hint = f"`agence ^restore {short(entity.id)}` brings it back"
    elif draft.typed.unknown:
        why = f"a {entity.kind} keeps no such thing as {', '.join(draft.typed.unknown)}"
        hint = "put it into the text, below the front matter"
    elif not past.events.keys() >= set(draft.base.heads):
        why = "it was made from a view of events that are not in force here"
        hint = "bring the branch that has them, or use --whole"
    else:
        return draft
    return draft._replace(why=why, hint=hint)


def _pages(shard: Shard) -> Iterator[Draft]:
    for page in _founders(shard):
        path = view_path(page)
        there = read(shard.repo.work_tree, path) if path else None
        if there is None or not there.strip():
            continue
        draft = _page(shard, Draft(path, there, page), page)
        if draft is not None:
            yield draft


def _page(shard: Shard, draft: Draft, page: Entity) -> Draft | None:
    """What was typed into a page of governance; it has no last line, only what was adopted."""
    texts = _texts(shard, page.id)
    try:
        text = decoded(draft.content)
    except Unreadable as error:
        return draft._replace(why=str(error), hint="mend that, or take the file away")
    if text in texts:
        return None
    now = shard.whole(page).text("text")
    versions = Versions(shard.repo, [draft.path])

    def adopted(content: bytes) -> bool:
        return content.decode(errors="replace").replace("\r\n", "\n") in texts

    near = versions.near(draft.path, adopted)
    bases = [*near, *versions.far(draft.path, adopted), now.encode()]
    if has_two_versions(draft.content, bases):
        known_ = [one.encode() for one in texts]
        nobodys = is_nobodys(draft.content, known_)
        return None if nobodys else draft._replace(why=CHOOSE, hint=_CHOOSE)
    base = lines_of(decoded(bases[0]))
    lines = with_typed(lines_of(text), [base], lines_of(now))
    if lines == lines_of(now):
        return None
    said = Typed({"text": "\n".join(lines) + "\n"})
    return draft._replace(typed=said, base=NOTHING._replace(body=lines_of(now), heads=page.heads))


def _founders(shard: Shard) -> list[Entity]:
    pages = shard.index("shared").entities("codex")
    return [page for page in pages if page.writer == shard.pins.founder]


def _texts(shard: Shard, identity: str) -> set[str]:
    """Every text that a page of governance ever had."""
    events = map(known, shard.index("shared").lines_of(identity))
    values = (
        effect.get("value")
        for event in events
        for effect in effects_of(event)
        if effect.get("field") == "text"
    )
    return {text for text in map(shard.text_of, values) if text is not None}


def _markdown(top: str, same: Collection[str]) -> Iterator[File]:
    """Each Markdown file that lies where views lie, and is not among `same`."""
    for kind in KINDS.values():
        folder = f"{TRACKED}/{kind.folder}"
        if kind.closed or not kind.folder or os.path.islink(os.path.join(top, folder)):
            continue
        try:
            names = os.listdir(os.path.join(top, folder))
        except (FileNotFoundError, NotADirectoryError):
            continue
        paths = [f"{folder}/{name}" for name in names if name.endswith(".md") and name[0] != "."]
        for path in paths:
            content = None if path in same else read(top, path)
            if content is not None:
                yield kind.name, path, content


def _below_codex(shard: Shard) -> Iterator[str]:
    top = os.path.join(shard.repo.work_tree, CODEX)
    for folder, folders, names in os.walk(top):
        folders[:] = [one for one in folders if one[0] != "."]
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), top).replace(os.sep, "/")
            if is_plain(path) and not name.endswith("~"):
                yield f"{CODEX}/{path}"


def _is_new(content: bytes) -> bool:
    """Whether a file does not look as if it ever was a view."""
    return not origin(content)[0] and not _NAMED(content)


def entity_of(shard: Shard, path: str) -> Entity | None:
    """The entity whose view this path is, as it is in force."""
    found = _VIEW(path)
    index = shard.index("shared")
    for identity in index.identities(found[1]) if found else ():
        entity = index.entity(identity)
        if entity is not None and view_path(entity) == path:
            return entity
    return None
