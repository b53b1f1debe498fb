"""The prefix router: which of the program's modes a typed line is for.

`split` is a total function: every line has exactly one mode, or is a UsageError. What the router
does not know is an error and never a question by accident: plain text is a question only when it
is one quoted argument with white space, or several words of which the first is no verb, nor nearly.

| typed | twin | mode |
| --- | --- | --- |
| `^learn x` | `shared learn x` | shared |
| `~learn x` | `private learn x` | private |
| `/git-status` | `run git-status` | external |
| `!bash` | `system bash` | system |
| `+refactor auth` | `plan refactor auth` | plan |
| `how do I ...` | `ask how do I ...` | ask |
| `@ralph ^save` | `as ralph ^save` | that of the rest, spoken for ralph |

A prefix may stand alone as a word, and a whole line may come as one argument.
"""

from collections.abc import Sequence
from typing import NamedTuple

from agence.base.errors import UsageError
from agence.base.lazy import load
from agence.base.slips import near
from agence.cli.table import heads

MODES = {"^": "shared", "~": "private", "/": "external", "!": "system", "+": "plan"}
TWINS = {"shared": "^", "private": "~", "run": "/", "system": "!", "plan": "+"}
COLOURS = ("auto", "always", "never")
_OPENERS = ("(", "[", '"', "'", "\u201c", "\u2018", "\u201e", "\xab", "\xbf", "\xa1")
_ROOTS = ("git", "portablegit", "msys64", "msys32", "cygwin64", "cygwin")  # where MSYS has its `/`


class Flags(NamedTuple):
    """The global options of a line.

    json     answer in the envelope, for programs
    color    "auto", "always" or "never"
    folder   the folder to work in (`-C`), or "" for this one
    sealed   the words are not looked at for options: they came after `--`, or are another program's
    """

    json: bool = False
    color: str = "auto"
    folder: str = ""
    sealed: bool = False


class Line(NamedTuple):
    """A line, routed.

    mode     "shared", "private", "external", "system", "plan", "ask", "help", "version",
             "complete" or "shell-init"
    scope    "shared" or "private"
    words    what is left for the mode. In mode "help": the topic, its prefix as a word of its own
    speaker  whom the line is spoken for (`@name`, `--as name`), or ""
    """

    mode: str
    scope: str
    words: tuple[str, ...]
    speaker: str
    flags: Flags


class _Reading:
    """What has been read of a line so far."""

    __slots__ = ("flags", "help", "speaker", "version", "words")

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.flags = Flags()
        self.speaker = ""
        self.help = False
        self.version = False

    def line(self, mode: str, words: Sequence[str], prefix: str = "") -> Line:
        if self.help:
            mode, words = "help", ([prefix] if prefix else []) + list(words)
        scope = "private" if mode == "private" or prefix == "~" else "shared"
        return Line(mode, scope, tuple(words), self.speaker, self.flags)

    def speak_for(self, name: str) -> None:
        """Note whom the line is spoken for; "" is the default agent, and says nothing."""
        if not name:
            return
        if self.speaker not in ("", name):
            raise UsageError(f"the line speaks for '{self.speaker}' and for '{name}'", "name one")
        if len(name) > 100 or not name.isprintable() or set(name) & set("/\\ ") or name[0] == "-":
            raise UsageError(f"{_shown(name)} can't be a name", "a name is a word, such as ralph")
        self.speaker = name


def split(argv: Sequence[str]) -> Line:
    """Route a line, given as the process got it without the program's own name.

    Raises UsageError when it has no mode; nothing else, whatever the words are.
    """
    for word in argv:
        _check(word)
    reading = _Reading(list(argv))
    _take_leading(reading)
    if reading.version:
        return Line("version", "shared", (), reading.speaker, reading.flags)
    return _route(reading)


def wants_json(argv: Sequence[str]) -> bool:
    """Whether a line that could not be routed asked for the envelope."""
    before = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in before


def _shown(word: str) -> str:
    shown: str = load("agence.cli.suggest").quoted(word)
    return shown


