"""Other repositories' shards, read beside this one and never mixed with it.

    agence-shard.<name>.*         url, genesis and founder: this clone's own configuration
    nexus/shards/<name>.git/      a repository of its own with nothing checked out
    nexus/shards/<name>.db        its index

A link is made by a person and pins the genesis. Only the last commit of the other's default branch
and its shared log are fetched, and of their files only those of the log, where the server can leave
the others out. Nothing of it enters this shard's logs, branches or briefings.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from agence.base.errors import OutsideError, ShardError, TrustError, UsageError
from agence.base.identifiers import is_agent, short
from agence.fold.entity import Entity
from agence.git.objects import resolve_many
from agence.git.refs import for_each
from agence.git.repository import Repository
from agence.git.run import GitFailed, git
from agence.recall.query import Hit, Wanted
from agence.shard.blobs import Blobs
from agence.shard.carriers import SHARED_BRANCH, SHARED_LOG, Carriers, log_folder
from agence.shard.delivery import without_login
from agence.shard.files import locked, outside
from agence.shard.index import Index, copy_in_memory, open_index, remove
from agence.shard.ingest import refresh
from agence.shard.keyring import Keyring
from agence.shard.layout import Layout, folder
from agence.shard.own_log import OwnLog
from agence.shard.search import search
from agence.shard.shard import Shard

_SECTION = "agence-shard"
_LIMITS = ("-c", "protocol.ext.allow=never")
_QUIET = (
    *("--quiet", "--no-tags", "--no-write-fetch-head"),
    *("--no-auto-maintenance", "--no-recurse-submodules"),
)
_LITTLE = ("--depth=1", "--filter=blob:none")
_INCOMING = "refs/incoming/"
_PLACE = "linked"
_SHA1 = 40  # hex digits


class Link(NamedTuple):
    """A linked shard: where it is, and the genesis and founder's key that were pinned."""

    name: str
    url: str
    genesis: str
    founder: str

    @property
    def address(self) -> str:
        """Its URL without a login, to be shown."""
        return without_login(self.url)


def links(repo: Repository) -> dict[str, Link]:
    """The linked shards of this clone, by name."""
    config = repo.config()
    ends = (key for key in config if key.startswith(f"{_SECTION}.") and key.endswith(".genesis"))
    names = sorted(key.removeprefix(f"{_SECTION}.").removesuffix(".genesis") for key in ends)

    def said(name: str, field: str) -> str:
        return config.get(f"{_SECTION}.{name}.{field}", [""])[-1]

    fields = ("url", "genesis", "founder")
    return {name: Link(name, *(said(name, field) for field in fields)) for name in names}


def named(repo: Repository, name: str) -> Link:
    """The linked shard of this name. Raises UsageError when there is none."""
    found = links(repo)
    if name not in found:
        raise UsageError(f"no shard is linked as '{name}'", "`agence ^shard list` names them")
    return found[name]


def add(shard: Shard, name: str, url: str, wanted: str = "") -> Link:
    """Link the shard at `url`; `wanted` begins the id of the genesis where there are several.

    Raises UsageError for a name that is taken or is none, ShardError where there is no shard that
    can be read, TrustError where several could be meant, OutsideError when it can't be reached.
    """
    if not is_agent(name):
        raise UsageError(f"'{name}' can't be a name", "use a-z, 0-9, - and _; up to 63 of them")
    if name in links(shard.repo):
        raise UsageError(f"a shard is linked as '{name}' already", "choose another name")
    url = _absolute(url, shard.ports.cwd)
    with _locked(shard):
        _clear(shard, name)
        try:
            link = _read(shard, _fetched(_made(shard, name, url)), Link(name, url, "", ""), wanted)
            for field in ("url", "founder", "genesis"):
                shard.repo.set_config(f"{_SECTION}.{name}.{field}", getattr(link, field))
        except BaseException:
            _clear(shard, name)
            raise
    return link


def update(shard: Shard, link: Link) -> None:
    """Fetch a linked shard anew. Raises TrustError where the genesis that was pinned is gone.

    Then, and where it can't be reached, what was read before stays.
    """
    with _locked(shard):
        where = _path(shard, link.name)
        there = _repository(where) if os.path.isdir(where) else _made(shard, link.name, link.url)
        _read(shard, _fetched(there), link, link.genesis)


