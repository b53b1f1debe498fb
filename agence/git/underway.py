"""Is git in the middle of something in this work tree?"""

import os
from collections.abc import Iterator
from contextlib import suppress

from agence.base.errors import ShardError
from agence.git.repository import Repository
from agence.git.run import said_by

# What git keeps in the git directory of the work tree while it is in the middle of something.
_TRACES = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase or `git am`",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "sequencer": "a cherry-pick or revert",
    "BISECT_LOG": "a bisect",
}
_OPTIONS_WITH_A_VALUE = (
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--exec-path",
    "--super-prefix",
    "--config-env",
    "--attr-source",
)


def refuse_middle(repo: Repository) -> None:
    """Raises ShardError while a merge, rebase, cherry-pick, revert or bisect is under way."""
    for trace, name in _TRACES.items():
        if os.path.lexists(os.path.join(repo.git_dir, trace)):
            raise ShardError(f"{name} is under way in this work tree", "finish or abort it first")


def refuse_commit(repo: Repository) -> None:
    """Raises ShardError while a `git commit` runs in this work tree.

    It holds no lock while its editor is open, but has already decided what its parent will be.
    """
    for pid, cwd in _commits():
        if cwd is None or _innermost(cwd, repo.work_tree):
            message = f"a `git commit` (process {pid}) is running in this work tree"
            raise ShardError(message, "finish it, or close its editor, first")


def is_commit(words: list[str]) -> bool:
    """Whether a command line is that of `git commit`, whatever options stand before the verb."""
    if not words:
        return False
    program = os.path.basename(words[0])
    if program == "git-commit":
        return True
    if program != "git":
        return False
    rest = iter(words[1:])
    for word in rest:
        if not word.startswith("-"):
            return word == "commit"
        if word in _OPTIONS_WITH_A_VALUE:
            next(rest, None)
    return False


def _commits() -> Iterator[tuple[int, str | None]]:
    """Process id and working folder of each `git commit` that runs; None is a folder unknown."""
    if os.path.isdir("/proc/self"):
        return _by_proc()
    return _by_ps()


def _by_proc() -> Iterator[tuple[int, str | None]]:
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        with suppress(OSError):  # ended meanwhile, or somebody else's
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = os.fsdecode(file.read()).split("\0")[:-1]
            if is_commit(words):
                yield int(name), os.readlink(f"/proc/{name}/cwd")


def _by_ps() -> Iterator[tuple[int, str | None]]:
    for line in said_by("ps", "-axo", "pid=,command=").split("\n"):
        pid, _, command = line.strip().partition(" ")
        if pid.isdecimal() and is_commit(command.split()):
            told = said_by("lsof", "-a", "-d", "cwd", "-Fn", "-p", pid)
            folders = [field[1:] for field in told.split("\n") if field.startswith("n")]
            yield int(pid), folders[0] if folders else None


def _innermost(folder: str, work_tree: str) -> bool:
    """Whether `work_tree` is the innermost work tree around `folder`."""
    while folder != work_tree:
        above = os.path.dirname(folder)
        if above == folder or os.path.lexists(os.path.join(folder, ".git")):
            return False
        folder = above
    return True
