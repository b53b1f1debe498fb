"""Run the commands of a Markdown page and compare what they print with what the page says.

Blocks of ```console are executed in order, in one folder that holds `my-project` (a repository
with a history and a remote) and `teammate` (another clone of it). A line `$ command` is run by
bash; what follows is its expected output, both streams together. `[exit 5]` on the last line is
the expected exit code, 0 without it. Ids and dates differ from run to run: a hex id of the page is
bound to the id printed in its place, and stands for it in later commands. `[..]` matches any text
within a line, a line `...` any number of lines.

    python -m tests.tour docs/tour/first-hour.md      # rewrite the outputs of a page from what
    happens
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_HEX = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,128}\b")
_VARYING = re.compile(
    r"(?P<wild>\[\.\.\])|(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?Z?)"
    r"|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<hex>\b(?=[0-9a-f]*\d)[0-9a-f]{7,128}\b)"
)
_TIME = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?Z?"


class Step(NamedTuple):
    """One command of a page: its line number, what it prints, and its exit code."""

    line: int
    command: str
    output: list[str]
    code: int


def steps(page: str) -> Iterator[Step]:
    """The commands of the console blocks of a page."""
    inside, current = False, None
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```"):
            if current:
                yield _closed(current)
            inside, current = line == "```console", None
        elif inside and line.startswith("$ "):
            if current:
                yield _closed(current)
            current = Step(number, line[2:], [], 0)
        elif inside and current:
            current.output.append(line)


def _closed(step: Step) -> Step:
    lines = [line for line in step.output if line]
    code = re.fullmatch(r"\[exit (\d+)\]", lines[-1]) if lines else None
    return (
        step._replace(output=lines[:-1], code=int(code[1])) if code else step._replace(output=lines)
    )


class Tour:
    """A shell that remembers its folder, and the ids that stand for those of the page."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = env
        self.cwd = str(folder)
        self.bound: dict[str, str] = {}

    def run(self, command: str) -> tuple[list[str], int]:
        """The lines that a command prints, and its exit code."""
        line = _HEX.sub(lambda found: self._actual(found[0]), command)
        script = f"cd '{self.cwd}'\n{line}\ncode=$?\nprintf '%s\\n' \"$PWD\" >&3\nexit $code"
        read, write = os.pipe()
        with os.fdopen(read) as pwd:
            done = subprocess.run(
                ["bash", "-c", f"exec 3>&{write}\n{script}"],
                env=self.env,
                pass_fds=(write,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            os.close(write)
            self.cwd = pwd.read().strip() or self.cwd
        text = done.stdout.decode(errors="replace").replace(str(self.folder), "~")
        return [line.rstrip() for line in text.splitlines() if line.strip()], done.returncode

    def _actual(self, token: str) -> str:
        for said, real in self.bound.items():
            if said.startswith(token):
                return real[: len(token)]
        return token

    def as_said(self, line: str) -> str:
        """A printed line with the ids that the page already has for those in it."""
        said = {real: name for name, real in self.bound.items()}
        for real in _HEX.findall(line):
            self.bound.setdefault(said.get(real, real), real)
        return _HEX.sub(lambda found: said.get(found[0], found[0]), line)

    def matches(self, expected: list[str], printed: list[str]) -> bool:
        """Whether the printed lines are the expected ones; binds the ids met."""
        if not expected:
            return not printed
        if expected[0] == "...":
            return any(self.matches(expected[1:], printed[at:]) for at in range(len(printed) + 1))
        return (
            bool(printed)
            and self._line(expected[0], printed[0])
            and self.matches(expected[1:], printed[1:])
        )

    def _line(self, expected: str, printed: str) -> bool:
        pattern, tokens, at = "", [], 0
        for found in _VARYING.finditer(expected):
            pattern += re.escape(expected[at : found.start()])
            at = found.end()
            if found["wild"]:
                pattern += ".*?"
            elif found["time"] or found["date"]:
                pattern += _TIME if found["time"] else r"\d{4}-\d\d-\d\d"
            else:
                tokens.append(found[0])
                pattern += f"([0-9a-f]{{{len(found[0])}}})"
        match = re.fullmatch(pattern + re.escape(expected[at:].rstrip()), printed)
        if match is None:
            return False
        for said, real in zip(tokens, match.groups(), strict=True):
            if self.bound.setdefault(said, real) != real:
                return False
        return True


def prepare(folder: Path, env: dict[str, str]) -> Tour:
    """The folder of a tour: a remote, `my-project` with a history, and `teammate`, a clone."""
    script = """
    git init -q --bare remote.git -b main
    git clone -q remote.git my-project 2>/dev/null
    cd my-project
    printf '# My project\\n' > README.md
    git add . && git commit -q -m 'First commit'
    mkdir src && printf 'print("hello")\\n' > src/app.py
    git add . && git commit -q -m 'Add the program'
    git push -q -u origin main && git remote set-head origin main
    cd .. && git clone -q remote.git teammate
    """
    subprocess.run(["bash", "-ec", script], cwd=folder, env=env, check=True)
    return Tour(folder, env)


def failures(tour: Tour, page: str) -> Iterator[str]:
    """Run a page; say each command whose output or exit code is another than the page says."""
    for step in steps(page):
        printed, code = tour.run(step.command)
        if code != step.code or not tour.matches(step.output, printed):
            said = "\n    ".join([*step.output, f"[exit {step.code}]"])
            real = "\n    ".join([*printed, f"[exit {code}]"])
            where = f"line {step.line}: $ {step.command}"
            yield f"{where}\n  the page:\n    {said}\n  printed:\n    {real}"


def rewritten(tour: Tour, page: str) -> str:
    """The page with the outputs of what happens now; lines that fit, such as `...`, are kept."""
    lines = page.splitlines()
    result, inside, skipping = [], False, False
    found = {step.line: step for step in steps(page)}
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            inside, skipping = line == "```console", False
        if inside and number in found:
            step = found[number]
            printed, code = tour.run(step.command)
            kept = code == step.code and bool(step.output) and tour.matches(step.output, printed)
            shown = step.output if kept else [tour.as_said(line) for line in printed]
            result += [f"$ {step.command}", *shown, *([f"[exit {code}]"] if code else [])]
            skipping = True
        elif not skipping or not inside or line.startswith("```"):
            result.append(line)
    return "\n".join(result) + "\n"


def main(paths: list[str]) -> None:
    """Rewrite each page."""
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            env = tour_environment(Path(folder))
            place = Path(folder, "tour")
            place.mkdir()
            page = Path(path)
            page.write_text(rewritten(prepare(place, env), page.read_text()))


def tour_environment(folder: Path) -> dict[str, str]:
    """A clean home with a git identity, and this checkout's programs first on the path."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    config = "[user]\n\tname = Robin\n\temail = robin@example.org\n[init]\n\tdefaultBranch = main\n"
    (home / ".gitconfig").write_text(
        config + '[protocol "file"]\n\tallow = always\n[pull]\n\trebase = false\n'
    )
    kept = {key: os.environ[key] for key in ("LANG", "LC_ALL") if key in os.environ}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"HOME": str(home), "PATH": path, "NO_COLOR": "1", "GIT_CONFIG_NOSYSTEM": "1"}


if __name__ == "__main__":
    main(sys.argv[1:])
