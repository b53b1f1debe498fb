"""Did you mean: what to say about a verb that does not exist. Loaded only to say it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from agence.base.errors import UsageError
from agence.cli import table

_MEANT = {  # words of other programs -> ours
    **dict.fromkeys(("rm", "remove", "del", "delete", "drop", "unlink"), "remove"),
    **dict.fromkeys(("ls", "dir", "all"), "list"),
    **dict.fromkeys(("new", "create", "mk", "link"), "add"),
    **dict.fromkeys(("cat", "view", "get", "info"), "show"),
    **dict.fromkeys(("change", "update", "modify", "rename"), "edit"),
    **dict.fromkeys(("resolve", "settle"), "answer"),
    **dict.fromkeys(("finish", "close", "complete"), "done"),
    **dict.fromkeys(("take", "grab"), "claim"),
}
TWIN_OF = {"^": "shared", "~": "private", "/": "run", "!": "system", "+": "plan", "": "ask"}


def closest(word: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """The name most like `word`, or "" when none is at least `cutoff` (0 to 1) like it."""
    found = get_close_matches(word.lower(), list(names), n=1, cutoff=cutoff)
    return found[0] if found else ""


def quoted(word: str) -> str:
    """A word as an error shows it: in quotes, and never longer than a line."""
    return f"'{word if len(word) <= 60 else word[:57] + '...'}'"


def unknown(words: tuple[str, ...], door: str) -> UsageError:
    """The error for `words` that name no verb behind `door`."""
    first = words[0] if words else ""
    actions = [row.name.split()[1] for row in table.ROWS if row.name.startswith(f"{first} ")]
    if actions and first in table.heads(door):
        return _no_action(first, words[1] if len(words) > 1 else "", actions, door)
    if first.lower() != first and first.lower() in table.heads(door):
        return UsageError(
            f"no verb is called {quoted(door + first)}", f"did you mean {door}{first.lower()}?"
        )
    for other in ("^", "~"):
        if other != door and first in table.heads(other):
            return UsageError(
                f"'{first}' has no form with '{door}'" if door else f"'{first}' needs a prefix",
                f"did you mean {other}{first}? (or: agence {TWIN_OF[other]} {first})",
            )
    guess = closest(first, table.heads(door))
    hint = f"did you mean {door}{guess}?" if guess else "'agence help' lists the verbs"
    return UsageError(f"no verb is called {quoted(door + first)}", hint)


def _no_action(head: str, typed: str, actions: list[str], door: str) -> UsageError:
    guess = (closest(typed, actions) or _other_word(typed, actions)) if typed else ""
    if not guess and _MEANT.get(typed) == "remove" and "delete" in table.heads(door):
        return UsageError(
            f"{quoted(typed)} is nothing {door}{head} can do", f"did you mean {door}delete?"
        )
    if guess:
        return UsageError(
            f"{quoted(typed)} is nothing {door}{head} can do", f"did you mean {door}{head} {guess}?"
        )
    every = ", ".join(f"{door}{head} {action}" for action in actions)
    if not typed:
        return UsageError(f"'{door}{head}' needs a second word", every)
    return UsageError(f"{quoted(typed)} is nothing {door}{head} can do", every)


def _other_word(typed: str, actions: Sequence[str]) -> str:
    """The action that other programs have another word for, or ""."""
    meant = _MEANT.get(typed.lower(), "")
    return meant if meant in actions else ""


def bare(first: str, count: int) -> UsageError:
    """The error for a line without a prefix that is no question either.

    `count` is how many words there are in the line.
    """
    ask = f"to ask the shard: agence ask {'...' if count > 1 else quoted(first)}"
    verb = first if first in table.heads("^") else ""
    verb = verb or (first.lower() if first.lower() in table.heads("^") else "")
    if verb:
        return UsageError(
            f"{quoted(first)} needs a prefix",
            f"did you mean ^{verb}? (or: agence shared {verb}; {ask})",
        )
    guess = closest(first, (*table.heads("^"), "help", "shell-init", *TWIN_OF.values()), 0.7)
    if not guess:
        return UsageError(
            f"no command is called {quoted(first)}", f"'agence help' lists the verbs; {ask}"
        )
    meant = f"^{guess} (or: agence shared {guess})" if guess in table.heads("^") else guess
    return UsageError(f"no command is called {quoted(first)}", f"did you mean {meant}? {ask}")
