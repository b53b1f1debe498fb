"""What a command is given, and what it gives back.

A command is a function `verb(context, ...) -> Report`. Its parameters carry `Argument` or `Option`
markers in `Annotated`; doors read them to parse, to complete and to document. A command never
prints, exits, reads the environment or looks at the clock: the Context holds what it may use.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from agence.shard.shard import Shard

JSON = Any  # what json.dumps takes: None, bool, int, float, str, lists and dicts of these


class Argument(NamedTuple):
    """A positional parameter. `list[str]` takes all the words that are left."""

    help: str
    metavar: str = ""
    complete: str = ""  # what completes it: "entity", "session", "agent", "file", or nothing


class Option(NamedTuple):
    """A named parameter, `--name VALUE`, or `--name` alone where its type is bool.

    `name` without dashes; empty means the parameter's own name with `_` as `-`.
    """

    help: str
    name: str = ""
    short: str = ""  # one letter, without the dash
    metavar: str = ""
    complete: str = ""


class Report(NamedTuple):
    """What a command has to say: `text` for people, `data` for programs (the envelope's `data`).

    `code` is the exit code of an answer that is complete but bad news, such as `^verify`.
    """

    text: str
    data: Mapping[str, JSON] = {}
    code: int = 0


class Context:
    """Everything a command may use of the world. Made by `cli/world.py`, or by a test.

    scope        "shared" (`^`) or "private" (`~`)
    verb         the verb as the table names it, such as "lesson add"
    cwd          the folder the command was typed in, absolute
    speaker      the person or agent on whose behalf this is (`--as`, `@name`), or ""
    interactive  whether a person is at the terminal; nothing is asked otherwise
    program      whether a program reads the answer (`--json`): nothing else goes to standard output
    programs     the folders where the programs that were installed with this one may lie
    now          milliseconds since 1970, UTC
    entropy      n random bytes
    ask          puts a question on the terminal and returns the answer
    read_input   all of standard input, as text
    notice       one line on standard error, such as "fetched the shared refs"
    edit         opens the person's editor on a text and returns what it became
    """

    def __init__(
        self,
        *,
        scope: str,
        verb: str,
        cwd: str,
        speaker: str,
        interactive: bool,
        program: bool = False,
        programs: Sequence[str] = (),
        now: Callable[[], int],
        entropy: Callable[[int], bytes],
        ask: Callable[[str], str],
        read_input: Callable[[], str],
        notice: Callable[[str], None],
        edit: Callable[[str], str],
        open_shard: Callable[["Context"], "Shard"],
    ) -> None:
        self.scope = scope
        self.verb = verb
        self.cwd = cwd
        self.speaker = speaker
        self.interactive = interactive
        self.program = program
        self.programs = programs
        self.now = now
        self.entropy = entropy
        self.ask = ask
        self.read_input = read_input
        self.notice = notice
        self.edit = edit
        self._open_shard = open_shard
        self._shard: Shard | None = None

    @property
    def shard(self) -> "Shard":
        """The shard of the innermost work tree, opened at first use. Raises ShardError."""
        if self._shard is None:
            self._shard = self._open_shard(self)
        return self._shard
