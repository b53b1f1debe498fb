"""Show what is not published yet, what was edited by hand, and what will leave this machine.

Examples:
    agence ^status
    agence ^status --json
    agence ^status --ci        # exit 5 where a page of codex/ says what nobody has adopted

Conflicts that wait for an answer are counted, and so are changes of others that a `^sync` of yours
would take in. Private knowledge is only counted: it never leaves. What other branches and remotes
hold and what is not in force here is named by its ref; `^recall --everywhere` finds it.
"""

from collections.abc import Iterable
from typing import Annotated

from agence.base.errors import Refusal
from agence.base.identifiers import short
from agence.commands.contract import JSON, Context, Option, Report
from agence.fold.entity import Entity
from agence.shard.carriers import remote_names
from agence.shard.conflicts import unanswered
from agence.shard.counting import waiting as asked
from agence.shard.edited import Draft, drafts, kind_at, new_files, touched
from agence.shard.governance import unadopted
from agence.shard.index import Index
from agence.shard.pending import (
    Elsewhere,
    elsewhere,
    faults,
    shared_logs,
    unpublished,
    unsent,
    waiting,
)
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
    kept = {draft.path: draft for draft in drafts(shard, files)}
    fresh = new_files(shard, files)
    behind = stale(shard, kept)
    others = elsewhere(shard)
    conflicts = len(unanswered(shard.index("shared")))
    broken = faults(shard)
    private = shard.index("private").one("SELECT count(*) FROM event WHERE own")
    rests = waiting(shard)
    laws = unadopted(shard)
    sends = unsent(shard)
    lines = [_place(shard), *titles, *asked(conflicts)]
    lines.append(_count(len(events), "event", "not published yet; `agence ^commit` publishes"))
    lines.append(_count(sends, "published event", "on no remote yet; `git push` shares"))
    lines += _by_hand(kept, fresh, behind)
    lines += _elsewhere(shard, others)
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
        "conflicts": conflicts,
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


def _by_hand(kept: dict[str, Draft], fresh: list[str], behind: dict[str, bool]) -> Iterable[str]:
    """What the work tree says that is not in force, or not any more."""
    for path, draft in kept.items():
        yield f"edited by hand, not in force: {path}" + (f" ({draft.why})" if draft.why else "")
        if draft.why:
            yield f"  {draft.hint}"
    if any(not draft.why for draft in kept.values()):
        yield "  `agence ^adopt` signs what was typed; without the file, ^render writes it anew"
    for path in fresh:
        yield f"new, not in force: {path} (`agence ^adopt {path}` makes it a {kind_at(path)})"
    for path, gone in list(behind.items())[:_SHOWN]:
        yield f"gone, and deletes nothing: {path}" if gone else f"stale: {path}"
    if behind:
        more = f"and {len(behind) - _SHOWN} more; " if len(behind) > _SHOWN else ""
        yield f"  {more}`agence ^render` writes them from what is in force"


def _elsewhere(shard: Shard, others: list[Elsewhere]) -> Iterable[str]:
    """What is known and not in force, and what brings it into force where something does."""
    logs = shared_logs(shard)
    waits = max((one.events for one in others if one.ref in logs), default=0)
    if waits:
        where = f"in {shard.pins.remote}'s shared log: `agence ^sync` takes"
        verb, them = ("waits", "it") if waits == 1 else ("wait", "them")
        yield _count(waits, "change", f"{verb} {where} {them} in")
    rest = [one for one in others if one.ref not in logs]
    claims = [one for one in rest if one.kinds == ["claim"]]
    for one in rest:
        if one not in claims:
            what = _count(one.events, "event", "known, not in force")
            yield f"{one.ref}: {what} ({', '.join(one.kinds)})"
    if claims:
        yield _count(len(claims), "claim", "known from a remote; `agence ^sync` tells more")


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
            title = _title(index, entity)
            lines.append(f"  {short(identity)}  {entity.kind}  {title}".rstrip())
    return [*lines, *([f"  and {pages} pages of governance and genesis"] if pages else [])]


def _title(index: Index, entity: Entity) -> str:
    """What it is called; a claim by the task that was taken."""
    if entity.kind == "claim" and (task := index.entity(entity.text("task"))):
        return f"of task {short(task.id)}  {task.title}"
    return entity.title or " ".join(entity.text("note").split())


def _count(count: int, what: str, rest: str) -> str:
    return f"{count} {what}{'s' * (count != 1)} {rest}"
