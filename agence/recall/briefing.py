"""What an agent should know now, within a budget of bytes: rules first, then the most valuable."""

from collections.abc import Iterable

_MORE = "\n(cut at the budget; `agence ^recall WORDS` finds the rest)\n"


def briefing(parts: Iterable[str], budget: int) -> str:
    """Those of `parts` that fit into `budget` bytes of UTF-8, in their order, none cut.

    Where some are left out it says so, within the budget.
    """
    room = budget - len(_MORE.encode())
    taken: list[str] = []
    size, whole = 0, True
    for part in parts:
        length = len(part.encode()) + 1
        if size + length > budget:
            whole = False
            continue
        taken.append(part)
        size += length
    if whole:
        return "\n".join(taken)
    while taken and size > room:
        size -= len(taken.pop().encode()) + 1
    return "\n".join(taken) + _MORE if taken else _MORE.strip()
