"""Refs: read them all in one question, change them by compare-and-swap."""

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from agence.base.errors import ShardError
from agence.git.repository import Repository
from agence.git.run import GitFailed, git
from agence.git.talk import Talk

ZERO = "0" * 40  # as an old value: must not exist; as a new one: take it away

# Two writers that meet wait for each other this long (milliseconds) before git gives up.
_PATIENCE = ("-c", "core.filesRefLockTimeout=3000", "-c", "core.packedRefsTimeout=3000")
_LOST = (
    "but expected",
    "reference already exists",
    "unable to resolve reference",
    "reference is missing",
)


class Moved(ShardError):
    """A ref no longer had the value that the change rested on. Nothing was changed."""


def for_each(repo: Repository, *prefixes: str) -> dict[str, str]:
    """Ref names to object ids: all refs, or those at and below `prefixes` such as "refs/heads"."""
    words = ("for-each-ref", "--format=%(objectname) %(refname)", *prefixes)
    lines = os.fsdecode(git(*words, cwd=repo.work_tree)).split("\n")[:-1]
    return {name: oid for oid, _, name in (line.partition(" ") for line in lines)}


def update(
    repo: Repository,
    transactions: Sequence[tuple[str, str, str | None]],
    message: str = "",
) -> None:
    """Set each `(ref, new, old)`, all of them or none.

    `old` None changes whatever is there. `message` goes into the reflogs, where there are any.
    Raises Moved when one of the refs is not at its old value any more.
    """
    feed = "".join(f"update {ref}\0{new}\0{old or ''}\0" for ref, new, old in transactions)
    words = (*_PATIENCE, "update-ref", *_reason(message), "-z", "--stdin")
    try:
        git(*words, cwd=repo.work_tree, feed=os.fsencode(feed))
    except GitFailed as failure:
        raise lost_or(failure, transactions[0][0]) from failure


class HeadMove:
    """HEAD (the branch it names) on its way from `old` to `new`, locked until the block ends.

    Entering takes git's locks and compares: from then on nobody else can move it, and `commit`
    moves it. Leaving without `commit` moves nothing; so does the end of our process.
    """

    __slots__ = ("_feed", "_talk")

    def __init__(self, repo: Repository, new: str, old: str | None, message: str) -> None:
        words = (*_PATIENCE, "update-ref", *_reason(message), "--stdin")
        self._talk = Talk(*words, cwd=repo.work_tree)
        self._feed = f"start\nupdate HEAD {new} {old or ZERO}\nprepare\n".encode()

    def __enter__(self) -> Self:
        self._talk.__enter__()
        try:
            self._talk.send(self._feed)
            self._talk.line()
            self._talk.line()
        except GitFailed as failure:
            raise lost_or(failure, "HEAD") from failure
        except BaseException as error:
            self._talk.__exit__(type(error), error, None)
            raise
        return self

    def commit(self) -> None:
        """Move it. Raises GitFailed when git can't."""
        self._talk.send(b"commit\n")
        self._talk.line()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._talk.__exit__(kind, error, trace)


def lost_or(failure: GitFailed, ref: str) -> ShardError | GitFailed:
    """Moved when git's words say that the comparison failed, else the failure itself."""
    if any(words in failure.stderr for words in _LOST):
        return Moved(f"'{ref}' was moved by somebody else", "run this again")
    return failure


def _reason(message: str) -> tuple[str, ...]:
    return ("-m", message) if message else ()
