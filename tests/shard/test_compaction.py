"""Past a number of files in a folder, a writer joins its small segments into a larger one."""

import json
import os
import time
from pathlib import Path

import pytest

from agence.commands.commit import commit
from agence.commands.verify import verify
from agence.events.segment import pack
from agence.shard import publishing
from agence.shard.shard import open_shard
from tests.clone import Clone
from tests.commands.desk import Desk
from tests.store import commit_segments

LOG = ".agence/log"
MANY = pytest.param(5_000, marks=pytest.mark.soak)


def segments(desk):
    """Path -> size of this tree's segments, as git has them."""
    listed = desk.clone.git("ls-tree", "-r", "--long", "HEAD", f"{LOG}/").splitlines()
    rows = [line.split() for line in listed]
    return {row[4]: int(row[3]) for row in rows if row[4].endswith(".jsonl")}


@pytest.fixture
def desk(repo):
    repo.agence("^init")
    desk = Desk(repo, now=time.time_ns() // 1_000_000)
    desk.commit()
    return desk


def test_small_segments_become_one(desk, repo, monkeypatch):
    monkeypatch.setattr(publishing, "CROWD", 6)
    large = max(segments(desk), key=segments(desk).__getitem__)
    kept = []
    for number in range(9):
        kept.append(desk.keep(f"lesson {number}", "x" * 5_000))
        desk.commit()
        assert len(segments(desk)) <= 7
    left = segments(desk)
    assert large in left, "what is no part under a quarter of them all stays as it is"
    assert max(size for path, size in left.items() if path != large) > 25_000
    assert verify(desk("^verify")).code == 0
    other = joined(repo, "fresh")
    listed = {one["id"] for one in other.agence_json("^lesson", "list")["data"]["items"]}
    assert listed == set(kept)
    assert other.agence_json("^status")["data"]["waiting"] == []
    assert commit(desk("^commit")).data["events"] == []


@pytest.mark.parametrize("count", [24, MANY])
@pytest.mark.parametrize("side_has", ["all", "some"])
def test_branches_that_compact_at_once_merge_clean(desk, repo, monkeypatch, count, side_has):
    """By git alone, where no driver of ours is: nothing is lost, and all of it verifies."""
    monkeypatch.setattr(publishing, "CROWD", min(publishing.CROWD, count // 4))
    publish_each(desk, count * 2 // 3)
    if side_has == "some":
        repo.git("branch", "side")
    publish_each(desk, count - count * 2 // 3)
    if side_has == "all":
        repo.git("branch", "side")
    for branch in ("side", "main"):
        repo.git("checkout", "--quiet", branch)
        desk.keep(f"written on {branch}")
        before = segments(desk).keys()
        desk.commit()
        assert len(before - segments(desk).keys()) >= count * 2 // 3, "it was compacted"
    forge = Clone(f"{repo.path}-forge")
    repo.git("clone", "--quiet", repo.path, forge.path)
    forge.git("merge", "--quiet", "--no-edit", "origin/side")
    assert forge.git("status", "--porcelain") == ""
    assert ids_in(forge) == {one["id"] for one in desk.events()}
    fresh = joined(forge, "fresh")
    assert fresh.agence_json("^verify")["data"]["problems"] == []
    assert state(fresh) == state(repo)
    assert fresh.agence_json("^status")["data"]["waiting"] == []


def publish_each(desk, count):
    """Keep lessons, and commit a segment for each, as many small publications leave them."""
    shard = open_shard(desk("^learn"))
    titles = [[{"field": "title", "op": "set", "value": f"lesson {n}"}] for n in range(count)]
    events = shard.append([shard.draft("lesson", "shared", effects) for effects in titles])
    files = ((one.path, one.content) for event in events for one in pack([event]))
    commit_segments(Path(desk.clone.path), files)
    desk.clone.git("reset", "--quiet", "--hard")


def joined(clone, name):
    """A new clone beside another one, that has joined the shard."""
    fresh = Clone(os.path.join(os.path.dirname(clone.path), name))
    clone.git("clone", "--quiet", clone.path, fresh.path)
    fresh.agence("^init")
    return fresh


def ids_in(clone):
    """The ids of all events in the segments that are checked out."""
    paths = clone.git("ls-files", f"{LOG}/*.jsonl").splitlines()
    return {json.loads(line)["id"] for path in paths for line in clone.read(path).splitlines()}


def state(clone):
    said = clone.agence_json("^state", "--hash")["data"]
    return said["state"], said["events"]
