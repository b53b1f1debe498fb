"""Show what is not published yet, what was edited by hand, and what will leave this machine.

Examples:
    agence ^status
    agence ^status --json

Private knowledge is only counted: it never leaves. What other branches and remotes hold and what
is not in force here is named by its ref; `^recall --everywhere` finds it.
"""

from agence.base.identifiers import short
from agence.commands.contract import JSON, Context, Report
from agence.shard.carriers import remote_names
from agence.shard.edited import edited
from agence.shard.governance import unadopted
from agence.shard.pending import elsewhere, faults, unpublished, unsent, waiting
from agence.shard.shard import Shard


def status(context: Context) -> Report:
    """What waits to be published, sent or looked at."""
    shard = context.shard
    events = unpublished(shard)
    titles = _titles(shard, events)
    kept = edited(shard)
    others = elsewhere(shard)
    broken = faults(shard)
    private = shard.index("private").one("SELECT count(*) FROM event WHERE own")
    rests = waiting(shard)
    laws = unadopted(shard)
    sends = unsent(shard)
    lines = [_place(shard), *titles]
    lines.append(_count(len(events), "event", "not published yet; `agence ^commit` publishes"))
    lines.append(_count(sends, "published event", "on no remote yet; `git push` shares"))
    lines += [f"edited by hand, not in force: {path}" for path in kept]
    if kept:
        lines.append("  `edit` makes it a signed change; without the file, ^render writes it anew")
    for one in others:
        what = _count(one.events, "event", "known, not in force")
        lines.append(f"{one.ref}: {what} ({', '.join(one.kinds)})")
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
        "not_in_force": [one._asdict() for one in others],
        "not_governance": [one._asdict() for one in laws],
        "waiting": list(rests),
        "faults": [{"source": s, "line": n, "reason": why} for s, n, why in broken],
        "private": private or 0,
    }
    return Report("\n".join(lines), data)


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
