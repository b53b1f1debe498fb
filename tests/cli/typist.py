"""A person at a real shell in a real terminal, with a program on the PATH that notes its words."""

import fcntl
import json
import os
import pty
import select
import subprocess
import sys
import termios
import time

STARTS = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
}
SUMS = {"bash": "$((%d+%d))", "zsh": "$((%d+%d))", "fish": "(math %d+%d)"}
NOTES_ITS_WORDS = """\
#!{python}
import json, os, sys
if sys.argv[1:2] == ["complete"]:
    os.execv("{real}", ["{real}", *sys.argv[1:]])
with open("{log}", "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
"""
ANSWERS = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62;c", b"\x1b[0c": b"\x1b[?62;c"}
PATIENCE = 20


class Typist:
    """`seen` is what the program got, one list of words for each time it ran."""

    def __init__(self, shell, folder, real):
        self.shell = shell
        self.folder = folder
        self.log = folder / "words"
        self.log.touch()
        program = folder / "bin" / "agence"
        program.parent.mkdir()
        program.write_text(
            NOTES_ITS_WORDS.format(python=sys.executable, real=real, log=self.log), encoding="utf-8"
        )
        program.chmod(0o755)
        for name in ("one", "two"):
            (folder / name).touch()
        self.output = b""
        self.steps = 0
        self.terminal, inner = pty.openpty()
        self.process = subprocess.Popen(
            STARTS[shell],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=folder,
            env={
                "HOME": str(folder),
                "PATH": f"{program.parent}:{os.environ['PATH']}",
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
                "TERM": "xterm",
                "LC_ALL": "C.UTF-8",
                "COLUMNS": "200",
            },
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one thread
        )
        os.close(inner)
        self.line("")

    def line(self, text, ahead=""):
        """Type a line and Enter, wait until it is done, and return what the program got for it.

        With `ahead` the line is typed while that other line is still at work.
        """
        before = len(self.seen)
        if ahead:
            self._type(ahead)
            self._wait_for(cooked=True)
            os.write(self.terminal, f"{text}\r".encode())
            text = ""
        self.steps += 1
        mark = SUMS[self.shell] % (7000, self.steps)
        self._type(text)
        self._type(f"echo END{mark}")
        self._wait(f"END{7000 + self.steps}".encode())
        return self.seen[before:]

    @property
    def seen(self):
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def complete(self, text, then=""):
        """Type `text`, Tab, wait for the shell to finish, type `then` and Enter."""
        self._type(text, "\t")
        self._settle()
        return self.line(then)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)

    def _type(self, text, enter="\r"):
        """Type a line once the shell reads keys: what comes before is typed ahead, and differs."""
        self._wait_for(cooked=False)
        os.write(self.terminal, f"{text}{enter}".encode())

    def _wait_for(self, *, cooked):
        """Wait until the terminal hands over lines (`cooked`), or keys."""
        end = time.monotonic() + PATIENCE
        while bool(termios.tcgetattr(self.terminal)[3] & termios.ICANON) != cooked:
            assert time.monotonic() < end, self.output[-2000:].decode(errors="replace")
            self._read(0.02)

    def _settle(self):
        """Read until the shell has said something and then been quiet for a while."""
        start, quiet = len(self.output), time.monotonic() + PATIENCE
        while time.monotonic() < quiet:
            if self._read(0.05) or len(self.output) == start:
                quiet = time.monotonic() + (1.0 if len(self.output) > start else PATIENCE)

    def _wait(self, mark):
        end = time.monotonic() + PATIENCE
        start = max(0, len(self.output) - len(mark))
        while mark not in self.output[start:]:
            assert time.monotonic() < end, self.output[-2000:].decode(errors="replace")
            self._read(0.1)

    def _read(self, seconds):
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        if not ready:
            return False
        data = os.read(self.terminal, 65536)
        self.output += data
        for question, reply in ANSWERS.items():
            if question in data:
                os.write(self.terminal, reply)
        return True
