"""What a task weighs: its score, its heat, and how able whoever does it should be.

Numbers are whole: heat is counted in thousandths, 0 to 1000, and scores in tenths, so that every
machine finds the same ones. Only priority and stars are ever written down. The rest follows from
the graph at the cut that one looks at, so there is no heat or score to merge, or to go stale.
"""

from collections.abc import Mapping
from typing import NamedTuple

from agence.base.errors import UsageError
from agence.work.graph import Graph, blockers, depths, waiting
from agence.work.states import DONE

LOWEST, HIGHEST = 1, 5  # priorities
_MOST_PRESSURE = 4  # "high" is more than 3; all from there on is as hot as can be
_TIERS = ((3, "T0"), (5, "T1"), (7, "T2"), (10, "T3"))  # below this complexity: this tier


class Weights(NamedTuple):
    """What was said of a task.

    priority  1 to 5         stars   0 or more: a person's word that it matters
    agents    how many are on it
    secure    whether its label keeps it on this machine
    """

    priority: int = LOWEST
    stars: int = 0
    agents: int = 0
    secure: bool = False


class Measure(NamedTuple):
    """What follows for a task.

    score     in tenths      heat   in thousandths, 0 to 1000
    pressure  who waits for it, and who is on it, less what it waits for
    depth     hard dependencies in the longest chain above it
    tier      "T0" (a script will do) to "T4" (several must agree), "T5" (stays on this machine)
    """

    score: int
    heat: int
    pressure: int
    depth: int
    tier: str


def score(priority: int, stars: int, heat: int) -> int:
    """10 P + 25 S + 100 H, in tenths: of heat, which is in thousandths, one each."""
    return 100 * priority + 250 * stars + heat


def score_text(tenths: int) -> str:
    """A score for people: "140", "98.5"."""
    whole, tenth = divmod(tenths, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)


def heat_of(pressure: int) -> int:
    """Heat in thousandths: none from pressure 0 down, a quarter for each step, all from 4 up."""
    return 1000 * min(max(pressure, 0), _MOST_PRESSURE) // _MOST_PRESSURE


def tier_of(complexity: int, *, secure: bool = False) -> str:
    """The tier for a complexity; T5 for what may not leave this machine, whatever it is."""
    if secure:
        return "T5"
    return next((tier for bound, tier in _TIERS if complexity < bound), "T4")


def measure(graph: Graph, weights: Mapping[str, Weights]) -> dict[str, Measure]:
    """Every task of a graph, measured; one without weights has the lowest.

    Complexity is stars + depth + number of dependencies + pressure.
    """
    waits, deep = waiting(graph), depths(graph)
    found = {}
    for name, task in graph.items():
        said = weights.get(name, Weights())
        open_needs = len(blockers(graph, name))
        pressure = 0 if task.state == DONE else waits[name] + said.agents - open_needs
        heat = heat_of(pressure)
        complexity = said.stars + deep[name] + len({*task.needs, *task.after}) + pressure
        found[name] = Measure(
            score(said.priority, said.stars, heat),
            heat,
            pressure,
            deep[name],
            tier_of(complexity, secure=said.secure),
        )
    return found


def check_priority(priority: int) -> int:
    """The priority a user gave. Raises UsageError."""
    if not LOWEST <= priority <= HIGHEST:
        raise UsageError(f"priority must be {LOWEST}-{HIGHEST}, not {priority}", "5 comes first")
    return priority


def check_stars(stars: int) -> int:
    """The stars a user gave. Raises UsageError."""
    if stars < 0:
        raise UsageError(f"stars must be >= 0, not {stars}", "0 takes them all away")
    return stars


def priority_in(value: object) -> int:
    """The priority that a field holds; the nearest, or the lowest, for what no verb writes."""
    return min(max(_number(value), LOWEST), HIGHEST)


def stars_in(value: object) -> int:
    """The stars that a field holds; none for what no verb writes."""
    return max(_number(value), 0)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
