"""A clone on disk that a test works in as a person would: by git and by agence."""

import json
import os
import subprocess
import sys
from typing import Any


class Clone:
    """One git work tree. `path` is absolute; every word runs as a process of its own in it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)

    def run(self, *words: str, code: int = 0, feed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program here; its exit code must be `code`."""
        done = subprocess.run(
            words,
            cwd=self.path,
            input=feed,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
        said = f"{' '.join(words)} ended with {done.returncode}, not {code}"
        assert done.returncode == code, f"{said}\n{done.stdout}{done.stderr}"
        return done

    def git(self, *words: str, code: int = 0, feed: str = "") -> str:
        """What `git WORDS` prints, without the last line's end."""
        return self.run("git", *words, code=code, feed=feed).stdout.removesuffix("\n")

    def agence(self, *words: str, code: int = 0, feed: str = "") -> str:
        """What `agence WORDS` prints on standard output. Never a traceback, whatever the code."""
        done = self.run(sys.executable, "-m", "agence", *words, code=code, feed=feed)
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done.stdout

    def agence_json(self, *words: str, code: int = 0, feed: str = "") -> Any:
        """The envelope that `agence WORDS --json` prints: `ok`, and `data` or `error`."""
        return json.loads(self.agence(*words, "--json", code=code, feed=feed))

    def write(self, name: str, text: str) -> str:
        """Write a file below the work tree, with its folders; return its absolute path."""
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def read(self, name: str) -> str:
        """The text of a file below the work tree."""
        with open(os.path.join(self.path, name), encoding="utf-8", newline="") as file:
            return file.read()

    def commit(self, name: str, text: str, message: str = "") -> str:
        """Write one file and commit only it; return the new commit's id."""
        self.write(name, text)
        self.git("add", "--", name)
        self.git("commit", "--quiet", "-m", message or f"Change {name}", "--", name)
        return self.git("rev-parse", "HEAD")
