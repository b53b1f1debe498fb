"""The rules of the house as functions on one module's syntax tree.

A rule takes a Module and yields its complaints, each with the line it is about.
"""

import ast
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

MODULE_LINES = 400
FUNCTION_LINES = 60
VAGUE_NAMES = {
    *("util", "utils", "helper", "helpers", "common", "misc", "miscellaneous"),
    *("manager", "managers", "core", "stuff", "lib", "base_utils"),
}
DOORS = ("__main__.py", "cli/", "drivers/")
PURE = (
    *("base/", "events/", "crdt/", "fold/", "schema/"),
    *("recall/", "session/", "guard/", "work/"),
)
STARTS_PROGRAMS = ("git/run.py", "git/talk.py", "agents/launch.py", "agents/editor.py")
FORKS = {
    "shard/cores.py": ("os.fork", "os._exit"),  # workers that start no program
    "shard/laws.py": ("os.fork", "os._exit", "os.execv"),  # a trial in an interpreter of its own
}
FOREIGN = ("crdt/custom.py", "shard/installed.py")  # run code of others, whatever it raises
READS_ENVIRONMENT = ("cli/", "drivers/", "git/run.py", "agents/")
MAKES_PERMITS = ("guard/decide.py",)
LAUNCHERS = ("system", "popen", "fork", "forkpty", "startfile")
LAUNCHER_FAMILIES = ("exec", "spawn", "posix_spawn")
CALENDAR = ("time", "time.gmtime")  # the month of a moment that was given
DISK_QUESTIONS = {
    *("exists", "lexists", "isfile", "isdir", "islink", "ismount", "getsize", "getmtime"),
    *("getatime", "getctime", "realpath", "abspath", "expanduser", "expandvars", "samefile"),
}


class Module(NamedTuple):
    """`path` is relative to the package folder, with slashes: `git/run.py`."""

    path: str
    source: str
    tree: ast.Module

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))


class Complaint(NamedTuple):
    line: int
    what: str


Rule = Callable[[Module], Iterator[Complaint]]


def parse(path: str, source: str) -> Module:
    return Module(path, source, ast.parse(source))


def dotted(node: ast.AST) -> str:
    """`os.environ.get` for the expression that says so, "" for anything that is no dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def mentions(module: Module) -> Iterator[tuple[int, str]]:
    """Each dotted name used, and each name imported as `module.name`, with its line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Name):
            yield node.lineno, dotted(node)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def calls(module: Module) -> Iterator[tuple[int, str]]:
    for node in module.nodes(ast.Call):
        assert isinstance(node, ast.Call)
        yield node.lineno, dotted(node.func)


def short_module(module: Module) -> Iterator[Complaint]:
    lines = len(module.source.split("\n")) - 1
    if lines > MODULE_LINES:
        yield Complaint(1, f"{lines} lines in a module, {MODULE_LINES} at most")


def short_functions(module: Module) -> Iterator[Complaint]:
    for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES:
            yield Complaint(node.lineno, f"{node.name} has {lines} lines, {FUNCTION_LINES} at most")


def empty_init(module: Module) -> Iterator[Complaint]:
    if os.path.basename(module.path) == "__init__.py" and module.source:
        yield Complaint(1, "__init__.py holds something")


def telling_name(module: Module) -> Iterator[Complaint]:
    for part in module.path.removesuffix(".py").split("/"):
        if part in VAGUE_NAMES:
            yield Complaint(1, f"'{part}' says nothing about what is inside")


def quiet_below_the_doors(module: Module) -> Iterator[Complaint]:
    if module.path.startswith(DOORS):
        return
    ends = {"print", "input", "exit", "quit", "sys.exit", "os._exit", "os.abort", "SystemExit"}
    streams = ("sys.stdout", "sys.stderr", "sys.stdin", "sys.argv")
    for line, name in mentions(module):
        if name == "SystemExit" and module.path in FOREIGN:
            continue
        if (name in ends or name in streams) and name not in FORKS.get(module.path, ()):
            yield Complaint(line, f"{name} below the doors")


def narrow_excepts(module: Module) -> Iterator[Complaint]:
    if module.path.startswith(DOORS) or module.path in FOREIGN:
        return
    for node in module.nodes(ast.ExceptHandler):
        assert isinstance(node, ast.ExceptHandler)
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        names = {dotted(kind) if kind else "" for kind in caught}
        last = node.body[-1]
        raised_again = isinstance(last, ast.Raise) and last.exc is None
        if names & {"", "Exception", "BaseException"} and not raised_again:
            yield Complaint(node.lineno, "catches everything, and so hides bugs")


def programs_start_in_few_places(module: Module) -> Iterator[Complaint]:
    if module.path in STARTS_PROGRAMS:
        return
    for line, name in mentions(module):
        owner, _, verb = name.partition(".")
        launches = owner == "os" and (verb in LAUNCHERS or verb.startswith(LAUNCHER_FAMILIES))
        if (owner in ("subprocess", "pty") or launches) and name not in FORKS.get(module.path, ()):
            yield Complaint(line, f"{name} outside {', '.join(STARTS_PROGRAMS)}")


def environment_is_read_at_the_edge(module: Module) -> Iterator[Complaint]:
    if module.path.startswith(READS_ENVIRONMENT):
        return
    readers = ("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv")
    for line, name in mentions(module):
        if name in readers:
            yield Complaint(line, f"{name} is for {', '.join(READS_ENVIRONMENT)}")


def permits_come_from_the_guard(module: Module) -> Iterator[Complaint]:
    if module.path in MAKES_PERMITS:
        return
    for line, name in calls(module):
        parts = name.split(".")
        if "Permit" in parts[-2:]:
            yield Complaint(line, "only guard/decide.py makes a Permit")


def pure_floors_touch_nothing(module: Module) -> Iterator[Complaint]:
    if not module.path.startswith(PURE):
        return
    clocks = {"now", "utcnow", "today"}
    for line, name in mentions(module):
        parts = name.split(".")
        owner, last = parts[0], parts[-1]
        asks_the_disk = owner in ("os", "posixpath") and last in DISK_QUESTIONS
        reaches_out = owner == "os" and parts[1:2] not in ([], ["path"], ["fspath"], ["fsdecode"])
        reads_a_clock = (owner in ("datetime", "date") and last in clocks) or (
            owner == "time" and name not in CALENDAR
        )
        if name == "open" or owner == "io" or asks_the_disk or reaches_out or reads_a_clock:
            yield Complaint(line, f"{name} in a pure folder")


RULES: tuple[Rule, ...] = (
    short_module,
    short_functions,
    empty_init,
    telling_name,
    quiet_below_the_doors,
    narrow_excepts,
    programs_start_in_few_places,
    environment_is_read_at_the_edge,
    permits_come_from_the_guard,
    pure_floors_touch_nothing,
)
