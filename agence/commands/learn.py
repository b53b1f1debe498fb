"""Keep a lesson: the short form of `lesson add`.

Examples:
    agence ^learn "Never auto-heal paths" --body "A validator never repairs links." --tag paths
    agence ~learn "Ask Dana before touching billing"
    make test 2>&1 | agence ^learn "How the suite fails offline" --file -

`^learn` keeps it in the shared chain: `^commit` publishes it. `~learn` keeps it in the private
chain, which never leaves this machine. What looks like a credential is not shared unless you say
so.
"""

from typing import Annotated

from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.knowledge.add import add


def learn(
    context: Context,
    text: Annotated[
        list[str], Argument(help="the lesson; its first line is the title", metavar="TEXT")
    ],
    body: Annotated[str | None, Option(help="the text below the title")] = None,
    tag: Annotated[list[str] | None, Option(help="a topic; can be repeated")] = None,
    file: Annotated[str | None, Option(help="read the body from a file, - for a pipe")] = None,
    allow_secret: Annotated[bool, Option(help="keep it though it looks like a credential")] = False,
) -> Report:
    """Append one event. Raises Refusal for what looks like a credential in the shared chain."""
    return add(context, text, body, tag, file, allow_secret=allow_secret)
