"""Print the lines that make prefixes safe to type in your shell, and that complete verbs.

Examples:
    eval "$(agence shell-init bash)"      # in ~/.bashrc
    eval "$(agence shell-init zsh)"       # in ~/.zshrc, after compinit
    agence shell-init fish | source       # in ~/.config/fish/config.fish

bash and zsh replace `!bash` by an earlier line of yours, zsh replaces `~learn` and, with
EXTENDED_GLOB, `^learn`. After these lines they leave a line that runs agence alone, and no other
line. Without them, quote the prefix, or use its word twin: `agence shared learn`,
`agence private learn`, `agence run git-status`, `agence system bash`, `agence plan ...`.
"""

import os
from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Report

SHELLS = ("bash", "zsh", "fish")


def shell_init(
    _context: Context,
    shell: Annotated[str, Argument(help="bash, zsh or fish", complete="shell")],
) -> Report:
    """The script of a shell."""
    if shell not in SHELLS:
        raise UsageError(f"'{shell}' is no shell that agence knows", ", ".join(SHELLS))
    path = os.path.join(os.path.dirname(__file__), "shells", f"agence.{shell}")
    with open(path, encoding="utf-8") as file:
        script = file.read()
    return Report(script, {"shell": shell, "script": script})
