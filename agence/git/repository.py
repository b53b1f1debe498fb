"""The git repository that a folder lies in, and its configuration."""

import os

from agence.base.errors import ShardError
from agence.git.run import GitFailed, git

_TRUE = ("true", "yes", "on", "1", "")
_LINES_OF_AN_ANSWER = 4
_NOT_THERE = 5  # `git config --unset-all` of a key or value that is not set


class Repository:
    """One work tree and its repository; made by `discover`. All paths are absolute and real.

    work_tree   top of the work tree
    git_dir     what belongs to this work tree alone: HEAD, index, merge state
    common_dir  what all linked work trees share: objects, refs, configuration
    """

    __slots__ = ("_config", "common_dir", "git_dir", "work_tree")

    def __init__(self, work_tree: str, git_dir: str, common_dir: str) -> None:
        self.work_tree = work_tree
        self.git_dir = git_dir
        self.common_dir = common_dir
        self._config: dict[str, list[str]] | None = None

    @property
    def bare(self) -> bool:
        """Whether the repository has no main work tree, so that this is one linked to it."""
        return self.flag("core.bare")

    @property
    def nexus(self) -> str:
        """Where this clone keeps what is never versioned."""
        return os.path.join(self.common_dir, "agence", "nexus")

    @property
    def journal(self) -> str:
        """The path of what a publisher notes about this work tree, there only while it works."""
        linked = "" if self.git_dir == self.common_dir else f"-{os.path.basename(self.git_dir)}"
        return os.path.join(self.nexus, f"journal{linked}.json")

    def config(self) -> dict[str, list[str]]:
        """All of git's configuration in force here: key to values, least binding first.

        Section and variable are in lower case, as git prints them. Read once and kept.
        """
        if self._config is None:
            self._config = {}
            for record in git("config", "--list", "-z", cwd=self.work_tree).split(b"\0")[:-1]:
                key, _, value = os.fsdecode(record).partition("\n")
                self._config.setdefault(key, []).append(value)
        return self._config

    def flag(self, key: str) -> bool:
        """Whether the configuration's `key` is set and true."""
        values = self.config().get(key)
        return values is not None and values[-1].lower() in _TRUE

    def set_config(self, key: str, value: str) -> None:
        """Make `value` the only one of `key` in the clone's own configuration."""
        git("config", "--local", "--replace-all", key, value, cwd=self.work_tree)
        self._config = None

    def add_config(self, key: str, value: str) -> None:
        """Add `value` to those of `key` in the clone's own configuration, unless it is there."""
        there = git("config", "--local", "-z", "--get-all", key, cwd=self.work_tree, check=False)
        if os.fsencode(value) not in there.split(b"\0")[:-1]:
            git("config", "--local", "--add", key, value, cwd=self.work_tree)
            self._config = None

    def unset_config(self, key: str, value: str | None = None) -> None:
        """Take `value`, or all values, of `key` out of the clone's own configuration."""
        words = (key,) if value is None else ("--fixed-value", key, value)
        try:
            git("config", "--local", "--unset-all", *words, cwd=self.work_tree)
        except GitFailed as failure:
            if failure.returncode != _NOT_THERE:
                raise
        self._config = None

    def head(self) -> tuple[str | None, str | None]:
        """The checked-out branch (None when detached) and its commit (None when unborn)."""
        words = ("HEAD", "--symbolic-full-name", "HEAD")
        answer = git("rev-parse", *words, cwd=self.work_tree, check=False).decode().split()
        if len(answer) == 2:
            commit, name = answer
            return (None if name == "HEAD" else _short(name)), commit
        name = git("symbolic-ref", "HEAD", cwd=self.work_tree).decode().strip()
        return _short(name), None


def discover(cwd: str) -> Repository:
    """Find the repository of the innermost work tree around `cwd`. One git process.

    Raises ShardError when there is none, or none that agence can use: bare, owned by somebody
    else, or of another object format than SHA-1.
    """
    words = ("--absolute-git-dir", "--git-common-dir", "--show-object-format", "--show-toplevel")
    try:
        answer = os.fsdecode(git("rev-parse", *words, cwd=cwd)).split("\n")[:-1]
    except GitFailed as failure:
        raise _unusable(cwd, failure.stderr.strip()) from failure
    if len(answer) != _LINES_OF_AN_ANSWER:
        raise ShardError(f"the path of '{cwd}' holds a line break", "move the repository")
    git_dir, common_dir, object_format, work_tree = answer
    if object_format != "sha1":
        raise ShardError(f"agence reads SHA-1 repositories only; this one is {object_format}")
    common = os.path.realpath(os.path.join(cwd, common_dir))
    return Repository(work_tree, os.path.realpath(git_dir), common)


def _unusable(cwd: str, said: str) -> ShardError:
    standalone = "`agence ^init --standalone` makes one that is nothing but a shard"
    if "dubious ownership" in said or "unsafe repository" in said:
        return ShardError(f"git does not trust '{cwd}': somebody else owns it", said)
    if "must be run in a work tree" in said:
        bare = git("rev-parse", "--is-bare-repository", cwd=cwd, check=False).strip() == b"true"
        kind = "a bare repository" if bare else "inside a git directory"
        hint = f"go to a work tree (`git worktree add` makes one), or: {standalone}"
        return ShardError(f"'{cwd}' is {kind}, without a work tree", hint)
    if "not a git repository" in said:
        return ShardError(f"'{cwd}' is not a git repository", standalone)
    last = said.splitlines()[-1] if said else "git said nothing"
    return ShardError(f"git can't open '{cwd}': {last}")


def _short(name: str) -> str:
    return name.removeprefix("refs/heads/")
