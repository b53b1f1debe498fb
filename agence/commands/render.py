"""Renew the views in the work tree from the events; commits nothing.

Examples:
    agence ^render
    agence ^render --check      # exit 3 when a view is stale or edited, for CI

A view that only lags behind is written again. One that somebody edited by hand is a draft and is
left as it is, and named: `^adopt` signs what was typed. A file that is gone is written anew: taking
a view away deletes nothing.
"""

import os
from typing import Annotated

from agence.commands.contract import Context, Option, Report
from agence.git.placing import check_folders
from agence.shard.edited import edited, in_force
from agence.shard.files import outside, replace
from agence.shard.publishing import tree_views
from agence.shard.small import missing
from agence.shard.views import read, small_files


def render(
    context: Context,
    check: Annotated[bool, Option(help="write nothing; say what would change")] = False,
) -> Report:
    """Write the views of the events in the checked-out tree. Drafts are never overwritten."""
    shard = context.shard
    shard.refuse_newer_format()
    files, kept = tree_views(shard), edited(shard)
    top = shard.repo.work_tree
    kept_or_small = {*kept, *small_files()}
    stale = [p for p, text in files.items() if p not in kept_or_small and read(top, p) != text]
    stale = [path for path in stale if read(top, path) != in_force(shard, path)]
    small = missing(shard)
    files |= small
    stale += small
    check_folders(top, files)
    if not check:
        for path in stale:
            whole = os.path.join(top, path)
            with outside(whole):
                os.makedirs(os.path.dirname(whole), exist_ok=True)
            replace(whole, files[path], 0o644)
    verb = "stale" if check else "renewed"
    lines = [f"{verb}: {path}" for path in stale] + [f"edited by hand: {path}" for path in kept]
    code = 3 if check and lines else 0
    text = "\n".join(lines) or "Every view is current"
    return Report(text, {"stale": list(stale), "drafts": list(kept), "written": not check}, code)
