"""A merge function tried against the laws that make clones agree: what runs in a child process.

Values are drawn by the field's type. Each law is searched for values that break it, and what is
found is made as small as it gets. While the function runs, reaching out of it is seen: files,
programs, the network, the clock, chance.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from json import dumps
from typing import Any

from agence.base.canonical import LARGEST, encode
from agence.base.lazy import load
from agence.crdt.custom import Join, Unmerged, joined
from agence.schema.shapes import fits

EXAMPLES = 500  # values that each law is tried on
_KEPT = 200  # pairs that another process is asked about
_LETTERS = "abcxyz0189 .,-#'äß中😀"
_CHANCE = {
    "time": ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "ctime"),
    "random": ("random", "randint", "randrange", "choice", "shuffle", "sample", "getrandbits"),
    "os": ("urandom", "getpid", "getcwd", "getenv"),
}
_REACHES = (
    *("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn"),
    *("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
    *("os.chmod", "os.utime", "os.putenv", "shutil.", "sqlite3.", "ctypes.", "time.sleep"),
)


class Watch:
    """Sees what a function reaches for while it runs; `seen` says it in words, "" for nothing."""

    def __init__(self) -> None:
        self.seen = ""
        self._running = False

    def start(self) -> None:
        """Watch this process from now on: it can't be undone."""
        sys.addaudithook(self._hear)
        for name, functions in _CHANCE.items():
            module = load(name)
            for one in functions:
                setattr(module, one, self._noted(getattr(module, one), f"{name}.{one}"))
        clock = load("datetime")
        for kind, names in (("datetime", ("now", "utcnow", "today")), ("date", ("today",))):
            known = getattr(clock, kind)
            own = {
                name: staticmethod(self._noted(getattr(known, name), f"{kind}.{name}"))
                for name in names
            }
            setattr(clock, kind, type(kind, (known,), own))

    def run(self, join: Join, one: Any, other: Any) -> Any:  # noqa: ANN401 - any canonical values
        """What the function says."""
        self._running = True
        try:
            return join(one, other)
        finally:
            self._running = False

    def _noted(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def noted(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - as the function has them
            if self._running:
                self.seen = self.seen or f"it asks {name}"
            return function(*args, **named)

        return noted

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._running or self.seen:
            return
        if event == "open" and not str(args[0]).endswith((".py", ".pyc")):
            self.seen = f"it opens the file '{args[0]}'"
        elif event.startswith(_REACHES):
            self.seen = f"it does {event}"


class Trial:
    """One function of a field; `tried` are [value, value, answer] for another process to repeat."""

    def __init__(self, join: Join, type_: str, watch: Watch) -> None:
        self.tried: list[list[Any]] = []
        self._join = lambda one, other: watch.run(join, one, other)
        self._watch = watch
        self._fits = fits(type_)
        self._values = _strategy(type_)

    def verdict(self) -> str:
        """A counter-example in words, the smallest that was found; "" where every law holds."""
        laws = (
            (2, self._pure),
            (2, self._deterministic),
            (1, self._idempotent),
            (2, self._commutative),
            (3, self._associative),
            (2, self._total),
        )
        return next(filter(None, (self._searched(size, law) for size, law in laws)), "")

    def _searched(self, size: int, law: Callable[..., str]) -> str:
        """What the law says of the smallest values that break it."""
        hypothesis = load("hypothesis")
        found = [""]

        def breaks(values: tuple[Any, ...]) -> bool:
            try:
                said = law(*values)
            except Unmerged as error:
                said = self._total(values[0], values[-1]) or f"of {_all(values)}: {error}"
            if said:
                found[0] = said
            return bool(said)

        how = hypothesis.settings(
            *(),
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        values = load("hypothesis.strategies").tuples(*[self._values] * size)
        chance = load("random").Random(size)
        try:
            smallest = hypothesis.find(values, breaks, settings=how, random=chance)
        except hypothesis.errors.NoSuchExample:
            return ""
        except hypothesis.errors.Flaky:
            return found[0]
        breaks(smallest)
        return found[0]

    def _of(self, one: Any, other: Any) -> Any:  # noqa: ANN401 - any canonical values
        return joined(self._join, self._fits, one, other)

    def _total(self, one: Any, other: Any) -> str:  # noqa: ANN401 - any canonical values
        try:
            self._of(one, other)
        except Unmerged as error:
            return f"{_call(one, other)}: {error}"
        return ""

    def _pure(self, one: Any, other: Any) -> str:  # noqa: ANN401 - any canonical values
        self._watch.seen = ""
        with suppress(Unmerged):
            self._of(one, other)
        seen = self._watch.seen
        return f"{_call(one, other)}: {seen}, and may answer otherwise elsewhere" if seen else ""

    def _deterministic(self, one: Any, other: Any) -> str:  # noqa: ANN401 - any canonical values
        try:
            first, second = self._of(one, other), self._of(one, other)
        except Unmerged:
            return ""
        if len(self.tried) < _KEPT:
            self.tried.append([one, other, first])
        return "" if _same(first, second) else changed(one, other, first, second, "asked again")

    def _commutative(self, one: Any, other: Any) -> str:  # noqa: ANN401 - any canonical values
        here, there = self._of(one, other), self._of(other, one)
        if _same(here, there):
            return ""
        return (
            f"{_call(one, other)} is {_said(here)}, {_call(other, one)} is {_said(there)}:"
            " two clones that merge each other's value would not agree"
        )

    def _idempotent(self, one: Any) -> str:  # noqa: ANN401 - any canonical value
        value = self._of(one, one)
        if _same(value, one):
            return ""
        return f"{_call(one, one)} is {_said(value)}: what merges with itself has to stay"

    def _associative(self, one: Any, two: Any, three: Any) -> str:  # noqa: ANN401 - any canonical values
        right = self._of(one, self._of(two, three))
        left = self._of(self._of(one, two), three)
        if _same(left, right):
            return ""
        return (
            f"merge({_said(one)}, {_call(two, three)}) is {_said(right)},"
            f" merge({_call(one, two)}, {_said(three)}) is {_said(left)}:"
            " it would depend on which clones meet first"
        )


def changed(one: Any, other: Any, first: Any, second: Any, when: str) -> str:  # noqa: ANN401 - any canonical values
    """That a function says two things of the same values."""
    return f"{_call(one, other)} is {_said(first)}, and {when} it is {_said(second)}"


def _strategy(type_: str) -> Any:  # noqa: ANN401 - a strategy of hypothesis
    draw = load("hypothesis.strategies")
    kinds = {
        "number": lambda: draw.integers(-LARGEST, LARGEST),
        "flag": draw.booleans,
        "id": lambda: draw.text("0123456789abcdef", min_size=64, max_size=64),
        "line": lambda: draw.text(_LETTERS, max_size=12),
        "text": lambda: draw.text(f"{_LETTERS}\n", max_size=16),
    }
    return kinds[type_]()


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any canonical values
    return encode(one) == encode(other)


def _call(one: Any, other: Any) -> str:  # noqa: ANN401 - any canonical values
    return f"merge({_said(one)}, {_said(other)})"


def _all(values: tuple[Any, ...]) -> str:
    return ", ".join(map(_said, values))


def _said(value: Any) -> str:  # noqa: ANN401 - any canonical value
    return dumps(value, ensure_ascii=False)
