"""The fold of one entity: from the events about it to its state.

The result is a function of the *set* of events. The order they are walked in is topological by
`parents`, ties by (stamp, writer, id), and the rules of `crdt/` are themselves functions of sets.
"""

from collections.abc import Container, Iterable, Mapping
from heapq import heapify, heappop, heappush
from types import MappingProxyType
from typing import Any, NamedTuple

from agence.base.identifiers import short, slug
from agence.base.stamps import Stamp, believed
from agence.crdt.custom import Custom, Unmerged
from agence.crdt.latest import latest
from agence.crdt.life import DELETE, EDIT, RESTORE, life
from agence.crdt.write import Outcome, Write
from agence.events.event import VERSION, Event
from agence.fold.conflicts import LIFE, Conflict, Settled, conflicts_of, settled_of
from agence.schema.effects import Effect, effects_of
from agence.schema.kinds import KINDS, rule_of

RESOLVES = "resolves"  # the member of an event's data that says which conflict it answers

Merges = Mapping[tuple[str, str], Custom]  # (kind, field) -> the rule in the place of its own
NO_MERGES: Merges = MappingProxyType({})

_Effect = tuple[str, str, Any, tuple[str, ...]]  # field, op, value, ids of cited events


class Lost(NamedTuple):
    """A value that was written at the same time as the one shown, and not chosen."""

    field: str
    value: Any
    event: str


class Entity(NamedTuple):
    """The state of one entity at a cut.

    name      of its view: a readable part from the first title, and the short id
    heads      ids of the events about it that no other event about it rests on, sorted
    created    milliseconds of its create event; `updated` of its newest head
    by         who created it; `writer` the key that signed the creation
    deleted    whether it was deleted; its fields are kept, for whoever restores it
    lost       concurrent values that were not chosen
    conflicts  what no rule could choose between, and nobody has answered
    settled    what somebody has answered
    refused    fields whose merge function is needed and can't be used here: what they show is the
               newest of the values, and may be another elsewhere
    """

    id: str
    kind: str
    name: str
    shard: str
    scope: str
    by: str
    writer: str
    created: int
    updated: int
    fields: dict[str, Any]
    heads: tuple[str, ...]
    lost: tuple[Lost, ...]
    deleted: bool = False
    conflicts: tuple[Conflict, ...] = ()
    settled: tuple[Settled, ...] = ()
    refused: tuple[str, ...] = ()

    def text(self, field: str) -> str:
        """A field as text, "" where it was never written."""
        value = self.fields.get(field)
        return value if isinstance(value, str) else ""

    @property
    def title(self) -> str:
        """Its title on one line: whoever wrote it can't make it look like something else."""
        return _one_line(self.text("title") or self.text("path"), 200)

    @property
    def tags(self) -> list[str]:
        """Its tags, sorted."""
        tags = self.fields.get("tags")
        return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []

    @property
    def labels(self) -> str:
        """Its tags as they are shown: ` #paths #safety`, each on the same line."""
        return "".join(f" #{_one_line(tag, 64)}" for tag in self.tags)

    def as_json(self) -> dict[str, Any]:
        """Its canonical JSON form, what state hashes are taken of.

        It says of deletion, conflicts, answers and refusals only where there are some.
        """
        state = self._asdict()
        del state["name"]
        state["fields"] = [[name, self.fields[name]] for name in sorted(self.fields)]
        state["heads"] = list(self.heads)
        for name in ("lost", "conflicts", "settled"):
            state[name] = [[_plain(part) for part in one] for one in state[name]]
        state["refused"] = list(self.refused)
        for name in ("deleted", "conflicts", "settled", "refused"):
            if not state[name]:
                del state[name]
        return state


def _plain(part: Any) -> Any:  # noqa: ANN401 - any canonical value
    return list(part) if isinstance(part, tuple) else part


def _one_line(text: str, length: int) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= length else plain[: length - 1] + "…"


def present(events: Iterable[Event], elsewhere: Container[str] = ()) -> list[Event]:
    """Those of `events` whose parents are all here or in `elsewhere`, in the fold's order.

    What rests on an absent event waits: it is left out, and so is what rests on that.
    """
    known: dict[str, Event] = {}
    for event in events:
        if event.data is None or event.id not in known:  # of two copies the erased one counts
            known[event.id] = event
    waiting = {
        one: {parent for parent in event.parents if parent in known or parent not in elsewhere}
        for one, event in known.items()
    }
    children: dict[str, list[str]] = {}
    for one, parents in waiting.items():
        for parent in parents:
            children.setdefault(parent, []).append(one)
    ready = [
        (known[one].stamp, known[one].writer, one) for one, left in waiting.items() if not left
    ]
    heapify(ready)
    ordered = []
    while ready:
        one = heappop(ready)[2]
        ordered.append(known[one])
        for child in children.get(one, ()):
            waiting[child].discard(one)
            if not waiting[child]:
                heappush(ready, (known[child].stamp, known[child].writer, child))
    return ordered


