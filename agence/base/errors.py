"""What can go wrong, in families by who must act.

Each family has one exit code. A message says what and why, in lower case and without a full stop;
the hint says what to do, and never holds a complete destructive command, because agents obey it.
"""


class AgenceError(Exception):
    """The root of all errors that a user can meet.

    `message` names the thing in question, `hint` says what to do about it (may be empty).
    """

    exit_code = 70
    code = "bug"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AgenceError):
    """The line as typed can't be carried out. The person typing acts."""

    exit_code = 2
    code = "usage"


class ShardError(AgenceError):
    """The repository or its shard is not in a state for this. Whoever keeps the repository acts."""

    exit_code = 3
    code = "shard"


class TrustError(AgenceError):
    """Something does not verify. Nobody may go on."""

    exit_code = 4
    code = "trust"


class Refusal(AgenceError):
    """A rule forbids it, and no approval given here changes that."""

    exit_code = 5
    code = "refused"


class OutsideError(AgenceError):
    """Another program, the network or the machine failed."""

    exit_code = 6
    code = "outside"


class ApprovalNeeded(Refusal):
    """A rule forbids it until a person approves."""

    exit_code = 7
    code = "approval"
