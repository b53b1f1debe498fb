"""Exchange what is shared with the shard's own remote: one fetch, one join, one push.

Or only receive what its log holds, as `^pull` does.

    refs/agence/shared/log             what this clone's own syncs joined: in force here
    refs/agence/remotes/<remote>/log   the log of the remote, as it was fetched
    refs/remotes/<remote>/agence/refs  the same in a branch, for a host that takes no such refs
    refs/remotes/<remote>/<branch>     the remote's default branch, as any fetch brings it

Everything is made from objects and moved by compare-and-swap. No branch, index, work tree, tag or
FETCH_HEAD of the user takes part, and no merge driver. Save, then send: what was sent is said only
after the remote's tip was read back. Done twice, it changes nothing more.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from agence.base.errors import OutsideError, ShardError
from agence.base.lazy import load
from agence.git.objects import resolve_many
from agence.git.refs import ZERO, for_each, update
from agence.git.run import GitFailed, git
from agence.git.trees import write_tree
from agence.shard.carriers import SHARED_BRANCH, SHARED_LOG, is_shared_branch, remote_names
from agence.shard.counting import Counts, counted, in_force
from agence.shard.files import locked, outside, replace
from agence.shard.layout import folder
from agence.shard.shard import Shard
from agence.shard.shared_branch import PUSH, is_lost, refusal

_LIMITS = ("-c", "protocol.ext.allow=never")
_QUIET = (
    *("--quiet", "--prune", "--no-tags", "--no-filter", "--no-write-fetch-head"),
    *("--no-auto-maintenance", "--no-recurse-submodules"),
)
_PUSH = (*PUSH, "--no-follow-tags", "--recurse-submodules=no")
_SHARING = "agence.shard.sharing"
_TRIES = 8
_PAUSE = 0.02  # seconds before the second try, at the most; twice as long before each one after it
_NOBODY = {
    f"GIT_{who}_{what}": said
    for who in ("AUTHOR", "COMMITTER")
    for what, said in (("NAME", "agence"), ("EMAIL", "agence@localhost"), ("DATE", "@0 +0000"))
}


class Synced(NamedTuple):
    """What a sync came to.

    tip      the log of the remote as it was read, after whatever was sent; "" where there is none
    sent     how many events the remote's log has now that it did not have before
    counts   what came from others
    tries    how often it was tried; more than once where somebody else was faster
    refused  why the host takes no refs of agence's own, "" where it does: then it is a branch
    """

    remote: str
    tip: str
    sent: int
    counts: Counts
    tries: int
    refused: str


class _Place(NamedTuple):
    """Where the log of the remote is: `there` on the remote, `here` as it is fetched."""

    there: str
    here: str


class _Memory(NamedTuple):
    """What the last sync remembers.

    refused  why the host refuses refs, "" where it does not
    seen     what there is nothing to do about, as long as it is so
    open     how many conflicts waited for an answer
    """

    refused: str
    seen: str
    open: int


class _Published(NamedTuple):
    """A log of the remote that lacks nothing.

    tip     its commit, "" where there is nothing at all
    ours    the local log, "" where there is none
    before  how many events it held before
    seen    what there is nothing to do about, as long as it is so
    """

    tip: str
    ours: str
    before: int
    refused: str
    seen: str


def sync(shard: Shard) -> Synced:
    """Exchange the shared log. Raises ShardError without a remote, OutsideError when git fails."""
    remote = own_remote(shard)
    with _alone(shard):
        last = _recalled(shard, remote)
        was = for_each(shard.repo, *_refs(shard))
        _fetch(shard, remote)
        now = _sight(shard, for_each(shard.repo, *_refs(shard)), _here(shard))
        if now == last.seen:
            tip = json.loads(now)["refs"].get(_place(remote, last.refused).here, "")
            return Synced(remote, tip, 0, Counts(0, 0, 0, 0, last.open), 1, last.refused)
        return _exchanged(shard, remote, last.refused, was)


def receive(shard: Shard, *, fetched: bool) -> None:
    """Join what the log of the own remote holds into this clone's; nothing is sent.

    `fetched` says that it is here already. Raises ShardError without a remote, OutsideError when
    git fails.
    """
    remote = own_remote(shard)
    with _alone(shard):
        refused = _recalled(shard, remote).refused
        if fetched:
            _check_log(shard, remote)
        else:
            _fetch(shard, remote)
        shard.keeps = False
        shard.forget()
        index = shard.index("shared")
        refs: dict[str, str] = dict(index.rows("SELECT name, oid FROM ref"))
        places = [_place(remote, one).here for one in (refused, "" if refused else "refused")]
        ours, theirs = refs.get(SHARED_LOG, ""), refs.get(places[0], "")
        tip = theirs if _follows(shard, theirs, ours) else ours
        if not theirs or tip != theirs:
            addition = load(_SHARING).addition(shard, SHARED_LOG, places, "", own=False)
            if addition.files:
                tip = _commit(shard, ours, [refs[one] for one in addition.sources], addition.files)
        if tip != ours:
            update(shard.repo, [(SHARED_LOG, tip, ours or ZERO)])
        shard.keeps = True
        shard.forget()


def own_remote(shard: Shard) -> str:
    """The remote that counts as the shard's own. Raises ShardError where there is none."""
    remote = shard.pins.remote
    if remote and remote in remote_names(shard.repo):
        return remote
    if remote:
        what = f"the shard's own remote '{remote}' is gone"
        raise ShardError(what, "`agence ^init` pins the remote that is there")
    raise ShardError(
        "there is no remote to sync with",
        "add one (`git remote add origin URL`) and run ^init again",
    )


