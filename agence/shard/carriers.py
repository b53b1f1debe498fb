"""Which refs are read, and which of them count as the shard's own.

Only remotes that this clone's own configuration names are read. What is in force comes from the
checked-out tree, the pinned branch of the pinned remote, what this clone's own `^sync` joined into
the shared log, and this clone's own events; never from whatever else was fetched, and never from
the branch that stands in for refs.
"""

from typing import NamedTuple

from agence.base.digest import hex_digest
from agence.git.objects import resolve_many
from agence.git.refs import for_each
from agence.git.repository import Repository
from agence.git.run import git

# The branch that carries what is shared to a host that takes no `refs/agence/*`.
SHARED_BRANCH = "agence/refs"

# What `^sync` joined here from the pinned remote: in force, as no other ref of agence's own is.
# Every segment that this clone has accepted; what is erased in it stays erased.
KNOWN_LOG = "refs/agence/log"

SHARED_LOG = "refs/agence/shared/log"

_PREFIXES = ("refs/heads", "refs/remotes", "refs/agence")


class Pins(NamedTuple):
    """What `^init` pinned in the clone's configuration; "" where there is nothing.

    shard    id of the genesis; `founder` the key that signed it: the root of trust
    remote   the remote that counts as the shard's own, and `branch` the branch there
    home     the local branch that stands in where nothing of agence is checked out
    """

    shard: str
    founder: str
    remote: str
    branch: str
    home: str


class Carriers(NamedTuple):
    """Where the shared events lie, as they are now.

    refs      ref name -> object id, of the refs that are read
    head      id of the tree `.agence/log` of what is checked out, or ""
    default   name of the ref that counts as the shard's own, or ""
    stand_in  name of the local branch that is read where nothing of agence is checked out, or ""
    """

    refs: dict[str, str]
    head: str
    default: str
    stand_in: str

    def fingerprint(self) -> str:
        """Changes when any of it does."""
        parts = [f"{name} {oid}" for name, oid in sorted(self.refs.items())]
        text = "\n".join([*parts, self.head, self.default, self.stand_in])
        return hex_digest("agence/carriers/1", text.encode())


def read_pins(repo: Repository) -> Pins:
    """The pins of this clone."""
    config = repo.config()
    return Pins(*(config.get(f"agence.{name}", [""])[-1] for name in Pins._fields))


def look(repo: Repository, pins: Pins) -> Carriers:
    """The carriers as they are: two git processes, nothing of the events is read."""
    refs = named_refs(repo)
    head = resolve_many(repo, ["HEAD:.agence/log"]).get("HEAD:.agence/log")
    default = f"refs/remotes/{pins.remote}/{pins.branch}" if pins.remote and pins.branch else ""
    stand_in = f"refs/heads/{pins.home}" if pins.home else ""
    return Carriers(
        refs=refs,
        head=head[0] if head and head[1] == "tree" else "",
        default=default if default in refs and not is_shared_branch(default) else "",
        stand_in="" if is_shared_branch(stand_in) else stand_in,
    )


def named_refs(repo: Repository) -> dict[str, str]:
    """The branches, the remote branches of configured remotes, and agence's own refs."""
    remotes = set(remote_names(repo))

    def is_read(name: str) -> bool:
        if name.startswith("refs/remotes/"):
            return any(name.startswith(f"refs/remotes/{remote}/") for remote in remotes)
        if name.startswith("refs/agence/remotes/"):
            return any(name.startswith(f"refs/agence/remotes/{remote}/") for remote in remotes)
        return name != "refs/agence/states"

    return {name: oid for name, oid in for_each(repo, *_PREFIXES).items() if is_read(name)}


def log_folder(ref: str) -> str:
    """Where the segments lie in the tree of a ref: agence's own refs have nothing of a project."""
    own = ref.startswith("refs/agence/") or is_shared_branch(ref)
    return "log" if own else ".agence/log"


def is_shared_branch(ref: str) -> bool:
    """Whether a ref is the branch that stands in for refs, here or as it was fetched."""
    fetched = ref.startswith("refs/remotes/") and ref.endswith(f"/{SHARED_BRANCH}")
    return fetched or ref == f"refs/heads/{SHARED_BRANCH}"


def remote_names(repo: Repository) -> list[str]:
    """The remotes that this clone's configuration names, in its order."""
    keys = (key for key in repo.config() if key.startswith("remote.") and key.endswith(".url"))
    return [key.removeprefix("remote.").removesuffix(".url") for key in keys]


def choose_remote(repo: Repository, branch: str, pinned: str = "") -> tuple[str, str]:
    """(remote, branch there) that count as the shard's own; "" where there is none.

    The remote is the pinned one, else that of the branch's upstream, else origin, else the only
    one; its branch is what its HEAD names, else the upstream branch. The branch that stands in for
    refs is none of the project's.
    """
    config = repo.config()
    remotes = remote_names(repo)
    upstream = config.get(f"branch.{branch}.remote", [""])[-1] if branch else ""
    only = remotes[0] if len(remotes) == 1 else ""
    remote = pinned or next((one for one in (upstream, "origin", only) if one in remotes), "")
    if not remote:
        return "", ""
    name = f"refs/remotes/{remote}/HEAD"
    said = git("symbolic-ref", "--quiet", name, cwd=repo.work_tree, check=False)
    head = said.decode().strip().removeprefix(f"refs/remotes/{remote}/")
    merge = config.get(f"branch.{branch}.merge", [""])[-1] if upstream == remote else ""
    found = (head, merge.removeprefix("refs/heads/"))
    return remote, next((one for one in found if one and one != SHARED_BRANCH), "")


def own_remote(repo: Repository) -> tuple[str, str]:
    """(remote, branch there) as they are pinned, or as `^init` would pin them now."""
    pins = read_pins(repo)
    pinned = pins.remote if pins.remote in remote_names(repo) else ""
    remote, there = choose_remote(repo, repo.head()[0] or "", pinned)
    return remote, (pins.branch if pinned else "") or there
