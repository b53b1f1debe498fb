"""Which values are of the type that a field has."""

from collections.abc import Callable

from agence.base.identifiers import is_hex

_SHAPES: dict[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "line": lambda value: isinstance(value, str) and "\n" not in value,
    "number": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "flag": lambda value: isinstance(value, bool),
    "id": lambda value: isinstance(value, str) and is_hex(value, 64),
}


def fits(type_: str) -> Callable[[object], bool]:
    """Whether a value is of a type; of one that is not known, such as a newer version's, none is.

    A text too large for an event is the name of a blob there, and so no text.
    """
    return _SHAPES.get(type_, lambda _value: False)
