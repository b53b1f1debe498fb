"""What the guard says of a line that an agent's own shell is about to run.

Here the guard only holds back. What its list refuses is refused, what the list leaves to a person
is asked; of all else it has no opinion, and the agent's own rules decide.
"""

from collections.abc import Iterable
from typing import NamedTuple

from agence.guard.commands import Policy
from agence.guard.decide import Decision, decide
from agence.guard.shell_line import Simple


class Opinion(NamedTuple):
    """`verdict` is "deny" or "ask"; `reason` is for the agent and its person, without the line."""

    verdict: str
    reason: str


def opinion(policy: Policy, commands: Iterable[Simple]) -> Opinion | None:
    """The strictest opinion of `policy` on any of `commands`, the first of equal ones, or None.

    Of what the line may only mention, a refusal becomes a question, and questions are not asked.
    """
    asked = None
    for command in commands:
        decision = decide([("agence", policy)], command.words)
        row = policy.rows.get(decision.rule)
        if row is None:
            continue
        if decision.verdict == "deny" and command.certain:
            return Opinion("deny", _reason(decision))
        if decision.verdict == "deny" or (row.tier == "T2" and command.certain):
            asked = asked or Opinion("ask", _reason(decision))
    return asked


def _reason(decision: Decision) -> str:
    said = f"agence, rule {decision.rule}: {decision.why}"
    return f"{said}. {decision.instead}" if decision.instead else said
