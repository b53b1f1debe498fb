"""Last-writer-wins register.

Writes that another has seen are gone, whatever their stamps; of the rest the greatest (stamp, event
id) is the value, and the others are listed as lost. Source: Johnson and Thomas, RFC 677, 1975; the
order by what was seen is that of DeCandia and others, "Dynamo", 2007.
"""

from collections.abc import Iterable

from agence.crdt.write import Outcome, Write, unseen


def latest(writes: Iterable[Write]) -> Outcome:
    """The value of the register; None when nothing was ever written."""
    left = sorted(unseen(w for w in writes if w.op == "set"), key=lambda w: (w.stamp, w.event))
    if not left:
        return Outcome(None)
    winner = left[-1]
    return Outcome(winner.value, tuple(w for w in left if w.value != winner.value))
