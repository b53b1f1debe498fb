"""Commands of a made-up table, for tests of the doors alone."""

from typing import Annotated

from agence.base.errors import Refusal, TrustError
from agence.commands.contract import Argument, Context, Option, Report

DOCSTRING = """Keep a thing.

Examples:

    agence ^keep "a thing" --tag new
    agence ~keep "mine"

What is kept stays.
"""


def keep(  # noqa: PLR0917 - one of each sort
    context: Context,
    text: Annotated[str, Argument(help="the thing")],
    more: Annotated[list[str] | None, Argument(help="more things", complete="entity")] = None,
    tag: Annotated[list[str] | None, Option(help="a topic", short="t")] = None,
    body: Annotated[str | None, Option(help="its text")] = None,
    limit: Annotated[int, Option(help="how many", short="n")] = 5,
    dry_run: Annotated[bool, Option(help="only say it", short="d")] = False,
    by: Annotated[str, Option(help="who", name="author", metavar="WHO", complete="agent")] = "me",
    file: Annotated[str, Option(help="from a file", complete="file")] = "",
) -> Report:
    """Give back what was given."""
    given = {"text": text, "more": more, "tag": tag, "body": body, "limit": limit}
    given |= {"dry_run": dry_run, "by": by, "file": file}
    seen = {"scope": context.scope, "verb": context.verb, "speaker": context.speaker}
    return Report(f"Kept {text}", {**given, **seen})


def must(
    _context: Context,
    number: Annotated[int, Argument(help="a number")],
    name: Annotated[str, Option(help="its name")],
    one: Annotated[int | None, Option(help="perhaps one")] = None,
    *,
    loud: Annotated[bool, Option(help="loudly")] = False,
) -> Report:
    """Need a number and a name."""
    return Report(f"{number} {name} {one} {loud}")


def bad_news(_context: Context) -> Report:
    """Complete, and bad."""
    return Report("two chains are torn", {"torn": 2}, 4)


def refuse(_context: Context) -> Report:
    """Refuse."""
    raise Refusal("it is 'forbidden' by \x1b[31mrule 1\x07", "ask a human\nwho may")


def distrust(_context: Context) -> Report:
    """Distrust."""
    raise TrustError("the signature of 'x' is not valid")


def crash(_context: Context) -> Report:
    """Hold a bug."""
    raise LookupError("the secret words\nof nobody")


def recurse(context: Context) -> Report:
    """Hold a bug that has no bottom."""
    return recurse(context)


def run_out(_context: Context) -> Report:
    """Have no memory left."""
    raise MemoryError


def interrupt(_context: Context) -> Report:
    """Be interrupted."""
    raise KeyboardInterrupt


def fill(_context: Context) -> Report:
    """Find the disk full."""
    raise OSError(28, "No space left on device", "/own/log")


def broken_pipe(_context: Context) -> Report:
    """Write to a program that went away, which is not whoever reads our output."""
    raise BrokenPipeError(32, "Broken pipe")


def spell(_context: Context) -> Report:
    """Say what a terminal might obey."""
    return Report("a\x1b[2Jb\x9b1m\tc\r\nd\x00", {"text": "a\x1b[2J\x9b\x7f é"})


def flood(_context: Context) -> Report:
    """Say much."""
    return Report("a long line of text\n" * 100_000)
