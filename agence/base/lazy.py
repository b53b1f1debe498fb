"""The one lazy door: import a module when it is needed, not when the program starts.

Start-up is decided by what is imported. A table names modules by text, and what only a slow path
needs (help, suggestions, JSON, a fault's trace) comes through here, so that a house test can read
off what each door loads. Everything else is imported at the top of its file.
"""

from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    """The module called `name`, imported now. Raises ImportError when there is none."""
    return import_module(name)
