"""Start a program: the one place that does, and only with a permit of the guard.

No shell. The program is looked up on a pinned search path: absolute folders that lie outside the
repository and that not everybody may write to. The environment loses whatever would make a program
load, run or page something else. What a link in the repository points at is checked just before the
start; who can swap a link in that instant is not kept out.
"""

import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from agence.base.errors import OutsideError, Refusal
from agence.guard.decide import Permit
from agence.guard.match import stays_inside

_DROPPED = frozenset(
    {
        "BASH_ENV", "ENV", "IFS", "CDPATH", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND",
        "ZDOTDIR", "FPATH", "POSIXLY_CORRECT",
        "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "NLSPATH", "HOSTALIASES",
        "LESSOPEN", "LESSCLOSE", "SSH_ASKPASS", "SUDO_ASKPASS", "BROWSER", "VIMINIT", "EXINIT",
        "RIPGREP_CONFIG_PATH", "GREP_OPTIONS", "CURL_HOME", "WGETRC",
        "MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS", "MAKEFILES", "PYTEST_ADDOPTS", "PYTEST_PLUGINS",
        "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS",
        "TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG", "KUBECTL_EXTERNAL_DIFF", "KUBE_EDITOR",
    },
)  # fmt: skip
_DROPPED_STARTS = (
    "GIT_", "LD_", "DYLD_", "PYTHON", "NODE_", "NPM_CONFIG_", "PERL5", "PERLLIB", "RUBYOPT",
    "RUBYLIB", "BASH_FUNC_", "TF_CLI_ARGS",
)  # fmt: skip
_PAGERS = ("PAGER", "MANPAGER", "GH_PAGER", "AWS_PAGER", "SYSTEMD_PAGER", "LESS", "MORE")
_EDITORS = ("EDITOR", "VISUAL", "GH_EDITOR")
_SIGNALLED = 128  # a shell's way to say "ended by signal n"


class Outcome(NamedTuple):
    """How a program ended. `code` is 128 + n after signal n; texts are None unless captured."""

    code: int
    seconds: float
    stdout: str | None
    stderr: str | None


def launch(permit: Permit, cwd: str, *, capture: bool = False) -> Outcome:
    """Run what `permit` allows in the folder `cwd`, on this terminal or captured (without input).

    Raises OutsideError when there is no such program or it can't be started, Refusal when it lies
    inside the repository or one of its paths leads out of it.
    """
    root = _repository(os.path.realpath(cwd))
    _check_paths(permit.paths, cwd, root)
    folders = _search_path(os.environ.get("PATH", os.defpath), root)
    program = _program(permit.argv[0], folders, root)
    with _interrupts_left_to_the_child():
        began = time.monotonic()
        child = _start(permit, program, cwd, folders, subprocess.PIPE if capture else None)
        with child:
            stdout, stderr = child.communicate()
        seconds = time.monotonic() - began
    code = child.returncode if child.returncode >= 0 else _SIGNALLED - child.returncode
    return Outcome(code, seconds, _text(stdout), _text(stderr))


def _start(
    permit: Permit, program: str, cwd: str, folders: tuple[str, ...], pipe: int | None
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            permit.argv,
            executable=program,
            cwd=cwd,
            env=_environment(os.environ, folders, terminal=permit.terminal),
            stdin=subprocess.DEVNULL if pipe else None,
            stdout=pipe,
            stderr=pipe,
        )
    except OSError as error:
        raise OutsideError(f"'{program}' could not be started: {error.strerror}") from error


def _text(printed: bytes | None) -> str | None:
    return None if printed is None else printed.decode(errors="replace")


@contextmanager
def _interrupts_left_to_the_child() -> Iterator[None]:
    """Ctrl-C at the terminal reaches both; the child decides what it means, we go on waiting.

    A handler that does nothing, since an ignored signal would stay ignored in the child.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _repository(folder: str) -> str:
    """The work tree around `folder`, or `folder` itself outside of one."""
    place = folder
    while not os.path.exists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            return folder
        place = above
    return place


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _check_paths(paths: tuple[str, ...], cwd: str, root: str) -> None:
    for path in paths:
        real = os.path.realpath(os.path.join(cwd, path))
        if not _is_in(real, root):
            raise Refusal(f"'{path}' leads out of the repository", "a person may open it by hand")
        inside = os.path.relpath(real, root)
        if not stays_inside(inside):
            raise Refusal(f"'{path}' leads to where keys are kept", "a person may open it by hand")


def _search_path(path: str, root: str) -> tuple[str, ...]:
    folders = (folder for folder in path.split(os.pathsep) if os.path.isabs(folder))
    return tuple(folder for folder in folders if _is_pinned(os.path.realpath(folder), root))


def _is_pinned(folder: str, root: str) -> bool:
    """Whether a program in `folder` was installed: neither planted nor the project's own."""
    if _is_in(folder, root):
        return False
    try:
        found = os.stat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and not found.st_mode & stat.S_IWOTH


def _program(name: str, folders: tuple[str, ...], root: str) -> str:
    if os.sep in name or (os.altsep and os.altsep in name):
        places: tuple[str, ...] = (name,) if os.path.isabs(name) else ()
    else:
        places = tuple(os.path.join(folder, name) for folder in folders)
    for place in places:
        if os.path.isfile(place) and os.access(place, os.X_OK):
            if _is_in(os.path.realpath(place), root):
                break
            return place
    raise OutsideError(
        f"the program '{name}' was not found",
        "only programs installed outside the repository are started, from the folders of PATH",
    )


def _environment(
    ours: Mapping[str, str], folders: tuple[str, ...], *, terminal: bool
) -> dict[str, str]:
    """Our environment without what steers programs; on the terminal pager and editor stay."""
    kept = {
        key: value
        for key, value in ours.items()
        if key not in _DROPPED and not key.upper().startswith(_DROPPED_STARTS)
    }
    if not terminal:
        kept = {key: value for key, value in kept.items() if key not in (*_PAGERS, *_EDITORS)}
    return kept | {"PATH": os.pathsep.join(folders)}
