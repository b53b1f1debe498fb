"""Whether the words after a row's own are words that the row lists.

Words are compared as the program will read them: a flag alone, a flag with its value attached or
next to it, one-letter flags in a bundle, operands by position. Nothing is guessed: an abbreviated
flag, which the program might accept, is not a listed one.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agence.guard.commands import Row, glob_matches

_SECRET_NAMES = frozenset(
    {
        ".git", ".ssh", ".aws", ".gnupg", ".kube", ".docker", ".netrc", ".npmrc", ".pypirc",
        ".pgpass", ".htpasswd", ".vault-token", ".git-credentials", "hermetic",
    },
)  # fmt: skip
_SECRET_STARTS = (".env", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")
_SECRET_ENDS = (".pem", ".key", ".p12", ".pfx", ".jks", ".kdbx", ".keystore", ".tfstate")
_SECRET_STEMS = ("secret", "secrets", "credential", "credentials", "passwords")
_DATA_ENDS = ("", "txt", "json", "yml", "yaml", "toml", "ini", "csv", "xml", "enc", "tfvars")


class Match(NamedTuple):
    """The first word that is not listed (None: all are), and the paths among the words."""

    unlisted: str | None
    paths: tuple[str, ...]


class _Item(NamedTuple):
    """One thing to check: `word` against `kind`; an empty kind means that it is not listed."""

    word: str
    kind: str


def match(row: Row, words: Sequence[str]) -> Match:
    """Compare the words after `row.run` with what the row lists."""
    paths = []
    for word, kind in _items(row, words):
        if not kind or not fits(kind, word):
            return Match(word, ())
        if kind == "path":
            paths.append(word)
    return Match(None, tuple(paths))


def refused_word(row: Row, words: Sequence[str]) -> str | None:
    """The first word that `row.refused` names, or None. Abbreviations and bundles count here."""
    flags_end = words.index("--") if "--" in words else len(words)
    for position, word in enumerate(words):
        flag = position < flags_end and word.startswith("-")
        if any(_is_refused(row, pattern, word, flag=flag) for pattern in row.refused):
            return word
    return None


def fits(kind: str, word: str) -> bool:
    """Whether `word` is of the kind: one of those below, or a choice such as `a|b|c`.

    word (any), number (may have a sign), name (of a branch, remote or package), path and revision
    (inside the folder, nothing that holds secrets), ending (such as `*.py`).
    """
    if not word or any(ord(character) < ord(" ") or character == "\x7f" for character in word):
        return False
    if kind == "number":
        digits = word[1:] if word[0] in "+-" else word
        return digits.isascii() and digits.isdigit()
    if kind == "name":
        plain = word.isascii() and word.translate(_NAME_SIGNS).isalnum() and word[0].isalnum()
        return plain and ".." not in word
    if kind in ("path", "revision"):
        return stays_inside(word)
    if kind == "ending":
        return word.startswith("*.") and word[2:].isalnum() and not holds_secret(word)
    return kind == "word" or word in kind.split("|")


_NAME_SIGNS = str.maketrans("", "", "._/@-")


def stays_inside(path: str) -> bool:
    """Whether a path (or `revision:path`), as written, stays below the folder and holds no secret.

    Pure, so blind to symbolic links: whoever opens the path looks again.
    """
    if path.startswith(("/", "~")) or "\\" in path or path[1:2] == ":":
        return False
    parts = path.casefold().replace(":", "/").split("/")
    return ".." not in parts and not any(holds_secret(part) for part in parts)


def holds_secret(name: str) -> bool:
    """Whether a file or folder of this name is where keys and passwords are usually kept."""
    folded = name.casefold()
    stem, _, ending = folded.partition(".")
    return (
        (stem in _SECRET_STEMS and ending in _DATA_ENDS)
        or folded in _SECRET_NAMES
        or folded.startswith(_SECRET_STARTS)
        or folded.endswith(_SECRET_ENDS)
    )


def _items(row: Row, words: Sequence[str]) -> Iterator[_Item]:
    rest = iter(words)
    operands = 0
    flags_over = False
    for word in rest:
        if word == "--" and row.operands and not flags_over:
            flags_over = True
        elif word.startswith("-") and word != "-" and not flags_over:
            yield _flag(row, word, rest)
        else:
            yield _Item(word, _operand_kind(row, operands))
            operands += 1


def _operand_kind(row: Row, position: int) -> str:
    if position < len(row.operands):
        return row.operands[position].removesuffix("...")
    repeats = bool(row.operands) and row.operands[-1].endswith("...")
    return row.operands[-1].removesuffix("...") if repeats else ""


def _flag(row: Row, word: str, rest: Iterator[str]) -> _Item:
    """The flag `word` as a thing to check; takes its value from `rest` when that stands apart."""
    if word in row.flags or _is_bundle(row, word):
        return _Item(word, "word")
    if word in row.values:
        kind = row.values[word]
        value = next(rest, "")
        apart = not value.startswith("-") or kind == "number"  # or it may be a flag
        return _Item(value if apart and value else word, kind if apart and value else "")
    head, equals, value = word.partition("=")
    kind = row.values.get(head + "=") or row.values.get(head, "")
    if equals and kind:
        return _Item(value or word, kind if value else "")
    if not word.startswith("--") and len(word) > len("-n"):
        return _Item(word[2:], row.values[word[:2]]) if word[:2] in row.values else _Item(word, "")
    return _Item(word, "")


def _is_bundle(row: Row, word: str) -> bool:
    letters = word[1:]
    if "-NUM" in row.flags and letters.isascii() and letters.isdigit():
        return True
    return all("-" + letter in row.flags for letter in letters)


def _is_refused(row: Row, pattern: str, word: str, *, flag: bool) -> bool:
    if not pattern.startswith("-"):
        return glob_matches(pattern.casefold(), word.casefold())
    head = word.partition("=")[0]
    if not flag or head in row.flags or head in row.values:
        return False
    if pattern.startswith("--"):
        return len(head) > len("--x") and pattern.startswith(head)
    if len(pattern) > len("-x"):
        return head in (pattern, "-" + pattern)
    return not word.startswith("--") and pattern[1] in _bundled(row, word)


def _bundled(row: Row, word: str) -> str:
    """The letters of a bundle such as `-lc`, up to the one that takes the rest as its value."""
    for position, letter in enumerate(word[1:], start=1):
        if "-" + letter in row.values:
            return word[1 : position + 1]
    return word[1:]
