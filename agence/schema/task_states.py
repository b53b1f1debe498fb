"""The states of a task: their signs, their names, and which of two concurrent ones counts.

The sign is what is stored. Concurrent states are settled by ORDER, the later one in it counting;
a state that somebody chose after having seen another replaces it, whatever the order.
"""

from typing import NamedTuple


class TaskState(NamedTuple):
    """One state: its `sign`, its `name` for people, and what it `means`."""

    sign: str
    name: str
    means: str


STATES: tuple[TaskState, ...] = (
    TaskState("+", "pending", "nobody has it yet"),
    TaskState("!", "failed", "somebody tried and could not"),
    TaskState("#", "human-held", "a person keeps it from being taken"),
    TaskState("_", "paused", "put aside for now"),
    TaskState("?", "awaiting-input", "goes on when a question is answered"),
    TaskState("~", "human-assigned", "given to a person"),
    TaskState("%", "agent-assigned", "given to an agent"),
    TaskState("$", "human-working", "a person is at it"),
    TaskState("&", "agent-executing", "an agent is at it"),
    TaskState("-", "done", "finished; only an explicit reopening leaves it"),
)

ORDER: tuple[str, ...] = tuple(state.sign for state in STATES)
