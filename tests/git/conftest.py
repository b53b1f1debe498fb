"""Real repositories in tmp_path, with a stopped clock and nobody's own configuration."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agence.git.repository import Repository, discover


class Checkout:
    """A work tree to run git in."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def git(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.top, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, f"git {words}: {done.stdout}{done.stderr}"
        return done.stdout.rstrip("\n")

    def write(self, path: str, text: str) -> None:
        (self.top / path).parent.mkdir(parents=True, exist_ok=True)
        (self.top / path).write_bytes(text.encode())

    def commit(self, path: str, text: str) -> str:
        self.write(path, text)
        self.git("add", "--", path)
        self.git("commit", "-q", "-m", f"write {path}", "--", path)
        return self.git("rev-parse", "HEAD")

    def ours(self) -> str:
        """What git status says about `.agence/`."""
        return self.git("status", "--porcelain", "--untracked-files=all", "--", ".agence")

    def show(self, path: str) -> str:
        return self.git("show", f"HEAD:{path}")

    @property
    def repo(self) -> Repository:
        return discover(str(self.top))


@pytest.fixture(autouse=True)
def own_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ann\n\temail = ann@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "1700000000 +0000")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000000 +0000")


@pytest.fixture
def empty(tmp_path: Path) -> Checkout:
    """A repository without a commit."""
    top = tmp_path / "project"
    top.mkdir()
    checkout = Checkout(top)
    checkout.git("init", "-q")
    return checkout


@pytest.fixture
def checkout(empty: Checkout) -> Checkout:
    """A repository with a commit of two files."""
    empty.write("src/main.c", "int main;\n")
    empty.commit("README", "hello\n")
    empty.git("add", "-A")
    empty.git("commit", "-q", "--amend", "--no-edit")
    return empty


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Make a program of a body that finds `repo`, `publish`, `sys` and `time` ready."""

    def make(name: str) -> Path:
        path = tmp_path / f"{name}.py"
        path.write_text(_HEAD + _BODIES[name])
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def without_rights(checkout: Checkout, tmp_path: Path) -> Callable[[str, str], str]:
    """Publish or take away `path` without rights in `folder`; return what the error says."""

    def attempt(folder: str, path: str) -> str:
        program = tmp_path / "publish.py"
        program.write_text(_HEAD + _BODIES["other"])
        words = [sys.executable, str(program), path]
        if os.geteuid() == 0:  # a root that, like others, needs the rights
            words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words]
        (checkout.top / folder).chmod(0o555)
        done = subprocess.run(words, cwd=checkout.top, capture_output=True, text=True, check=False)
        (checkout.top / folder).chmod(0o755)
        return done.stdout + done.stderr

    return attempt


_HEAD = f"""#!{sys.executable}
import sys, time
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from agence.base.errors import AgenceError
from agence.git.publish import publish
from agence.git.repository import discover
repo = discover(".")
"""
_A = ".agence/log/2026-01/w/1-a.jsonl"
_BODIES = {
    "stage": f"""
try:
    publish(repo, {{{_A!r}: b"from a hook\\n"}}, "", stage_only=True)
except AgenceError as error:
    sys.exit(error.message)
""",
    "die": """
import os, signal
from agence.git.index_lock import Hold
with Hold(repo, os.path.join(repo.git_dir, "index")):
    os.kill(os.getpid(), signal.SIGKILL)
""",
    "round": """
n = int(sys.argv[1])
print("!", flush=True)
publish(repo, {
    ".agence/synthetic/lessons/view.md": f"view {n}\\n".encode(),
    f".agence/log/2026-01/w/{n}.jsonl": b"%d\\n" % n,
    f".agence/log/2026-01/w/{n - 1}.jsonl": None,
}, f"round {n}")
""",
    "many": """
for n in range(10):
    publish(repo, {f".agence/log/2026-01/{sys.argv[1]}/{n}.jsonl": b"x"}, f"{n}")
""",
    "other": """
try:
    path = sys.argv[1]
    publish(repo, {path: b"new\\n" if path.endswith("new") else None}, "x")
except AgenceError as error:
    print(type(error).__name__, error.exit_code, error.message, error.hint)
""",
}
