"""What the checked-out tree holds, told by its difference: as if all events were looked at."""

import os

from agence.fold.state import closed, fold
from agence.shard import held
from agence.shard.judging import known
from tests.shard.test_ingest import PLACES, Deliveries

RUNS = 200 if os.environ.get("AGENCE_SOAK") == "1" else 12


class Looks(Deliveries):
    """After each step, all of it is asked for each work tree that was looked at."""

    def _refresh(self, index, place):
        super()._refresh(index, place)
        if index is not self.index:
            return
        here = self._in_tree(PLACES[place])
        everything = dict(index.rows("SELECT n, line FROM event"))
        assert {n for n in everything if held.is_held(index, n)} == here
        force = self._force(index)
        assert held.apart(index) == force - here
        assert held.missing_parents(index) == self._parents(here) - here
        others = sorted(everything.keys() - here)
        some = set(self.pick.sample(others, self.pick.randrange(len(others) + 1)))
        for more in ((), some, held.apart(index, waits=False)):
            self._fold(index, here | set(more), more)

    def _fold(self, index, numbers, more):
        sql = "SELECT n, line FROM event"
        events = [known(line) for n, line in index.rows(sql) if n in numbers]
        right = {one.id: str(one) for one in fold(closed(events)).values()}
        touched, anew = held.otherwise(index, more, "")
        left = [one for one in index.entities(deleted=True) if one.id not in touched]
        assert {one.id: str(one) for one in [*left, *anew]} == right
        assert len(left) + len(anew) == len(right)

    def _in_tree(self, ref):
        sql = "SELECT n FROM member JOIN segment ON oid = segment WHERE path = ? AND oid = ?"
        return {n for one in self.held[ref].items() for (n,) in self.index.rows(sql, one)}

    def _force(self, index):
        return {n for (n,) in index.rows("SELECT n FROM force WHERE place = ?", [index.place])}

    def _parents(self, numbers):
        rows = self.index.rows("SELECT event.n, child FROM edge JOIN event ON event.id = parent")
        return {n for n, child in rows if child in numbers}


def test_the_difference_is_as_everything_looked_at(tmp_path):
    for seed in range(100, 100 + RUNS):
        looks = Looks(tmp_path, seed)
        for _ in range(12):
            looks.step()
