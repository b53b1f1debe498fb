"""What a sync counts: the same as git says of the same history, and of every order it came in."""

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agence.commands.knowledge.edit import edit
from agence.commands.sync import sync
from agence.shard.counting import Counts, counted, in_force, is_merge
from agence.shard.judging import known
from tests.clone import Clone
from tests.commands.conftest import desks, shared

if TYPE_CHECKING:
    from agence.events.event import Event

__all__ = ["desks", "shared"]

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class Graph:
    """Events as commits of a scratch repository: what git knows of who has seen what."""

    def __init__(self, clone):
        self.clone = clone
        self.commits = {}
        clone.git("hash-object", "-t", "tree", "-w", "--stdin")

    def add(self, name, parents):
        words = [word for one in parents for word in ("-p", self.commits[one])]
        self.commits[name] = self.clone.git("commit-tree", EMPTY_TREE, *words, "-m", name)

    def heads(self, names):
        """Those of the events that no other of them rests on, by git."""
        return set(self.clone.git("merge-base", "--independent", *self._all(names)).split())

    def is_merge(self, before, fresh):
        """Whether joining the two makes a merge: no fast-forward, since one before is not seen."""
        together = self.heads([*before, *fresh])
        return bool(together & {self.commits[one] for one in before})

    def _all(self, names):
        return sorted(self.commits[one] for one in names)


@st.composite
def histories(draw):
    """Events of one entity as name -> parents, and which of them were here before, closed."""
    parents: dict[str, tuple[str, ...]] = {"0": ()}
    for number in range(1, draw(st.integers(1, 9))):
        chosen = draw(st.sets(st.sampled_from(sorted(parents)), min_size=1, max_size=3))
        parents[str(number)] = tuple(sorted(chosen))
    before: set[str] = set()
    for name in draw(st.sets(st.sampled_from(sorted(parents)))) | {"0"}:
        wave = {name}
        while wave:
            before |= wave
            wave = {above for one in wave for above in parents[one]} - before
    return parents, before


@settings(max_examples=40)
@given(histories())
def test_a_merge_is_what_git_can_not_fast_forward(repo_factory, history):
    parents, before = history
    fresh = set(parents) - before
    if not fresh:
        return
    graph = repo_factory()
    for name, above in parents.items():
        graph.add(name, above)
    assert is_merge(parents, fresh) == graph.is_merge(before, fresh)


@given(histories(), st.randoms())
def test_the_order_of_events_says_nothing(history, shuffled):
    parents, before = history
    mixed = list(parents.items())
    shuffled.shuffle(mixed)
    fresh = set(parents) - before
    assert is_merge(dict(mixed), list(fresh)) == is_merge(parents, fresh)


@given(histories())
def test_what_was_all_seen_is_no_merge(history):
    parents, _ = history
    last = {*parents, "last"}
    assert not is_merge({**parents, "last": tuple(parents)}, {"last"})
    assert not is_merge({**parents, "last": tuple(parents)}, last)


@pytest.fixture(scope="module")
def repo_factory(tmp_path_factory):
    def make():
        clone = Clone(tmp_path_factory.mktemp("graph"))
        clone.git("init", "--quiet")
        return Graph(clone)

    return make


def by_git(graph, index, before):
    """The counts of what came, of entities that are never in conflict, as git tells them."""
    events: dict[str, dict[str, Event]] = {}
    for (line,) in index.rows("SELECT line FROM event JOIN force USING (n) WHERE NOT waits"):
        event = known(line)
        events.setdefault(event.entity, {})[event.id] = event
    own = {row[0] for row in index.rows("SELECT id FROM event WHERE own")}
    found = []
    received = 0
    for about in events.values():
        fresh = about.keys() - before - own
        received += len(fresh)
        if fresh:
            for event in sorted(about.values(), key=lambda one: one.stamp):
                if event.id not in graph.commits:
                    graph.add(event.id, [one for one in event.parents if one in about])
            was_here = about.keys() - fresh
            found.append(bool(was_here) and graph.is_merge(was_here, fresh))
    return Counts(received, found.count(False), found.count(True), 0)


@pytest.mark.parametrize("seed", range(3))
def test_scripted_histories_of_two_clones(desks, repo_factory, seed):
    pick, graph = random.Random(seed), repo_factory()
    ids = [desks[0].keep(f"lesson {n}") for n in range(3)]
    for desk in desks:
        sync(desk("^sync"))
    seen = set()
    for step in range(16):
        desk = pick.choice(desks)
        desk.now = max(one.now for one in desks)
        if pick.random() < 0.6:
            edit(desk("^lesson edit"), pick.choice(ids), tag=[f"t{step}"])
            continue
        before = in_force(desk("^x").shard.index("shared"))
        said = sync(desk("^sync")).data
        index = desk("^x").shard.index("shared")
        wanted = by_git(graph, index, before)
        assert counted(index, before) == wanted
        assert tuple(said[one] for one in Counts._fields) == wanted
        seen.add((bool(wanted.clean), bool(wanted.merged)))
    assert len(seen) > 1