def _check(word: str) -> None:
    if "\0" in word:
        raise UsageError("an argument holds a NUL character")
    try:
        word.encode()
    except UnicodeEncodeError:
        raise UsageError(f"the argument {ascii(word)[:80]} is not valid UTF-8") from None


def _take_leading(reading: _Reading) -> None:
    """Take the global options that the words begin with. Raises UsageError on any other option."""
    words = reading.words
    while words and not reading.flags.sealed and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            reading.flags = reading.flags._replace(sealed=True)
        elif not (_take_common(reading, word, words) or _take_look(reading, word, words)):
            raise UsageError(f"{_shown(word)} is no option of agence", "'agence help' lists them")


def _take_common(reading: _Reading, word: str, after: list[str]) -> bool:
    """Take an option that may stand before or after the verb; False when `word` is none."""
    name, equals, value = word.partition("=")
    if name == "--as":
        value = value if equals else _value(word, after)
        if not value:
            raise UsageError("'--as' needs a name")
        reading.speak_for(value.removeprefix("@"))
    elif name in ("--json", "--help") and equals:
        raise UsageError(f"'{name}' takes no value")
    elif word == "--json":
        reading.flags = reading.flags._replace(json=True)
    elif word in ("--help", "-h"):
        reading.help = True
    else:
        return False
    return True


def _take_look(reading: _Reading, word: str, after: list[str]) -> bool:
    """Take an option that stands only before the verb; False when `word` is none."""
    name, equals, value = word.partition("=")
    if word == "--version":
        reading.version = True
    elif word in ("--no-color", "--no-colour"):
        reading.flags = reading.flags._replace(color="never")
    elif name in ("--color", "--colour"):
        value = value if equals else _value(word, after)
        if value not in COLOURS:
            raise UsageError(f"{_shown(value)} is no way to colour", "auto, always or never")
        reading.flags = reading.flags._replace(color=value)
    elif word == "-C":
        folder = _value(word, after)
        if not folder:
            raise UsageError("'-C' needs a folder")
        reading.flags = reading.flags._replace(folder=_below(reading.flags.folder, folder))
    else:
        return False
    return True


def _value(option: str, after: list[str]) -> str:
    if not after:
        raise UsageError(f"'{option}' needs a value")
    return after.pop(0)


def _below(outer: str, inner: str) -> str:
    return inner if not outer or inner.startswith(("/", "\\")) else f"{outer}/{inner}"


def _take_later(reading: _Reading, words: list[str]) -> list[str]:
    """Take `--json`, `--as NAME` and `--help` from behind the verb; return the other words."""
    if reading.flags.sealed:
        return words
    kept: list[str] = []
    left = list(words)
    while left and left[0] != "--":
        word = left.pop(0)
        if not (word.startswith("-") and _take_common(reading, word, left)):
            kept.append(word)
    return kept + left


def _route(reading: _Reading) -> Line:
    words = reading.words
    if not words:
        return Line("help", "shared", (), reading.speaker, reading.flags)
    first = _undo_path(words[0]).lstrip()
    if first[:1] in MODES:
        rest = first[1:].lstrip("/") if first[0] == "/" else first[1:]
        return _behind(first[0], reading, [*([rest] if rest else []), *words[1:]])
    if first[:1] == "@":
        name = "" if first[1:2].isspace() else "".join(first[1:].split(maxsplit=1)[:1])
        tail = first[1 + len(name) :].lstrip()
        reading.speak_for(name)
        return _spoken(reading, [*([tail] if tail else []), *words[1:]])
    return _worded(first, reading, words[1:])


def _spoken(reading: _Reading, rest: list[str]) -> Line:
    reading.words = rest
    _take_leading(reading)
    return _route(reading)


