"""Show what is not published yet, what was edited by hand, and what will leave this machine.

Examples:
    agence ^status
    agence ^status --json
    agence ^status --ci        # exit 5 where a page of codex/ says what nobody has adopted

Private knowledge is only counted: it never leaves. What other branches and remotes hold and what
is not in force here is named by its ref; `^recall --everywhere` finds it.
"""

from collections.abc import Iterable
from typing import Annotated

from agence.base.errors import Refusal
from agence.base.identifiers import short
from agence.commands.contract import JSON, Context, Option, Report
from agence.shard.carriers import remote_names
from agence.shard.edited import drafts, kind_at, new_files, touched
from agence.shard.governance import unadopted
from agence.shard.pending import elsewhere, faults, unpublished, unsent, waiting
from agence.shard.shard import Shard
from agence.shard.stale import stale

_SHOWN = 20  # stale views that are named one by one


def status(
    context: Context,
    ci: Annotated[bool, Option(help="exit 5 where governance was edited by hand")] = False,
) -> Report:
    """What waits to be published, sent or looked at."""
    shard = context.shard
    events = unpublished(shard)
    titles = _titles(shard, events)
    files = touched(shard)
    kept = {draft.path: draft.why for draft in drafts(shard, files)}
    fresh = new_files(shard, files)
    behind = stale(shard, kept)
    others = elsewhere(shard)
    broken = faults(shard)
    private = shard.index("private").one("SELECT count(*) FROM event WHERE own")
    rests = waiting(shard)
    laws = unadopted(shard)
    sends = unsent(shard)
    lines = [_place(shard), *titles]
    lines.append(_count(len(events), "event", "not published yet; `agence ^commit` publishes"))
    lines.append(_count(sends, "published event", "on no remote yet; `git push` shares"))
    lines += _by_hand(kept, fresh, behind)
    claims = [one.ref for one in others if one.kinds == ["claim"]]
    for one in others:
        what = _count(one.events, "event", "known, not in force")
        lines += [] if one.ref in claims else [f"{one.ref}: {what} ({', '.join(one.kinds)})"]
    if claims:
        lines.append(_count(len(claims), "claim", "known from a remote; `agence ^sync` tells more"))
    lines += [
        _count(one.events, "event", f"of writer {short(one.writer)} does not count as governance")
        for one in laws
    ]
    lines += [f"waits for what it rests on: {short(one)}" for one in rests]
    lines += [f"left out, does not verify: {s}:{n}: {why}" for s, n, why in broken]
    lines.append(_count(private or 0, "private event", "on this machine only, never published"))
    data: dict[str, JSON] = {
        "shard": shard.pins.shard,
        "remote": shard.pins.remote,
        "branch": shard.pins.branch,
        "unpublished": [{"id": e, "kind": kind, "entity": entity} for e, kind, entity in events],
        "unsent": sends,
        "drafts": list(kept),
        "new": list(fresh),
        "stale": list(behind),
        "not_in_force": [one._asdict() for one in others],
        "not_governance": [one._asdict() for one in laws],
        "waiting": list(rests),
        "faults": [{"source": s, "line": n, "reason": why} for s, n, why in broken],
        "private": private or 0,
    }
    laws_edited = any(kind_at(path) == "codex" for path in (*kept, *fresh))
    return Report("\n".join(lines), data, Refusal.exit_code if ci and laws_edited else 0)


def _by_hand(kept: dict[str, str], fresh: list[str], behind: dict[str, bool]) -> Iterable[str]:
    """What the work tree says that is not in force, or not any more."""
    for path, why in kept.items():
        yield f"edited by hand, not in force: {path}" + (f" ({why})" if why else "")
    if kept:
        yield "  `agence ^adopt` signs what was typed; without the file, ^render writes it anew"
    for path in fresh:
        yield f"new, not in force: {path} (`agence ^adopt {path}` makes it a {kind_at(path)})"
    for path, gone in list(behind.items())[:_SHOWN]:
        yield f"gone, and deletes nothing: {path}" if gone else f"stale: {path}"
    if behind:
        more = f"and {len(behind) - _SHOWN} more; " if len(behind) > _SHOWN else ""
        yield f"  {more}`agence ^render` writes them from what is in force"


def _place(shard: Shard) -> str:
    pins = shard.pins
    if pins.remote and pins.remote not in remote_names(shard.repo):
        gone = f"its own remote '{pins.remote}' is gone"
        return f"shard {short(pins.shard)}: {gone}; `agence ^init` pins the remote that is there"
    own = f"{pins.remote}/{pins.branch}" if pins.remote and pins.branch else "no remote branch"
    return f"shard {short(pins.shard)}, its own: {own}"


def _titles(shard: Shard, events: list[tuple[str, str, str]]) -> list[str]:
    index = shard.index("shared")
    lines = []
    pages = 0
    for identity in dict.fromkeys(entity for _, _, entity in events):
        entity = index.entity(identity)
        if entity is None or entity.kind in ("shard", "codex"):
            pages += 1
        else:
            title = entity.title or " ".join(entity.text("note").split())
            lines.append(f"  {short(identity)}  {entity.kind}  {title}".rstrip())
    return [*lines, *([f"  and {pages} pages of governance and genesis"] if pages else [])]


def _count(count: int, what: str, rest: str) -> str:
    return f"{count} {what}{'s' * (count != 1)} {rest}"
