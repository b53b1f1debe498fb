"""The fast parser: a command's words to its arguments, when the line is well formed.

It reads the function's own annotations and imports nothing. Whatever is unusual (an option it does
not know, a word too many, a number that is none) is left to `agence.cli.usage`, which is slow,
thorough, and knows how to say what is wrong. Both agree on every well-formed line.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from agence.commands.contract import Argument, Option

Value = None | str | int | bool | list[str]


class NotWellFormed(Exception):
    """The line is not plain enough for the fast parser."""


class Parameter(NamedTuple):
    """One parameter of a command, as the doors see it.

    name      the function's name for it
    flag      "--tag", or "" for a positional one
    short     "-t", or ""
    kind      str, int or bool
    many      whether it is a list
    required  whether the line must have it
    default   its value when the line has it not
    help, metavar, complete  from its marker; metavar is never empty
    """

    name: str
    flag: str
    short: str
    kind: type
    many: bool
    required: bool
    default: Value
    help: str
    metavar: str
    complete: str


def parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters of a command after its Context, in their order.

    Raises TypeError when the function is not written as `agence.commands.contract` says.
    """
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = dict(function.__kwdefaults__ or {})
    given = function.__defaults__ or ()
    defaults |= dict(
        zip(code.co_varnames[code.co_argcount - len(given) : code.co_argcount], given, strict=True)
    )
    found = tuple(_parameter(function, name, defaults) for name in names[1:])
    positional = [parameter for parameter in found if not parameter.flag]
    if any(parameter.many for parameter in positional[:-1]):
        raise TypeError(f"{function.__name__}: only the last argument may be a list")
    return found


def _parameter(function: Callable[..., Any], name: str, defaults: dict[str, Any]) -> Parameter:
    annotation = function.__annotations__.get(name)
    markers: list[Any] = list(getattr(annotation, "__metadata__", ()))
    if len(markers) != 1 or not isinstance(markers[0], (Argument, Option)):
        raise TypeError(f"{function.__name__}: '{name}' needs one Argument or Option marker")
    kind, many = _kind(getattr(annotation, "__origin__", None), f"{function.__name__}: '{name}'")
    marker, word = markers[0], name.strip("_").replace("_", "-")
    flag = short = ""
    if isinstance(marker, Option):
        flag = f"--{marker.name or word}"
        short = f"-{marker.short}" if marker.short else ""
    if kind is bool and (not flag or defaults.get(name, False) is not False):
        raise TypeError(
            f"{function.__name__}: '{name}' is bool, so an option that defaults to False"
        )
    return Parameter(
        name=name,
        flag=flag,
        short=short,
        kind=kind,
        many=many,
        required=name not in defaults and kind is not bool,
        default=defaults.get(name, False if kind is bool else None),
        help=marker.help,
        metavar=marker.metavar or ("N" if flag and kind is int else (flag[2:] or word).upper()),
        complete=marker.complete,
    )


def _kind(annotation: Any, where: str) -> tuple[type, bool]:  # noqa: ANN401 - a type expression
    """The kind and whether it is a list: of str, int, bool, list[str], each perhaps with None."""
    choices = [one for one in getattr(annotation, "__args__", ()) if one is not type(None)]
    if getattr(annotation, "__origin__", None) is list:
        if choices != [str]:
            raise TypeError(f"{where} may be a list of str only")
        return str, True
    if annotation in (str, int, bool):
        return annotation, False
    if len(choices) == 1:
        return _kind(choices[0], where)
    raise TypeError(f"{where} has a type that no line can give")


def parse(function: Callable[..., Any], words: Sequence[str]) -> dict[str, Value]:
    """The arguments by name, every parameter present. Raises NotWellFormed when in any doubt."""
    every = parameters(function)
    by_flag = {flag: one for one in every for flag in (one.flag, one.short) if flag}
    found: dict[str, Value] = {}
    plain: list[str] = []
    left = list(reversed(words))
    while left:
        word = left.pop()
        if word == "--":
            plain += reversed(left)
            break
        if word[:1] != "-" or word == "-":
            plain.append(word)
        else:
            _take(word, left, by_flag, found)
    _place(plain, [one for one in every if not one.flag], found)
    return {one.name: _settled(one, found) for one in every}


def _take(
    word: str, left: list[str], by_flag: dict[str, Parameter], found: dict[str, Value]
) -> None:
    """Take one option, its value from behind `=` or from the words left (the last is next)."""
    flag, equals, value = word.partition("=") if word[:2] == "--" else (word, "", "")
    one = by_flag.get(flag)
    if one is None or (one.kind is bool and equals):
        raise NotWellFormed(word)
    if one.kind is bool:
        found[one.name] = True
        return
    if not equals:
        if not left:
            raise NotWellFormed(word)
        value = left.pop()
    if one.many:
        earlier = found.get(one.name, [])
        found[one.name] = [*(earlier if isinstance(earlier, list) else []), value]
    else:
        found[one.name] = _typed(one, value)


def _typed(one: Parameter, value: str) -> Value:
    if one.kind is not int:
        return value
    digits = value.removeprefix("-")
    if not (digits.isdecimal() and len(digits) <= 18):
        raise NotWellFormed(value)
    return int(value)


def _place(plain: list[str], positional: list[Parameter], found: dict[str, Value]) -> None:
    for one in positional:
        if one.many:
            if plain:
                found[one.name] = plain
            return
        if plain:
            found[one.name] = _typed(one, plain[0])
            plain = plain[1:]
    if plain:
        raise NotWellFormed(plain[0])


def _settled(one: Parameter, found: dict[str, Value]) -> Value:
    if one.name in found:
        return found[one.name]
    if one.required:
        raise NotWellFormed(one.name)
    return list(one.default) if isinstance(one.default, list) else one.default