def fold_entity(
    events: Iterable[Event], elsewhere: Container[str] = (), merges: Merges = NO_MERGES
) -> Entity | None:
    """The entity that `events`, all about it, make; None while its create event is absent or waits.

    `elsewhere` holds the ids of the other entities' events in the cut.
    """
    ordered = present(events, elsewhere)
    first = next((event for event in ordered if event.body["entity"] == ""), None)
    if first is None:
        return None
    seen = _seen(ordered)
    counted = [at for at, event in enumerate(ordered) if _counts(event, first)]
    stamps = dict(zip(counted, _stamps([ordered[at] for at in counted]), strict=True))
    writes: dict[str, list[Write]] = {}
    rested_on = 0
    for at in counted:
        rested_on |= seen[at]
        for field, op, value, cites in _effects(ordered[at]):
            write = Write(ordered[at].id, stamps[at], at, seen[at], op, value, cites)
            writes.setdefault(field, []).append(write)
    said = {one.id: (one.data or {}).get(RESOLVES) for one in ordered}
    state = _fields(first.kind, writes, said, merges)
    return Entity(
        id=first.id,
        kind=first.kind,
        name=f"{slug(_first_title(first))}-{short(first.id)}",
        shard=first.body["shard"],
        scope=first.body["scope"],
        by=first.body["by"],
        writer=first.writer,
        created=first.stamp.ms,
        updated=max(stamp.ms for stamp in stamps.values()),
        heads=tuple(sorted(ordered[at].id for at in counted if not rested_on >> at & 1)),
        **state,
    )


def _fields(
    kind: str, writes: dict[str, list[Write]], said: dict[str, Any], merges: Merges
) -> dict[str, Any]:
    """What the writes come to: the values of the fields, and what was lost, open and answered."""
    lived = writes.get(LIFE, [])
    alive = life(lived)
    fields: dict[str, Any] = {}
    lost: list[Lost] = []
    conflicts = conflicts_of(kind, LIFE, alive.rivals)
    settled = settled_of(kind, LIFE, lived, said)
    refused: list[str] = []
    for name in sorted(writes.keys() - {LIFE}):
        custom = merges.get((kind, name))
        outcome = _merged(custom, writes[name]) if custom else rule_of(kind, name)(writes[name])
        if outcome is None:
            refused.append(name)
            outcome = latest(writes[name])._replace(rivals=())
        fields[name] = outcome.value
        losing = sorted(outcome.lost, key=lambda one: one.event)
        lost += (Lost(name, one.value, one.event) for one in losing)
        conflicts += conflicts_of(kind, name, outcome.rivals)
        settled += settled_of(kind, name, writes[name], said, custom.rivals if custom else None)
    return {
        "fields": fields,
        "lost": tuple(lost),
        "deleted": alive.value,
        "conflicts": tuple(conflicts),
        "settled": tuple(settled),
        "refused": tuple(refused),
    }


def _merged(custom: Custom, writes: list[Write]) -> Outcome | None:
    """What a function that people brought makes of the writes; None where it can't be used."""
    try:
        return custom.fold(writes)
    except Unmerged:
        return None


def _counts(event: Event, first: Event) -> bool:
    """Whether an event may change what `first` created: a closed kind is for its key alone."""
    kind = KINDS.get(first.kind)
    return event.kind == first.kind and not (
        kind is not None and kind.closed and event.writer != first.writer
    )


def _first_title(first: Event) -> str:
    titles = (e[2] for e in _effects(first) if e[:2] == ("title", "set") and isinstance(e[2], str))
    return next(titles, "")


def _effects(event: Event) -> Iterable[_Effect]:
    """The effects of an event; what is not understood is passed over, not lost.

    Where one event sets a field twice, the later one is meant. The first of them says what it did
    to the entity as a whole: it deleted, restored or edited it.
    """
    listed = effects_of(event)
    if event.body["v"] > VERSION or not listed:
        return []
    understood = [found for effect in listed if (found := _effect(event, effect))]
    last_set = {field: at for at, (field, op, _, _) in enumerate(understood) if op == "set"}
    done = [effect.get("op") for effect in listed if _is_meant(event, effect)]
    what = DELETE if DELETE in done else RESTORE if RESTORE in done else EDIT
    kept = [one for at, one in enumerate(understood) if one[1] != "set" or last_set[one[0]] == at]
    return [(LIFE, what, None, ()), *kept]


def _is_meant(event: Event, effect: Effect) -> bool:
    return effect.get("entity", "") in ("", event.entity)


def _effect(event: Event, effect: Effect) -> _Effect | None:
    field, op, value = effect.get("field"), effect.get("op"), effect.get("value")
    if not isinstance(field, str) or field == LIFE or not _is_meant(event, effect):
        return None
    if not isinstance(op, str) or not _fits(op, value):
        return None
    cites = effect.get("cites")
    cited = tuple(c for c in cites if isinstance(c, str)) if isinstance(cites, list) else ()
    return field, op, value, cited


def _fits(op: str, value: object) -> bool:
    if op in ("add", "remove"):
        return isinstance(value, str)
    return op == "set" or (
        op == "increment" and isinstance(value, int) and not isinstance(value, bool)
    )


def _seen(ordered: list[Event]) -> list[int]:
    place = {event.id: at for at, event in enumerate(ordered)}
    seen: list[int] = []
    for event in ordered:
        mask = 0
        for parent in event.parents:
            at = place.get(parent)
            if at is not None:
                mask |= 1 << at | seen[at]
        seen.append(mask)
    return seen


def _stamps(ordered: list[Event]) -> list[Stamp]:
    newest = sorted((event.stamp for event in ordered), reverse=True)[:2]
    if len(newest) < 2:
        return [event.stamp for event in ordered]
    first, second = newest
    return [believed(first, [second]) if event.stamp == first else event.stamp for event in ordered]