def unlink(shard: Shard, name: str) -> Link:
    """Forget a linked shard and take its copy away; the link as it was."""
    link = named(shard.repo, name)
    with _locked(shard):
        git("config", "--local", "--remove-section", f"{_SECTION}.{name}", cwd=shard.repo.work_tree)
        _clear(shard, name)
    return link


def opened(shard: Shard, link: Link) -> Index:
    """The index of a linked shard as it was last fetched; nothing is asked of the network or git.

    Made anew where it is missing. Raises OutsideError where there is nothing to make it from.
    """
    path = _index_path(shard, link.name)
    index = open_index(path) or copy_in_memory(path)
    index.enter(_PLACE)
    if not index.place:
        where = _path(shard, link.name)
        if not os.path.isdir(where):
            raise OutsideError(
                f"the copy of the linked shard '{link.name}' is gone", "`agence ^sync` fetches it"
            )
        _ingest(index, _repository(where))
    index.founder = link.founder
    return index


def known(shard: Shard, name: str, kind: str) -> Iterator[Entity]:
    """The entities of one kind of a linked shard, the newest first."""
    link = named(shard.repo, name)
    return (one for one in opened(shard, link).entities(kind) if one.shard == link.genesis)


def hits(shard: Shard, wanted: Wanted, now: int, only: str = "") -> list[Hit]:
    """What the linked shards, or `only` the one of this name, know: each hit with its shard.

    One that can't be read is said, and does not stop the others.
    """
    chosen = [named(shard.repo, only)] if only else links(shard.repo).values()
    found = []
    for link in chosen:
        try:
            index = opened(shard, link)
        except OutsideError as error:
            if only:
                raise
            shard.ports.notice(error.message)
            continue
        for hit in search(index, wanted, now, in_scope=bool(only)):
            entity = index.entity(hit.id)
            if entity is not None and entity.shard == link.genesis:
                found.append(hit._replace(shard=link.name))
    return found


def _read(shard: Shard, there: Repository, link: Link, wanted: str) -> Link:
    """Bring the index of a link up to date, all or nothing; the link with its genesis."""
    index = open_index(_index_path(shard, link.name))
    if index is None:
        raise OutsideError(f"'{shard.layout.nexus}' can't be written to")
    try:
        with index.db:
            _ingest(index, there)
            genesis = _genesis(index, link, wanted)
    finally:
        index.db.close()
    if genesis.id == shard.pins.shard:
        raise ShardError(f"'{link.address}' carries this shard itself", "`agence ^sync` reads it")
    return link._replace(genesis=genesis.id, founder=genesis.writer)


def _ingest(index: Index, there: Repository) -> None:
    index.rows("INSERT OR IGNORE INTO place(name, seen, roots) VALUES (?, '', '-')", [_PLACE])
    index.enter(_PLACE)
    layout = Layout(there.common_dir)
    nobody = OwnLog(layout.own("shared"), "shared", Keyring(layout, there.common_dir, os.urandom))
    refs = {
        "refs/" + name.removeprefix(_INCOMING): oid
        for name, oid in for_each(there, _INCOMING.rstrip("/")).items()
    }
    default = next((name for name in refs if name != SHARED_LOG), "")
    at = Carriers(refs, "", default, "")
    refresh(index, there, nobody, Blobs(layout, "shared", there), at, everywhere=False)


def _genesis(index: Index, link: Link, wanted: str) -> Entity:
    """The genesis that is meant. Raises TrustError where it is gone or could be another."""
    all_ = sorted(index.entities("shard"), key=lambda one: one.id)
    found = [one for one in all_ if one.id.startswith(wanted)] if wanted else all_
    if not wanted:
        found = [one for one in found if not one.text("alias")] or found
    if len(found) == 1:
        return found[0]
    known = "; ".join(
        f"{short(one.id)} ({one.text('name')}, founder {one.writer[:16]})" for one in all_
    )
    if link.genesis:
        raise TrustError(
            f"'{link.name}' is not the shard that was linked, {short(link.genesis)}, any more;"
            f" there is now: {known or 'none'}",
            "what was read before stays; ask who keeps it, and link it anew if it is right",
        )
    if not all_:
        raise ShardError(f"there is no shard at '{link.address}'", "check the address")
    raise TrustError(
        f"{len(found)} shards fit at '{link.address}': {known}",
        "ask its team which one is theirs, and name it with --genesis",
    )


