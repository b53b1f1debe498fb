"""Claims: who may work on a task, and who may not until that one is silent.

With a remote a claim is exclusive. It is a lease (see leases.py) whose number the remote gives to
one clone alone, and then an event on the task with that number, its fence. Without a remote it is
the event alone, with fence 0: then two claims that did not know of each other stand side by side,
and nobody decides for them. Save, then send: a claim is said to stand only after the remote was
read back, and whatever step a crash left out is made up for when the same is typed again.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from agence.base.errors import OutsideError, Refusal, ShardError
from agence.events.event import Event
from agence.fold.entity import Entity, fold_entity
from agence.schema.effects import Effect, add_member, effects_of, set_field
from agence.session.record import iso
from agence.shard.carriers import remote_names
from agence.shard.files import locked, outside
from agence.shard.holding import (
    Seen,
    Terms,
    check_free,
    check_scope,
    check_state,
    has_lapsed,
    heard,
    last_fence,
    scope_of,
    standing,
)
from agence.shard.judging import known
from agence.shard.layout import folder
from agence.shard.leases import KIND, Lease, NoLeases, bring, grant, leases, pause
from agence.shard.shard import Shard
from agence.shard.tasks import KIND as TASK
from agence.shard.tasks import Claim, call, claims_of, holders, members, state_of
from agence.work.states import ACTIVE, PENDING

_TRIES = 8


class Taken(NamedTuple):
    """A claim that stands, or was given back.

    claim  with fence 0 where it is not exclusive, and then `why` says why
    again  whether it stood before
    over   whose claim it takes over, "" for nobody's
    """

    task: Entity
    claim: Claim
    remote: str
    why: str = ""
    again: bool = False
    over: str = ""


def claim(shard: Shard, task: str, terms: Terms) -> Taken:
    """Claim the task with this id. Raises Refusal where somebody has it, OutsideError offline."""
    return _take(shard, task, terms, over=False)


def takeover(shard: Shard, task: str, terms: Terms) -> Taken:
    """Claim a task whose holder is silent: the lease is past, by this clock and a margin."""
    return _take(shard, task, terms, over=True)


def renew(shard: Shard, task: str, terms: Terms) -> Taken:
    """Let one's own claim end later. Raises Refusal where it is not one's own any more."""
    with _alone(shard):
        seen = _look(shard, task, terms)
        mine = _mine(shard, seen, terms.agent)
        before = 0 if has_lapsed(mine, terms.now) else mine.until
        claimed = mine._replace(until=max(terms.until, before))
        if mine.fence:
            _amend(shard, seen, claimed)
        entity = _say(shard, seen.task, [set_field("claim", claimed.value())])
        return Taken(entity, claimed, seen.remote, "" if mine.fence else seen.why)


def release(shard: Shard, task: str, terms: Terms) -> Taken:
    """Give one's own claim back; a task that somebody was at is pending again.

    A remote that can't be reached learns it from the event.
    """
    with _alone(shard):
        seen = _look(shard, task, terms._replace(contested=True))
        mine = _mine(shard, seen, terms.agent)
        if seen.remote and seen.lease and seen.lease.fence == mine.fence and seen.lease.until:
            _amend(shard, seen, mine._replace(until=0))
        entity = _say(shard, seen.task, given_back(seen.task, mine))
        return Taken(entity, mine, seen.remote, seen.why)


def given_back(task: Entity, mine: Claim) -> list[Effect]:
    """The effects that leave a task to nobody."""
    gone = mine._replace(agent="", until=0)
    effects = [set_field("claim", gone.value())]
    effects += [set_field("agent", "")] if task.text("agent") else []
    return [*effects, set_field("state", PENDING)] if state_of(task) in ACTIVE else effects


def own_claim(shard: Shard, task: Entity, agent: str) -> Claim | None:
    """The claim by which `agent` in this clone has a task, as its events say; None for none."""
    return next((one for one in holders(task) if _is_mine(shard, one, agent)), None)


def _take(shard: Shard, identity: str, terms: Terms, *, over: bool) -> Taken:
    with _alone(shard):
        seen = _look(shard, identity, terms)
        check_state(seen.task)
        mine = next((one for one in seen.holders if _is_mine(shard, one, terms.agent)), None)
        if mine and mine.until > terms.now and not has_lapsed(mine, terms.now):
            return _made_up_for(shard, seen, mine, terms)
        before = check_free(seen, [one for one in seen.holders if one != mine], terms, over=over)
        check_scope(shard.index("shared"), seen, terms)
        why, remote = seen.why, seen.remote
        bid, supersedes = None, _claiming(shard, seen.task, before)
        if remote:
            try:
                bid = _granted(shard, seen, terms, supersedes)
            except NoLeases as error:
                why, remote = error.message, ""
        fence = seen.fence + 1 if bid else 0
        bid = bid or _bid(shard, seen.task, terms, 0, supersedes)
        claimed = Claim(terms.agent, fence, bid.writer, terms.until)
        task = _say(shard, seen.task, _effects(seen.task, terms, claimed), bid.id, supersedes)
        return Taken(task, claimed, remote, why, over=before.agent if before else "")


@contextmanager
def _alone(shard: Shard) -> Iterator[None]:
    """Hold the claims of this clone: of two who claim at once in it, one waits and sees."""
    with outside(shard.layout.nexus):
        folder(shard.layout.nexus)
    with locked(os.path.join(shard.layout.nexus, "claims.lock")):
        shard.forget()
        yield


def _look(shard: Shard, identity: str, terms: Terms) -> Seen:
    """What is known of a task, after the remote was asked.

    Raises OutsideError where it can't be reached, unless the claim may be contested.
    """
    remote, why = shard.pins.remote, "there is no remote that gives a task to one clone alone"
    if remote not in remote_names(shard.repo):
        remote = ""
    there = remote
    if remote:
        try:
            bring(shard, remote)
            why = ""
        except OutsideError as error:
            if not terms.contested:
                raise
            there, why = "", error.message
    shard.forget()
    task = shard.index("shared").entity(identity)
    if task is None or task.deleted:
        raise ShardError(f"task '{identity[:8]}' not found", "see `agence ^task list`")
    found = leases(shard, remote) if remote else {}
    lease = found.get(identity)
    if there:
        held = standing(task, heard(shard.index("shared"), lease), asked=True)
    else:
        held = standing(task, lease)
    return Seen(task, held, last_fence(task, lease), found, there, why)


def _granted(shard: Shard, seen: Seen, terms: Terms, supersedes: tuple[str, ...]) -> Event:
    """Have the remote give the next number to this claim; the event of the claim.

    Raises Refusal where somebody else got it.
    """
    task, fence = seen.task, seen.fence + 1
    bid = _bid(shard, task, terms, fence, supersedes)
    for turn in range(_TRIES):
        pause(shard, turn)
        grant(shard, seen.remote, Lease(task.id, fence, "", (bid,)))
        there = _read_back(shard, seen.remote)
        lease = there.get(task.id)
        if lease and lease.id == bid.id:
            _check_new_scope(shard, seen._replace(leases=there), terms, seen.leases)
            return bid
        if lease and lease.fence >= fence:
            until = f" until {iso(lease.until)}" if lease.until else ""
            raise Refusal(
                f"task {call(task)} is already claimed by {lease.agent or 'somebody'}{until},"
                " who was faster",
                "take another one: `agence ^task next`",
            )
    raise OutsideError(f"'{seen.remote}' gave the claim to nobody", "type the same again")


def _check_new_scope(shard: Shard, seen: Seen, terms: Terms, before: Mapping[str, Lease]) -> None:
    """Give the claim back where one that came at the same time works on the same paths.

    Each of the two may do so: then nobody has either, which is better than both.
    """
    task = seen.task.id
    new = {name: one for name, one in seen.leases.items() if one != before.get(name)}
    try:
        if new.keys() - {task}:
            check_scope(shard.index("shared"), seen, terms, " at the same time")
    except Refusal:
        lease = seen.leases[task]
        _amend(shard, seen, Claim(lease.agent, lease.fence, lease.writer, 0))
        raise


def _read_back(shard: Shard, remote: str) -> dict[str, Lease]:
    try:
        bring(shard, remote)
    except OutsideError as error:
        raise OutsideError(
            f"'{remote}' could not be asked whether it took the claim", "type the same again"
        ) from error
    return leases(shard, remote)


def _bid(
    shard: Shard, task: Entity, terms: Terms, fence: int, supersedes: tuple[str, ...]
) -> Event:
    """Keep the event of a claim, which says nothing of the task yet."""
    said = {"task": task.id, "fence": fence, "agent": terms.agent, "until": terms.until}
    effects = [set_field(name, value) for name, value in said.items()]
    effects += [add_member("scope", one) for one in scope_of(task, terms)]
    draft = shard.draft(KIND, "shared", effects)
    return shard.append([draft._replace(supersedes=supersedes)])[0]


def _amend(shard: Shard, seen: Seen, wanted: Claim) -> None:
    """Let the lease end at another time, here and at the remote. Raises Refusal where it is lost.

    Raises ShardError where only another remote, or another key of this clone, can.
    """
    name, lease = call(seen.task), seen.lease
    if not seen.remote or lease is None or lease.fence != wanted.fence:
        raise ShardError(
            f"the remote has no claim of {name} with the number {wanted.fence} any more",
            "give it back, and claim it again",
        )
    entity = fold_entity(lease.events)
    heads = entity.heads if entity else ()
    draft = shard.draft(KIND, "shared", [set_field("until", wanted.until)])
    draft = draft._replace(entity=lease.id, parents=heads)
    event = shard.append([draft], [one.stamp for one in lease.events])[0]
    if event.writer != lease.writer:
        raise ShardError(f"the key that claimed {name} is retired", "the lease ends by itself")
    for turn in range(_TRIES):
        pause(shard, turn)
        grant(shard, seen.remote, lease._replace(events=(*lease.events, event)))
        there = _read_back(shard, seen.remote)[seen.task.id]
        if event in there.events:
            return
        if there.fence > wanted.fence:
            raise Refusal(
                f"task {name} was taken over by {there.agent or 'somebody'}", "stop work on it"
            )
        lease = lease._replace(at=there.at)
    raise OutsideError(f"'{seen.remote}' did not take the change of the claim", "try again")


def _effects(task: Entity, terms: Terms, mine: Claim) -> list[Effect]:
    effects = [set_field("claim", mine.value())]
    state = "~" if terms.person else "%"
    if state_of(task) != state:
        effects.append(set_field("state", state))
    there = members(task, "scope")
    return effects + [add_member("scope", one) for one in terms.scope if one not in there]


def _made_up_for(shard: Shard, seen: Seen, mine: Claim, terms: Terms) -> Taken:
    """A claim that is one's own already: the event that a crash left out is written now."""
    task = seen.task
    if mine not in claims_of(task):
        rests_on = seen.lease.id if seen.lease else ""
        task = _say(shard, task, _effects(task, terms, mine), rests_on)
    return Taken(task, mine, seen.remote, "" if mine.fence else seen.why, again=True)


