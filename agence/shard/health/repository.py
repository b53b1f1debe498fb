"""Whether git and the kind of this repository are ones that agence works with."""

import os

from agence.git.objects import resolve_many
from agence.git.repository import Repository
from agence.git.run import git
from agence.shard.health.check import Check, Finding, ill
from agence.shard.layout import TRACKED
from agence.shard.shard import Shard

OLDEST = (2, 30)
TRIES_MERGES = (2, 38)  # `git merge-tree --write-tree`


def version(repo: Repository) -> tuple[int, ...]:
    """The version of the git program: (2, 39, 5)."""
    said = git("version", cwd=repo.work_tree).decode().split()
    numbers = said[2].split(".") if len(said) > 2 else []
    return tuple(int(one) for one in numbers[:3] if one.isdigit())


def _git(shard: Shard) -> Finding:
    there = version(shard.repo)
    said = ".".join(map(str, there))
    if there < OLDEST:
        return ill(f"git {said} is too old", "install git 2.30 or later")
    if there < TRIES_MERGES:
        return Finding(f"git {said}; merges can't be tried before git 2.38")
    return Finding(f"git {said}")


def _kind(shard: Shard) -> Finding:
    repo = shard.repo
    if repo.config().get("extensions.refstorage", ["files"])[-1] != "files":
        return ill(
            "its refs are kept as reftable: agence is only tried on refs kept as files",
            "`git refs migrate` turns them into files",
        )
    kinds = ["SHA-1"]
    if repo.git_dir != repo.common_dir:
        kinds.append("a linked worktree: it shares nexus, hermetic and the refs with the others")
    words = ("rev-parse", "--show-superproject-working-tree")
    if git(*words, cwd=repo.work_tree, check=False).strip():
        kinds.append("a submodule: its shard is its own, not the one around it")
    if os.path.exists(os.path.join(repo.common_dir, "shallow")):
        kinds.append("shallow: what was typed by hand can only be told within the history here")
    hint = ""
    if _is_partial(repo):
        missing = _missing(repo)
        kinds.append(f"partial: {missing} objects of {TRACKED} are only at the remote")
        hint = f"supported while the remote is reachable: git fetches what {TRACKED} needs"
    return Finding("; ".join(kinds), hint)


def _is_partial(repo: Repository) -> bool:
    config = repo.config()
    promised = (key for key in config if key.startswith("remote.") and key.endswith(".promisor"))
    return "extensions.partialclone" in config or any(map(repo.flag, promised))


def _missing(repo: Repository) -> int:
    """How many objects of the tracked folder are not here; nothing is fetched to know."""
    names = [f"HEAD:{TRACKED}"]
    if not resolve_many(repo, names)[names[0]]:
        return 0
    words = ("rev-list", "--objects", "--missing=print", *names)
    lines = git(*words, cwd=repo.work_tree, check=False).split(b"\n")
    return sum(line.startswith(b"?") for line in lines)


CHECKS = (Check("git", _git), Check("repository", _kind))