def _fetched(there: Repository) -> Repository:
    """Fetch the other's default branch and shared log, and the files of their logs."""
    url = there.config().get("remote.origin.url", [""])[-1]
    try:
        specs = _specs(there, url)
        _fetch(there, specs)
        _bring_files(there)
    except GitFailed as failure:
        raise OutsideError(
            f"'{without_login(url)}' can't be read: {without_login(failure.reason)}",
            "check the address and the network",
        ) from failure
    return there


def _specs(there: Repository, url: str) -> list[str]:
    """What to fetch, each ref under its own name below `refs/incoming/`."""
    names = ("HEAD", SHARED_LOG, f"refs/heads/{SHARED_BRANCH}")
    said = git(*_LIMITS, "ls-remote", "--symref", "--", "origin", *names, cwd=there.work_tree)
    lines = [line.split("\t") for line in os.fsdecode(said).splitlines()]
    heads = {name: oid for oid, name in lines}
    branch = next((oid[5:] for oid, name in lines if name == "HEAD" and oid[:5] == "ref: "), "")
    if any(len(oid) != _SHA1 for oid, _ in lines if not oid.startswith("ref: ")):
        raise ShardError(
            f"'{without_login(url)}' is a repository with SHA-256 ids",
            "agence reads SHA-1 repositories only",
        )
    logs = (SHARED_LOG, f"refs/heads/{SHARED_BRANCH}")
    log = next((name for name in logs if name in heads), "")
    specs = [f"+{log}:{_INCOMING}{SHARED_LOG.removeprefix('refs/')}"] if log else []
    if "HEAD" in heads:
        specs.append(f"+HEAD:{_INCOMING}{(branch or 'heads/HEAD').removeprefix('refs/')}")
    if not specs:
        raise ShardError(f"'{without_login(url)}' is empty", "check the address")
    return specs


def _fetch(there: Repository, specs: list[str]) -> None:
    words = (*_LIMITS, "fetch", *_QUIET, "--prune")
    try:
        git(*words, *_LITTLE, "--", "origin", *specs, cwd=there.work_tree)
    except GitFailed as failure:
        if "shallow" not in failure.stderr:
            raise
        git(*words, "--", "origin", *specs, cwd=there.work_tree)


def _bring_files(there: Repository) -> None:
    """Fetch at once the files of the logs that were left out; git would ask for each by itself."""
    refs = for_each(there, _INCOMING.rstrip("/"))
    specs = [
        f"{oid}:{log_folder('refs/' + name.removeprefix(_INCOMING))}" for name, oid in refs.items()
    ]
    trees = [found[0] for found in resolve_many(there, specs).values() if found]
    words = ("rev-list", "--objects", "--no-object-names", "--missing=print", "--stdin")
    feed = "".join(f"{tree}\n" for tree in trees).encode()
    listed = git(*words, cwd=there.work_tree, feed=feed).decode().split() if trees else []
    missing = "".join(f"{line[1:]}\n" for line in listed if line.startswith("?"))
    if missing:
        noop = ("-c", "fetch.negotiationAlgorithm=noop")
        rest = ("--filter=blob:none", "--stdin", "origin")
        where = there.work_tree
        git(*_LIMITS, *noop, "fetch", *_QUIET, *rest, cwd=where, feed=missing.encode())


def _made(shard: Shard, name: str, url: str) -> Repository:
    where = _path(shard, name)
    with outside(where):
        folder(where)
    git("init", "--quiet", "--template=", "--object-format=sha1", cwd=where)
    there = _repository(where)
    there.set_config("remote.origin.url", url)
    return there


def _repository(where: str) -> Repository:
    git_dir = os.path.join(where, ".git")
    return Repository(where, git_dir, git_dir)


def _absolute(url: str, cwd: str) -> str:
    """An address that holds from anywhere: a folder with its whole path."""
    path = os.path.join(cwd, url)
    return os.path.realpath(path) if os.path.isdir(path) else url


def _path(shard: Shard, name: str) -> str:
    return os.path.join(shard.layout.nexus, "shards", f"{name}.git")


def _index_path(shard: Shard, name: str) -> str:
    return os.path.join(shard.layout.nexus, "shards", f"{name}.db")


def _clear(shard: Shard, name: str) -> None:
    where = _path(shard, name)
    if os.path.isdir(where):
        with outside(where):
            shutil.rmtree(where)
    remove(_index_path(shard, name))


@contextmanager
def _locked(shard: Shard) -> Iterator[None]:
    where = os.path.join(shard.layout.nexus, "shards")
    with outside(where):
        folder(where)
    with locked(os.path.join(where, "lock")):
        yield
