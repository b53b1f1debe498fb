"""The rules a field can have, and what a value of it looks like."""

from typing import NamedTuple

from agence.crdt.add_wins import add_wins
from agence.crdt.counter import counter, up_down
from agence.crdt.fenced import fenced
from agence.crdt.latest import latest
from agence.crdt.multi_value import multi_value
from agence.crdt.ordered import greatest, lattice, least
from agence.crdt.text import text
from agence.crdt.write import Rule

SET, MEMBERS, INCREMENT = ("set",), ("add", "remove"), ("increment",)

# name -> (the rule, the operations that write to it, what it means for people)
RULES: dict[str, tuple[Rule, tuple[str, ...], str]] = {
    "latest": (latest, SET, "the last writer wins; what was written at the same time is listed"),
    "text": (text, SET, "merged by lines; where two versions overlap both are kept"),
    "multi-value": (multi_value, SET, "all values written at the same time, side by side"),
    "fenced": (fenced, SET, "as multi-value; of claims only those with the greatest fence count"),
    "add-wins": (add_wins, MEMBERS, "a set; a member put in while another takes it out stays"),
    "counter": (counter, INCREMENT, "a number that only grows; every increment counts once"),
    "up-down": (up_down, INCREMENT, "a number; every increment and decrement counts once"),
    "greatest": (greatest, SET, "the greatest of the numbers written at the same time"),
    "least": (least, SET, "the least of the numbers written at the same time"),
    "lattice": (
        lattice(()),
        SET,
        "of what was written at the same time, the furthest up its order",
    ),
}


_BOUNDS = {"confidence": (0, 100), "priority": (1, 5), "stars": (0, 1000), "complexity": (0, 5)}
_DIGITS = 10  # more than any bound has


class Field(NamedTuple):
    """A field of a kind.

    rule   a name in RULES
    type   of a value: "text", "line", "number", "flag", "id" (of an entity), "ids", or "object"
    order  of a "lattice", from the bottom up
    front  whether the front matter of a view says it
    """

    rule: str
    type: str = "line"
    summary: str = ""
    order: tuple[str, ...] = ()
    front: bool = True

    def fold(self) -> Rule:
        """The function that folds the writes to it."""
        return lattice(self.order) if self.order else RULES[self.rule][0]

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that write to it."""
        return RULES[self.rule][1]


def number_of(name: str, typed: str) -> int | None:
    """What somebody typed as the number of a field; None where it is none that it can have."""
    least, most = bounds(name)
    plain = typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS
    return int(typed) if plain and least <= int(typed) <= most else None


def percent(value: object) -> int | None:
    """How sure somebody is; None where they did not say, or what can be no answer."""
    least, most = bounds("confidence")
    return value if type(value) is int and least <= value <= most else None


def bounds(name: str) -> tuple[int, int]:
    """The least and the greatest number that people can give a field of this name."""
    return _BOUNDS.get(name, (0, 10**9))
