"""What a claim meets: who has the task, and which files the other claimed tasks work on.

Two sources say who has a task: its events, which are here when they were synced, and the lease of
the remote. Where the remote was asked its lease counts, since anybody may write an event; else the
greatest fence. A claim that is past by this clock and a margin, or that ends later than any may,
keeps nobody away.
"""

from collections.abc import Mapping
from typing import NamedTuple

from agence.base.errors import Refusal, ShardError
from agence.base.stamps import DRIFT
from agence.fold.entity import Entity
from agence.schema.effects import effects_of, set_field
from agence.session.record import iso
from agence.shard.index import Index
from agence.shard.judging import known
from agence.shard.leases import LONGEST, Lease
from agence.shard.tasks import KIND, Claim, call, claims_of, holders, members, plain, state_of
from agence.work.scope import Claim as Scoped
from agence.work.scope import find_conflicts
from agence.work.states import ACTIVE, DONE, PENDING, name_of

MARGIN = DRIFT  # milliseconds that a lease is honoured beyond its end, since clocks differ
_MINUTE = 60_000
_COUNTED = 10**12  # fence of an event that the next one is counted on from
_HELD = "#"  # the state of a task that a person keeps from being taken


class Terms(NamedTuple):
    """How a task is claimed.

    agent      for whom: "@ralph", or a person's name where `person`
    now        milliseconds since 1970; `until` when the lease is to end
    scope      paths that are added to those of the task
    force      although another claimed task works on the same paths
    contested  without the word of a remote that can't be reached
    """

    agent: str
    person: bool
    now: int
    until: int
    scope: tuple[str, ...] = ()
    force: bool = False
    contested: bool = False


class Seen(NamedTuple):
    """What is known of a task: its lease and all others, who has it, the greatest fence given.

    remote  that was asked, "" where there is none, and then `why`
    """

    task: Entity
    holders: list[Claim]
    fence: int
    leases: Mapping[str, Lease]
    remote: str
    why: str

    @property
    def lease(self) -> Lease | None:
        """The lease of the task."""
        return self.leases.get(self.task.id)


def has_lapsed(one: Claim, now: int) -> bool:
    """Whether a claim is past, whatever clock its holder goes by, or ends later than any may."""
    return not now - MARGIN < one.until <= now + LONGEST * _MINUTE + MARGIN


def standing(task: Entity, lease: Lease | None, *, asked: bool = False) -> list[Claim]:
    """Who has a task, by its events and by the remote: the greatest fence counts.

    Where the remote was `asked`, its lease counts whatever fence an event tells. What the holder
    gave back is given back, whichever of the two says so (see `heard`).
    """
    claims = claims_of(task)
    if lease is None or (not asked and any(one.fence > lease.fence for one in claims)):
        return holders(task)
    back = not asked and any(one.fence == lease.fence and not one.agent for one in claims)
    if not lease.agent or not lease.until or back:
        return [one for one in claims if one.agent and not one.fence]
    return [_claim(lease)]


def heard(index: Index, lease: Lease | None) -> Lease | None:
    """A lease, given back where an event with its holder's key says so and the remote does not."""
    if lease is None or not lease.until:
        return lease
    back = set_field("claim", _claim(lease)._replace(agent="", until=0).value())
    events = (known(line) for line in index.lines_of(lease.task))
    if any(one.writer == lease.writer and back in effects_of(one) for one in events):
        return lease._replace(until=0)
    return lease


def last_fence(task: Entity, lease: Lease | None) -> int:
    """The greatest fence that was given, 0 for none; of what events tell as far as it is likely."""
    told = (one.fence for one in claims_of(task) if one.fence <= _COUNTED)
    return max([lease.fence if lease else 0, *told])


def _claim(lease: Lease) -> Claim:
    return Claim(lease.agent, lease.fence, lease.writer, lease.until)


def check_state(task: Entity) -> None:
    """Raise ShardError for a task that is done, Refusal for one that a person keeps."""
    state = state_of(task)
    if state == DONE:
        raise ShardError(f"task {call(task)} is done", "reopen it first, if it has to be")
    if state == _HELD:
        raise Refusal(f"task {call(task)} is {name_of(state)}", "ask the person who keeps it")


def check_free(seen: Seen, others: list[Claim], terms: Terms, *, over: bool) -> Claim | None:
    """The claim that is taken over, if any. Raises Refusal where somebody else has the task."""
    name, agent = call(seen.task), seen.task.text("agent")
    takes_over = f"`agence ^task takeover {name}` takes it over"
    if not others:
        given = agent and agent != terms.agent and state_of(seen.task) in ACTIVE
        if given and not over and not seen.holders and not seen.lease:
            raise Refusal(
                f"task {name} is already claimed by {plain(agent)}, without a lease", takes_over
            )
        return None
    live = [one for one in others if not has_lapsed(one, terms.now)]
    last = max(live or others, key=lambda one: one.until)
    who = " and ".join(sorted({one.agent for one in live or others}))
    who += " in another clone" if who == terms.agent else ""
    if live:
        wait = -((terms.now - last.until - MARGIN) // _MINUTE)
        raise Refusal(
            f"task {name} is already claimed by {who} until {iso(last.until)}",
            f"take another one, or take it over if nothing is heard for {wait} more minutes",
        )
    if not over:
        ends = "ended" if last.until <= terms.now else "can't last until"
        raise Refusal(
            f"task {name} is already claimed by {who}; the lease {ends} {iso(last.until)}",
            takes_over,
        )
    return last


def check_scope(index: Index, seen: Seen, terms: Terms, new: str = "") -> None:
    """Raises Refusal where another claimed task works on the same paths, naming it."""
    wanted = scope_of(seen.task, terms)
    if terms.force or not wanted:
        return
    tasks = {one.id: one for one in index.entities(KIND)}
    found = find_conflicts(seen.task.id, wanted, _scoped(index, tasks, seen, terms.now))
    if not found:
        return
    names = [call(tasks[one.task]) if one.task in tasks else one.task[:8] for one in found]
    said = (
        f"{name} ({plain(one.agent)}): "
        + ", ".join(sorted({plain(theirs) for _, theirs in one.overlaps}))
        for name, one in zip(names, found, strict=True)
    )
    raise Refusal(
        f"scope collision{new} with {'; '.join(said)}",
        "take another one until that is done, or say --force where both may work there",
    )


def _scoped(index: Index, tasks: Mapping[str, Entity], seen: Seen, now: int) -> dict[str, Scoped]:
    """What each task speaks for, by its events and by the remote. What is past keeps nothing."""
    found = {
        task: Scoped("%", None if has_lapsed(_claim(one), now) else one.agent, one.scope)
        for task, one in seen.leases.items()
    }
    for name, task in tasks.items():
        lease, state = seen.leases.get(name), state_of(task)
        live = lease and not has_lapsed(_claim(lease), now)
        held = standing(task, heard(index, lease) if live else lease, asked=bool(seen.remote))
        agents = [one.agent for one in held if not has_lapsed(one, now)]
        if not held and not lease and not claims_of(task):
            agents = [task.text("agent")]
        elif state == PENDING:  # the claim is known from the remote alone
            state = "%"
        scope = {*members(task, "scope"), *(lease.scope if lease else ())}
        found[name] = Scoped(state, agents[0] if agents else None, tuple(sorted(scope)))
    return found


def scope_of(task: Entity, terms: Terms) -> list[str]:
    """The paths that a claim on these terms speaks for, sorted."""
    return sorted({*members(task, "scope"), *terms.scope})
