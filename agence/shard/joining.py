"""What `^init` does to a clone, and what `^deinit` takes back."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from agence.base.errors import OutsideError, ShardError, TrustError, UsageError
from agence.base.identifiers import short
from agence.git.placing import check_folders
from agence.git.repository import Repository, discover
from agence.git.run import GitFailed, git, impatient
from agence.shard.carriers import Pins, own_remote
from agence.shard.files import outside, replace
from agence.shard.genesis import (
    ELSEWHERE,
    Genesis,
    adopt_template,
    alias,
    found,
    pin,
    refuse_headless,
    visible,
)
from agence.shard.layout import TRACKED
from agence.shard.shard import Ports, Shard
from agence.shard.standalone import follow
from agence.shard.views import CODEX, rendered, small_files

DRIVERS = ("log", "view")
_FETCH_SECONDS = 10


class Joined(NamedTuple):
    """What `^init` did: `founded` a new shard, or `fresh`ly joined one, or neither."""

    pins: Pins
    name: str
    founded: bool
    fresh: bool
    wrote: list[str]
    configured: list[str]
    notes: list[str]


def join(ports: Ports, name: str, wanted: str = "") -> Joined:
    """Found or join the shard of the repository at `ports.cwd`; `wanted` picks a genesis."""
    repo = discover(ports.cwd)
    shard = Shard(repo, ports)
    before = shard.pins
    notes: list[str] = []
    configured = configure(repo, ports.programs)
    notes += _fetch_shared(repo)
    genesis, founded = _genesis(shard, name, wanted, notes)
    pins = pin(repo, genesis)
    shard.forget()
    adopt_template(shard, genesis)
    configured += [f"agence.{f}" for f in Pins._fields if getattr(pins, f) != getattr(before, f)]
    wrote = _write_files(shard, founded=founded)
    follow(shard)
    return Joined(pins, genesis.name, founded, before.shard != pins.shard, wrote, configured, notes)


def leave(repo: Repository) -> list[str]:
    """Take out of the clone's configuration what `^init` put there; returns the keys."""
    config = repo.config()
    remote = config.get("agence.remote", [""])[-1]
    removed = []
    for key in sorted(config):
        if key.startswith(("agence.", "merge.agence-")):
            repo.unset_config(key)
            removed.append(key)
    spec = refspec(remote)
    if remote and spec in config.get(f"remote.{remote}.fetch", []):
        repo.unset_config(f"remote.{remote}.fetch", spec)
        removed.append(f"remote.{remote}.fetch")
    for driver in DRIVERS:
        git(
            "config",
            "--local",
            "--remove-section",
            f"merge.agence-{driver}",
            cwd=repo.work_tree,
            check=False,
        )
    git("config", "--local", "--remove-section", "agence", cwd=repo.work_tree, check=False)
    return removed


def refspec(remote: str) -> str:
    """The fetch refspec of the shared refs: a plain `git fetch` or `git pull` brings them."""
    return f"+refs/agence/shared/*:refs/agence/remotes/{remote}/*"


def configure(repo: Repository, programs: Sequence[str]) -> list[str]:
    """Set the merge drivers and the fetch refspec; returns the keys that had other values."""
    program = program_beside(programs, "agence-merge")
    wanted = {}
    for driver in DRIVERS:
        words = f"{_quoted(program)} {driver} %O %A %B %P"
        wanted[f"merge.agence-{driver}.name"] = f"agence {driver}s"
        wanted[f"merge.agence-{driver}.driver"] = words
    changed = []
    for key, value in wanted.items():
        if repo.config().get(key, [""])[-1] != value:
            repo.set_config(key, value)
            changed.append(key)
    remote = own_remote(repo)[0]
    key = f"remote.{remote}.fetch"
    if remote and refspec(remote) not in repo.config().get(key, []):
        repo.add_config(key, refspec(remote))
        changed.append(key)
    return changed


