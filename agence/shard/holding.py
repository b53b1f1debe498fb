"""What a claim meets: who has the task, and which files the other claimed tasks work on.

Two sources say who has a task: its events, which are here when they were synced, and the lease of
the remote, which may be newer. The greatest fence counts; a lease that is past by this clock and a
margin keeps nobody away any more.
"""

from collections.abc import Mapping
from typing import NamedTuple

from agence.base.errors import Refusal, ShardError
from agence.base.stamps import DRIFT
from agence.fold.entity import Entity
from agence.session.record import iso
from agence.shard.index import Index
from agence.shard.leases import Lease
from agence.shard.tasks import KIND, Claim, call, claims_of, holders, members, plain, state_of
from agence.work.scope import Claim as Scoped
from agence.work.scope import find_conflicts
from agence.work.states import ACTIVE, DONE, PENDING, name_of

MARGIN = DRIFT  # milliseconds that a lease is honoured beyond its end, since clocks differ
_MINUTE = 60_000
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
    """Whether a claim is past, whatever clock its holder goes by."""
    return one.until + MARGIN <= now


def standing(task: Entity, lease: Lease | None) -> list[Claim]:
    """Who has a task, by its events and by the remote: the greatest fence counts.

    What the holder gave back is given back, whichever of the two says so.
    """
    said = holders(task)
    if lease is None or any(one.fence > lease.fence for one in claims_of(task)):
        return said
    same = [one for one in claims_of(task) if one.fence == lease.fence]
    if not lease.agent or not lease.until or any(not one.agent for one in same):
        return [one for one in said if not one.fence]
    return [Claim(lease.agent, lease.fence, lease.writer, lease.until)]


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
    last = max(others, key=lambda one: one.until)
    who = " and ".join(sorted({one.agent for one in others}))
    who += " in another clone" if who == terms.agent else ""
    if not has_lapsed(last, terms.now):
        wait = -((terms.now - last.until - MARGIN) // _MINUTE)
        raise Refusal(
            f"task {name} is already claimed by {who} until {iso(last.until)}",
            f"take another one, or take it over if nothing is heard for {wait} more minutes",
        )
    if not over:
        raise Refusal(
            f"task {name} is already claimed by {who}; the lease ended {iso(last.until)}",
            takes_over,
        )
    return last


def check_scope(
    index: Index, task: Entity, terms: Terms, granted: Mapping[str, Lease], new: str = ""
) -> None:
    """Raises Refusal where another claimed task works on the same paths, naming it."""
    wanted = scope_of(task, terms)
    if terms.force or not wanted:
        return
    tasks = {one.id: one for one in index.entities(KIND)}
    found = find_conflicts(task.id, wanted, _scoped(tasks, granted, terms.now))
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


def _scoped(
    tasks: Mapping[str, Entity], granted: Mapping[str, Lease], now: int
) -> dict[str, Scoped]:
    """What each task speaks for, by its events and by the remote. What is past keeps nothing."""
    found = {
        task: Scoped("%", one.agent if one.until + MARGIN > now else None, one.scope)
        for task, one in granted.items()
    }
    for name, task in tasks.items():
        lease, state = granted.get(name), state_of(task)
        held = standing(task, lease)
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
