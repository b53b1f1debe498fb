"""More heads than an event may have parents: events that say nothing join them first."""

import time

from agence.base.stamps import Stamp
from agence.commands.delete import delete
from agence.commands.knowledge.edit import edit
from agence.commands.verify import verify
from agence.schema.effects import set_field
from tests.commands.desk import Desk


def test_one_edit_settles_what_a_hundred_wrote_side_by_side(repo):
    repo.agence("^init")
    desk = Desk(repo, now=time.time_ns() // 1_000_000)
    lesson = desk.keep("a title")
    shard = desk("^lesson edit").shard
    entity = shard.entity(lesson, "shared")
    drafts = [
        shard.draft("lesson", "shared", [set_field("title", f"title {n}")], over=entity)
        for n in range(150)
    ]
    shard.append(drafts, [Stamp(desk.now, 0)])
    assert len(desk("^status").shard.entity(lesson, "shared").heads) == 150
    edit(desk("^lesson edit"), lesson[:12], title="settled")
    after = desk("^status").shard.entity(lesson, "shared")
    assert (after.title, after.conflicts, len(after.heads)) == ("settled", (), 1)
    delete(desk("^delete"), [lesson[:12]])
    assert desk("^status").shard.entity(lesson, "shared").deleted
    assert verify(desk("^verify")).code == 0
