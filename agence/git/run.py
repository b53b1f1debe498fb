"""Run the git program: the one place that words git commands' environment.

Every call is one process of 2 to 3 ms. The environment is scrubbed of what would point git at
another repository, index or configuration, or make it ask or page.
"""

import os
import subprocess
from collections.abc import Mapping

from agence.base.errors import OutsideError

_SCRUBBED = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_EXTERNAL_DIFF",
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_QUARANTINE_PATH",
)


class GitFailed(OutsideError):
    """git ended with another code than 0. `returncode` and `stderr` say how."""

    def __init__(self, words: tuple[str, ...], returncode: int, stderr: str) -> None:
        verb = next((word for word in words if word != "-c" and "=" not in word), "")
        self.returncode = returncode
        self.stderr = stderr
        super().__init__(f"git {verb} failed: {self.reason}")

    @property
    def reason(self) -> str:
        """The line in which git says why: the first that is fatal or an error, else the last."""
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip()]
        why = (line for line in lines if line.startswith(("fatal:", "error:")))
        said = next(why, lines[-1] if lines else f"code {self.returncode}")
        return said.removeprefix("fatal: ").removeprefix("error: ")[:300]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment git is run in: ours, scrubbed, in English, without prompts or pagers."""
    kept = {key: value for key, value in os.environ.items() if key not in _SCRUBBED}
    kept |= {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
        "GIT_OPTIONAL_LOCKS": "0",
    }
    return kept | dict(extra or {})


def said_by(*words: str) -> str:
    """What a program of the system answers, "" where it is not there."""
    try:
        return os.fsdecode(subprocess.run(words, capture_output=True, check=False).stdout)
    except FileNotFoundError:
        return ""


def index_of_hook() -> str:
    """The index that git names to the hook we run in, "" where it names none."""
    return os.environ.get("GIT_INDEX_FILE", "")


def impatient(seconds: int) -> dict[str, str]:
    """Environment for a question over the network that nobody should have to wait for."""
    limits = {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": str(seconds)}
    if "GIT_SSH_COMMAND" not in os.environ and "GIT_SSH" not in os.environ:
        limits["GIT_SSH_COMMAND"] = f"ssh -o ConnectTimeout={seconds} -o BatchMode=yes"
    return limits


def not_started(cwd: str) -> OutsideError:
    """What to raise when git could not be started in `cwd`."""
    if not os.path.isdir(cwd):
        return OutsideError(f"the folder '{cwd}' is not there any more")
    return OutsideError("the git program was not found", "install git, 2.30 or later")


def git(
    *words: str,
    cwd: str,
    feed: bytes | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
) -> bytes:
    """Run `git WORDS` in `cwd` with `feed` on its standard input; return its standard output.

    Raises GitFailed when git ends with a code other than 0 (unless `check` is False: then what it
    printed is returned, and b"" stands for nothing), OutsideError when there is no git program.
    """
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=cwd,
            input=feed if feed is not None else b"",
            capture_output=True,
            env=environment(env),
            check=False,
        )
    except FileNotFoundError as error:
        raise not_started(cwd) from error
    if check and done.returncode != 0:
        raise GitFailed(words, done.returncode, done.stderr.decode(errors="replace"))
    return done.stdout
