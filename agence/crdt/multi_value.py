"""Multi-value register: every value that no later write has seen, side by side.

A write that has seen some of the values replaces just these. Nothing is chosen, so more than one
value is a conflict. Source: DeCandia and others, "Dynamo", 2007; Shapiro and others, RR-7506, 2011.
"""

from collections.abc import Iterable

from agence.base.canonical import encode
from agence.crdt.write import Outcome, Write, rivals_of, whole_writes


def multi_value(writes: Iterable[Write]) -> Outcome:
    """The values as a list, each once, in the order of their canonical form."""
    left = whole_writes(writes)
    values = {encode(write.value): write.value for write in left}
    return Outcome([values[key] for key in sorted(values)], (), rivals_of(left))
