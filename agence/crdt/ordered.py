"""Rules that choose by an order of the values: greatest, least, and a lattice of declared order.

They choose among the writes that no later write has seen, so whoever has seen a value may still
replace it by any other; what was written side by side is settled by the order, whoever was later.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from agence.base.canonical import encode
from agence.crdt.write import Outcome, Rule, Write, others, whole_writes


def greatest(writes: Iterable[Write]) -> Outcome:
    """The greatest number of those written side by side."""
    return _chosen(writes, lambda value: (_is_number(value), value if _is_number(value) else 0))


def least(writes: Iterable[Write]) -> Outcome:
    """The least number of those written side by side."""
    return _chosen(writes, lambda value: (_is_number(value), -value if _is_number(value) else 0))


def lattice(order: Sequence[str]) -> Rule:
    """The rule that chooses the value furthest up in `order`, which is given from the bottom.

    A value that is not in the order is below all that are.
    """
    rank = {value: at for at, value in enumerate(order)}

    def join(writes: Iterable[Write]) -> Outcome:
        return _chosen(writes, lambda value: rank.get(value, -1) if isinstance(value, str) else -2)

    return join


def _chosen(writes: Iterable[Write], rank: Any) -> Outcome:  # noqa: ANN401 - value -> what sorts
    left = whole_writes(writes)
    if not left:
        return Outcome(None)
    winner = max(left, key=lambda write: (rank(write.value), encode(write.value)))
    return Outcome(winner.value, others(winner, left))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
