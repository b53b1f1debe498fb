"""The rules of the house hold for every module, and each rule can fail."""

import os

import pytest

from tests.conftest import ROOT
from tests.house import rules

PACKAGE = os.path.join(ROOT, "agence")


def modules():
    for folder, folders, files in os.walk(PACKAGE):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    source = file.read()
                yield rules.parse(os.path.relpath(path, PACKAGE).replace(os.sep, "/"), source)


@pytest.fixture(scope="module")
def package():
    return list(modules())


def test_the_whole_package_is_looked_at(package):
    assert {"base/errors.py", "commands/contract.py", "git/run.py"} <= {m.path for m in package}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps(rule, package):
    complaints = [
        f"agence/{module.path}:{line}: {what}" for module in package for line, what in rule(module)
    ]
    assert not complaints, "\n".join(complaints)


BROKEN = [
    (rules.short_module, "fold/a.py", "x = 1\n" * 401),
    (rules.short_functions, "fold/a.py", "def f():\n" + "    x = 1\n" * 60),
    (rules.short_functions, "fold/a.py", "class C:\n  async def f():\n" + "    x = 1\n" * 60),
    (rules.empty_init, "fold/__init__.py", "\n"),
    (rules.telling_name, "shard/utils.py", ""),
    (rules.telling_name, "helpers/shard.py", ""),
    (rules.quiet_below_the_doors, "shard/a.py", "print(1)"),
    (rules.quiet_below_the_doors, "commands/a.py", "import sys\nsys.exit(2)"),
    (rules.quiet_below_the_doors, "commands/a.py", "raise SystemExit(2)"),
    (rules.quiet_below_the_doors, "commands/a.py", "from sys import stdout"),
    (rules.narrow_excepts, "git/a.py", "try:\n    f()\nexcept:\n    pass"),
    (rules.narrow_excepts, "git/a.py", "try:\n    f()\nexcept (OSError, Exception):\n    pass"),
    (rules.narrow_excepts, "git/a.py", "try:\n    f()\nexcept BaseException:\n    g()"),
    (rules.programs_start_in_few_places, "shard/a.py", "import subprocess"),
    (rules.programs_start_in_few_places, "shard/a.py", "from subprocess import run"),
    (rules.programs_start_in_few_places, "cli/a.py", "import os\nos.system('ls')"),
    (rules.programs_start_in_few_places, "cli/a.py", "import os\nos.execvp('ls', ['ls'])"),
    (rules.environment_is_read_at_the_edge, "shard/a.py", "import os\nos.environ['HOME']"),
    (rules.environment_is_read_at_the_edge, "git/a.py", "from os import environ"),
    (rules.environment_is_read_at_the_edge, "fold/a.py", "import os\nos.getenv('HOME')"),
    (rules.permits_come_from_the_guard, "cli/a.py", "Permit(words)"),
    (rules.permits_come_from_the_guard, "guard/a.py", "decide.Permit(words)"),
    (rules.permits_come_from_the_guard, "agents/a.py", "Permit._make([words])"),
    (rules.pure_floors_touch_nothing, "fold/a.py", "open('x')"),
    (rules.pure_floors_touch_nothing, "guard/a.py", "import os\nos.path.exists('x')"),
    (rules.pure_floors_touch_nothing, "guard/a.py", "from os.path import realpath"),
    (rules.pure_floors_touch_nothing, "events/a.py", "import os\nos.urandom(8)"),
    (rules.pure_floors_touch_nothing, "events/a.py", "from os import urandom"),
    (rules.pure_floors_touch_nothing, "base/a.py", "from datetime import datetime\ndatetime.now()"),
    (rules.pure_floors_touch_nothing, "base/a.py", "import time\ntime.time()"),
    (rules.pure_floors_touch_nothing, "base/a.py", "from time import time"),
]


@pytest.mark.parametrize(("rule", "path", "source"), BROKEN)
def test_a_rule_sees_it_broken(rule, path, source):
    assert list(rule(rules.parse(path, source)))


def test_every_rule_is_seen_broken():
    assert {rule for rule, _, _ in BROKEN} == set(rules.RULES)


KEPT = [
    (rules.short_functions, "fold/a.py", "def f():\n" + "    x = 1\n" * 59),
    (rules.quiet_below_the_doors, "cli/a.py", "print(1)"),
    (rules.narrow_excepts, "git/a.py", "try:\n    f()\nexcept BaseException:\n    g()\n    raise"),
    (rules.narrow_excepts, "drivers/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (rules.programs_start_in_few_places, "git/run.py", "import subprocess"),
    (rules.environment_is_read_at_the_edge, "agents/a.py", "import os\nos.environ"),
    (rules.permits_come_from_the_guard, "guard/decide.py", "Permit(words)"),
    (rules.permits_come_from_the_guard, "agents/a.py", "def launch(permit: Permit): pass"),
    (rules.pure_floors_touch_nothing, "guard/a.py", "import os\nos.path.join('a', 'b')"),
    (rules.pure_floors_touch_nothing, "events/a.py", "from time import gmtime\ngmtime(0)"),
    (rules.pure_floors_touch_nothing, "shard/a.py", "open('x')"),
]


@pytest.mark.parametrize(("rule", "path", "source"), KEPT)
def test_a_rule_lets_pass(rule, path, source):
    assert not list(rule(rules.parse(path, source)))
