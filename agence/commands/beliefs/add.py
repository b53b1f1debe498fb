"""Keep a belief: what is held to be true of a subject, and how sure of it you are.

Examples:
    agence ^belief add "the queue" runs-on rabbitmq --confidence 80
    agence ^belief add billing owner "team north" --body "Said in the meeting of May." --tag people

Two beliefs that say different things of one subject and relation contradict each other: every
clone lists that with `agence ^conflicts`, until somebody answers it.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.fields import LINK, OPPOSES
from agence.commands.knowledge.add import keep
from agence.commands.words import clean


def add(
    context: Context,
    subject: Annotated[str, Argument(help="what it is about")],
    relation: Annotated[str, Argument(help="how the two are related, such as runs-on")],
    object_: Annotated[str, Argument(help="what is believed of the subject", metavar="OBJECT")],
    confidence: Annotated[int | None, Option(help="how sure you are, in percent")] = None,
    body: Annotated[str | None, Option(help="why you think so")] = None,
    tag: Annotated[list[str] | None, Option(help="a topic; can be repeated")] = None,
    link: Annotated[list[str] | None, LINK] = None,
    opposes: Annotated[list[str] | None, OPPOSES] = None,
    allow_secret: Annotated[bool, Option(help="keep it though it looks like a credential")] = False,
) -> Report:
    """Append one event. Raises Refusal for what looks like a credential in the shared chain."""
    words = [" ".join(clean(one).split()) for one in (subject, relation, object_)]
    if not all(words):
        raise UsageError("a belief has a subject, a relation and an object", "give all three")
    values = dict(zip(("subject", "relation", "object"), words, strict=True))
    said = [f"{name}={value}" for name, value in values.items()]
    if confidence is not None:
        said.append(f"confidence={confidence}")
    return keep(
        context, " ".join(words), body, tag, said, (link, opposes), allow_secret=allow_secret
    )
