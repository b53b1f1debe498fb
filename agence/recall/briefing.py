"""What an agent should know now, within a budget of bytes: rules first, then the most valuable."""

from collections.abc import Sequence

_MORE = "\n(cut at the budget; `agence ^recall WORDS` finds the rest)\n"


def briefing(rules: Sequence[str], heading: str, known: Sequence[str], budget: int) -> str:
    """Lines that fit into `budget` bytes of UTF-8, none cut in its middle.

    The lines `rules` come in their order and stop at the first that does not fit. Only after all of
    them come, under `heading`, those of `known` that fit. Where some are left out it says so,
    within the budget.
    """
    whole = "\n".join([*rules, *([heading, *known] if known else [])])
    if len(whole.encode()) <= budget:
        return whole
    left = budget - len(_MORE.encode())
    taken: list[str] = []
    for line in rules:
        left -= len(line.encode()) + 1
        if left < 0:
            return _cut(taken)
        taken.append(line)
    left -= len(heading.encode()) + 1
    found: list[str] = []
    for line in known:
        length = len(line.encode()) + 1
        if length <= left:
            found.append(line)
            left -= length
    return _cut([*taken, *([heading, *found] if found else [])])


def _cut(taken: list[str]) -> str:
    return "\n".join(taken) + _MORE if taken else _MORE.strip()
