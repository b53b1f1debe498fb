"""An index that was brought up to date step by step says what one built from nothing says."""

import json
import os
import random

import pytest

from agence.base.stamps import Stamp
from agence.events.blob import blob_digest, reference
from agence.events.event import Draft, Event, write
from agence.events.segment import pack
from agence.events.signature import public_key
from agence.git.repository import discover
from agence.shard import folding, ingest
from agence.shard.blobs import Blobs
from agence.shard.carriers import Carriers
from agence.shard.index import empty_index
from agence.shard.ingest import refresh
from agence.shard.keyring import Keyring
from agence.shard.layout import Layout
from agence.shard.own_log import OwnLog
from tests.clone import Clone

SHARD = "5" * 64
START = 1_767_225_600_000
SEEDS = [bytes([number]) * 32 for number in (1, 2, 3)]
OWN = public_key(SEEDS[0]).hex()  # the writer whose own log may hold its events
TREES = ("refs/heads/main", "refs/heads/other", "refs/remotes/origin/main", "refs/heads/far")
KEPT = "refs/agence/log"  # what was ever seen stays known by it
PLACES = {"here": "refs/heads/main", "there": "refs/heads/other"}
DEFAULT = "refs/remotes/origin/main"
RUNS = 200 if os.environ.get("AGENCE_SOAK") == "1" else 6
TEXT = "a long text about otters"