@contextmanager
def _alone(shard: Shard) -> Iterator[None]:
    """One of a clone's syncs at a time."""
    with outside(shard.layout.nexus):
        folder(shard.layout.nexus)
    with locked(os.path.join(shard.layout.nexus, "sync.lock")):
        yield


def _exchanged(shard: Shard, remote: str, refused: str, was: Mapping[str, str]) -> Synced:
    shard.keeps = False  # what is found now is in the shared log in a moment
    before = _before(shard, was)
    here = _look_again(shard)
    tries = 1
    while (published := _publish(shard, remote, refused, here)) is None:
        if tries == _TRIES:
            raise OutsideError(
                f"the shared log of '{remote}' was moved by somebody else each time",
                "nothing is lost; sync again",
            )
        time.sleep(shard.ports.entropy(1)[0] / 255 * _PAUSE * 2**tries)
        tries += 1
        _fetch(shard, remote)
        here = _look_again(shard)
    _keep(shard, published)
    shard.keeps = True
    shard.forget()
    index = shard.index("shared")
    counts = counted(index, before)
    sent = len(load(_SHARING).held(index, SHARED_LOG)) - published.before if published.tip else 0
    memory = _Memory(published.refused, published.seen, counts.open)
    said = json.dumps({"remote": remote, **memory._asdict()})
    replace(_memory(shard), said.encode())
    return Synced(remote, published.tip, sent, counts, tries, published.refused)


def _before(shard: Shard, was: Mapping[str, str]) -> frozenset[str]:
    """The ids of what was in force when the default branch was where it `was`."""
    shard.held_back = {name: was.get(name, "") for name in (_default(shard),) if name}
    shard.forget()
    found = in_force(shard.index("shared"))
    shard.held_back = {}
    return found


def _here(shard: Shard) -> dict[str, Any]:
    """What counts in this work tree beside refs of the remote: its log tree, and the own log."""
    names = ["HEAD:.agence/log", f"refs/heads/{shard.pins.home}:.agence/log"]
    found = resolve_many(shard.repo, names if shard.pins.home else names[:1])
    trees = [one[0] if one else "" for one in found.values()]
    return {"place": shard.repo.git_dir, "trees": trees, "own": shard.log("shared").lengths()}


def _look_again(shard: Shard) -> dict[str, Any]:
    """Have the index look at the carriers anew; what `_here` said before it did."""
    here = _here(shard)
    shard.forget()
    return here


def _publish(shard: Shard, remote: str, refused: str, here: dict[str, Any]) -> _Published | None:
    """Join what the remote's log lacks into it; None where somebody else moved it meanwhile."""
    index, sharing = shard.index("shared"), load(_SHARING)
    place, other = _place(remote, refused), _place(remote, "" if refused else "refused")
    refs: dict[str, str] = dict(index.rows("SELECT name, oid FROM ref"))
    sources = [SHARED_LOG, other.here]
    addition = sharing.addition(shard, place.here, sources, _default(shard))
    old = tip = refs.get(place.here, "")
    if addition.files:
        tip = _commit(shard, old, [refs[one] for one in addition.sources], addition.files)
        try:
            if not _sent(shard, remote, place.there, (old, tip)):
                return None
        except GitFailed as failure:
            if not refused and (why := refusal(failure)):
                return _publish(shard, remote, why, here)
            raise _unsent(remote, failure) from failure
    ours = refs.get(SHARED_LOG, "")
    before = len(sharing.held(index, place.here))
    refs |= {SHARED_LOG: tip, place.here: tip} if tip else {}
    return _Published(tip, ours, before, refused, _sight(shard, refs, here))


def _sent(shard: Shard, remote: str, ref: str, move: tuple[str, str]) -> bool:
    """Move a ref of the remote from one commit to another and read it back; False: moved before.

    Raises GitFailed where the host refuses, or can't be reached.
    """
    old, new = move
    lease = f"--force-with-lease={ref}:{old}"
    try:
        git(*_PUSH, lease, "--", remote, f"{new}:{ref}", cwd=shard.repo.work_tree)
    except GitFailed as failure:
        if is_lost(failure):
            return False
        raise
    listed = git(*_LIMITS, "ls-remote", "--", remote, ref, cwd=shard.repo.work_tree)
    return listed.decode().partition("\t")[0] == new


