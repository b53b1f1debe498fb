"""Plan a piece of work from what the shard knows.

Examples:
    agence +refactor the queue
    agence plan move billing to the new API

No model is configured, so nothing is planned by itself: the open plans and issues that speak of it
are shown, and it says so. Keep a plan of your own with `agence ^plan add`.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Report
from agence.commands.recall import shown
from agence.recall.query import Wanted, carrying
from agence.shard.search import search

_KINDS = ("plan", "issue")
_MOST = 5


def plan_ahead(
    context: Context,
    words: Annotated[list[str], Argument(help="what is to be done", metavar="WORDS")],
) -> Report:
    """The plans and issues that speak of it."""
    asked = carrying(" ".join(words))
    if not asked:
        raise UsageError("there is nothing to plan", "agence +refactor the queue")
    wanted = Wanted(asked, _KINDS)
    hits = search(context.shard.index("shared"), wanted, context.now(), in_scope=True)
    fitting = sorted(hits, key=lambda hit: (-hit.score, hit.id))[:_MOST]
    lines = ["No model is configured, so nothing was planned."]
    if fitting:
        lines += ["Plans and issues that speak of it:", *(shown(hit) for hit in fitting)]
    lines.append('Keep a plan of your own: agence ^plan add "..."')
    data = {"model": None, "query": asked, "hits": [hit._asdict() for hit in fitting]}
    return Report("\n".join(lines), data)
