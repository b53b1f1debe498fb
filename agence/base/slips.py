"""Slips of the finger: which of the known words was meant."""

from collections.abc import Iterable

_NAME = 5  # letters from which on a name is taken for a misspelt one: Ana is not Anna


def near(word: str, names: Iterable[str]) -> str:
    """The first of `names` that `word` misses by one letter left out, added or swapped, or "".

    One letter replaced counts from five letters on: `have` is not a misspelt `save`.
    """
    return next((name for name in names if _one_slip(word, name)), "")


def near_name(typed: str, names: Iterable[str]) -> str:
    """The first of `names`, sorted, that is `typed` but for one slip or for its case, or "".

    Names that are numbered are told apart by their numbers: ralph-2 is not a misspelt ralph-1.
    """
    folded = typed.casefold()
    for name in sorted(names):
        other = name.casefold()
        if name != typed and other == folded:
            return name
        if len(other) >= _NAME and _digits(folded) == _digits(other) and _one_slip(folded, other):
            return name
    return ""


def _digits(word: str) -> str:
    return "".join(one for one in word if one.isdigit())


def _one_slip(word: str, name: str) -> bool:
    if abs(len(word) - len(name)) > 1 or min(len(word), len(name)) < 3 or word == name:
        return False
    start = 0
    while start < min(len(word), len(name)) and word[start] == name[start]:
        start += 1
    left, right = word[start:], name[start:]
    if len(left) != len(right):
        return left[1:] == right if len(left) > len(right) else left == right[1:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or (len(name) >= 5 and left[1:] == right[1:])
