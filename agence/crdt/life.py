"""Whether an entity is there: deleted by an event that names what it saw, brought back by another.

A delete counts unless somebody who had seen it restored the entity, or somebody who had not was
still writing to it: nobody's work is taken away unseen. Work that the deleter had seen stays
deleted, however late a clone comes back with it. Source: Bieniusa and others, "An optimized
conflict-free replicated set", 2012 (add wins).
"""

from collections.abc import Iterable

from agence.crdt.write import Outcome, Write

DELETE, RESTORE, EDIT = "delete", "restore", "edit"


def life(writes: Iterable[Write]) -> Outcome:
    """Whether it is deleted. The rivals are deletes, and writes made beside them, still unsettled.

    They are settled by any write that has seen both.
    """
    writes = list(writes)
    deletes = [write for write in writes if write.op == DELETE]
    if not deletes:
        return Outcome(value=False)
    deleted = False
    rivals: set[Write] = set()
    for one in deletes:
        after = [w for w in writes if _saw(w, one)]
        restored = any(w.op == RESTORE for w in after)
        beside = [w for w in writes if w.op != DELETE and _concurrent(one, w)]
        deleted = deleted or not (restored or beside)
        met = 0  # what somebody had seen who had seen the delete too
        for w in after:
            met |= w.seen
        open_ = [w for w in beside if not met >> w.at & 1]
        rivals.update(open_, [one] if open_ else [])
    return Outcome(deleted, (), tuple(sorted(rivals, key=lambda write: write.event)))


def _concurrent(one: Write, other: Write) -> bool:
    return one.at != other.at and not _saw(one, other) and not _saw(other, one)


def _saw(by: Write, one: Write) -> bool:
    return bool(by.seen >> one.at & 1)
