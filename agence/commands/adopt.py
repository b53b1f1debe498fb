"""Sign what was typed into a view or a page with any editor, so that it is in force.

Examples:
    agence ^adopt                                         # every draft that ^status names
    agence ^adopt .agence/synthetic/lessons --dry-run     # only show what would be signed
    agence ^adopt .agence/synthetic/docs/ports.md         # a new file becomes a doc
    agence ^adopt .agence/codex/RULES.md
    agence ^adopt 2b605858                                # the file of that lesson

Only what you typed is signed: the title, the tags and other fields of the front matter, and the
text. What others wrote since you opened the file stays, and where both of you changed one thing
both are kept. Then the file is a view again, and `^commit` publishes the change.

A draft is left as it is, and named, where two versions in it wait for you to choose, where it says
what the shard keeps no field for, or where it looks as if it held a credential. A page of `codex/`
is adopted by the founder of the shard alone; until then the adopted text is in force.
"""

import os
from collections.abc import Iterator
from typing import Annotated

from agence.base.errors import Refusal, UsageError
from agence.base.identifiers import is_hex, short
from agence.base.lazy import load
from agence.commands.contract import JSON, Argument, Context, Option, Report
from agence.commands.words import refuse_credentials
from agence.git.underway import refuse_middle
from agence.shard.adopting import Adopted, as_new, as_whole, judged, sign
from agence.shard.edited import Draft, drafts, kind_at, new_files
from agence.shard.layout import TRACKED
from agence.shard.shard import Shard
from agence.shard.views import view_path

_NAMES = "`agence ^status` names what can be adopted"


def adopt(
    context: Context,
    paths: Annotated[
        list[str] | None,
        Argument(
            help="files, folders and ids; all drafts by default", metavar="PATH", complete="file"
        ),
    ] = None,
    dry_run: Annotated[bool, Option(help="sign nothing; show what would be")] = False,
    new: Annotated[bool, Option(help="also files that no event knows yet")] = False,
    whole: Annotated[bool, Option(help="take all that the named files say as typed")] = False,
    allow_secret: Annotated[
        bool, Option(help="share it though it looks like a credential")
    ] = False,
) -> Report:
    """Sign drafts. Raises Refusal where there are some and none of them can be adopted."""
    shard = context.shard
    if whole and not paths:
        raise UsageError("--whole takes files by name", "name the files whose text is to count")
    shard.refuse_newer_format()
    refuse_middle(shard.repo)
    found = [judged(shard, one) for one in _chosen(context, paths or [], new=new, whole=whole)]
    found = [_safe(one, allowed=allow_secret) for one in found]
    ready = [one for one in found if not one.why]
    refused = [one for one in found if one.why]
    if refused and not ready:
        raise Refusal(_refusal(refused[0]), _hints(refused))
    done = sign(shard, ready) if ready and not dry_run else []
    lines = [_shown(one) for one in ready] if dry_run else [_said(one) for one in done]
    lines += [f"not adopted: {_refusal(one)}; {one.hint}" for one in refused]
    data: dict[str, JSON] = {
        "adopted": [_json(one) for one in done],
        "would": [_typed_json(one) for one in ready] if dry_run else [],
        "refused": [{"path": one.path, "why": one.why, "hint": one.hint} for one in refused],
    }
    text = "\n".join(lines) or "Nothing to adopt: no file says what nobody has signed"
    return Report(text, data, Refusal.exit_code if refused else 0)


def _chosen(context: Context, paths: list[str], *, new: bool, whole: bool) -> list[Draft]:
    """The drafts that were asked for, each once, in the order of their paths."""
    shard = context.shard
    every = {draft.path: draft for draft in drafts(shard)}
    fresh = new_files(shard)
    if not paths:
        return [*every.values(), *(as_new(shard, path) for path in fresh if new)]
    chosen: dict[str, Draft] = {}
    for path in (_tracked(context, one) for one in paths):
        below = f"{path}/"
        found = [one for one in every.values() if one.path == path or one.path.startswith(below)]
        files = [one for one in fresh if one == path or (new and one.startswith(below))]
        if whole and os.path.isfile(os.path.join(shard.repo.work_tree, path)) and not files:
            found = [as_whole(shard, path)]
            found = [one for one in found if one.typed or one.why]
        if not found and not files:
            raise _no_draft(shard, path)
        chosen |= {one.path: one for one in found} | {one: as_new(shard, one) for one in files}
    return [chosen[path] for path in sorted(chosen)]


