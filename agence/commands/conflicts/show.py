"""Show one conflict with every word of every side, and what an answer can be.

Examples:
    agence ^conflicts show 3fa9c1d2
    agence ^conflicts show 3fa9 --json
    agence ^conflicts show 3fa9 --as-of 2026-11-20
"""

from typing import Annotated

from agence.base.identifiers import short
from agence.commands.conflicts.list import as_json, lines_of
from agence.commands.contract import Argument, Context, Report
from agence.commands.reading import AS_OF, AT, look_back
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
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """One open conflict. Raises Ambiguous for an id that fits none or several."""
    look_back(context, context.scope, at, as_of)
    one = one_asked(context.shard, context.scope, identity)
    mark = "~" if context.scope == "private" else "^"
    way = f"Answer it: agence {mark}conflicts answer {short(one.question.id)} with"
    lines = [*lines_of(one, whole=True), f"{way} {_WAYS[one.question.what]}"]
    return Report("\n".join(lines), as_json(one))
