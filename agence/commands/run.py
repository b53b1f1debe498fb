"""Run a whitelisted command, without a shell; what is unknown does not run.

Examples:
    agence /git-status
    agence /git-log --oneline -5
    agence "/git diff --stat"
    agence /terraform-apply          # refused: exit 5, says why and what a human may do

The list is `commands.json`: the one shipped with agence is the base, and the shard's own can only
tighten it. Exit 5 is a refusal, 7 says that a person has to approve; otherwise the exit code is
the command's own. Every decision is logged before the command runs, and its outcome after.
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Report
from agence.commands.gated import gated
from agence.guard.decide import decide


def run(
    context: Context,
    words: Annotated[
        list[str],
        Argument(help="a name of the list, or a program, and its words", complete="command"),
    ],
) -> Report:
    """Decide, log, run, log. Raises Refusal (5) or ApprovalNeeded (7)."""
    return gated(context, words, decide)
