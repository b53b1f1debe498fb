"""A shell's line taken apart: the simple commands in it, as far as no shell is needed to see them.

This is no shell's parser. It finds what is started plainly, one after the other, in a pipe, in
parentheses or in a substitution; what is built at run time it does not see. So it serves to hold
back what is refused or asked about, and never to allow anything.
"""

import shlex
from collections.abc import Iterator
from typing import NamedTuple

_OPERATORS = ";&|()`\n"
_SPACE = " \t\r"
_BEFORE_A_COMMAND = frozenset(("{", "!", "if", "then", "else", "elif", "do", "while", "until"))


class Simple(NamedTuple):
    """One simple command. `certain` is False where it may be text that the line only mentions."""

    words: tuple[str, ...]
    certain: bool


def simple_commands(line: str) -> list[Simple]:
    """The simple commands of a line, or of several; for any text at all."""
    lines = line.replace("\\\n", "").split("\n")
    joined = "\n".join(map(_without_apostrophes, lines))
    try:
        return list(_commands(_tokens(joined), certain=True))
    except ValueError:  # a quote that is not closed: half a line, or an apostrophe in a text
        return [one for part in joined.split("\n") for one in _guessed(part)]


def _without_apostrophes(line: str) -> str:
    """The line; one that is a comment without quotes, which would hide what follows it."""
    return line.replace("'", "").replace('"', "") if line.lstrip().startswith("#") else line


def _guessed(line: str) -> Iterator[Simple]:
    try:
        tokens = _tokens(line)
    except ValueError:
        tokens = [word.strip("'\"") for word in line.replace(";", " ; ").split()]
    return _commands(tokens, certain=False)


def _tokens(line: str) -> list[str]:
    """Words without their quotes, and operators. Raises ValueError for a quote left open."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=_OPERATORS)
    reader.whitespace = _SPACE
    reader.whitespace_split = True
    reader.commenters = ""  # a sign inside a word would hide the rest of the line
    return list(reader)


def _commands(tokens: list[str], *, certain: bool) -> Iterator[Simple]:
    words: list[str] = []
    text_follows = False  # a here-document: its lines are text, unless a shell reads them
    for token in [*tokens, ";"]:
        if token.strip(_OPERATORS):
            words.append(token)
            text_follows = text_follows or ("<<" in token and "<<<" not in token)
            continue
        started = _without_lead(words)
        if started:
            yield Simple(tuple(started), certain)
        words = []
        certain = certain and not (text_follows and "\n" in token)


def _without_lead(words: list[str]) -> list[str]:
    """The words from the program's name on: no reserved word, assignment or redirection first."""
    at = 0
    while at < len(words):
        word = words[at]
        name, equals, _ = word.partition("=")
        redirection = word.lstrip("0123456789")
        if redirection[:1] in ("<", ">"):
            at += 1 if redirection.strip("<>&") else 2
        elif word in _BEFORE_A_COMMAND or (equals and name.removesuffix("+").isidentifier()):
            at += 1
        else:
            break
    return words[at:]
