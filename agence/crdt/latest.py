"""Last-writer-wins register.

Writes that another has seen are gone, whatever their stamps; of the rest the greatest (stamp, event
id) is the value, and the others are listed as lost. Source: Johnson and Thomas, RFC 677, 1975; the
order by what was seen is that of DeCandia and others, "Dynamo", 2007.
"""

from collections.abc import Iterable

from agence.crdt.write import Outcome, Write, others, rivals_of, whole_writes


def latest(writes: Iterable[Write]) -> Outcome:
    """The value of the register; None when nothing was ever written."""
    left = whole_writes(writes)
    if not left:
        return Outcome(None)
    return Outcome(left[0].value, others(left[0], left[1:]), rivals_of(left))
