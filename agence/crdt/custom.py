"""A rule made of a function that people bring: it joins two values of a field.

The function is needed only where values differ that were written side by side; then these are
joined one by one, in the order of (stamp, event id). Values that are not of the field's type are
nothing that it was tried on: where there is one, the field's own rule counts, with the function or
without it. Source: Meiklejohn and Van Roy, "Lasp", 2015 (merge functions that are joins); Laddad
and others, "Keep CALM and CRDT On", 2022 (functions that are tried before they are trusted).
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from agence.base.canonical import encode
from agence.base.errors import TrustError
from agence.crdt.write import Outcome, Rule, Write, others, whole_writes

Join = Callable[[Any, Any], Any]


class Unmerged(Exception):
    """A function that is needed is not here, or fails: nobody may guess what it would say."""


class Custom(NamedTuple):
    """The rule of one field.

    join  the function; None where it can't be used here
    fits  whether a value is of the field's type
    rule  the field's own rule, for all that the function is not needed for
    """

    join: Join | None
    fits: Callable[[object], bool]
    rule: Rule

    def fold(self, writes: Iterable[Write]) -> Outcome:
        """What the writes come to. Raises Unmerged where the function is needed and can't be."""
        writes = list(writes)
        heads = self._side_by_side(writes)
        if not heads:
            return self.rule(writes)
        value = heads[0].value
        for head in heads[1:]:
            value = joined(self.join, self.fits, value, head.value)
        return Outcome(value, others(Write("", heads[0].stamp, 0, 0, "set", value), heads))

    def rivals(self, writes: Iterable[Write]) -> Outcome:
        """The same without a value: what the function joins is in no conflict."""
        writes = list(writes)
        return Outcome(None) if self._side_by_side(writes) else self.rule(writes)

    def _side_by_side(self, writes: list[Write]) -> list[Write]:
        """The writes to join, the oldest first; none where the function is not needed."""
        heads = whole_writes(writes)[::-1]
        if len(heads) < 2 or not all(self.fits(head.value) for head in heads):
            return []
        return heads if len({encode(head.value) for head in heads}) > 1 else []


def joined(join: Join | None, fits: Callable[[object], bool], one: Any, other: Any) -> Any:  # noqa: ANN401 - any canonical values
    """What a function says of two values, copied before. Raises Unmerged, saying what it did."""
    if join is None:
        raise Unmerged("the function is not here")
    first, second = (json.loads(encode(value)) for value in (one, other))
    try:
        value = join(first, second)
    except (Exception, SystemExit) as error:
        raise Unmerged(f"it raises {type(error).__name__}: {error}") from error
    try:
        encode(value)
    except TrustError as error:
        raise Unmerged(f"it returns what can't be kept: {error.message}") from error
    if not fits(value):
        raise Unmerged("it returns a value of another type")
    return json.loads(encode(value))
