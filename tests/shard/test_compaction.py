"""Past a number of files in a folder, a writer joins its small segments into a larger one."""

import os
import time

from agence.commands.commit import commit
from agence.commands.verify import verify
from agence.shard import publishing
from tests.commands.desk import Desk

LOG = ".agence/log"


def segments(desk):
    """Path -> size of this tree's segments, as git has them."""
    listed = desk.clone.git("ls-tree", "-r", "--long", "HEAD", f"{LOG}/").splitlines()
    rows = [line.split() for line in listed]
    return {row[4]: int(row[3]) for row in rows if row[4].endswith(".jsonl")}


def test_small_segments_become_one(repo, monkeypatch):
    monkeypatch.setattr(publishing, "CROWD", 6)
    repo.agence("^init")
    desk = Desk(repo, now=time.time_ns() // 1_000_000)
    desk.commit()
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
    fresh = os.path.join(os.path.dirname(repo.path), "fresh")
    repo.git("clone", "--quiet", repo.path, fresh)
    other = type(repo)(fresh)
    other.agence("^init")
    listed = {one["id"] for one in other.agence_json("^lesson", "list")["data"]["items"]}
    assert listed == set(kept)
    assert other.agence_json("^status")["data"]["waiting"] == []
    assert commit(desk("^commit")).data["events"] == []
