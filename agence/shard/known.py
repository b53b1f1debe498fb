"""What this clone knows, kept by `refs/agence/log` so that no deleted branch and no gc loses it.

The ref's tree holds every segment that was ever accepted here; its commits are joins: one parent is
what it was, the others are joins that were fetched.
"""

from agence.base.errors import ShardError
from agence.git.objects import commit_tree, list_tree, resolve_many, write_tree
from agence.git.refs import ZERO, Moved, update
from agence.git.repository import Repository

REF = "refs/agence/log"


def keep(repo: Repository, refs: dict[str, str], trees: list[str], now: int) -> None:
    """Join the segments of the log trees `trees` into the ref. Does nothing where it can't be written."""
    old = refs.get(REF, "")
    found = resolve_many(repo, [f"{old}:"]).get(f"{old}:") if old else None
    base = found[0] if found else None
    have = set(list_tree(repo, f"{base}:log" if _has_log(repo, base) else base)) if base else set()
    changes: dict[str, str | None] = {}
    for tree in trees:
        for path, (_, _, oid) in list_tree(repo, tree).items():
            if path not in have:
                changes[f"log/{path}"] = oid
    if not changes:
        return
    parents = [old] if old else []
    parents += [oid for name, oid in refs.items() if _is_join(name) and oid != old]
    try:
        tree = write_tree(repo, base, changes)
        commit = commit_tree(repo, tree, parents, f"agence: know {len(changes)} more files", sign=False)
        update(repo, [(REF, commit, old or ZERO)])
    except (Moved, ShardError):
        return  # somebody else joined at the same time, or has a read-only clone: the next one joins


def _has_log(repo: Repository, tree: str | None) -> bool:
    return bool(tree) and resolve_many(repo, [f"{tree}:log"]).get(f"{tree}:log") is not None


def _is_join(name: str) -> bool:
    return name.startswith("refs/agence/remotes/") and name.endswith("/log")
