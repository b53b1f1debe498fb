"""Print where a part of the shard lies on this machine.

Examples:
    agence ^where nexus
    cd "$(agence where top)"         # this verb needs no prefix
    agence ^where --json

Parts: top (of the work tree), shard (the tracked folder), nexus (local state), hermetic (private),
own (the own log), sessions, logs, index, codex.
"""

import os
from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Report
from agence.git.repository import discover
from agence.shard.layout import TRACKED, Layout


def where(
    context: Context,
    part: Annotated[str, Argument(help="one of the parts; all without it", metavar="PART")] = "",
) -> Report:
    """The absolute path of a part, or of all. Nothing is made by asking."""
    repo = discover(context.cwd)
    layout = Layout(repo.common_dir)
    shard = os.path.join(repo.work_tree, TRACKED)
    parts = {
        "top": repo.work_tree,
        "shard": shard,
        "codex": os.path.join(shard, "codex"),
        "nexus": layout.nexus,
        "hermetic": layout.hermetic,
        "own": layout.own("shared"),
        "sessions": layout.sessions,
        "logs": layout.logs,
        "index": layout.index("shared"),
    }
    if not part:
        return Report("\n".join(f"{name:9} {path}" for name, path in parts.items()), dict(parts))
    if part not in parts:
        raise UsageError(f"'{part}' is no part of a shard", f"one of {', '.join(parts)}")
    return Report(parts[part], {part: parts[part]})