def _mine(shard: Shard, seen: Seen, agent: str) -> Claim:
    """One's own claim, by the remote or by the events. Raises Refusal where there is none."""
    claims = seen.holders or holders(seen.task)
    found = next((one for one in claims if _is_mine(shard, one, agent)), None)
    if found:
        return found
    name = call(seen.task)
    who = " and ".join(one.agent for one in seen.holders)
    what = f"task {name} is claimed by {who}" if who else f"task {name} is claimed by nobody"
    raise Refusal(f"{what}, and not by {agent} in this clone", "`agence ^task show` says more")


def _is_mine(shard: Shard, one: Claim, agent: str) -> bool:
    """Whether a claim is of `agent` in this clone: a copy of it has its keys, and no claim."""
    bound = shard.keyring.binding()
    own = (key.writer for key in shard.keyring.keys("shared") if key.bound == bound)
    return one.agent == agent and one.writer in own


def _claiming(shard: Shard, task: Entity, before: Claim | None) -> tuple[str, ...]:
    """The ids of the events by which `before` was claimed."""
    if before is None:
        return ()
    events: Sequence[Event] = [known(one) for one in shard.index("shared").lines_of(task.id)]
    said = set_field("claim", before.value())
    return tuple(sorted(one.id for one in events if said in effects_of(one)))


def _say(
    shard: Shard,
    task: Entity,
    effects: list[Effect],
    rests_on: str = "",
    supersedes: tuple[str, ...] = (),
) -> Entity:
    """Write an event on the task; the task as it is then."""
    index = shard.index("shared")
    stamps = [known(line).stamp for line in index.lines_of(task.id)]
    draft = shard.draft(TASK, "shared", effects, over=task)
    if rests_on:
        parents = tuple(sorted({*draft.parents[:63], rests_on}))
        draft = draft._replace(parents=parents, derived_from=(rests_on,))
    shard.append([draft._replace(supersedes=supersedes)], stamps)
    shard.forget()
    found = shard.index("shared").entity(task.id)
    if found is None:
        raise ShardError(f"task {call(task)} is not in force any more", "see `agence ^task list`")
    return found