def _fetch_shared(repo: Repository) -> list[str]:
    remote = own_remote(repo)[0]
    if not remote:
        return []
    words = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, refspec(remote))
    limits = impatient(_FETCH_SECONDS)
    if repo.config().get("core.sshcommand"):
        limits.pop("GIT_SSH_COMMAND", None)
    try:
        git("-c", "protocol.ext.allow=never", *words, cwd=repo.work_tree, env=limits)
    except GitFailed as error:
        return [f"could not fetch the shared refs of {remote}, going on: {error.reason}"]
    return [f"fetched the shared refs of {remote}; git fetch and git pull bring them from now on"]


def _genesis(shard: Shard, name: str, wanted: str, notes: list[str]) -> tuple[Genesis, bool]:
    seen = visible(shard)
    pinned = next((one for one in seen if one.id == shard.pins.shard), None)
    if wanted:
        fitting = [one for one in seen if one.id.startswith(wanted)]
        if len(fitting) != 1:
            raise UsageError(
                f"'{wanted}' fits {len(fitting)} of the shards in sight", "type more digits"
            )
        if pinned and pinned.id != fitting[0].id and alias(shard, pinned, fitting[0]):
            said = f"shard {short(pinned.id)} is {short(fitting[0].id)} by another name from now on"
            notes.append(f"{said}: signed")
        return fitting[0], False
    if shard.pins.shard and pinned is None:
        raise ShardError(
            f"this clone is pinned to shard {short(shard.pins.shard)}, of which nothing is here",
            "fetch the branch that carries it; `agence ^deinit` forgets the pin",
        )
    near = [one for one in seen if one.place != ELSEWHERE]
    if not near and not pinned:
        refuse_headless(shard)
        return found(shard, name), True
    chosen = pinned or _only(near)
    for other in near:
        if other.id != chosen.id and not other.yields_to:
            said = f"also read here: shard {short(other.id)} ({other.name}), not trusted"
            notes.append(said)
    return chosen, False


def _only(near: list[Genesis]) -> Genesis:
    """The genesis to join of those at the place that counts most. Raises TrustError for several."""
    own = [one for one in near if not one.yields_to] or near
    best = [one for one in own if one.place == own[0].place]
    if len(best) > 1:
        known = "; ".join(
            f"{short(one.id)} ({one.name}, founder {one.founder[:16]})" for one in best
        )
        raise TrustError(
            f"{len(best)} shards are in sight, and none is this clone's yet: {known}",
            "ask your team which one is theirs, and name it to ^init with --join",
        )
    return best[0]


def _write_files(shard: Shard, *, founded: bool) -> list[str]:
    """The files of the folder where they are missing; a branch without it stays without."""
    top = shard.repo.work_tree
    if not founded and not os.path.isdir(os.path.join(top, TRACKED)) and not _is_new_here(shard):
        return []
    index = shard.index("shared")
    files = small_files() | rendered(map(shard.whole, index.entities("codex")), shard.pins.founder)
    check_folders(top, files)
    shard.refuse_newer_format()
    wrote = []
    for path, content in sorted(files.items()):
        whole = os.path.join(top, path)
        if not os.path.lexists(whole):
            with outside(whole):
                os.makedirs(os.path.dirname(whole), exist_ok=True)
            replace(whole, content, 0o644)
            wrote.append(path)
    return _summary(wrote)


def _is_new_here(shard: Shard) -> bool:
    """Whether no commit carries the folder yet: then it is this work tree that brings it."""
    sql = "SELECT 1 FROM ref WHERE tree != '' LIMIT 1"
    return shard.index("shared").one(sql) is None


def _summary(wrote: list[str]) -> list[str]:
    codex = [path for path in wrote if path.startswith(f"{CODEX}/")]
    rest = [path for path in wrote if path not in codex]
    return [*rest, *([f"{CODEX}/ ({len(codex)} files)"] if codex else [])]


def program_beside(folders: Sequence[str], name: str) -> str:
    """The absolute path of a program that was installed beside the one that runs."""
    for folder in folders:
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    raise OutsideError(f"the program '{name}' was not found", "install agence again")


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "'\\''") + "'"
