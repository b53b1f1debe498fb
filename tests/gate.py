"""The gate: format, lint, types, import floors, tests, generated files. What passes may land.

    python3 tests/gate.py          # the same as `make check`, where there is no make

It needs Python 3.11 or later and git, makes its own virtual environment in `.venv`, and stops at
the first step that fails, with that step's exit code.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / os.environ.get("VENV", ".venv")
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / ".installed"
NAMES = ("python3.13", "python3.12", "python3.11", "python3")
JOBS = os.environ.get("JOBS", "2")

STEPS = (
    ("format", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("types", ["mypy"]),
    ("floors", ["lint-imports"]),
    ("tests", ["python", "-m", "pytest", "-n", JOBS, "tests"]),
    ("generated files", ["python", "-m", "agence.cli.reference", "--check"]),
)


def main() -> int:
    """Install where needed, run every step; the exit code of the first that fails."""
    os.chdir(ROOT)
    install()
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    for name, (program, *words) in STEPS:
        print(f"== {name}", flush=True)
        began = time.monotonic()
        done = subprocess.run([BIN / program, *words], env=os.environ | {"PATH": path}, check=False)
        print(f"== {name}: {time.monotonic() - began:.0f} s, exit {done.returncode}", flush=True)
        if done.returncode:
            return done.returncode
    return 0


def install() -> None:
    """Make the virtual environment from pyproject.toml, unless it is there and newer."""
    declared = ROOT / "pyproject.toml"
    if STAMP.exists() and STAMP.stat().st_mtime >= declared.stat().st_mtime:
        return
    if not (BIN / "python").exists():
        subprocess.run([python(), "-m", "venv", "--clear", VENV], check=True)
    words = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--editable",
        ".[dev]",
    ]
    subprocess.run([BIN / "python", *words], check=True)
    STAMP.touch()


def python() -> str:
    """A Python of 3.11 or later: this one, or one on the PATH."""
    if sys.hexversion >= 0x030B0000:  # an older one may run this file
        return sys.executable
    test = "import sys; sys.exit(sys.version_info < (3, 11))"
    for name in NAMES:
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", test], check=False).returncode == 0:
            return found
    sys.exit("agence needs Python 3.11 or later")


if __name__ == "__main__":
    sys.exit(main())
