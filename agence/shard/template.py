"""What a shard begins with: the codex of the template, and the folder's small files."""

import os

from agence.base.errors import OutsideError
from agence.shard.files import read_bytes

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

TOML = """\
# A shard of agence. This file is the same in every shard: nothing of one clone or remote is here.
format = 1
"""

GITIGNORE = """\
# Local state lies in the git directory, never here. These lines are for copies made by hand.
/nexus/
/hermetic/
/objectcode/
/globalcache/
/organic/*.json
"""

GITATTRIBUTES = """\
* -text
log/** merge=agence-log -diff linguist-generated=true
synthetic/** merge=agence-view
organic/** merge=agence-view
"""

IGNORE = """\
# For tools that search: the events are for agence to read, the views for people.
/log/
"""

STATIC = {
    "agence.toml": TOML,
    ".gitignore": GITIGNORE,
    ".gitattributes": GITATTRIBUTES,
    ".ignore": IGNORE,
}


def codex() -> dict[str, str]:
    """Path below `codex/` -> text, of the shipped template; commands.json is one of them."""
    root = _shipped("codex-template")
    pages = {"commands.json": read_bytes(_shipped("commands.json")).decode()}
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = os.path.join(folder, name)
            pages[os.path.relpath(path, root).replace(os.sep, "/")] = read_bytes(path).decode()
    return dict(sorted(pages.items()))


def commands() -> str:
    """The shipped commands.json: the base layer of the guard, that nothing pulled can replace."""
    return read_bytes(_shipped("commands.json")).decode()


def _shipped(name: str) -> str:
    for folder in (_PACKAGE, os.path.dirname(_PACKAGE)):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    raise OutsideError(f"the shipped '{name}' is missing", "install agence again")
