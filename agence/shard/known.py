"""What this clone knows, kept by `refs/agence/log` so that no deleted branch and no gc loses it.

The ref's tree holds every segment that was ever accepted here; its commits are joins: one parent is
what it was, the others are joins that were fetched.
"""

from agence.base.errors import OutsideError, ShardError
from agence.git.objects import resolve_many
from agence.git.refs import ZERO, update
from agence.git.repository import Repository
from agence.git.run import git
from agence.git.trees import write_tree
from agence.shard.carriers import SHARED_LOG
from agence.shard.index import Index

REF = "refs/agence/log"
_NOBODY = (("NAME", "agence"), ("EMAIL", "agence@localhost"), ("DATE", "@0 +0000"))


def keep(repo: Repository, refs: dict[str, str], index: Index) -> None:
    """Join the accepted segments into it that neither it nor the shared log here has.

    Where the ref can't be written, or somebody else joins at the same time, the next one joins.
    """
    sql = (
        "SELECT path, oid FROM segment WHERE whole AND path NOT IN"
        " (SELECT path FROM tree JOIN ref ON ref.tree = tree.oid WHERE ref.name IN (?, ?))"
    )
    rows = index.rows(sql, [REF, SHARED_LOG])
    changes: dict[str, str | None] = {f"log/{path}": oid for path, oid in rows}
    if changes:
        rows = index.rows("SELECT digest, oid FROM blob")
        changes |= {f"log/blobs/{digest}": oid for digest, oid in rows}
    if not changes:
        return
    old = refs.get(REF, "")
    base = resolve_many(repo, [f"{old}^{{tree}}"]).get(f"{old}^{{tree}}") if old else None
    joins = [oid for name, oid in refs.items() if _is_join(name)]
    parents = list(dict.fromkeys([*([old] if old else []), *joins]))
    try:
        tree = write_tree(repo, base[0] if base else None, changes)
        message = f"agence: know {len(changes)} more segments"
        commit = _commit(repo, tree, parents, message)
        update(repo, [(REF, commit, old or ZERO)])
    except (OutsideError, ShardError):
        return


def _commit(repo: Repository, tree: str, parents: list[str], message: str) -> str:
    """A commit of nobody, of no time: what is known is the same whoever joined it."""
    words = [word for parent in parents for word in ("-p", parent)]
    env = {f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in _NOBODY}
    feed = message.encode() + b"\n"
    said = git("commit-tree", tree, *words, "--no-gpg-sign", cwd=repo.work_tree, feed=feed, env=env)
    return said.decode().strip()


def _is_join(name: str) -> bool:
    return name.startswith("refs/agence/remotes/") and name.endswith("/log")
