"""Packages that offer merge functions, as an installer leaves them in a folder."""

import os
import sys
from contextlib import contextmanager

HIGHEST = "def merge(a, b):\n    return max(a, b)\n"
LOWEST = "def merge(a, b):\n    return min(a, b)\n"
AVERAGE = "def merge(a, b):\n    return (a + b) // 2\n"


@contextmanager
def environment(folder):
    """A folder that this interpreter finds packages in, for as long as this lasts."""
    path = os.fspath(folder)
    sys.path.insert(0, path)
    try:
        yield path
    finally:
        sys.path.remove(path)
        forget()


def forget():
    """Let what was installed be imported anew."""
    for name in [name for name in sys.modules if "_functions" in name]:
        del sys.modules[name]


def install(folder, name, code, *, listed=True, module=None):
    """Put a package with the function `name` into a folder; `listed` is what RECORD says of it."""
    package = f"{name}_functions"
    home = os.path.join(module or folder, package)
    about = os.path.join(folder, f"{package}-1.0.dist-info")
    for place in (home, about):
        os.makedirs(place, exist_ok=True)
    files = {
        f"{home}/__init__.py": "",
        f"{home}/joins.py": code,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n",
        f"{about}/entry_points.txt": f"[agence.merge]\n{name} = {package}.joins:merge\n",
    }
    names = [f"{package}/__init__.py", f"{package}/joins.py"] if listed else [f"__{name}.pth"]
    files[f"{about}/RECORD"] = "".join(f"{one},,\n" for one in names)
    for path, text in files.items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return home
