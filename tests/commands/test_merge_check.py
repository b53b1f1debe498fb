"""^merge check finds what breaks a law, made small, and what reaches out of a function."""

import pytest

from agence.base.errors import TrustError, UsageError
from agence.commands.merges.add import add
from agence.commands.merges.check import check
from tests.functions import AVERAGE, HIGHEST, LOWEST, environment, forget, install

TARGET = "belief.confidence"


@pytest.fixture
def functions(tmp_path):
    with environment(tmp_path / "environment") as folder:
        yield folder


def broken(desk, functions, code, target=TARGET):
    install(functions, "tried", code)
    said = check(desk("^merge check"), "tried", target)
    (one,) = said.data["tried"]
    assert said.code == (4 if one["broken"] else 0)
    assert one["broken"] in said.text
    return one["broken"]


def test_what_keeps_the_laws(context, functions):
    assert broken(context, functions, HIGHEST) == ""
    assert broken(context, functions, LOWEST) == ""
    union = "def merge(a, b):\n    return '\\n'.join(sorted({*a.split('\\n'), *b.split('\\n')}))\n"
    assert "merge(" in broken(context, functions, union, "lesson.body")  # "b\na" comes back sorted
    longest = "def merge(a, b):\n    return max(a, b, key=lambda one: (len(one), one))\n"
    assert broken(context, functions, longest, "lesson.title") == ""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (AVERAGE, "merge(0, merge(0, 2)) is 0, merge(merge(0, 0), 2) is 1"),
        ("def merge(a, b):\n    return a\n", "merge(0, 1) is 0, merge(1, 0) is 1"),
        ("def merge(a, b):\n    return a + b\n", "merge(1, 1) is 2"),
        ("def merge(a, b):\n    return (a + b) / 2\n", "a float"),
        ("def merge(a, b):\n    return str(a)\n", "another type"),
        ("def merge(a, b):\n    return max(a, b) if a - b < 99 else 1 // 0\n", "ZeroDivisionError"),
        ("import sys\ndef merge(a, b):\n    sys.exit()\n", "SystemExit"),
        ("from time import time\ndef merge(a, b):\n    time()\n    return a\n", "time.time"),
        (
            "from datetime import datetime as d\ndef merge(a, b):\n    d.now()\n    return a\n",
            "datetime.now",
        ),
        ("import random as r\ndef merge(a, b):\n    return r.choice([a, b])\n", "random.choice"),
        ("def merge(a, b):\n    open('x', 'w').close()\n    return a\n", "opens the file 'x'"),
        ("def merge(a, b):\n    return len(open('/etc/passwd').read())\n", "opens the file"),
        ("import os\ndef merge(a, b):\n    os.mkdir('x')\n    return a\n", "os.mkdir"),
        (
            "import socket\ndef merge(a, b):\n    socket.socket()\n    return a\n",
            "socket.",
        ),
        ("n = []\ndef merge(a, b):\n    n.append(a)\n    return len(n)\n", "asked again"),
        (
            "def merge(a, b):\n    return max(a, b, key=lambda one: hash(str(one)))\n",
            "in another process",
        ),
    ],
)
def test_what_breaks_one(context, functions, code, said):
    assert said in broken(context, functions, code)


def test_what_is_swallowed_is_seen_all_the_same(context, functions, tmp_path):
    path = tmp_path / "written"
    code = (
        "def merge(a, b):\n"
        "    try:\n"
        f"        with open({str(path)!r}, 'w') as file:\n"
        "            file.write('x')\n"
        "    except OSError:\n"
        "        pass\n"
        "    return max(a, b)\n"
    )
    assert str(path) in broken(context, functions, code)
    assert not path.exists() or path.read_text() == ""


def test_a_function_that_ends_its_process(context, functions):
    with pytest.raises(TrustError, match="ended the process"):
        broken(context, functions, "import os\ndef merge(a, b):\n    os._exit(0)\n")


def test_a_function_that_never_ends(context, functions, monkeypatch):
    monkeypatch.setattr("agence.shard.laws._SECONDS", 3)
    with pytest.raises(TrustError, match="more than 3 s"):
        broken(context, functions, "def merge(a, b):\n    while True:\n        pass\n")


def test_of_what_is_pinned_the_code_has_to_agree(context, functions):
    install(functions, "tried", HIGHEST)
    add(context("^merge add"), "tried", TARGET)
    said = check(context("^merge check"), "tried")
    assert [one["target"] for one in said.data["tried"]] == [TARGET]
    install(functions, "tried", LOWEST)
    forget()
    with pytest.raises(TrustError, match="not the code that was pinned"):
        check(context("^merge check"), "tried")


def test_what_is_pinned_nowhere_needs_a_field(context, functions):
    install(functions, "tried", HIGHEST)
    with pytest.raises(UsageError, match="pinned to no field"):
        check(context("^merge check"), "tried")
    with pytest.raises(UsageError, match="no function can be pinned"):
        check(context("^merge check"), "tried", "belief.tags")
    with pytest.raises(TrustError, match="no installed package"):
        check(context("^merge check"), "unheard_of", TARGET)
