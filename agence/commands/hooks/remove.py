"""Take agence's hooks out of this clone; what others wrote stays as it was, byte for byte.

Examples:
    agence ^hooks remove git
    agence ^hooks remove git --json
"""

from typing import Annotated

from agence.base.errors import OutsideError
from agence.commands.contract import Argument, Context, Report
from agence.commands.hooks.install import ADOPT, refuse_others, shown_path
from agence.git.hooks import hooks_folder, places
from agence.git.hooks import remove as take_out
from agence.shard.files import outside


def remove(
    context: Context,
    what: Annotated[str, Argument(help="whose hooks: git", metavar="WHAT")],
) -> Report:
    """Remove the hooks; the answer is what a second look finds. Raises UsageError, OutsideError."""
    repo = context.shard.repo
    refuse_others(what)
    with outside(hooks_folder(repo)):
        changed = take_out(repo)
    repo.unset_config(ADOPT)
    left = [place for place in places(repo) if place.state == "installed"]
    if left:
        raise OutsideError(
            f"{left[0].hook} still runs from '{shown_path(repo, left[0].path)}'",
            "somebody put these lines there: take them out in your editor",
        )
    lines = [f"taken out: {shown_path(repo, path)}" for path in changed]
    return Report(
        "\n".join(lines) or "No hook of agence was installed",
        {"changed": [shown_path(repo, path) for path in changed]},
    )
