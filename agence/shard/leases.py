"""Leases: who has taken which task, by the word of the shard's own remote.

    refs/agence/shared/claims/<task>/<n>              on the remote; n is the fencing number
    refs/agence/remotes/<remote>/claims/<task>/<n>    the same, as it was fetched
        claims/<task>/<n>    the signed events of the claim, as a segment
        log/<segment>        the same file, where a log has it

The first push of a number wins, since a push that creates a ref fails where the ref is there. A
number is never used again; the greatest one of a task counts. A host that takes no refs of agence's
own has the same paths in the branch `agence/refs`, moved by compare-and-swap.
"""

import re
import time
from collections.abc import Iterable
from typing import NamedTuple

from agence.base.errors import OutsideError, TrustError
from agence.events.event import Event, read
from agence.events.segment import pack, split_lines
from agence.fold.entity import fold_entity
from agence.git.objects import Found, list_tree, read_many, write_blobs
from agence.git.refs import for_each
from agence.git.run import GitFailed, git
from agence.git.trees import write_tree
from agence.shard.carriers import SHARED_BRANCH
from agence.shard.delivery import without_login
from agence.shard.shard import Shard
from agence.shard.shared_branch import PUSH, is_lost, refusal
from agence.shard.tasks import is_count, plain

KIND = "claim"
SHARED = "refs/agence/shared/claims"
LONGEST = 7 * 24 * 60  # minutes that a lease may last beyond its newest event

_BRANCH = f"refs/heads/{SHARED_BRANCH}"
_LIMITS = (
    *("-c", "protocol.ext.allow=never"),
    *("-c", "core.filesRefLockTimeout=3000", "-c", "core.packedRefsTimeout=3000"),
)
_QUIET = (
    *("--quiet", "--prune", "--no-tags", "--no-filter", "--no-write-fetch-head"),
    *("--no-auto-maintenance", "--no-recurse-submodules"),
)
_PUSH = (*PUSH, "--no-follow-tags", "--recurse-submodules=no")
_NAME = re.compile(r"claims/([0-9a-f]{64})/([1-9][0-9]{0,14})").fullmatch
_TRIES = 8
_PAUSE = 0.02  # seconds before the second try, at the most; twice as long before each one after it
_NOBODY = {
    f"GIT_{who}_{what}": said
    for who in ("AUTHOR", "COMMITTER")
    for what, said in (("NAME", "agence"), ("EMAIL", "agence@localhost"), ("DATE", "@0 +0000"))
}


class NoLeases(OutsideError):
    """The host takes leases neither as refs nor in the branch. The message holds its words."""


class Lease(NamedTuple):
    """The claim of a task with the greatest number, as the remote has it.

    at      what the next version of it replaces: the commit of its ref; the blob in the branch
    events  of the claim; none where what lies there does not verify, and so nobody holds it
    agent   who holds it, "" for nobody; `writer` the key that signed it
    until   milliseconds since 1970, 0 where it was given back

    `in_branch` says that it is not a ref, but lies in the branch.
    """

    task: str
    fence: int
    at: str
    events: tuple[Event, ...] = ()
    agent: str = ""
    writer: str = ""
    until: int = 0
    scope: tuple[str, ...] = ()
    in_branch: bool = False

    @property
    def id(self) -> str:
        """The id of the claim, "" where it does not verify."""
        return next((one.id for one in self.events if not one.body["entity"]), "")


class _Place(NamedTuple):
    """Where a claim's file is: `path` in the tree of `ref`, and what its next version replaces."""

    ref: str
    path: str
    at: str
    in_branch: bool


def bring(shard: Shard, remote: str) -> None:
    """Fetch the leases of a remote. Raises OutsideError where it can't be reached."""
    refs = f"+{SHARED}/*:refs/agence/remotes/{remote}/claims/*"
    branch = f"+{_BRANCH}*:refs/remotes/{remote}/{SHARED_BRANCH}*"
    try:
        git(*_LIMITS, "fetch", *_QUIET, "--", remote, refs, branch, cwd=shard.repo.work_tree)
    except GitFailed as failure:
        raise OutsideError(
            f"'{remote}' can't be asked who has the task: {without_login(failure.reason)}",
            "nothing was claimed; try again when it can be reached, or say --contested to claim"
            " without its word",
        ) from failure


def leases(shard: Shard, remote: str) -> dict[str, Lease]:
    """The leases as they were last fetched, task -> the one with the greatest number."""
    greatest: dict[str, tuple[int, _Place]] = {}
    for place in _places(shard, remote):
        found = _NAME(place.path)
        if found and int(found[2]) > greatest.get(found[1], (0,))[0]:
            greatest[found[1]] = int(found[2]), place
    names = {f"{place.ref}:{place.path}": task for task, (_, place) in greatest.items()}
    read_ = {}
    for one in read_many(shard.repo, list(names)) if names else ():
        task = names[one.name]
        fence, place = greatest[task]
        content = one.content if isinstance(one, Found) else b""
        empty = Lease(task, fence, place.at, in_branch=place.in_branch)
        read_[task] = _lease(shard, empty, content)
    return read_


