"""Take out of this clone what `^init` put into its configuration; the shard and its data stay.

Examples:
    agence ^deinit
    agence ^deinit --json

The tracked folder `.agence/` stays as it is, and so does the clone's own state in the git
directory: unpublished work, keys and private notes. `^init` joins again, with the same keys.
Hooks that `^hooks install` put in go too; what others wrote there stays.
"""

from agence.commands.contract import Context, Report
from agence.git.hooks import hooks_folder, remove
from agence.git.repository import discover
from agence.shard.files import outside
from agence.shard.joining import leave
from agence.shard.layout import Layout


def deinit(context: Context) -> Report:
    """Unset the pins, the merge drivers and the fetch refspec of this clone; take its hooks out."""
    repo = discover(context.cwd)
    with outside(hooks_folder(repo)):
        hooks = remove(repo)
    removed = leave(repo)
    kept = Layout(repo.common_dir).root
    if not removed:
        return Report(
            "Nothing of agence is in this clone's configuration",
            {"removed": [], "hooks": hooks, "kept": kept},
        )
    lines = [f"Removed {len(removed)} settings from this clone's configuration"]
    lines += [f"Took a hook out of {path}" for path in hooks]
    lines.append(f"Kept .agence/ and this clone's own state in {kept}")
    return Report("\n".join(lines), {"removed": list(removed), "hooks": hooks, "kept": kept})
