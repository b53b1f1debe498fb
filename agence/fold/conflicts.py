"""Conflicts of one entity: what was written side by side and no rule can choose between.

A conflict is found from the set of events, so every clone finds the same ones under the same ids.
It is answered by a write that has seen both sides; answers written side by side are a conflict
again. What was answered stays listed.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from agence.base.canonical import encode
from agence.base.digest import hex_digest
from agence.crdt.life import DELETE, life
from agence.crdt.write import Rule, Write, unseen
from agence.schema.kinds import KINDS, field_of, rule_of

LIFE = ""  # the name of the field that says whether an entity is there


class Conflict(NamedTuple):
    """An open conflict.

    id      64 hex digits: the hash of the field's name and the sorted events
    type    "value", "belief", "episodic" or "skill"
    field   whose writes disagree; "" where one side deleted what the other went on with
    events  the ids of the writes that disagree, sorted
    """

    id: str
    type: str
    field: str
    events: tuple[str, ...]


class Settled(NamedTuple):
    """A conflict that the event `by` answered, with the strategy it names, or by an edit."""

    conflict: str
    field: str
    events: tuple[str, ...]
    by: str
    strategy: str


def conflict_id(field: str, members: tuple[str, ...]) -> str:
    """The name of a conflict: the same wherever the same writes met."""
    return hex_digest("agence/conflict/1", encode([field, *sorted(members)]))


def conflicts_of(kind: str, field: str, rivals: tuple[Write, ...]) -> list[Conflict]:
    """The open conflict of a field whose rule left `rivals`; none where it left none."""
    events = tuple(sorted({write.event for write in rivals}))
    if not events:
        return []
    known = KINDS.get(kind)
    type_ = known.conflict if known else "value"
    return [Conflict(conflict_id(field, events), type_, field, events)]


def settled_of(
    kind: str, field: str, writes: list[Write], said: Mapping[str, Any], rule: Rule | None = None
) -> list[Settled]:
    """The conflicts of a field that its own later writes answered.

    `said` maps an event to what it says it resolves: {"conflict": id, "strategy": name}. `rule`
    stands in the place of the field's own.
    """
    if _is_linear(writes) or not (rule or _can_disagree(kind, field, writes)):
        return []
    rule = rule or (life if field == LIFE else rule_of(kind, field))
    found = {}
    for write in writes:
        before = [one for one in writes if write.seen >> one.at & 1]
        if len(before) < 2 or len(unseen(before)) < 2:
            continue
        events = tuple(sorted({one.event for one in rule(before).rivals}))
        if events:
            name = conflict_id(field, events)
            strategy = _strategy(said.get(write.event), name)
            found[name, write.event] = Settled(name, field, events, write.event, strategy)
    return [found[key] for key in sorted(found)]


def _can_disagree(kind: str, field: str, writes: list[Write]) -> bool:
    """Whether the rule of a field leaves anything to people: sums, sets and orders do not."""
    if field == LIFE:
        return any(write.op == DELETE for write in writes)
    return field_of(kind, field).rule in ("latest", "text", "multi-value", "fenced")


def _is_linear(writes: list[Write]) -> bool:
    """Whether each of these writes, in the fold's order, had seen all before it."""
    before = 0
    for write in writes:
        if before & ~write.seen & ~(1 << write.at):
            return False
        before |= 1 << write.at
    return True


def _strategy(said: object, conflict: str) -> str:
    if isinstance(said, dict) and said.get("conflict") == conflict:
        name = said.get("strategy")
        return name if isinstance(name, str) else "edit"
    return "edit"
