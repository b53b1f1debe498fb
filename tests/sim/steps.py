"""What may happen at a clone: one row each. A new verb is one line here."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from tests.sim import by_git, verbs
from tests.sim.verbs import edits, life, verb
from tests.sim.world import Doing, Move


class Step(NamedTuple):
    """One row: `weight` is how often it is drawn, against the others."""

    name: str
    weight: int
    do: Doing


STEPS = (
    Step("learn", 8, verbs.learn),
    Step("plan", 5, verbs.plan),
    Step("title", 12, edits("lesson", verbs.title)),
    Step("body", 16, edits("lesson", verbs.body)),
    Step("tag", 14, edits("lesson", verbs.tag)),
    Step("untag", 14, edits("lesson", verbs.untag)),
    Step("status", 6, edits("plan", verbs.status)),
    Step("delete", 4, life("delete")),
    Step("restore", 3, life("restore")),
    Step("undo", 3, verb("^undo")),
    Step("answer", 6, verbs.answer),
    Step("adopt", 5, verbs.adopt),
    Step("task", 3, verbs.task),
    Step("work on a task", 8, verbs.work),
    Step("task done", 3, verbs.done),
    Step("private", 4, verbs.keep_private),
    Step("publish", 14, verbs.publish),
    Step("publish one", 6, verbs.publish_one),
    Step("exchange", 24, verbs.exchange),
    Step("exchange one", 8, verbs.exchange_one),
    Step("sync", 10, verb("^sync")),
    Step("render", 3, verb("^render")),
    Step("state", 3, verb("^state")),
    Step("private state", 1, verbs.private_too),
    Step("pull", 10, verb("^pull")),
    Step("push", 6, verb("^push")),
    Step("other file", 6, by_git.other_file),
    Step("commit all", 4, by_git.commit_all),
    Step("new branch", 6, by_git.new_branch),
    Step("switch", 10, by_git.switch),
    Step("delete branch", 3, by_git.delete_branch),
    Step("merge", 10, by_git.merge),
    Step("merge both ways", 6, by_git.merge_main),
    Step("merge -s ours", 2, by_git.merge_how("-s", "ours")),
    Step("merge -X theirs", 2, by_git.merge_how("-X", "theirs")),
    Step("squash", 4, by_git.squash),
    Step("octopus", 3, by_git.octopus),
    Step("rebase", 5, by_git.rebase),
    Step("cherry-pick", 4, by_git.cherry_pick),
    Step("revert of a merge", 3, by_git.revert_merge),
    Step("revert", 2, by_git.revert),
    Step("reset", 4, by_git.reset),
    Step("stash", 4, by_git.stash),
    Step("fetch", 5, by_git.fetch),
    Step("shallow", 2, by_git.fetch_shallow),
    Step("gc", 2, by_git.collect_garbage),
    Step("linked work tree", 4, by_git.linked),
    Step("push branch", 8, by_git.push_branch),
    Step("hand edit", 6, by_git.hand_edit),
    Step("lost view", 2, by_git.lose_view),
    Step("lost index", 2, by_git.forget_index),
    Step("a month later", 2, by_git.month_later),
    Step("forge merges", 6, by_git.forge_merge),
    Step("forge applies", 3, by_git.forge_apply),
    Step("forge deletes", 2, by_git.forge_delete),
)

BY_NAME: dict[str, Doing] = {step.name: step.do for step in STEPS}


def moves_of(seed: int, count: int, among: Sequence[str] = ()) -> list[Move]:
    """The moves of a run: of all steps, or of those named, each as often as the others.

    Each draws its choices from a seed of its own, so any can be left out.
    """
    draw = random.Random(seed)
    rows = [step for step in STEPS if not among or step.name in among]
    names = [step.name for step in rows]
    weights = [1 if among else step.weight for step in rows]
    return [
        Move(draw.choices(names, weights)[0], draw.randrange(1 << 16), draw.getrandbits(48))
        for _ in range(count)
    ]
