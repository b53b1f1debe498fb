"""git's hooks, put next to whatever is there, and taken out again without a trace.

Who calls the hooks decides where the block goes:

    plain       the file that git calls; core.hooksPath, absolute or relative, is followed
    husky       `.husky/<hook>`, which husky's own file in `.husky/_` calls
    pre-commit  `<hook>.legacy`, which the framework calls first, also after it is installed again
    lefthook    `lefthook-local.yml` where there is none; else its lines are for a person to add

All raise OSError where the disk refuses.
"""

import os
import stat
from contextlib import suppress
from typing import NamedTuple

from agence.git.hook_text import (
    HOOKS,
    KEPT,
    LEFTHOOK_LOCAL,
    has_block,
    lefthook_file,
    own_file,
    script,
    takes_block,
    with_block,
    without,
)
from agence.git.repository import Repository
from agence.git.run import git

_ENDS = ("yml", "yaml", "toml", "json", "jsonc")
_LEFTHOOK = tuple(f"{at}lefthook.{end}" for at in ("", ".", ".config/") for end in _ENDS)
_LOCAL = tuple(f"{at}lefthook-local.{end}" for at in ("", ".", ".config/") for end in _ENDS)


class Place(NamedTuple):
    """Where a hook is installed, or would be.

    manager  who calls it: "plain", "husky", "pre-commit" or "lefthook"
    path     the absolute path of the file that the block is in, or would go into
    state    "installed", "absent", or "by hand": a person has to add lines to what is there
    """

    hook: str
    manager: str
    path: str
    state: str


def script_path(repo: Repository, hook: str) -> str:
    """This clone's own script, which every block runs where it is there."""
    return os.path.join(repo.nexus, "hooks", hook)


def hooks_folder(repo: Repository) -> str:
    """The absolute path of the folder in which git looks for hooks here."""
    said = git("rev-parse", "--git-path", "hooks", cwd=repo.work_tree)
    return os.path.normpath(os.path.join(repo.work_tree, os.fsdecode(said).removesuffix("\n")))


def places(repo: Repository) -> list[Place]:
    """Each hook, and where it is or would be installed."""
    folder = hooks_folder(repo)
    return [_place(repo, folder, hook) for hook in HOOKS]


def install(repo: Repository, program: str) -> list[Place]:
    """Write this clone's scripts and put in the blocks that are missing; returns those places.

    `program` is the absolute path of `agence`.
    """
    os.makedirs(os.path.dirname(script_path(repo, "")), mode=0o700, exist_ok=True)
    for hook in HOOKS:
        if _read(script_path(repo, hook)) != script(program, hook):
            _write(script_path(repo, hook), script(program, hook), 0o700)
    changed = []
    for place in places(repo):
        before = _read(place.path)
        if place.state == "absent" or (has_block(before) and not _is_current(place, before)):
            _put_in(place)
            changed.append(place)
    return changed


def remove(repo: Repository) -> list[str]:
    """Take out every block and this clone's scripts; returns the paths that changed.

    What others wrote stays as it was, byte for byte.
    """
    changed = []
    folders = dict.fromkeys([hooks_folder(repo), os.path.join(repo.common_dir, "hooks")])
    for hook in HOOKS:
        homes = [path for folder in folders for path in _homes(folder, hook)]
        changed += [path for path in homes if _take_out(path, hook)]
        with suppress(FileNotFoundError):
            os.unlink(script_path(repo, hook))
            changed.append(script_path(repo, hook))
    local = os.path.join(repo.work_tree, LEFTHOOK_LOCAL)
    if has_block(_read(local)):
        _write_or_drop(local, without(_read(local)))
        changed.append(local)
    return changed


def _place(repo: Repository, folder: str, hook: str) -> Place:
    path = os.path.join(folder, hook)
    there = _read(path)
    if b"call_lefthook" in there or _named(repo, _LEFTHOOK):
        return _lefthook(repo, hook)
    manager = "plain"
    if _is_husky(folder):
        manager, path = "husky", os.path.join(os.path.dirname(folder), hook)
    elif b"pre-commit.com" in there and not has_block(there):
        manager, path = "pre-commit", f"{path}.legacy"
    state = "installed" if has_block(_read(path)) else "absent"
    return Place(hook, manager, path, state)


def _lefthook(repo: Repository, hook: str) -> Place:
    named = _named(repo, _LOCAL)
    path = os.path.join(repo.work_tree, named or LEFTHOOK_LOCAL)
    if not named:
        return Place(hook, "lefthook", path, "absent")
    called = f"/agence/nexus/hooks/{hook}".encode() in _read(path)
    return Place(hook, "lefthook", path, "installed" if called else "by hand")


def _named(repo: Repository, names: tuple[str, ...]) -> str:
    top = repo.work_tree
    return next((name for name in names if os.path.isfile(os.path.join(top, name))), "")


def _homes(folder: str, hook: str) -> list[str]:
    """Every file that a block may be in, wherever a framework has moved it since."""
    path = os.path.join(folder, hook)
    husky = [os.path.join(os.path.dirname(folder), hook)] if _is_husky(folder) else []
    return [path, f"{path}.legacy", f"{path}.old", *husky]


def _is_husky(folder: str) -> bool:
    own = (os.path.join(folder, name) for name in ("h", "husky.sh"))
    return os.path.basename(folder) == "_" and any(map(os.path.isfile, own))


def _is_current(place: Place, content: bytes) -> bool:
    if place.manager == "lefthook" or content.startswith(own_file(place.hook)):
        return True
    rest = without(content)
    return bool(rest) and content == with_block(rest, place.hook)


def _put_in(place: Place) -> None:
    if place.manager == "lefthook":
        _write(place.path, lefthook_file(), 0o644)
        return
    os.makedirs(os.path.dirname(place.path), exist_ok=True)
    content = without(_read(place.path))
    if _takes_block(place, content):
        _write(place.path, with_block(content, place.hook), _mode(place.path))
        return
    if os.path.lexists(place.path) and not has_block(_read(place.path)):
        os.rename(place.path, _kept(place.path, place.hook))
    _write(place.path, own_file(place.hook), 0o755)


def _takes_block(place: Place, content: bytes) -> bool:
    """Whether this is a script that git does call, and one of a shell."""
    if os.path.islink(place.path) or not os.path.isfile(place.path):
        return False
    return (
        bool(content)
        and takes_block(content)
        and (place.manager == "husky" or os.access(place.path, os.X_OK))
    )


def _take_out(path: str, hook: str) -> bool:
    content = _read(path)
    if not has_block(content):
        return False
    rest, kept = without(content), _kept(path, hook)
    if not rest and os.path.lexists(kept):
        os.replace(kept, path)
    else:
        _write_or_drop(path, rest)
    return True


def _write_or_drop(path: str, rest: bytes) -> None:
    if rest:
        _write(path, rest, _mode(path))
    else:
        os.unlink(path)


def _kept(path: str, hook: str) -> str:
    return os.path.join(os.path.dirname(path), hook + KEPT)


def _read(path: str) -> bytes:
    gone = suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError)
    with gone, open(path, "rb") as file:
        return file.read()
    return b""


def _mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def _write(path: str, content: bytes, mode: int) -> None:
    beside = f"{path}.{os.getpid()}.new"
    try:
        with open(beside, "xb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
        os.replace(beside, path)
    except OSError:
        with suppress(FileNotFoundError):
            os.unlink(beside)
        raise
