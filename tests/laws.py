"""Laws that tests of many modules call. Each names the law that is broken."""

from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")
Form = TypeVar("Form")


def assert_joins(join: Callable[[Value, Value], Value], a: Value, b: Value, c: Value) -> None:
    """`join` is the join of a semilattice, as far as these three values can tell."""
    assert join(a, a) == a, "join is not idempotent"
    assert join(a, b) == join(b, a), "join is not commutative"
    assert join(a, join(b, c)) == join(join(a, b), c), "join is not associative"


def assert_round_trip(
    render: Callable[[Value], Form], parse: Callable[[Form], Value], value: Value
) -> None:
    """What was rendered parses to the same value, and renders to the same form again."""
    form = render(value)
    parsed = parse(form)
    assert parsed == value, "parse does not undo render"
    assert render(parsed) == form, "render has two forms for one value"
