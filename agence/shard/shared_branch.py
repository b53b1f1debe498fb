"""The branch `agence/refs`: what is shared, for a host that takes no `refs/agence/*`.

    log/<segment>                          of every bundle in it, joined
    handoff/<agent>/<id>/session.json      the rest of a bundle, in a folder named as its ref is
    handoff/<agent>/<id>/manifest.json

Each commit adds to the one before it. It is made from objects alone and pushed by compare-and-swap;
no work tree, index or branch of this clone takes part.
"""

import re
from typing import NamedTuple

from agence.base.errors import OutsideError
from agence.base.identifiers import is_agent, short
from agence.git.objects import commit_tree, list_tree, resolve_many
from agence.git.refs import for_each
from agence.git.run import GitFailed, git
from agence.git.trees import write_tree
from agence.shard.carriers import SHARED_BRANCH, remote_names
from agence.shard.shard import Shard

_LIMITS = ("-c", "protocol.ext.allow=never")
PUSH = (*_LIMITS, "push", "--quiet")

_REF = f"refs/heads/{SHARED_BRANCH}"
_TRIES = 4  # the first, and three more where somebody else was faster
_FOLDER = re.compile(r"handoff/([^/]+)/([0-9a-f]+-[0-9a-f]+)/").match
_REFUSED = "! [remote rejected]"
_LOST = ("! [rejected]", _REFUSED)
# A host that says this has nothing against the ref: somebody else was at it, or it has a fault.
_BUSY = ("failed to update ref", "cannot lock ref", "failed to lock", "incorrect old value")
_FAULTS = (*_BUSY, "unpacker error", "shallow update not allowed", "missing necessary objects")


class Place(NamedTuple):
    """Where a bundle lies in git: its log at the top of the tree of `commit`, the rest in `folder`.

    name     for people, and with the agent and the id of the bundle as its last two parts
    folder   "" for the top, else it ends in `/`
    """

    name: str
    commit: str
    folder: str


def places(shard: Shard) -> list[Place]:
    """The bundles in the branch, as it is here and as it was fetched from configured remotes."""
    fetched = [f"refs/remotes/{one}/{SHARED_BRANCH}" for one in remote_names(shard.repo)]
    found = []
    for ref, commit in for_each(shard.repo, _REF, *fetched).items():
        paths = list_tree(shard.repo, commit, under="handoff/")
        named = [one for one in map(_FOLDER, paths) if one and is_agent(one[1])]
        folders = dict.fromkeys(one[0] for one in named)
        found += [Place(f"{ref}:{one.rstrip('/')}", commit, one) for one in folders]
    return found


def refusal(failure: GitFailed) -> str:
    """How the host refused the ref that was pushed, "" where it was anything else that failed."""
    lines = [line.strip() for line in failure.stderr.splitlines()]
    said = next((line for line in lines if line.startswith(_REFUSED)), "")
    if not said or any(words in said for words in _FAULTS):
        return ""
    return said.partition(" (")[2].removesuffix(")")[:200] or "remote rejected"


def add(shard: Shard, bundle: str, ref: str, remote: str) -> None:
    """Join the bundle, a commit that would lie at `ref`, into the branch of `remote`.

    Where it is in it already, nothing is pushed. Raises GitFailed when git can't reach or the host
    refuses the branch too, OutsideError when others were faster each time.
    """
    agent, name = ref.split("/")[-2:]
    entries = list_tree(shard.repo, bundle)
    below = f"handoff/{agent}/{name}"
    files = {p if p.startswith("log/") else f"{below}/{p}": e.oid for p, e in entries.items()}
    said = f"[handoff] Session {short(name)} to {agent}"
    for _ in range(_TRIES):
        if _joined(shard, remote, files, said):
            return
    raise OutsideError(
        f"the branch '{SHARED_BRANCH}' was moved by somebody else each time",
        "the session stays saved; type the same again",
    )


def _joined(shard: Shard, remote: str, files: dict[str, str], said: str) -> bool:
    """Whether the branch of `remote` holds the files now; False where somebody else moved it."""
    old = _tip(shard, remote)
    before = _brought(shard, remote, old) if old else ""
    if old and not before:
        return False
    tree = write_tree(shard.repo, before or None, dict(files))
    if tree == before:
        return True
    commit = commit_tree(shard.repo, tree, [old] if old else [], said, sign=False)
    lease = f"--force-with-lease={_REF}:{old}"
    try:
        git(*PUSH, lease, "--", remote, f"{commit}:{_REF}", cwd=shard.repo.work_tree)
    except GitFailed as failure:
        if is_lost(failure):
            return False
        raise
    return True


def _tip(shard: Shard, remote: str) -> str:
    """The commit at which the branch of `remote` is; "" where there is no branch."""
    listed = git(*_LIMITS, "ls-remote", "--", remote, _REF, cwd=shard.repo.work_tree).decode()
    tips = [line.partition("\t") for line in listed.splitlines()]
    return next((oid for oid, _, ref in tips if ref == _REF), "")


def _brought(shard: Shard, remote: str, tip: str) -> str:
    """The tree of the branch's `tip`, fetched; "" where the branch has left it meanwhile."""
    name = f"{tip}^{{tree}}"
    found = resolve_many(shard.repo, [name])[name]
    if not found:
        words = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
        git(*_LIMITS, "fetch", *words, "--", remote, _REF, cwd=shard.repo.work_tree)
        found = resolve_many(shard.repo, [name])[name]
    return found[0] if found else ""


def is_lost(failure: GitFailed) -> bool:
    """Whether a push failed because somebody else was faster."""
    lines = [line.strip() for line in failure.stderr.splitlines()]
    said = next((line for line in lines if line.startswith(_LOST)), "")
    return bool(said) and (not said.startswith(_REFUSED) or any(one in said for one in _BUSY))