def _worded(first: str, reading: _Reading, rest: list[str]) -> Line:
    """Route a line whose first word has no prefix."""
    if first in TWINS:
        return _behind(TWINS[first], reading, rest)
    if first == "complete":
        return reading.line("complete", rest)
    if first in ("help", "shell-init", "ask") or reading.help:
        return _named(first, reading, _take_later(reading, rest))
    if first == "where" and len([word for word in rest if word[:1] != "-"]) <= 1:
        return _behind("^", reading, ["where", *rest])  # `agence where nexus`, in scripts
    if first == "as":
        if not rest:
            raise UsageError("'as' needs a name", "agence as ralph ^save")
        reading.speak_for(rest[0].removeprefix("@"))
        return _spoken(reading, rest[1:])
    return _plain(first, reading, rest)


def _named(first: str, reading: _Reading, rest: list[str]) -> Line:
    """Route `help`, `shell-init` and `ask`, and whatever is asked help on."""
    if first == "help":
        return _topic(reading, rest)
    if reading.help:
        return _topic(reading, [first, *rest])
    return _asked(reading, rest) if first == "ask" else reading.line(first, rest)


def _topic(reading: _Reading, words: list[str]) -> Line:
    """Help on a topic; a glued prefix becomes a word of its own."""
    first = _undo_path(words[0]) if words else ""
    if len(first) > 1 and first[0] in MODES:
        words[:1] = [first[0], first[1:]]
    elif first in ("shared", "private") and len(words) > 1:
        words[0] = TWINS[first]
    reading.help = False
    return reading.line("help", words)


def _behind(prefix: str, reading: _Reading, words: list[str]) -> Line:
    """Route what stands behind a prefix."""
    mode = MODES[prefix]
    if mode != "plan":
        reading.words = words
        _take_leading(reading)
        words = reading.words
        if words and _is_text(words[0]):
            words = [*_words_of(words[0]), *words[1:]]
    if mode in ("external", "system"):
        reading.flags = reading.flags._replace(sealed=True)
    words = _take_later(reading, words)
    if not (words and words[0].strip()) and not reading.help:
        raise UsageError(f"nothing stands behind '{prefix}'", "'agence help' says what may")
    return reading.line(mode, words, prefix)


def _words_of(line: str) -> list[str]:
    """Cut a line into words as a shell does. Raises UsageError when a quote is not closed."""
    try:
        words: list[str] = load("shlex").split(line)
    except ValueError:
        raise UsageError(
            f"a quote is not closed in {_shown(line)}",
            'close it, or give the text as an argument of its own: agence ^learn "..."',
        ) from None
    return words


def _asked(reading: _Reading, words: list[str]) -> Line:
    if not any(word.strip() for word in words):
        raise UsageError("nothing was asked", 'agence ask "how do we deploy"')
    return reading.line("ask", words, "ask")


def _is_text(first: str) -> bool:
    return any(character.isspace() for character in first)


def _plain(first: str, reading: _Reading, rest: list[str]) -> Line:
    """Route a line without prefix or twin: a question, or an error."""
    rest = _take_later(reading, rest)
    more = any(word.strip() for word in rest)
    if not first.strip() and not more:
        raise UsageError("the line is empty", "'agence help' says what may stand there")
    verbs = heads("^")
    verbish = first in verbs or first.lower() in verbs or (len(first) >= 4 and near(first, verbs))
    wordish = first[:1].isalnum() or first[:1] in _OPENERS
    if not _is_text(first) and (verbish or not wordish or not more):
        error: UsageError = load("agence.cli.suggest").bare(first, 1 + len(rest))
        raise error
    return _topic(reading, ["ask"]) if reading.help else _asked(reading, [first, *rest])


def _undo_path(word: str) -> str:
    """Undo what MSYS and Git Bash do to `/git-status`: `C:/Program Files/Git/git-status`."""
    if word[1:2] != ":" or not word[:1].isalpha() or word[2:3] not in ("/", "\\"):
        return word
    parts = word[3:].replace("\\", "/").split("/")
    for place in range(len(parts) - 1, -1, -1):
        if parts[place].lower() in _ROOTS and place < len(parts) - 1:
            return "/" + "/".join(parts[place + 1 :])
    return word
