"""Let git call this clone's hooks with something they must refuse, in a repository of its own.

The scratch repository includes the clone's configuration and has copies of its hooks, and nothing
else of it: whatever a hook does there, to the index, to refs, or to the hooks themselves, is gone
afterwards.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from agence.git.hook_text import LEFTHOOK_LOCAL
from agence.git.hooks import hooks_folder, script_path
from agence.git.repository import Repository
from agence.git.run import GitFailed, git

PRIVATE = ".agence/hermetic/keys"  # where no commit may put a file
_PLAIN = (
    *("-c", "commit.gpgsign=false", "-c", "push.gpgsign=false", "-c", "core.fsmonitor=false"),
    *("-c", "core.sparsecheckout=false", "-c", "core.autocrlf=false", "-c", "gc.auto=0"),
)
_ROLES = ("AUTHOR", "COMMITTER")
_ENVIRONMENT = {
    **{f"GIT_{role}_NAME": "agence" for role in _ROLES},
    **{f"GIT_{role}_EMAIL": "agence@localhost" for role in _ROLES},
    "PRE_COMMIT_ALLOW_NO_CONFIG": "1",
}


class Fired(NamedTuple):
    """What came of a hook that was fired: whether it refused the canary, and what it said."""

    refused: bool
    said: str


def fire(repo: Repository, hook: str) -> Fired:
    """Let git call "pre-commit" or "pre-push" with a private file. Raises OSError, GitFailed."""
    with _scratch(repo) as top:
        name = f"{PRIVATE}/canary-{os.urandom(8).hex()}.json"
        start = _git(top, "commit-tree", _git(top, "mktree"), "-m", "a trial")
        _git(top, "update-ref", "HEAD", start)
        os.makedirs(os.path.join(top, PRIVATE))
        with open(os.path.join(top, name), "xb") as file:
            file.write(b"{}\n")
        _git(top, "update-index", "--add", "--", name)
        words = ("commit", "--quiet", "-m", "a trial")
        if hook == "pre-push":
            tree = _git(top, "write-tree")
            _git(top, "update-ref", "HEAD", _git(top, "commit-tree", tree, "-m", "a trial"))
            git("init", "--quiet", "--bare", "remote.git", cwd=top)
            words = ("push", "--quiet", os.path.join(top, "remote.git"), "HEAD:refs/heads/canary")
        try:
            _git(top, *words)
        except GitFailed as failure:
            return Fired(name in failure.stderr, failure.stderr.strip())
        return Fired(refused=False, said="")


@contextmanager
def _scratch(repo: Repository) -> Iterator[str]:
    """The top of a work tree with the configuration and the hooks of another; gone at the end."""
    top = os.path.realpath(tempfile.mkdtemp(prefix="agence-"))
    try:
        git("init", "--quiet", "--template=", ".", cwd=top)
        _configure(repo, top)
        _bring_hooks(repo, top)
        yield top
    finally:
        shutil.rmtree(top, ignore_errors=True)


def _configure(repo: Repository, top: str) -> None:
    """Include what the clone and the work tree have configured, but where their files lie."""
    config = os.path.join(top, ".git", "config")
    own = {os.path.join(folder, "config.worktree") for folder in (repo.common_dir, repo.git_dir)}
    for path in (os.path.join(repo.common_dir, "config"), *sorted(own)):
        git("config", "--file", config, "--add", "include.path", path, cwd=top)
    for key, value in (("core.bare", "false"), ("core.worktree", top)):
        git("config", "--file", config, "--unset-all", key, cwd=top, check=False)
        with open(config, "a", encoding="utf-8") as file:  # behind what is included
            section, _, name = key.partition(".")
            file.write(f'[{section}]\n\t{name} = "{_escaped(value)}"\n')


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _bring_hooks(repo: Repository, top: str) -> None:
    """The hooks, and what those that are called by others need beside them in the work tree."""
    folder = hooks_folder(repo)
    below = os.path.relpath(folder, repo.work_tree)
    if "core.hookspath" not in repo.config():
        _copy(folder, os.path.join(top, ".git", "hooks"))
    elif not below.startswith(os.pardir) and not os.path.isabs(_hooks_path(repo)):
        above = below.removesuffix(f"{os.sep}_")  # what husky calls lies above its own folder
        _copy(os.path.join(repo.work_tree, above), os.path.join(top, above))
    scripts = os.path.dirname(script_path(repo, ""))
    _copy(scripts, os.path.join(top, ".git", "agence", "nexus", "hooks"))
    modules = os.path.join(repo.work_tree, "node_modules")
    if os.path.isdir(modules):
        os.symlink(modules, os.path.join(top, "node_modules"))
    local = os.path.join(repo.work_tree, LEFTHOOK_LOCAL)
    if os.path.isfile(local):
        shutil.copyfile(local, os.path.join(top, LEFTHOOK_LOCAL))
        with open(os.path.join(top, "lefthook.yml"), "xb"):
            pass


def _hooks_path(repo: Repository) -> str:
    return os.path.expanduser(repo.config().get("core.hookspath", [""])[-1])


def _copy(source: str, target: str) -> None:
    if os.path.isdir(source):
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.sample"))


def _git(top: str, *words: str, feed: bytes = b"") -> str:
    said = git(*_PLAIN, *words, cwd=top, feed=feed, env=_ENVIRONMENT)
    return said.decode(errors="replace").strip()
