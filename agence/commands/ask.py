"""Ask the shard a question in plain words.

Examples:
    agence "How do we deploy on Fridays?"
    agence ask why are symlinks never repaired

No model is configured, so the answer is the best passages themselves, and it says so.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Report
from agence.commands.recall import shown
from agence.recall.query import Wanted, carrying
from agence.shard.search import search

_MOST = 3


def ask(
    context: Context,
    words: Annotated[list[str], Argument(help="the question", metavar="WORDS")],
) -> Report:
    """The best passages for a question."""
    asked = carrying(" ".join(words))
    if not asked:
        raise UsageError("there is no question", 'agence "How do we deploy?"')
    hits = search(context.shard.index("shared"), Wanted(asked), context.now(), in_scope=True)
    hits = sorted(hits, key=lambda hit: (-hit.score, hit.id))[:_MOST]
    said = "No model is configured; these are the passages that answer best:"
    if not hits:
        said = f"No model is configured, and nothing here speaks of {' '.join(asked)}."
    text = "\n".join([said, *(shown(hit) for hit in hits)])
    data = {"model": None, "query": asked, "hits": [hit._asdict() for hit in hits]}
    return Report(text, data)
