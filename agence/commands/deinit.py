"""Take out of this clone what `^init` put into its configuration; the shard and its data stay.

Examples:
    agence ^deinit
    agence ^deinit --json

The tracked folder `.agence/` stays as it is, and so does the clone's own state in the git
directory: unpublished work, keys and private notes. `^init` joins again, with the same keys.
"""

from agence.commands.contract import Context, Report
from agence.git.repository import discover
from agence.shard.joining import leave
from agence.shard.layout import Layout


def deinit(context: Context) -> Report:
    """Unset the pins, the merge drivers and the fetch refspec of this clone."""
    repo = discover(context.cwd)
    removed = leave(repo)
    kept = Layout(repo.common_dir).root
    if not removed:
        return Report(
            "Nothing of agence is in this clone's configuration", {"removed": [], "kept": kept}
        )
    lines = [f"Removed {len(removed)} settings from this clone's configuration"]
    lines.append(f"Kept .agence/ and this clone's own state in {kept}")
    return Report("\n".join(lines), {"removed": list(removed), "kept": kept})
