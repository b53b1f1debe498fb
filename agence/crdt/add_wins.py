"""Add-wins set (observed-remove set).

An addition is tagged by its event; a removal names the additions it saw and takes out only these,
so an addition made at the same time elsewhere stays. Source: Shapiro and others, RR-7506, 2011;
Bieniusa and others, "An optimized conflict-free replicated set", 2012.
"""

from collections.abc import Iterable

from agence.crdt.write import Outcome, Write


def add_wins(writes: Iterable[Write]) -> Outcome:
    """The members as a sorted list of strings."""
    writes = list(writes)
    removed = {(w.value, cited) for w in writes if w.op == "remove" for cited in w.cites}
    added = {w.value for w in writes if w.op == "add" and (w.value, w.event) not in removed}
    return Outcome(sorted(added))
