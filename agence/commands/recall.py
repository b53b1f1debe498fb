"""Find what is known, by words; works offline and at once.

Examples:
    agence ^recall "broken symlink repair"
    agence ^recall deploy --tag urgent --limit 3 --json
    agence ~recall billing                     # looks into the private chain too
    agence ^recall "rate limits" --everywhere  # also what other branches and remotes hold
    agence ^recall retries --shard platform    # only what the linked shard knows

Words are matched by their stems; the best passage of each page is shown. What is not in force,
such as a fork's branch, is found only with --everywhere, and never handed to an agent by itself.
What a linked shard knows is shown with its name.
"""

from typing import Annotated

from agence.base.errors import UsageError
from agence.base.identifiers import short
from agence.base.lazy import load
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.reading import AS_OF, AT, look_back
from agence.commands.words import tags_of
from agence.crdt.lines import MARKS
from agence.recall.query import Hit, Wanted, carrying
from agence.schema.kinds import KINDS
from agence.shard.search import beyond, search

LINKS = "agence-shard."  # the configuration of linked shards begins with this


def recall(
    context: Context,
    words: Annotated[list[str], Argument(help="what to look for", metavar="WORDS")],
    tag: Annotated[list[str] | None, Option(help="only with this tag; can be repeated")] = None,
    kind: Annotated[
        str | None, Option(help="only this kind: lesson, plan, issue, doc, codex")
    ] = None,
    limit: Annotated[int, Option(help="how many at the most")] = 8,
    everywhere: Annotated[bool, Option(help="also what is known and not in force")] = False,
    at: Annotated[str | None, AT] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    of: Annotated[str, Option(help="only of this linked shard", name="shard", metavar="NAME")] = "",
) -> Report:
    """The best passages for some words, ranked."""
    asked = carrying(" ".join(words))
    if not asked:
        raise UsageError("there is no word to look for", 'agence ^recall "broken symlink"')
    past = at is not None or as_of is not None
    if past and (everywhere or of):
        what = "--everywhere" if everywhere else "--shard"
        raise UsageError(f"{what} looks at what is known now", "leave out --at and --as-of")
    now = look_back(context, context.scope, at, as_of)
    if context.scope == "private" and as_of is not None:
        look_back(context, "shared", None, as_of)
    shard = context.shard
    wanted = Wanted(asked, (kind,) if kind else (), tuple(tags_of(tag)))
    hits = [] if past else _linked(context, wanted, now, of)
    if not of:
        hits += _own(context, wanted, now, everywhere=everywhere, past=at is not None)
    hits = sorted(hits, key=lambda hit: (-hit.score, hit.id))[: max(limit, 1)]
    if everywhere and hits:
        refs = beyond(shard.index("shared"), [hit.id for hit in hits])
        hits = [hit._replace(refs=refs.get(hit.id, [])) for hit in hits]
    data = {"query": asked, "hits": [hit._asdict() for hit in hits], "count": len(hits)}
    if not hits:
        return Report(f"Nothing here speaks of {' '.join(asked)}.", data)
    said = _standing(context, hits)
    return Report("\n".join(shown(hit, said.get(hit.id, "")) for hit in hits), data)


def _standing(context: Context, hits: list[Hit]) -> dict[str, str]:
    """Id of a hit -> "contested", or "not held" where others of those that contradict it are."""
    found: dict[str, str] = {}
    for scope in {"shared", context.scope}:
        index = context.shard.index(scope)
        known = {hit.id: one for hit in hits if (one := index.entity(hit.id)) and not one.deleted}
        found |= dict.fromkeys((i for i, one in known.items() if one.conflicts), "contested")
        if any(kind.key for one in known.values() if (kind := KINDS.get(one.kind))):
            found |= load("agence.shard.conflicts").standing(index)
    return found


def _without_marks(text: str) -> str:
    """A passage without the lines that stand around two versions of a text."""
    for mark in MARKS:
        text = text.replace(mark, "…")
    return text


def _own(context: Context, wanted: Wanted, now: int, *, everywhere: bool, past: bool) -> list[Hit]:
    shard = context.shard
    hits = []
    if context.scope == "private":
        hits = search(shard.index("private"), wanted, now, in_scope=True)
    if context.scope == "shared" or not past:  # a cut of the private chain is of that alone
        index = shard.everywhere() if everywhere else shard.index("shared")
        hits += search(index, wanted, now, in_scope=context.scope == "shared")
    return hits


def _linked(context: Context, wanted: Wanted, now: int, name: str) -> list[Hit]:
    if not name and not any(key.startswith(LINKS) for key in context.shard.repo.config()):
        return []
    hits: list[Hit] = load("agence.shard.linked").hits(context.shard, wanted, now, name)
    return hits


def shown(hit: Hit, standing: str = "") -> str:
    """A hit as lines: what it is, the passage, and where it lies when it is not in force."""
    tags = "".join(f" #{tag}" for tag in hit.tags)
    source = f" [shard {hit.shard}]" if hit.shard else ""
    mark = f" ({standing})" if standing else ""
    lines = [f"{short(hit.id)}  {hit.kind}  {hit.title}{tags}{mark}{source}"]
    snippet = " ".join(_without_marks(hit.snippet).split())
    if snippet and snippet != hit.title:
        lines.append(f"          {snippet}")
    if hit.refs:
        lines.append(f"          not in force, from {', '.join(hit.refs)}")
    return "\n".join(lines)
