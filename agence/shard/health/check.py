"""What a check of a clone's health is: a look, and for some a way to mend what it finds."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import apsw

from agence.base.errors import AgenceError
from agence.shard.shard import Shard


class Finding(NamedTuple):
    """What a look saw: all well or not, what and why in `said`, what to do in `hint`."""

    said: str
    hint: str = ""
    ok: bool = True


class Check(NamedTuple):
    """One check. `look` changes nothing; `mend` does what can be done without a person."""

    name: str
    look: Callable[[Shard], Finding]
    mend: Callable[[Shard], object] | None = None


class Result(NamedTuple):
    """The outcome of a check: `ok` is "ok", "problem" or "fixed"."""

    check: str
    ok: str
    said: str
    hint: str


def ill(said: str, hint: str) -> Finding:
    """A finding that is a problem."""
    return Finding(said, hint, ok=False)


def examine(shard: Shard, checks: Iterable[Check], *, fix: bool) -> list[Result]:
    """Carry out the checks in order. What was mended is looked at again before it is called so."""
    return [_examined(shard, check, fix=fix) for check in checks]


def counted(count: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {what}{'s' * (count != 1)}"


def some(names: Iterable[str], most: int = 3) -> str:
    """The first of these names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _examined(shard: Shard, check: Check, *, fix: bool) -> Result:
    found = _seen(shard, check.look)
    if found.ok:
        return Result(check.name, "ok", found.said, found.hint)
    if not (fix and check.mend):
        return Result(check.name, "problem", found.said, found.hint)
    mended = _seen(shard, _mending(check.mend))
    shard.forget()
    again = _seen(shard, check.look)
    if again.ok:
        return Result(check.name, "fixed", f"{found.said}; now: {again.said}", again.hint)
    return Result(check.name, "problem", again.said, mended.hint or again.hint)


def _mending(mend: Callable[[Shard], object]) -> Callable[[Shard], Finding]:
    def done(shard: Shard) -> Finding:
        mend(shard)
        return Finding("mended")

    return done


def _seen(shard: Shard, look: Callable[[Shard], Finding]) -> Finding:
    """What a look saw; what stopped it is a problem too."""
    try:
        return look(shard)
    except AgenceError as error:
        return ill(error.message, error.hint)
    except (OSError, apsw.Error) as error:
        why = getattr(error, "strerror", "") or str(error) or type(error).__name__
        return ill(f"could not be looked at: {why.lower()}", "see `agence ^verify`")
