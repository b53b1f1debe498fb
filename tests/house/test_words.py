"""What is tracked speaks of the product, and never of the place or the errand it was made in."""

import re
import subprocess

import pytest

from tests.conftest import ROOT

# Each pattern is put together here, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of the workshop": r"(?<![\w.])/wo" + r"rk/",
    "a neighbouring folder": r"\.\./sha" + r"red\b",
    "an open end": r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b",
    "a ticket": r"(?i)\b(ticket|issue|bug|gh|pr)" + r"[ -]?#\d+|\b(issue|ticket) \d+\b",
    "a promise": r"(?i)\bnot (yet )?implement" + r"ed\b",
    "a merge left half done": r"(?m)^(<{7}|>{7}) ",
}


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, check=True
    )
    return sorted(filter(None, listed.stdout.decode().split("\0")))


def texts():
    for name in tracked_files():
        try:
            with open(f"{ROOT}/{name}", encoding="utf-8", errors="replace") as file:
                yield name, file.read()
        except (FileNotFoundError, IsADirectoryError):  # deleted here and not committed; a module
            continue


def test_files_are_found():
    assert "pyproject.toml" in tracked_files()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for name, text in texts()
        for match in pattern.finditer(text)
    ]
    assert not found, "\n".join(found)


SEEN = [
    ("a path of the workshop", "see /wo" + "rk/main"),
    ("a neighbouring folder", "(../sha" + "red/design.md)"),
    ("an open end", "# TO" + "DO: more"),
    ("a ticket", "as asked in issue " + "2"),
    ("a ticket", "closes GH-" + "#12"),
    ("a promise", "not yet implement" + "ed"),
    ("a merge left half done", "a\n<<<<<<" + "< HEAD\n"),
]


@pytest.mark.parametrize(("what", "text"), SEEN)
def test_a_pattern_sees_it(what, text):
    assert re.search(FORBIDDEN[what], text)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of the workshop", "/home/dana/wo" + "rk/shop"),
        ("an open end", '--todo "flip DNS"'),
        ("a ticket", "an issue of 3 lines; issue add"),
    ],
)
def test_a_pattern_lets_pass(what, text):
    assert not re.search(FORBIDDEN[what], text)