def _fetch(shard: Shard, remote: str) -> None:
    """Fetch the shared refs, the branch that stands in for them, and the default branch."""
    shared = f"+refs/agence/shared/*:refs/agence/remotes/{remote}/*"
    branch = f"+refs/heads/{SHARED_BRANCH}*:refs/remotes/{remote}/{SHARED_BRANCH}*"
    words = (*_LIMITS, "fetch", *_QUIET, "--", remote, shared, branch)
    there = _default(shard)
    default = [f"+refs/heads/{shard.pins.branch}:{there}"] if there else []
    try:
        try:
            git(*words, *default, cwd=shard.repo.work_tree)
        except GitFailed as failure:
            if "couldn't find remote ref" not in failure.stderr:
                raise
            git(*words, cwd=shard.repo.work_tree)
    except GitFailed as failure:
        raise OutsideError(
            f"'{remote}' can't be fetched from: {_shown(failure.reason)}",
            "nothing was sent; what you kept stays here",
        ) from failure
    _check_log(shard, remote)


def _check_log(shard: Shard, remote: str) -> None:
    """Raise OutsideError where what was fetched is no log: a commit with a folder of this name."""
    places = [_place(remote, ""), _place(remote, "refused")]
    names = [name for place in places for name in (place.here, f"{place.here}:log")]
    kinds = [found[1] if found else "" for found in resolve_many(shard.repo, names).values()]
    for place, kind, inside in zip(places, kinds[::2], kinds[1::2], strict=True):
        if kind and (kind, inside) != ("commit", "tree"):
            what = f"a {kind}" if kind != "commit" else "a commit without a folder 'log'"
            raise OutsideError(
                f"'{place.there}' of '{remote}' is no log of a shard, but {what}",
                f"nothing was sent; whoever keeps '{remote}' sets it to a commit that is one, or"
                " takes it away: then the next sync makes it anew from what this clone has",
            )


def _unsent(remote: str, failure: GitFailed) -> OutsideError:
    why = refusal(failure) or failure.reason
    return OutsideError(
        f"the shared log can't be pushed to '{remote}': {_shown(why)}",
        "what you kept stays here; sync again when the host takes it",
    )


def _shown(text: str) -> str:
    return str(load("agence.shard.delivery").without_login(text))


def _keep(shard: Shard, published: _Published) -> None:
    """Make the log of the remote, which holds all of ours, the one that is in force here."""
    if published.tip not in ("", published.ours):
        update(shard.repo, [(SHARED_LOG, published.tip, published.ours or ZERO)])


def _follows(shard: Shard, new: str, old: str) -> bool:
    """Whether the commit `new` is there and has `old` before it, where that is one."""
    words = ("merge-base", old, new)
    return bool(new) and (
        not old or git(*words, cwd=shard.repo.work_tree, check=False).decode().strip() == old
    )


def _place(remote: str, refused: str) -> _Place:
    if refused:
        return _Place(f"refs/heads/{SHARED_BRANCH}", f"refs/remotes/{remote}/{SHARED_BRANCH}")
    return _Place(SHARED_LOG, f"refs/agence/remotes/{remote}/log")


def _default(shard: Shard) -> str:
    """The remote's default branch as it was fetched."""
    name = f"refs/remotes/{shard.pins.remote}/{shard.pins.branch}"
    return name if shard.pins.branch and not is_shared_branch(name) else ""


def _refs(shard: Shard) -> list[str]:
    """The refs that decide whether there is anything to do."""
    remote = shard.pins.remote
    places = (_place(remote, refused).here for refused in ("", "refused"))
    return [name for name in (SHARED_LOG, *places, _default(shard)) if name]


def _sight(shard: Shard, refs: Mapping[str, str], here: Mapping[str, Any]) -> str:
    """What a sync and its counts depend on, as text: those refs as they are, and what is `here`."""
    names = {name: refs[name] for name in _refs(shard) if name in refs}
    return json.dumps({"refs": names, **here}, sort_keys=True)


def _commit(shard: Shard, old: str, others: list[str], files: Mapping[str, str]) -> str:
    """The log `old` with more files, as a commit of nobody, of no time: whoever joined it."""
    tree = write_tree(shard.repo, old or None, {f"log/{path}": oid for path, oid in files.items()})
    words = [word for parent in (old, *others) if parent for word in ("-p", parent)]
    feed = f"agence: share {len(files)} files\n".encode()
    where = shard.repo.work_tree
    said = git("commit-tree", tree, *words, "--no-gpg-sign", cwd=where, feed=feed, env=_NOBODY)
    return said.decode().strip()


def _recalled(shard: Shard, remote: str) -> _Memory:
    """What the last sync with this remote remembers."""
    nothing = _Memory("", "", 0)
    try:
        with open(_memory(shard), "rb") as file:
            said = json.load(file)
        known = _Memory(said["refused"], said["seen"], said["open"])
    except (OSError, ValueError, KeyError, TypeError):
        return nothing
    return known if said["remote"] == remote else nothing


def _memory(shard: Shard) -> str:
    return os.path.join(shard.layout.nexus, "sync.json")