def _no_draft(shard: Shard, path: str) -> UsageError:
    if not os.path.lexists(os.path.join(shard.repo.work_tree, path)):
        return UsageError(f"'{path}' is not there", _NAMES)
    if not kind_at(path):
        what = ", ".join(f"{TRACKED}/{one}/" for one in ("synthetic", "organic", "codex"))
        return UsageError(f"'{path}' is no view", f"views and pages lie below {what}")
    hint = f"{_NAMES}; --new takes new files in a folder"
    return UsageError(f"nothing was typed into '{path}' that is not signed", hint)


def _tracked(context: Context, path: str) -> str:
    """A path as it was typed, relative to the top of the work tree; of an id, that of its view."""
    if (
        len(path) >= 4
        and is_hex(path.lower())
        and not os.path.lexists(os.path.join(context.cwd, path))
    ):
        return _view_of(context.shard, path)
    top = os.path.realpath(context.shard.repo.work_tree)
    folder, name = os.path.split(os.path.join(context.cwd, path).rstrip("/"))
    whole = os.path.relpath(os.path.join(os.path.realpath(folder), name), top)
    return whole.replace(os.sep, "/")


def _view_of(shard: Shard, prefix: str) -> str:
    entity = shard.entity(prefix, "shared")
    path = view_path(entity)
    if not path:
        raise UsageError(f"a {entity.kind} has no file to edit", _NAMES)
    return path


def _safe(draft: Draft, *, allowed: bool) -> Draft:
    """The draft, refused where what was typed looks as if it held a credential."""
    said = [str(value) for value in draft.typed.fields.values()]
    said += [word for words in draft.typed.added.values() for word in words]
    try:
        refuse_credentials("\n".join(said), allowed=bool(draft.why) or allowed)
    except Refusal as error:
        return draft._replace(why=error.message, hint="take it out, or say --allow-secret")
    return draft


def _refusal(draft: Draft) -> str:
    return f"{draft.path}: {draft.why}"


def _hints(refused: list[Draft]) -> str:
    more = [f"{_refusal(one)}; {one.hint}" for one in refused[1:]]
    return "\n".join([refused[0].hint, *more])


def _name(draft: Draft) -> str:
    if draft.entity is None:
        kind = kind_at(draft.path)
        return f"new page {draft.path}" if kind == "codex" else f"new {kind} from {draft.path}"
    if draft.entity.kind == "codex":
        return f"page {draft.path}"
    return f"{draft.entity.kind} {short(draft.entity.id)}"


def _said(done: Adopted) -> str:
    draft = done.draft
    what = ", ".join(draft.typed.names)
    if draft.entity is None and draft.path != done.path:
        return f"Adopted {_name(draft)}; it lies in {done.path} now (`^commit` publishes it)"
    left = "; it was changed again meanwhile and is left as it is" if done.changed else ""
    return f"Adopted {what} of {_name(draft)} (`^commit` publishes it){left}"


def _shown(draft: Draft) -> str:
    """What would be signed, as a difference that people read."""
    return "\n".join([f"{_name(draft)}, {draft.path}", *(f"  {line}" for line in _lines(draft))])


def _lines(draft: Draft) -> Iterator[str]:
    said, before = draft.typed, draft.base.front or {}
    for name, value in sorted(said.fields.items()):
        if name in ("body", "text"):
            now = str(value).rstrip("\n").split("\n")
            changes = load("difflib").unified_diff(draft.base.body, now, n=1, lineterm="")
            yield f"{name}:"
            yield from (f"  {line}" for line in list(changes)[2:])
        else:
            yield f"{name}: {before[name]} -> {value}" if name in before else f"{name}: {value}"
    yield from (f"{name} + {word}" for name, words in said.added.items() for word in words)
    yield from (f"{name} - {word}" for name, words in said.removed.items() for word in words)


def _json(done: Adopted) -> dict[str, JSON]:
    said = {"id": done.event.entity, "event": done.event.id, "view": done.path}
    return _typed_json(done.draft) | said | {"changed_meanwhile": done.changed}


def _typed_json(draft: Draft) -> dict[str, JSON]:
    said = draft.typed
    return {
        "path": draft.path,
        "kind": draft.entity.kind if draft.entity else kind_at(draft.path),
        "id": draft.entity.id if draft.entity else "",
        "fields": dict(said.fields),
        "added": {name: list(words) for name, words in said.added.items()},
        "removed": {name: list(words) for name, words in said.removed.items()},
    }
