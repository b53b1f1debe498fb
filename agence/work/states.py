"""The states of a task: their signs, their names, who may take a task, and what may follow.

The sign is what is stored. agence/schema/states.py says which of two states written at the same
time counts. A sign that is not known here, from a newer version, is in none of the sets: nobody
takes such a task, and it is not done.
"""

from typing import NamedTuple

from agence.base.errors import UsageError


class State(NamedTuple):
    """One state: its `sign`, its `name` for people, and what it `means`."""

    sign: str
    name: str
    means: str


STATES: tuple[State, ...] = (
    State("+", "pending", "nobody has it yet"),
    State("~", "human-assigned", "given to a person"),
    State("$", "human-working", "a person is at it"),
    State("%", "agent-assigned", "given to an agent"),
    State("&", "agent-executing", "an agent is at it"),
    State("?", "awaiting-input", "goes on when a question is answered"),
    State("_", "paused", "put aside for now"),
    State("#", "human-held", "a person keeps it from being taken"),
    State("!", "failed", "somebody tried and could not"),
    State("-", "done", "finished; only an explicit reopening leaves it"),
)

PENDING = "+"
DONE = "-"

RUNNABLE = frozenset("+~%?")  # may be taken up, when nothing blocks it
ACTIVE = frozenset("~$%&?")  # somebody has it: its files are spoken for
TERMINAL = frozenset(DONE)

_NAMES = {state.sign: state.name for state in STATES}
_SIGNS = {state.name: state.sign for state in STATES}


def name_of(sign: str) -> str:
    """The state's name for people; the sign itself where it is not known."""
    return _NAMES.get(sign, sign)


def sign_of(word: str) -> str:
    """The sign of a state that a user gave as sign or as name. Raises UsageError."""
    if word in _NAMES:
        return word
    folded = word.strip().casefold().replace("_", "-").replace(" ", "-")
    if folded not in _SIGNS:
        choices = ", ".join(f"{state.name} ({state.sign})" for state in STATES)
        raise UsageError(f"invalid state '{word}'", f"choose one of {choices}")
    return _SIGNS[folded]


def check_step(old: str, new: str) -> None:
    """Raise UsageError where a task may not pass from state `old` to `new` by simply saying so.

    Any state may follow any other, but what is done stays done: `reopened` is the one way out.
    """
    if old in TERMINAL and new != old:
        raise UsageError(
            f"the task is {name_of(old)}, so it can't become {name_of(new)}",
            "reopen the task first",
        )


def reopened(old: str) -> str:
    """The state of a task that is opened again. Raises UsageError where it is not done."""
    if old not in TERMINAL:
        raise UsageError(
            f"the task is {name_of(old)}, so there is nothing to reopen",
            "only a task that is done is reopened",
        )
    return PENDING
