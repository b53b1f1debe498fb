"""Show one conflict with every word of every side, and what an answer can be.

Examples:
    agence ^conflicts show 3fa9c1d2
    agence ^conflicts show 3fa9 --json
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.conflicts.list import as_json, lines_of
from agence.commands.contract import Argument, Context, Report
from agence.shard.conflicts import one_asked

_WAYS = {
    "value": "--take newest, highest-confidence, mine, theirs, merge or both; --pick, --value",
    "life": "--take keep or --take delete",
    "answer": "--take newest, mine or theirs; --pick",
    "clash": "--take newest, highest-confidence, mine, theirs or both; --pick",
}


def show(
    context: Context,
    identity: Annotated[str, Argument(help="its id, as ^conflicts lists it", metavar="ID")],
) -> Report:
    """One open conflict. Raises Ambiguous for an id that fits none or several."""
    one = one_asked(context.shard, context.scope, identity)
    mark = "~" if context.scope == "private" else "^"
    way = f"Answer it: agence {mark}conflicts answer {short(one.question.id)} with"
    lines = [*lines_of(one, whole=True), f"{way} {_WAYS[one.question.what]}"]
    return Report("\n".join(lines), as_json(one))
