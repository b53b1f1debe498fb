"""Start a shell or an agent on this terminal, once a person agreed.

Examples:
    agence !bash
    agence system bash              # the same, in words
    agence !claude --resume

What may be started is a list in `commands.json`. A person has to agree at the terminal; without
one it does not start (exit 7). It is logged before and after.
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Report
from agence.commands.gated import gated
from agence.guard.decide import decide_system


def system(
    context: Context,
    words: Annotated[list[str], Argument(help="what to start, and its words")],
) -> Report:
    """Decide, ask, log, start, log. Raises Refusal (5) or ApprovalNeeded (7)."""
    return gated(context, words, decide_system)
