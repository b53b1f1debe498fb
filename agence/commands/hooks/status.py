"""Say which of agence's hooks are installed, where, and who calls them.

Examples:
    agence ^hooks status
    agence ^hooks status git --json

Whether git really calls them, `agence ^doctor` tries.
"""

import os
from typing import Annotated

from agence.commands.contract import Argument, Context, Report
from agence.commands.hooks.install import ADOPT, refuse_others, shown_path
from agence.git.hooks import places, script_path


def status(
    context: Context,
    what: Annotated[str, Argument(help="whose hooks: git", metavar="WHAT")] = "git",
) -> Report:
    """Each hook and its place. Nothing is changed. Raises UsageError."""
    repo = context.shard.repo
    refuse_others(what)
    lines, hooks = [], []
    for place in places(repo):
        wanted = os.access(script_path(repo, place.hook), os.X_OK)
        state = place.state if wanted or place.state != "installed" else "silent"
        lines.append(f"{place.hook}: {state}, {place.manager}, {shown_path(repo, place.path)}")
        hooks.append({**place._asdict(), "state": state})
    adopt = repo.flag(ADOPT)
    if adopt:
        lines.append("before each commit, ^adopt signs what was typed into views")
    return Report("\n".join(lines), {"hooks": hooks, "adopt": adopt})
