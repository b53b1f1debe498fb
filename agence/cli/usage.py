"""The slow path: parse what the fast parser would not, and say exactly what is wrong.

The same parameters become a typer command. Loading typer costs more than most commands do, so
nothing but a line that is not well formed comes here.
"""

from collections.abc import Callable, Sequence
from typing import Any

from typer import BadParameter
from typer.core import TyperArgument, TyperCommand, TyperOption

from agence.base.errors import UsageError
from agence.base.lazy import load
from agence.cli.parse import Parameter, Value, parameters
from agence.cli.suggest import closest, quoted
from agence.cli.table import ROWS

_LISTS = ("list", "workflows", "projects")  # the files of verbs that list
_ITS_ID = ("its id", "its name or id", "its id or title", "their names or ids")

# click's errors come with typer in some versions and with click in others; typer names one of them
_errors = load(BadParameter.__module__)


def parse(label: str, function: Callable[..., Any], words: Sequence[str]) -> dict[str, Value]:
    """The arguments by name, as `agence.cli.parse.parse` gives them.

    `label` is the verb as typed, such as "^lesson add". Raises UsageError saying what is wrong.
    """
    every = parameters(function)
    command = TyperCommand(
        label, params=[_shaped(one) for one in every], add_help_option=False, rich_markup_mode=None
    )
    try:
        given = command.make_context(f"agence {label}", list(words)).params
    except _errors.UsageError as error:
        raise _explained(error, label, every) from None
    return {one.name: _settled(one, given[one.name]) for one in every}


def _shaped(one: Parameter) -> TyperArgument | TyperOption:
    if not one.flag:
        return TyperArgument(
            param_decls=[one.name],
            type=one.kind,
            required=one.required,
            default=None,
            nargs=-1 if one.many else 1,
            metavar=one.metavar,
        )
    flag = one.kind is bool
    return TyperOption(
        param_decls=[one.name, one.flag, *([one.short] if one.short else [])],
        type=None if flag else one.kind,
        is_flag=flag,
        required=one.required,
        default=False if flag else None,
        multiple=one.many,
        metavar=None if flag else one.metavar,
    )


def _settled(one: Parameter, value: Any) -> Value:  # noqa: ANN401 - typer does not say
    if one.many:
        value = list(value or ()) or None
    if value is None:
        return list(one.default) if isinstance(one.default, list) else one.default
    settled: Value = value
    return settled


def _explained(  # their classes have no name that a type checker sees
    error: Any,  # noqa: ANN401
    label: str,
    every: tuple[Parameter, ...],
) -> UsageError:
    hint = f"agence {label} --help"
    if isinstance(error, _errors.NoSuchOption):
        guess = closest(error.option_name, [one.flag for one in every if one.flag])
        meant = f"did you mean {guess}? " if guess else ""
        sealed = "" if guess else "text that begins with a dash goes behind --; "
        return UsageError(
            f"{quoted(error.option_name)} is no option of {label}", f"{meant}{sealed}{hint}"
        )
    if isinstance(error, _errors.MissingParameter):
        missing = next(one for one in every if error.param and one.name == error.param.name)
        return _missing(missing, label, hint)
    if isinstance(error, _errors.BadOptionUsage):
        verb = "takes no" if "does not take" in error.message else "needs a"
        return UsageError(f"'{error.option_name}' {verb} value", hint)
    if isinstance(error, _errors.BadParameter):
        wrong = next(one for one in every if error.param and one.name == error.param.name)
        return UsageError(f"'{wrong.flag or wrong.metavar}' takes a whole number", hint)
    return _too_much(str(error.message), label, every, hint)


def _missing(missing: Parameter, label: str, hint: str) -> UsageError:
    """What is not said; of an id, where to read it."""
    head, _, action = label.partition(" ")
    door, noun = head[:1], head[1:]
    lists = [row.name for row in ROWS if row.module.rpartition(".")[2] in _LISTS]
    if missing.flag or (missing.metavar != "ID" and missing.complete != "entity"):
        return UsageError(f"{label} needs {missing.flag or missing.metavar}: {missing.help}", hint)
    if noun == "conflicts":
        return UsageError("say which conflict", f"`agence {head}` shows their ids; {hint}")
    if action and f"{noun} list" in lists:
        which = f"say which {noun}" if missing.help in _ITS_ID else f"say {missing.help}"
        return UsageError(which, f"`agence {head} list` shows the ids; {hint}")
    where = f"`agence {door}recall WORDS` and `agence {door}lesson list` show ids"
    return UsageError(f"say which entity {label} is about", f"{where}; {hint}")


def _too_much(message: str, label: str, every: tuple[Parameter, ...], hint: str) -> UsageError:
    extra = message.partition(" (")[2].removesuffix(")")
    if any(not one.flag for one in every):
        hint = f"put quotes around a text of several words; {hint}"
    return UsageError(f"too many words for {label}: {quoted(extra)}", hint)