def erased(event):
    """The same event without its data."""
    outer = json.loads(event.line)
    del outer["data"], outer["salt"]
    line = json.dumps(outer, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return event._replace(line=line.encode(), data=None)


def histories(pick, count):
    """`count` events of three writers: lessons and edits of them, over any that came before."""
    chains = [(0, "") for _ in SEEDS]
    events: list[Event] = []
    for number in range(count):
        writer = pick.randrange(len(SEEDS))
        seq, prev = chains[writer]
        parents = pick.sample(events, min(len(events), pick.randrange(3)))
        over = pick.choice(parents) if parents and pick.random() < 0.8 else None
        text = reference(TEXT.encode()) if pick.random() < 0.2 else f"words {number}"
        values = {"title": f"title {number}", "body": text}
        effects = [{"field": one, "op": "set", "value": value} for one, value in values.items()]
        draft = Draft(
            "lesson",
            over.entity if over else "",
            {"effects": effects},
            SHARD,
            f"collective:{SHARD}",
            "ada",
            tuple(one.id for one in parents),
        )
        stamp = Stamp(START + number * 1000, 0)
        event = write(draft, SEEDS[writer], seq + 1, prev, stamp, pick.randbytes(16))
        chains[writer] = (seq + 1, event.id)
        events.append(event)
    return events


def said(index, place):
    """What an index says of a work tree, whatever numbers its rows have."""
    index.enter(place)
    sql = "SELECT id, waits, held FROM force JOIN event ON event.n = force.n WHERE place = ?"
    words = (
        "SELECT entity.id, title, tags, body, around FROM words JOIN passage"
        " ON passage.n = words.rowid JOIN entity ON entity.n = passage.entity"
        " WHERE place = ? ORDER BY 1, 2, 3, 4, 5"
    )
    return {
        "force": sorted(index.rows(sql, [index.place])),
        "entities": sorted(map(str, index.entities(deleted=True))),
        "words": list(index.rows(words, [index.place])),
        "refs": sorted(index.rows("SELECT * FROM ref")),
        "trees": sorted(index.rows("SELECT DISTINCT tree.* FROM tree JOIN ref ON tree = tree.oid")),
    }


class Deliveries:
    """Segments come and go on refs, the own log grows and is cut, copies are erased, texts come."""

    def __init__(self, folder, seed):
        self.pick = random.Random(seed)
        self.events = histories(self.pick, 12)
        self.clone = Clone(os.path.join(folder, str(seed)))
        os.mkdir(self.clone.path)
        self.clone.git("init", "--quiet")
        self.repo = discover(self.clone.path)
        self.layout = Layout(self.repo.common_dir)
        self.held: dict[str, dict[str, str]] = {
            ref: {} for ref in (*TREES, KEPT)
        }  # ref -> {path: blob}
        self.refs = {}
        self.erased = set()
        self.own = [one for one in self.events if one.writer == OWN]
        self.index = empty_index()

    def step(self):
        """One thing happens, of those that can; then both work trees are looked at, or one."""
        ref, other = self.pick.choices(TREES, k=2)
        what = self.pick.choice(
            [self._deliver, self._deliver, self._deliver_text, self._take_away, self._drop]
        )
        match self.pick.randrange(8):
            case 0 | 1:
                self._write_own(self.pick.randrange(len(self.own) + 1))
            case 2:
                self._add(ref, self.held[other])
            case _:
                what(ref)
        anew = empty_index()
        for place in PLACES if self.pick.random() < 0.5 else ["here"]:
            self._refresh(self.index, place)
            self._refresh(anew, place)
            assert said(self.index, place) == said(anew, place)

    def _deliver(self, ref):
        """A ref gets segments of some events, each whole or erased."""
        some = self.pick.sample(self.events, self.pick.randrange(1, 5))
        if self.pick.random() < 0.3:
            self.erased |= {one.id for one in some}
        some = [erased(one) if one.id in self.erased else one for one in some]
        self._add(ref, self._segments(some))

    def _deliver_text(self, ref):
        self._add(ref, {f"blobs/{blob_digest(TEXT.encode())}": self._blob(TEXT.encode())})

    def _take_away(self, ref):
        paths = sorted(self.held[ref])
        gone = self.pick.sample(paths, len(paths) // 2)
        self.held[ref] = {path: oid for path, oid in self.held[ref].items() if path not in gone}
        self._move(ref)

    def _drop(self, ref):
        self.held[ref] = {}
        self.refs.pop(ref, None)

    def _write_own(self, length):
        """The own log holds the first events of its writer: more than before, or fewer."""
        os.makedirs(self.layout.own("shared"), exist_ok=True)
        path = os.path.join(self.layout.own("shared"), f"{OWN}.jsonl")
        with open(path, "wb") as file:
            file.writelines(one.line + b"\n" for one in self.own[:length])

    def _refresh(self, index, place):
        sql = "INSERT OR IGNORE INTO place(name, seen, roots) VALUES (?, '', '-')"
        index.rows(sql, [place])
        index.enter(place)
        log = OwnLog(self.layout.own("shared"), "shared", Keyring(self.layout, "", os.urandom))
        at = Carriers(dict(self.refs), self._log(PLACES[place]), self._default(), "")
        blobs = Blobs(self.layout, "shared", self.repo)
        with index.db:
            refresh(index, self.repo, log, blobs, at, everywhere=False)

    def _default(self):
        return DEFAULT if DEFAULT in self.refs else ""

    def _log(self, ref):
        if ref not in self.refs:
            return ""
        return self.clone.git("rev-parse", f"{self.refs[ref]}:.agence/log")

    def _segments(self, events):
        found = {}
        for writer in {one.writer for one in events}:
            for segment in pack([one for one in events if one.writer == writer], None):
                found[segment.path] = self._blob(segment.content)
        return found

    def _blob(self, content):
        return self.clone.git("hash-object", "-w", "--stdin", feed=content.decode())

    def _add(self, ref, files):
        for one in (ref, KEPT):
            self.held[one] = self.held[one] | files
            self._move(one)

    def _move(self, ref):
        if not self.held[ref]:
            self.refs.pop(ref, None)
            return
        folder = "log" if ref.startswith("refs/agence/") else ".agence/log"
        os.environ["GIT_INDEX_FILE"] = os.path.join(self.clone.path, ".git", "made")
        try:
            self.clone.git("read-tree", "--empty")
            lines = [f"100644 {oid}\t{folder}/{path}" for path, oid in self.held[ref].items()]
            self.clone.git("update-index", "--index-info", feed="\n".join(lines) + "\n")
            tree = self.clone.git("write-tree")
        finally:
            del os.environ["GIT_INDEX_FILE"]
        self.refs[ref] = self.clone.git("commit-tree", tree, "-m", "x")


@pytest.mark.parametrize("share", [pytest.param(1, id="forks"), pytest.param(1 << 20, id="alone")])
def test_step_by_step_is_as_from_nothing(tmp_path, monkeypatch, share):
    monkeypatch.setattr(ingest, "_SHARE", share)
    monkeypatch.setattr(folding, "_SHARE", share)
    for seed in range(RUNS):
        deliveries = Deliveries(tmp_path, seed)
        for _ in range(12):
            deliveries.step()
