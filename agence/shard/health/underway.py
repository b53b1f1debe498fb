"""A merge that stopped at files of ours: what both sides know, made into what they should say.

The events of both sides are in git's index, whoever merged them. Segments are joined, views and
pages are rendered from the events of both, and put into the index as resolved. What a person typed
into one of them, on any side, is left to that person, and no commit is made.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple

from agence.events.blob import blob_digest
from agence.events.event import Event
from agence.events.join import join
from agence.fold.adoption import is_nobodys
from agence.fold.state import closed, fold
from agence.fold.view import is_draft
from agence.git.objects import Found, read_many
from agence.git.run import git
from agence.shard.health.check import Check, Finding, counted, ill, some
from agence.shard.health.tracked import put_into
from agence.shard.judging import judge
from agence.shard.layout import LOG, TRACKED
from agence.shard.merges import of_cut
from agence.shard.shard import Shard
from agence.shard.views import CODEX, read, rendered


class _Staged(NamedTuple):
    """A line of git's index: `stage` 0 is merged, 1 the base, 2 ours, 3 theirs."""

    path: str
    stage: int
    oid: str


def _merge(shard: Shard) -> Finding:
    paths = _unmerged(shard)
    ours = [path for path in paths if path.startswith(f"{TRACKED}/")]
    if not ours:
        rest = f"; {counted(len(paths), 'unmerged path')} of the project" if paths else ""
        return Finding(f"no merge waits for a file of {TRACKED}{rest}")
    more = len(paths) - len(ours)
    others = f", and {counted(more, 'path')} of the project" if more else ", and for nothing else"
    return ill(
        f"a merge waits for {counted(len(ours), 'file')} of {TRACKED} ({some(ours)}){others}",
        "--fix resolves what the events decide; what was typed by hand is yours to merge",
    )


def _resolve(shard: Shard) -> None:
    entries = _entries(shard)
    unmerged = {one.path for one in entries if one.stage}
    wanted = {path for path in unmerged if path.startswith(f"{TRACKED}/")}
    sides: dict[str, list[bytes]] = {path: [] for path in wanted}
    contents = _contents(shard, [one for one in entries if one.path.startswith(f"{LOG}/")])
    contents |= _contents(shard, [one for one in entries if one.path in wanted])
    for one in entries:
        if one.path in wanted and one.stage > 1 and one.oid in contents:
            sides[one.path].append(contents[one.oid])
    events = _events(contents[one.oid] for one in entries if _is_segment(one, contents))
    merges = of_cut(events, shard.pins.founder, shard.repo.work_tree)
    entities = map(shard.whole, fold(closed(events), merges).values())
    said = rendered(entities, shard.pins.founder)
    texts = _page_texts(events)
    resolved = {}
    for path, versions in sides.items():
        content = _settled(shard, path, versions, said.get(path), texts)
        if content is not None:
            resolved[path] = content
    put_into(shard.repo.work_tree, resolved)
    feed = b"".join(os.fsencode(path) + b"\0" for path in resolved)
    git("update-index", "--add", "-z", "--stdin", cwd=shard.repo.work_tree, feed=feed)


def _settled(
    shard: Shard, path: str, versions: list[bytes], said: bytes | None, texts: set[bytes]
) -> bytes | None:
    """What a file should hold; None where a person has to say."""
    if path.startswith(f"{LOG}/blobs/"):
        name = path.rpartition("/")[2]
        return next((one for one in versions if blob_digest(one) == name), None)
    if path.startswith(f"{LOG}/"):
        return join(versions)
    if said is None or b"(the text " in said:
        return None
    typed = (one not in texts for one in versions) if _is_page(path) else map(is_draft, versions)
    there = read(shard.repo.work_tree, path)
    if any(typed) or (there is not None and not is_nobodys(there, [*versions, said])):
        return None
    return said


def _is_page(path: str) -> bool:
    return path.startswith(f"{CODEX}/")


def _page_texts(events: Iterable[Event]) -> set[bytes]:
    """Every text that a page of governance was ever given."""
    found = set()
    for event in events:
        effects = (event.data or {}).get("effects")
        for one in effects if event.kind == "codex" and isinstance(effects, list) else []:
            if isinstance(one, dict) and isinstance(one.get("value"), str):
                found.add(one["value"].encode())
    return found


def _events(contents: Iterable[bytes]) -> list[Event]:
    lines = join(contents).split(b"\n")[:-1]
    verdicts = (one for one in judge(lines) if isinstance(one, Event))
    return [one for one in verdicts if one.body["scope"] != "instance"]


def _is_segment(one: _Staged, contents: dict[str, bytes]) -> bool:
    return one.path.startswith(f"{LOG}/") and one.path.endswith(".jsonl") and one.oid in contents


def _contents(shard: Shard, entries: list[_Staged]) -> dict[str, bytes]:
    oids = list(dict.fromkeys(one.oid for one in entries))
    found = read_many(shard.repo, oids)
    return {one.oid: one.content for one in found if isinstance(one, Found)}


def _unmerged(shard: Shard) -> list[str]:
    said = git("ls-files", "--unmerged", "-z", cwd=shard.repo.work_tree)
    return sorted({one.path for one in _parsed(said)})


def _entries(shard: Shard) -> list[_Staged]:
    said = git("ls-files", "--stage", "-z", "--", f"{TRACKED}/", cwd=shard.repo.work_tree)
    return _parsed(said)


def _parsed(said: bytes) -> list[_Staged]:
    found = []
    for record in said.split(b"\0")[:-1]:
        head, _, path = record.partition(b"\t")
        _, oid, stage = head.decode().split()
        found.append(_Staged(os.fsdecode(path), int(stage), oid))
    return found


CHECKS = (Check("merging", _merge, _resolve),)
