"""Functions that people installed: found by their entry point, named by the hash of their code.

A package offers one in the group `agence.merge`. Its code never comes out of a repository: a
package that lies in the work tree is refused, whether by its files, by a path of the interpreter,
or by an editable install that points there.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from agence.base.canonical import encode
from agence.base.digest import hex_digest
from agence.base.errors import TrustError
from agence.base.lazy import load

GROUP = "agence.merge"
_COMPILED = (".so", ".pyd", ".dll", ".dylib")


class Installed(NamedTuple):
    """A function that an installed package offers.

    target   where it is: `module:name`
    package  the name and version of the distribution
    files    name -> absolute path of every .py file of it, by which `hash` is taken
    """

    name: str
    target: str
    package: str
    hash: str
    files: dict[str, str]


def installed(name: str, top: str) -> Installed:
    """The one function of this name. Raises TrustError where there is none that may be used.

    `top` is the work tree, out of which nothing is loaded.
    """
    offers = _offers(name, outside_paths(top)) or _offers(name, sys.path)
    if not offers:
        raise TrustError(
            f"no installed package offers a merge function '{name}'",
            "install the package that does into the environment that agence runs in",
        )
    if len(offers) > 1:
        packages = ", ".join(sorted(package.name for package, _ in offers))
        raise TrustError(f"several packages offer '{name}': {packages}", "keep one of them")
    ((package, target),) = offers
    files = _files(package, target, top)
    _refuse_inside(files, top, package.name)
    called = f"{package.name} {package.version}"
    return Installed(name, target, called, _hash(files, called), files)


def function(offer: Installed, top: str) -> Callable[[Any, Any], Any]:
    """The function itself, imported. Raises TrustError where it is not what was hashed."""
    module, _, path = offer.target.partition(":")
    with without(top):
        found = _imported(module, offer)
    real = {os.path.realpath(one) for one in offer.files.values()}
    if os.path.realpath(getattr(found, "__file__", None) or "") not in real:
        raise TrustError(f"the module '{module}' is not the one of {offer.package}")
    for part in path.split(".") if path else ():
        found = getattr(found, part, None)
    if not callable(found):
        raise TrustError(f"'{offer.target}' of {offer.package} is no function")
    made: Callable[[Any, Any], Any] = found
    return made


def outside_paths(top: str) -> list[str]:
    """Where modules are looked for, without the work tree and without the current folder."""
    return [path for path in sys.path if path and not _is_inside(path, top)]


@contextmanager
def without(top: str) -> Iterator[None]:
    """Import nothing out of the work tree, for as long as this lasts."""
    before = list(sys.path)
    sys.path[:] = outside_paths(top)
    try:
        yield
    finally:
        sys.path[:] = before


def _offers(name: str, paths: list[str]) -> list[tuple[Any, str]]:
    """(distribution, target) of each package on these paths that offers a function `name`."""
    found: dict[str, Any] = {}
    for package in load("importlib.metadata").distributions(path=paths):
        found.setdefault(package.name, package)  # the first of one name is what is imported
    return [
        (package, point.value)
        for package in found.values()
        for point in package.entry_points.select(group=GROUP, name=name)
    ]


def _imported(module: str, offer: Installed) -> Any:  # noqa: ANN401 - a module, or a part of one
    try:
        return load(module)
    except (Exception, SystemExit) as error:
        why = f"{type(error).__name__}: {error}"
        raise TrustError(f"{offer.package} can't be imported: {why}") from error


def _files(package: Any, target: str, top: str) -> dict[str, str]:  # noqa: ANN401 - a Distribution
    """Name -> path of a distribution's code; of an editable one, of the package it points to."""
    listed = {str(one): os.fspath(package.locate_file(one)) for one in package.files or ()}
    if any(name.endswith(_COMPILED) for name in listed):
        raise TrustError(
            f"the package '{package.name}' holds compiled code, which differs between machines",
            "a merge function comes from a package that is nothing but Python",
        )
    root = target.partition(":")[0].partition(".")[0]
    own = (f"{root}.py", f"{root}/__init__.py")
    if any(name in listed for name in own):
        return {name: path for name, path in listed.items() if name.endswith(".py")}
    find_spec = load("importlib.util").find_spec
    with without(top):
        spec = find_spec(root)
    spec = spec or find_spec(root)
    origin = spec.origin if spec else None
    if not origin or not origin.endswith(".py"):
        raise TrustError(f"the code of the package '{package.name}' is not found")
    if not spec.submodule_search_locations:
        return {f"{root}.py": origin}
    return dict(_walk(os.path.dirname(origin), root))


def _walk(folder: str, root: str) -> Iterator[tuple[str, str]]:
    for place, _, names in os.walk(folder):
        inside = os.path.relpath(place, folder).replace(os.sep, "/")
        for name in names:
            if name.endswith(".py"):
                parts = [root, *([] if inside == "." else [inside]), name]
                yield "/".join(parts), os.path.join(place, name)


def _hash(files: dict[str, str], called: str) -> str:
    try:
        contents = {name: _content(path) for name, path in files.items()}
    except OSError as error:
        raise TrustError(f"{called} is damaged: {error.strerror}", "install it again") from error
    lines = (encode([name, contents[name].hex()]) + b"\n" for name in sorted(contents))
    return hex_digest("agence/merge/1", *lines)


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _refuse_inside(files: dict[str, str], top: str, package: str) -> None:
    for path in files.values():
        if _is_inside(path, top):
            raise TrustError(
                f"the code of '{package}' lies inside of this repository, at '{path}'",
                "code never comes out of a repository: install the package somewhere else",
            )


def _is_inside(path: str, top: str) -> bool:
    real, root = os.path.realpath(path), os.path.realpath(top)
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)
