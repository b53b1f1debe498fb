"""Whether the files of `.agence/` are what the events say; what is not is healed from the events.

Nothing is invented: a healed segment holds signed lines that its name stands for. Nothing is lost:
a signed event that stood in a damaged file and that nothing else holds gets a segment of its own.
What a person typed into a view is left as it is.
"""

import os
from collections.abc import Iterable, Iterator

from agence.base.errors import TrustError
from agence.events.blob import blob_digest
from agence.events.event import Event, read
from agence.events.join import join
from agence.events.segment import order_faults, pack, split_lines
from agence.git.objects import Found, read_many
from agence.git.placing import check_folders
from agence.git.run import git
from agence.shard import views
from agence.shard.edited import CHOOSE, drafts, edited, in_force
from agence.shard.files import outside, replace
from agence.shard.health.check import Check, Finding, counted, ill, some
from agence.shard.layout import LOG, TRACKED
from agence.shard.shard import Shard
from agence.shard.stale import stale
from agence.shard.views import small_files

_FIX = "`agence ^doctor --fix` heals them from the events"


def _log(shard: Shard) -> Finding:
    broken = list(_broken(shard))
    if broken:
        what = counted(len(broken), "file")
        return ill(f"{what} of the log with edited or missing lines: {some(broken)}", _FIX)
    return Finding("the files of the log are those their names stand for")


def _heal_log(shard: Shard) -> None:
    top = shard.repo.work_tree
    for path in list(_broken(shard)):
        healed = _healed(shard, path)
        if healed is None:
            continue
        there = views.read(top, f"{LOG}/{path}") or b""
        held = {one.id for one in _events(healed)}
        files = {path: healed} | _rescued(shard, _events(there), held)
        put_into(top, {f"{LOG}/{name}": content for name, content in files.items()})


def _broken(shard: Shard) -> Iterator[str]:
    """Paths below the log of the files that are not what they should be."""
    top = shard.repo.work_tree
    for path in sorted(_suspects(shard)):
        content = views.read(top, f"{LOG}/{path}")
        if content is None or not is_sound(path, content):
            yield path


def is_sound(path: str, content: bytes) -> bool:
    """Whether a file of the log holds just what its path says."""
    if path.startswith("blobs/"):
        return blob_digest(content) == path.removeprefix("blobs/")
    lines, torn = split_lines(content)
    events = _events(content)
    return (
        not torn
        and len(events) == len(lines)
        and not order_faults(path, [one.id for one in events])
        and [one.path for one in pack(events, None)] == [path]
    )


def _suspects(shard: Shard) -> set[str]:
    """The files that differ from what git's index or HEAD has, or that were read with faults."""
    found = set(_listed(shard, "ls-files", "--modified", "--others", "--deleted", "-z"))
    found |= set(_listed(shard, "diff", "--cached", "--name-only", "--diff-filter=d", "-z"))
    index = shard.index("shared")
    words = ("rev-parse", "--quiet", "--verify", f"HEAD:{LOG}")
    head = git(*words, cwd=shard.repo.work_tree, check=False).decode().strip()
    sql = (
        "SELECT tree.path FROM tree JOIN segment ON segment.oid = tree.segment"
        " WHERE tree.oid = ? AND (NOT whole OR segment IN (SELECT segment FROM fault))"
    )
    return found | {row[0] for row in index.rows(sql, [head])}


def _listed(shard: Shard, *words: str) -> list[str]:
    said = git(*words, "--", f"{LOG}/", cwd=shard.repo.work_tree)
    paths = os.fsdecode(said).split("\0")[:-1]
    names = [path.removeprefix(f"{LOG}/") for path in paths]
    return [name for name in names if name.endswith(".jsonl") or name.startswith("blobs/")]


def _healed(shard: Shard, path: str) -> bytes | None:
    """What the file should hold: from what this clone knows, else from its own signed lines."""
    index = shard.index("shared")
    if path.startswith("blobs/"):
        return shard.blobs("shared").content(index, path.removeprefix("blobs/"))
    rows = index.rows("SELECT oid FROM segment WHERE path = ? AND whole", [path])
    oids = [row[0] for row in rows]
    found = (one.content for one in read_many(shard.repo, oids) if isinstance(one, Found))
    known = [event.line for content in found for event in _events(content)]
    own = [one.line for one in _events(views.read(shard.repo.work_tree, f"{LOG}/{path}") or b"")]
    for content in (join([*known, *own]), join(known), join(own)):
        if content and is_sound(path, content):
            return content
    return None


def _rescued(shard: Shard, events: Iterable[Event], held: set[str]) -> dict[str, bytes]:
    """Segments for those of these events that nothing else here holds: path -> bytes."""
    index = shard.index("shared")
    writers: dict[str, list[Event]] = {}
    for event in events:
        known = index.one("SELECT 1 FROM event WHERE id = ?", [event.id])
        if event.id not in held and known is None and event.body["scope"] != "instance":
            writers.setdefault(event.writer, []).append(event)
    segments = (one for group in writers.values() for one in pack(group))
    return {one.path: one.content for one in segments}


def _events(content: bytes) -> list[Event]:
    """The signed events in these bytes, each once, in their order; other lines are passed over."""
    found: dict[bytes, Event] = {}
    for line in content.split(b"\n"):
        try:
            found.setdefault(line, read(line))
        except TrustError:
            continue
    return list(found.values())


def _views(shard: Shard) -> Finding:
    if not os.path.isdir(os.path.join(shard.repo.work_tree, TRACKED)):
        return Finding(f"nothing of {TRACKED} is checked out")
    by_hand = edited(shard)
    behind = stale(shard, by_hand).keys() - small_files()
    if behind:
        what = counted(len(behind), "view")
        return ill(
            f"{what} not as the events say: {some(sorted(behind))}", f"{_FIX}; so does ^render"
        )
    typed = f"; {counted(len(by_hand), 'file')} edited by hand, left as they are" if by_hand else ""
    return Finding(f"the views are as the events say{typed}")


def _heal_views(shard: Shard) -> None:
    wanted = {}
    for path in stale(shard, edited(shard)).keys() - small_files():
        content = in_force(shard, path)
        if content is not None:
            wanted[path] = content
    put_into(shard.repo.work_tree, wanted)


def _markers(shard: Shard) -> Finding:
    """Two versions of which one was typed: a person has to choose."""
    marked = [one for one in drafts(shard) if one.why == CHOOSE]
    if not marked:
        return Finding("no file waits for somebody to choose between two versions")
    what = f"a merge left two versions in {counted(len(marked), 'file')}"
    return ill(f"{what}: {some(one.path for one in marked)}", marked[0].hint)


def put_into(top: str, files: dict[str, bytes]) -> None:
    """Write these files of the work tree, each as a whole. Raises ShardError for a link."""
    check_folders(top, files)
    for path, content in files.items():
        whole = os.path.join(top, path)
        with outside(whole):
            os.makedirs(os.path.dirname(whole), exist_ok=True)
        replace(whole, content, 0o644)


CHECKS = (
    Check("log", _log, _heal_log),
    Check("views", _views, _heal_views),
    Check("markers", _markers),
)
