"""Keep an episode: something that happened, as you tell it.

Examples:
    agence ^episode add "release 1.4" --when 2026-11-20 --body "Rolled back once, then fine."
    agence ^episode add "the outage of May" --file report.md --tag postmortem

What happened goes by its name. Two accounts of one episode that differ contradict each other:
every clone lists that with `agence ^conflicts`, until somebody answers it.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.fields import LINK, OPPOSES
from agence.commands.knowledge.add import keep
from agence.commands.words import read_file


def add(
    context: Context,
    name: Annotated[str, Argument(help="what everybody calls it")],
    when: Annotated[str | None, Option(help="when it happened, as people say it")] = None,
    body: Annotated[str | None, Option(help="what happened")] = None,
    file: Annotated[str | None, Option(help="read that from a file, - for a pipe")] = None,
    tag: Annotated[list[str] | None, Option(help="a topic; can be repeated")] = None,
    link: Annotated[list[str] | None, LINK] = None,
    opposes: Annotated[list[str] | None, OPPOSES] = None,
    allow_secret: Annotated[bool, Option(help="keep it though it looks like a credential")] = False,
) -> Report:
    """Append one event. Raises Refusal for what looks like a credential in the shared chain."""
    if body is not None and file is not None:
        raise UsageError("--body and --file both say what happened", "use one of them")
    if file is not None:
        body = read_file(context, file)
    said = [f"episode={name}", *([f"when={when}"] if when else [])]
    return keep(context, name, body, tag, said, (link, opposes), allow_secret=allow_secret)
