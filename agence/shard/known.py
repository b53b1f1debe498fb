"""What this clone knows, kept by `refs/agence/log` so that no deleted branch and no gc loses it.

The ref's tree holds every segment that was ever accepted here; its commits are joins: one parent is
what it was, the others are joins that were fetched.
"""

import json
from collections.abc import Mapping

from agence.base.errors import OutsideError, ShardError
from agence.base.lazy import load
from agence.git.objects import write_blobs
from agence.git.refs import ZERO, update
from agence.git.repository import Repository
from agence.git.run import git
from agence.git.trees import write_tree
from agence.shard.carriers import KNOWN_LOG, SHARED_LOG
from agence.shard.index import Index

REF = KNOWN_LOG
_NOBODY = (("NAME", "agence"), ("EMAIL", "agence@localhost"), ("DATE", "@0 +0000"))


def keep(repo: Repository, refs: dict[str, str], index: Index) -> None:
    """Join the accepted segments into it that neither it nor the shared log here has.

    What is erased here is erased in it too, and copies without data that nobody erased here are not
    kept. Where the ref can't be written, or somebody else
    joins at the same time, the next one joins.
    """
    sql = (
        "SELECT path, oid FROM segment WHERE whole AND path NOT IN"
        " (SELECT path FROM tree JOIN ref ON ref.tree = tree.oid WHERE ref.name IN (?, ?))"
        " AND NOT EXISTS (SELECT 1 FROM bare WHERE bare.segment = segment.oid"
        " AND bare.n NOT IN (SELECT n FROM gone))"
    )
    rows = index.rows(sql, [REF, SHARED_LOG])
    changes: dict[str, str | None] = {f"log/{path}": oid for path, oid in rows}
    erased = [row[0] for row in index.rows("SELECT n FROM erased")]
    try:
        if erased:
            changes |= _mended(repo, index, changes)
        if changes:
            _join(repo, refs, index, changes)
    except (OutsideError, ShardError):
        return
    if erased:
        sql = "DELETE FROM erased WHERE n IN (SELECT value FROM json_each(?))"
        index.rows(sql, [json.dumps(erased)])


def _join(
    repo: Repository, refs: dict[str, str], index: Index, changes: Mapping[str, str | None]
) -> None:
    texts = index.rows("SELECT digest, oid FROM blob")
    texts_too = dict(changes) | {f"log/blobs/{digest}": oid for digest, oid in texts}
    old = refs.get(REF, "")
    joins = [oid for name, oid in refs.items() if _is_join(name)]
    parents = list(dict.fromkeys([*([old] if old else []), *joins]))
    tree = write_tree(repo, old or None, texts_too)
    commit = _commit(repo, tree, parents, f"agence: know {len(changes)} more segments")
    update(repo, [(REF, commit, old or ZERO)])


def _mended(repo: Repository, index: Index, fresh: Mapping[str, str | None]) -> dict[str, str]:
    """Path -> blob of the segments that hold what was erased since the last look, without it.

    Of those that are kept, or lie in the shared log, or are about to be kept as `fresh` has them.
    """
    sql = (
        "SELECT DISTINCT path, oid FROM erased CROSS JOIN member ON member.n = erased.n"
        " CROSS JOIN segment ON segment.oid = member.segment AND whole"
    )
    segments = dict(index.rows(sql))
    sql = "SELECT path, segment FROM tree JOIN ref ON ref.tree = tree.oid WHERE ref.name = ?"
    rows = [row for ref in (SHARED_LOG, REF) for row in index.rows(sql, [ref])]
    kept: dict[str, str | None] = {f"log/{path}": oid for path, oid in rows}
    kept |= fresh
    right = {f"log/{path}": _content(index, oid) for path, oid in segments.items()}
    blob_id = load("agence.git.blob_name").blob_id
    wrong = {
        path: content
        for path, content in right.items()
        if path in kept and kept[path] != blob_id(content)
    }
    return write_blobs(repo, wrong) if wrong else {}


def _content(index: Index, segment: str) -> bytes:
    """The bytes of a segment as they are to be now: its lines, erased where they are anywhere."""
    sql = (
        "SELECT line FROM member CROSS JOIN event ON event.n = member.n WHERE segment = ?"
        " ORDER BY event.id"
    )
    return b"".join(line + b"\n" for (line,) in index.rows(sql, [segment]))


def _commit(repo: Repository, tree: str, parents: list[str], message: str) -> str:
    """A commit of nobody, of no time: what is known is the same whoever joined it."""
    words = [word for parent in parents for word in ("-p", parent)]
    env = {f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in _NOBODY}
    feed = message.encode() + b"\n"
    said = git("commit-tree", tree, *words, "--no-gpg-sign", cwd=repo.work_tree, feed=feed, env=env)
    return said.decode().strip()


def _is_join(name: str) -> bool:
    return name.startswith("refs/agence/remotes/") and name.endswith("/log")