def grant(shard: Shard, remote: str, wanted: Lease) -> bool:
    """Put a claim where `wanted` says; False where somebody else was first.

    `wanted.at` is what it replaces, "" for a number that must not be taken yet. Raises OutsideError
    where the remote can't be reached, NoLeases where it takes neither the ref nor the branch.
    """
    segment = pack(wanted.events, None)[0]
    blob = write_blobs(shard.repo, {"": segment.content})[""]
    files = dict.fromkeys((_path(wanted), f"log/{segment.path}"), blob)
    if not wanted.in_branch:
        ref = f"refs/agence/shared/{_path(wanted)}"
        try:
            return _pushed(shard, remote, ref, (wanted.at, _commit(shard, wanted.at, files)))
        except GitFailed as failure:
            if not refusal(failure):
                raise _unsent(remote, failure) from failure
    try:
        return _in_branch(shard, remote, wanted, files)
    except GitFailed as failure:
        if not (why := refusal(failure)):
            raise _unsent(remote, failure) from failure
        raise NoLeases(f"'{without_login(remote)}' takes no claims ({why})") from failure


def _in_branch(shard: Shard, remote: str, wanted: Lease, files: dict[str, str]) -> bool:
    for turn in range(_TRIES):
        pause(shard, turn)
        bring(shard, remote)
        tip = _branch_tip(shard, remote)
        there = list_tree(shard.repo, tip, under=_path(wanted)) if tip else {}
        at = "".join(entry.oid for entry in there.values())
        if at == files[_path(wanted)]:
            return True
        if at != wanted.at:
            return False
        if _pushed(shard, remote, _BRANCH, (tip, _commit(shard, tip, files))):
            return True
    raise OutsideError(
        f"the branch '{SHARED_BRANCH}' was moved by somebody else each time",
        "nothing was claimed; type the same again",
    )


def pause(shard: Shard, turn: int) -> None:
    """Wait a while before another turn: longer each time, and not as long as others do."""
    if turn:
        time.sleep(shard.ports.entropy(1)[0] / 255 * _PAUSE * 2**turn)


def _pushed(shard: Shard, remote: str, ref: str, move: tuple[str, str]) -> bool:
    """Move a ref of the remote from one commit to another; False where it was moved before."""
    old, new = move
    lease = f"--force-with-lease={ref}:{old}"
    try:
        git(*_LIMITS, *_PUSH, lease, "--", remote, f"{new}:{ref}", cwd=shard.repo.work_tree)
    except GitFailed as failure:
        if is_lost(failure):
            return False
        raise
    return True


def _unsent(remote: str, failure: GitFailed) -> OutsideError:
    return OutsideError(
        f"the claim can't be pushed to '{without_login(remote)}': {without_login(failure.reason)}",
        "nobody was told; type the same again when the remote can be reached",
    )


def _commit(shard: Shard, old: str, files: dict[str, str]) -> str:
    """A commit of nobody, of no time: `files` (path -> blob) in the tree of `old`, "" for none."""
    tree = write_tree(shard.repo, old or None, dict(files))
    parent = ("-p", old) if old else ()
    words = ("commit-tree", tree, *parent, "--no-gpg-sign")
    said = git(*words, cwd=shard.repo.work_tree, feed=b"agence: claim a task\n", env=_NOBODY)
    return said.decode().strip()


def _places(shard: Shard, remote: str) -> Iterable[_Place]:
    top = f"refs/agence/remotes/{remote}/"
    for ref, commit in for_each(shard.repo, f"{top}claims").items():
        yield _Place(ref, ref.removeprefix(top), commit, in_branch=False)
    tip = _branch_tip(shard, remote)
    if tip:
        for path, entry in list_tree(shard.repo, tip, under="claims/").items():
            yield _Place(tip, path, entry.oid, in_branch=True)


def _branch_tip(shard: Shard, remote: str) -> str:
    name = f"refs/remotes/{remote}/{SHARED_BRANCH}"
    return for_each(shard.repo, name).get(name, "")


def _path(lease: Lease) -> str:
    return f"claims/{lease.task}/{lease.fence}"


def _lease(shard: Shard, empty: Lease, content: bytes) -> Lease:
    """What the file of a claim says; `empty`, held by nobody, where it is not what it should be."""
    try:
        events = tuple(read(line) for line in split_lines(content)[0])
    except TrustError:
        return empty
    claim = fold_entity(events)
    if claim is None or (claim.kind, claim.shard) != (KIND, shard.pins.shard):
        return empty
    fields, until = claim.fields, claim.fields.get("until")
    if (fields.get("task"), fields.get("fence")) != (empty.task, empty.fence):
        return empty
    scope = fields.get("scope")
    last = max(one.stamp.ms for one in events) + LONGEST * 60_000
    return empty._replace(
        events=events,
        agent=plain(claim.text("agent")),
        writer=claim.writer,
        until=min(until, last) if is_count(until) else 0,
        scope=tuple(one for one in scope if isinstance(one, str))
        if isinstance(scope, list)
        else (),
    )
