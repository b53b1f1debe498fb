"""Publish: put files below `.agence/` into one commit, the user's index and the work tree.

The order makes a kill at any instant harmless: objects; files; the index, with what is added;
HEAD; the index again, without what is taken away; last, the files taken away. In between there
are staged additions, never staged deletions. HEAD is locked and compared before the first file is
touched, so a commit that somebody else made meanwhile is met with nothing changed.
"""

import errno
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import NamedTuple

from agence.base.errors import OutsideError
from agence.git import placing, staging, underway
from agence.git.index_lock import Hold
from agence.git.objects import commit_tree, write_files
from agence.git.placing import Placement
from agence.git.plan import Plan, make_plan
from agence.git.refs import HeadMove
from agence.git.repository import Repository
from agence.git.staging import FOLDER
from agence.git.trees import write_tree

_FORBIDDEN = ("", ".", "..", ".git")


class Published(NamedTuple):
    """What came of it: the new commit (None: nothing to commit) and what differed from HEAD."""

    commit: str | None
    paths: list[str]


def publish(
    repo: Repository,
    changes: Mapping[str, bytes | None],
    message: str,
    *,
    stage_only: bool = False,
    keep: Collection[str] = (),
) -> Published:
    """Make `changes` (path to content, None takes the file away) true in HEAD, index and work tree.

    Paths are relative to the top and below `.agence/`; those in `keep` are left alone entirely.
    `stage_only` makes no commit and does not move HEAD.
    Raises, with nothing changed: ShardError when the index is locked, a `git commit` is running, a
    merge or its like is under way, or git knows no committer; Moved when HEAD was moved meanwhile;
    OutsideError when signing fails or the disk refuses.
    """
    wanted = {_checked(path): content for path, content in changes.items() if path not in keep}
    index = staging.index_path(repo, in_hook=stage_only)
    try:
        with Hold(repo, index) as hold:
            underway.refuse_middle(repo)
            if not stage_only:  # staging is harmless to it, and is what its own hooks ask for
                underway.refuse_commit(repo)
            plan = make_plan(repo, hold, wanted)
            commit = _carry_out(repo, hold, plan, None if stage_only else message)
            hold.removed = {}
            return Published(commit, plan.differing)
    except OSError as error:
        hint = "make room on the disk" if error.errno == errno.ENOSPC else ""
        shown = error.filename or repo.work_tree
        raise OutsideError(f"can't write '{shown}': {error.strerror}", hint) from error


def _carry_out(repo: Repository, hold: Hold, plan: Plan, message: str | None) -> str | None:
    """Do what the plan says; return the commit made, if any. Without a message none is made."""
    sources = _store(repo, hold, plan)
    if message is None or not plan.differing:
        _settle(repo, hold, plan, sources, None)
        return None
    tree = write_tree(repo, plan.head, {path: plan.blobs.get(path) for path in plan.differing})
    parents = [] if plan.head is None else [plan.head]
    commit = commit_tree(repo, tree, parents, message, sign=repo.flag("commit.gpgsign"))
    subject, _, _ = message.strip().partition("\n")
    with HeadMove(repo, commit, plan.head, f"commit: {subject}") as move:
        _settle(repo, hold, plan, sources, move)
    return commit


def _store(repo: Repository, hold: Hold, plan: Plan) -> dict[str, str]:
    """Write new contents as files in the private folder, and from these as blobs."""
    sources: dict[str, str] = {}
    for path in plan.new.union(plan.files):
        sources[path] = os.path.join(hold.folder, str(len(sources)))
        placing.write_new(sources[path], plan.contents[path])
    new = sorted(plan.new)
    ids = write_files(repo, [sources[path] for path in new]) if new else []
    if ids != [plan.blobs[path] for path in new]:
        raise OutsideError("git stored other bytes than it was given", "see `git fsck`")
    return sources


def _settle(
    repo: Repository, hold: Hold, plan: Plan, sources: Mapping[str, str], move: HeadMove | None
) -> None:
    """Files, index, HEAD, and what is taken away; or, when a step fails, nothing."""
    placement = Placement(repo.work_tree, hold.folder)
    had_index = os.path.exists(hold.index)
    try:
        for path in plan.files:
            placement.place(path, sources[path])
        _make_versions(repo, hold, plan)
        _swap_in(hold, "next")
        if move is not None:
            move.commit()
    except BaseException:
        if move is None or repo.head()[1] == plan.head:
            _swap_back(hold, had_index=had_index)
            placement.undo()
        raise
    _swap_in(hold, "last")
    for path in plan.gone:
        placing.take_away(repo.work_tree, path)


def _make_versions(repo: Repository, hold: Hold, plan: Plan) -> None:
    """Make the index with what is added, "next", and that without what is taken away, "last"."""
    newest = hold.index
    if plan.entries:
        staging.copy(newest, hold.spare("next"))
        newest = hold.spare("next")
        staging.add(repo, newest, plan.entries, plan.left_out)
    if plan.unstaged:
        staging.copy(newest, hold.spare("last"))
        staging.remove(repo, hold.spare("last"), plan.unstaged)


def _swap_in(hold: Hold, version: str) -> None:
    """Rename a version, if it was made, over the index, keeping the old one."""
    if not os.path.exists(hold.spare(version)):
        return
    if version == "next" and os.path.exists(hold.index):
        placing.second_name(hold.index, hold.spare("old"))  # the index itself is never missing
    os.rename(hold.spare(version), hold.index)


def _swap_back(hold: Hold, *, had_index: bool) -> None:
    """Bring the old index back, whether or not another came in its place."""
    with suppress(FileNotFoundError):
        if had_index:
            os.rename(hold.spare("old"), hold.index)
        else:
            os.unlink(hold.index)


def _checked(path: str) -> str:
    """The path itself. Raises ValueError when it is not one below `.agence/`."""
    top, *rest = path.split("/")
    if top != FOLDER or not rest or any(name in _FORBIDDEN for name in rest) or "\0" in path:
        raise ValueError(f"'{path}' is not a path below '{FOLDER}/'")
    return path
