"""Check every carrier from its bytes: keys, own logs, segments, chains. No index is the truth."""

import os
import stat
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from agence.base.errors import TrustError
from agence.base.identifiers import is_hex, short
from agence.base.stamps import DRIFT
from agence.events.blob import blob_digest, blobs_of
from agence.events.event import Event, read
from agence.events.segment import order_faults, pack, split_lines
from agence.git.blob_name import blob_id
from agence.git.objects import Found, list_tree, read_many, resolve_many
from agence.shard.carriers import log_folder, named_refs
from agence.shard.files import read_bytes
from agence.shard.layout import LOG
from agence.shard.sessions import Sessions
from agence.shard.shard import Shard


class Problem(NamedTuple):
    """Something that does not verify: where, and what is wrong with it."""

    where: str
    what: str


class Link(NamedTuple):
    """What of an event its chain needs, so that the events themselves need not stay in memory."""

    id: str
    prev: str
    where: str


class Findings:
    """What was read, what is wrong, and what is only worth knowing."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.chains: dict[str, dict[int, dict[str, Link]]] = {}
        self.ids: set[str] = set()
        self.texts: set[str] = set()
        self.wanted: dict[str, str] = {}

    def problem(self, where: str, what: str) -> None:
        """Something that must not be."""
        self.problems.append(Problem(where, what))

    def note(self, where: str, what: str) -> None:
        """Something that may be, and that a person may want to know."""
        self.notes.append(Problem(where, what))

    def text(self, content: bytes, name: str, where: str) -> None:
        """Count a blob, where it is the one that its name stands for."""
        if blob_digest(content) == name:
            self.texts.add(name)
        else:
            self.problem(where, "the text is not the one its name stands for")

    def keep(self, event: Event, where: str, now: int) -> None:
        """Count a verified event, and its place in its chain."""
        if event.stamp.ms > now + DRIFT:
            ahead = (event.stamp.ms - now) // 60_000
            self.problem(
                where, f"event {short(event.id)} has a clock {ahead} minutes in the future"
            )
        self.ids.add(event.id)
        self.wanted |= dict.fromkeys(blobs_of(event), where)
        chain = self.chains.setdefault(event.writer, {})
        chain.setdefault(event.seq, {})[event.id] = Link(event.id, event.body["prev"], where)


def verify_all(shard: Shard, now: int) -> Findings:
    """Check all that this clone holds. Nothing is changed."""
    findings = Findings()
    _keys(shard, findings)
    own: dict[str, int] = {}
    for chain in ("shared", "private"):
        for writer, path in shard.log(chain).files().items():
            own[writer] = _own_file(path, writer, findings, now)
        _own_texts(os.path.join(shard.layout.own(chain), "blobs"), findings)
    blobs = _segments(shard)
    _read_segments(shard, blobs, findings, now)
    _work_tree(shard, set(blobs.values()), findings, now)
    _chains(findings, own)
    _lost_texts(findings)
    _only_indexed(shard, findings)
    _sessions(shard, findings)
    return findings


def _sessions(shard: Shard, findings: Findings) -> None:
    for where, fault in Sessions(shard.layout).faults():
        if fault.torn:
            findings.note(where, "a torn last line: it was never acknowledged")
        else:
            findings.problem(where, fault.what)


def _keys(shard: Shard, findings: Findings) -> None:
    bound = shard.keyring.binding()
    for chain in ("shared", "private"):
        try:
            keys = shard.keyring.keys(chain)
        except TrustError as error:
            findings.problem(shard.layout.keys, error.message)
            continue
        for key in keys:
            path = shard.keyring.path(key)
            if stat.S_IMODE(os.stat(path).st_mode) & 0o077:
                findings.problem(
                    path, "the key file can be read by others; its mode should be 0600"
                )
            if key.retired:
                findings.note(path, f"writer {short(key.writer)} is retired: {key.retired}")
        if keys and not any(key.bound == bound for key in keys):
            findings.problem(
                shard.layout.keys,
                f"the {chain} writer belongs to another clone, of which this is a copy; the next"
                " write makes a new one",
            )


def _own_file(path: str, writer: str, findings: Findings, now: int) -> int:
    """Check one own log; returns the last seq that it holds."""
    content = read_bytes(path)
    lines, torn = split_lines(content)
    if torn:
        findings.note(path, f"a torn last line of {len(torn)} bytes: it was never acknowledged")
    last = 0
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        event = _event(line, where, findings)
        if event is None:
            last += 1
            continue
        findings.keep(event, where, now)
        if event.writer != writer:
            findings.problem(where, "an event of another writer in this own log")
        elif event.seq <= last:
            findings.problem(where, f"reordered or repeated: number {event.seq} after {last}")
        elif event.seq != last + 1:
            findings.problem(
                where, f"missing before this line: numbers {last + 1} to {event.seq - 1}"
            )
        last = max(last, event.seq)
    return last


def _own_texts(folder: str, findings: Findings) -> None:
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    for name in names:
        if is_hex(name, 64):
            path = os.path.join(folder, name)
            findings.text(read_bytes(path), name, path)


def _lost_texts(findings: Findings) -> None:
    for name, where in sorted(findings.wanted.items()):
        if name not in findings.texts:
            findings.problem(where, f"the text {name[:16]} that it refers to is not here")


def _event(line: bytes, where: str, findings: Findings) -> Event | None:
    try:
        return read(line)
    except TrustError as error:
        findings.problem(where, error.message)
        return None


def _segments(shard: Shard) -> dict[str, str]:
    """Blob id -> path below the log folder, of every segment that a ref or HEAD holds."""
    refs = named_refs(shard.repo)
    specs = {f"{oid}:{log_folder(name)}" for name, oid in refs.items()} | {f"HEAD:{LOG}"}
    trees = {one[0] for one in resolve_many(shard.repo, sorted(specs)).values() if one}
    return {
        oid: path
        for tree in sorted(trees)
        for path, (_, kind, oid) in list_tree(shard.repo, tree).items()
        if kind == "blob" and (path.endswith(".jsonl") or path.startswith("blobs/"))
    }


def _read_segments(shard: Shard, blobs: dict[str, str], findings: Findings, now: int) -> None:
    for found in read_many(shard.repo, sorted(blobs)):
        if isinstance(found, Found):
            _carried(blobs[found.oid], found.content, findings, now)
        else:
            findings.problem(blobs[found.name], "git does not have this segment any more")


def _segment(path: str, content: bytes, findings: Findings, now: int) -> None:
    lines, torn = split_lines(content)
    if torn:
        findings.problem(f"{path}:{len(lines) + 1}", "the last line does not end")
    events = []
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        event = _event(line, where, findings)
        if event is None:
            continue
        events.append(event)
        findings.keep(event, where, now)
        if event.writer not in path.split("/")[-2:-1]:
            findings.problem(where, "an event of another writer than the folder's")
    faults = order_faults(path, [event.id for event in events])
    for fault in faults:
        findings.problem(path, fault)
    if not faults and events and pack(events, None)[0].path != path:
        findings.problem(path, f"not in its place, which is {pack(events, None)[0].path}")


def _work_tree(shard: Shard, known: Iterable[str], findings: Findings, now: int) -> None:
    """Segments in the work tree that are not what git holds: edited, or not committed yet."""
    tracked = _checked_out(shard)
    top = os.path.join(shard.repo.work_tree, LOG)
    for folder, _, names in os.walk(top):
        for name in sorted(names):
            whole = os.path.join(folder, name)
            path = os.path.relpath(whole, top).replace(os.sep, "/")
            if os.path.islink(whole):
                findings.problem(f"{LOG}/{path}", "a link; the log has plain files only")
                continue
            content = read_bytes(whole)
            if tracked.get(path) != blob_id(content):
                _carried(path, content, findings, now)
    for path in tracked:
        if path in known and not os.path.exists(os.path.join(top, path)):
            findings.note(f"{LOG}/{path}", "missing in the work tree; git holds it")


def _carried(path: str, content: bytes, findings: Findings, now: int) -> None:
    """Check one file of the log folder by what its path says that it is."""
    if path.startswith("blobs/"):
        findings.text(content, path.removeprefix("blobs/"), path)
    elif path.endswith(".jsonl"):
        _segment(path, content, findings, now)


def _checked_out(shard: Shard) -> dict[str, str]:
    """Path below the log folder -> blob id, of HEAD."""
    found = resolve_many(shard.repo, [f"HEAD:{LOG}"]).get(f"HEAD:{LOG}")
    if not found:
        return {}
    return {path: oid for path, (_, _, oid) in list_tree(shard.repo, found[0]).items()}


def _chains(findings: Findings, own: dict[str, int]) -> None:
    for writer, chain in sorted(findings.chains.items()):
        name = f"writer {short(writer)}"
        for seq, links in sorted(chain.items()):
            if len(links) > 1:
                ids = ", ".join(short(one) for one in sorted(links))
                findings.problem(name, f"forked at number {seq}: {ids} are both signed")
            before = chain.get(seq - 1, {})
            for link in links.values():
                if before and link.prev not in before:
                    findings.problem(link.where, f"does not follow number {seq - 1} of its chain")
        gaps = list(_gaps(chain, own.get(writer, 0)))
        if gaps and writer in own:
            findings.problem(name, f"missing in this clone's own chain: {', '.join(gaps)}")
        elif gaps:
            why = "not published yet, or taken out of these branches"
            findings.note(name, f"not here: numbers {', '.join(gaps)}, {why}")


def _gaps(chain: dict[int, dict[str, Link]], last: int) -> Iterator[str]:
    start = 1
    for seq in [*sorted(chain), last + 1]:
        if seq > start:
            yield str(start) if seq == start + 1 else f"{start} to {seq - 1}"
        start = max(start, seq + 1)


def _only_indexed(shard: Shard, findings: Findings) -> None:
    for scope in ("shared", "private"):
        for (identity,) in shard.index(scope).rows("SELECT id FROM event ORDER BY n"):
            if identity not in findings.ids:
                findings.problem(
                    f"event {short(identity)}",
                    "was here and is in no log and no ref any more; the index still has its line",
                )
