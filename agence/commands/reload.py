"""Print what an agent should know now: laws and rules first, then the most valuable knowledge.

Examples:
    agence ^reload
    agence ^reload --budget 8000
    agence ^reload --json

The text is cut at the budget in bytes, because agents cut longer context by themselves. Only
adopted governance and what is in force is here: nothing of a fork, nothing that was edited by hand
and not signed. What is contested says so, and so does what an answer chose others over.
"""

from collections.abc import Iterator
from typing import Annotated

from agence.base.errors import UsageError
from agence.base.identifiers import short
from agence.commands.contract import Context, Option, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.fold.entity import Entity
from agence.recall.briefing import briefing
from agence.schema.states import ORDER
from agence.shard.conflicts import standing
from agence.shard.index import Index
from agence.shard.shard import Shard

_PAGES = ("LAWS.md", "RULES.md")
_ORDER = ("issue", "plan", "task", "lesson", "skill", "belief", "doc", "episode")
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}
_CLOSED = ("done", "dropped")
_LOOKED_AT = 500  # the newest entities that are weighed


def reload(
    context: Context,
    budget: Annotated[int, Option(help="how many bytes at the most")] = 2000,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
) -> Report:
    """The context for an agent, at most `budget` bytes of UTF-8."""
    if budget < 200:
        raise UsageError(f"a budget of {budget} bytes holds nothing", "200 is the least")
    look_back(context, "shared", at, as_of)
    shard = context.shard
    index = shard.index("shared")
    said = standing(index)
    known = [_line(entity, said.get(entity.id, "")) for entity in _valuable(index)]
    text = briefing(list(_rules(shard)), "# What is known here\n", known, budget)
    return Report(text, {"text": text, "bytes": len(text.encode()), "budget": budget})


def _rules(shard: Shard) -> Iterator[str]:
    """The lines of the pages that come first, as the founder adopted them."""
    pages = {
        page.text("path"): page
        for page in sorted(shard.index("shared").entities("codex"), key=lambda one: one.updated)
        if page.writer == shard.pins.founder
    }
    for name in _PAGES:
        if name in pages:
            text = shard.whole(pages[name]).text("text")
            yield from [*text.strip().split("\n"), ""]


def _valuable(index: Index) -> list[Entity]:
    """What is open first, then what was learned; of one kind the newer earlier."""
    found: list[Entity] = []
    for entity in index.entities():
        if (
            entity.kind in _RANK
            and entity.text("status") not in _CLOSED
            and entity.text("state") != ORDER[-1]
        ):
            found.append(entity)
            if len(found) == _LOOKED_AT:
                break
    return sorted(found, key=lambda one: (_RANK[one.kind], -one.updated, one.id))


def _line(entity: Entity, standing: str) -> str:
    body = " ".join(entity.text("body").split())
    first = body if len(body) <= 160 else body[:160].rsplit(" ", 1)[0] + " …"
    mark = f" ({standing})" if standing else ""
    line = f"- {entity.kind} {short(entity.id)}: {entity.title}{entity.labels}{mark}"
    return f"{line}: {first}" if first else line
