"""The small files of the folder, the same in every shard: which of them the work tree lacks."""

import os

from agence.git import staging
from agence.git.objects import Found, read_many, resolve_many
from agence.shard.layout import TRACKED
from agence.shard.shard import Shard
from agence.shard.views import read, small_files


def missing(shard: Shard) -> dict[str, bytes]:
    """Path -> bytes of the small files that are gone or empty; none where the folder is not here.

    They are as HEAD has them, else as in every shard. What a sparse checkout leaves out is not
    missing.
    """
    top = shard.repo.work_tree
    if not os.path.isdir(os.path.join(top, TRACKED)):
        return {}
    there = {path: read(top, path) for path in small_files()}
    gone = {path: text for path, text in small_files().items() if not (there[path] or b"").strip()}
    if not gone:
        return {}
    entries = staging.read(shard.repo, os.path.join(shard.repo.git_dir, "index"))
    left_out = staging.absent(entries, gone)
    oids = resolve_many(shard.repo, [f"HEAD:{path}" for path in gone])
    blobs = [found[0] for found in oids.values() if found and found[1] == "blob"]
    known = {one.oid: one.content for one in read_many(shard.repo, blobs) if isinstance(one, Found)}
    whole = {}
    for path, text in gone.items():
        name = oids[f"HEAD:{path}"]
        kept = known.get(name[0], b"") if name else b""
        if path not in left_out:
            whole[path] = kept if kept.strip() else text
    return whole
