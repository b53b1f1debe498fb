"""The tasks of one chain as they are in force, measured, and found by the names people use."""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeGuard

from agence.base.errors import UsageError
from agence.base.identifiers import choose, is_hex
from agence.fold.entity import Entity
from agence.shard.index import Index
from agence.work.expression import stays_here
from agence.work.graph import Graph, cycles, ready, workflow_percent
from agence.work.graph import Task as Node
from agence.work.score import Measure, Weights, measure, priority_in, stars_in
from agence.work.states import PENDING

KIND = "task"
_ID = 64  # hex digits
_GREATEST = 10**14  # fence that is believed
_SHOWN = 100  # characters of a name, an agent or a path


class Claim(NamedTuple):
    """Who has a task, as its events say.

    agent   "@ralph" or a person's name; "" where it was given back
    fence   the number that the remote gave, 0 for a claim that is not exclusive
    writer  the key that claimed it
    until   milliseconds since 1970
    """

    agent: str
    fence: int
    writer: str
    until: int

    def value(self) -> dict[str, Any]:
        """What stands in the field `claim`."""
        return self._asdict()


class Board(NamedTuple):
    """All tasks of a chain: the entities, what waits for what, and what each weighs.

    circles  groups of tasks that wait for each other
    shard    what the founder called it: `repo:task` with this name is a task of this board
    """

    tasks: dict[str, Entity]
    graph: Graph
    measures: dict[str, Measure]
    circles: list[tuple[str, ...]]
    shard: str

    def ready(self) -> list[Entity]:
        """What can be taken up now, best first."""
        scores = {one: found.score for one, found in self.measures.items()}
        return [self.tasks[one] for one in ready(self.graph, scores)]

    def find(self, typed: str) -> Entity:
        """The task with this name, or whose id begins so. Raises UsageError for none or several."""
        return self.tasks[choose_task(self.tasks.values(), self._plain(typed))]

    def upstream(self, typed: str) -> str:
        """What a dependency on `typed` is kept as: the id of a task here, or `repo:task`."""
        plain = self._plain(typed)
        return plain if ":" in plain else choose_task(self.tasks.values(), plain)

    def name(self, task: str) -> str:
        """What people call a task: its name, the short id, or what stands for a foreign one."""
        entity = self.tasks.get(task)
        return call(entity) if entity else task[:8] if is_hex(task, _ID) else plain(task)

    def _plain(self, typed: str) -> str:
        repo, colon, rest = typed.strip().partition(":")
        return rest if colon and repo == self.shard else typed.strip()


def board(index: Index) -> Board:
    """The board of the chain of an index."""
    tasks = {entity.id: entity for entity in index.entities(KIND)}
    graph = {one: node(entity) for one, entity in tasks.items()}
    measures = measure(graph, {one: weights(entity) for one, entity in tasks.items()})
    genesis = next(index.entities("shard"), None)
    return Board(tasks, graph, measures, cycles(graph), genesis.text("name") if genesis else "")


def node(task: Entity) -> Node:
    """A task as the graph has it."""
    return Node(state_of(task), members(task, "needs"), members(task, "after"))


def weights(task: Entity) -> Weights:
    """What was said of a task. A vote counts as a star, since many cast them and one gives those.

    Votes against take stars away, as far as there are any.
    """
    votes = task.fields.get("votes")
    votes = votes if isinstance(votes, int) else 0
    fields = task.fields
    return Weights(
        priority_in(fields.get("priority")),
        max(stars_in(fields.get("stars")) + votes, 0),
        1 if worker(task) else 0,
        secure=stays_here(task.text("security")),
    )


def state_of(task: Entity) -> str:
    """Its state, as a sign; "+" where nobody has said one."""
    return task.text("state") or PENDING


def members(task: Entity, field: str) -> tuple[str, ...]:
    """The members of a set, sorted."""
    value = task.fields.get(field)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def call(task: Entity) -> str:
    """What people call a task: its name, else the short id."""
    return plain(task.text("name")) or task.id[:8]


def plain(text: str) -> str:
    """A word of somebody's as it is shown: on one line, and not a long one."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_SHOWN]


def choose_task(tasks: Iterable[Entity], typed: str) -> str:
    """The id of the task with this name, or whose id begins so. Raises UsageError.

    Two tasks may have got one name at the same time in two clones, and somebody may have given one
    the beginning of another's id as its name: then the id tells them apart.
    """
    tasks, hint = list(tasks), "see `agence ^task list`"
    if not typed:
        raise UsageError("no task is named", hint)
    named = {task.id for task in tasks if task.text("name") == typed}
    digits = typed.lower() if len(typed) >= 4 and is_hex(typed.lower()) else ""
    fits = named | {task.id for task in tasks if digits and task.id.startswith(digits)}
    if len(fits) == 1:
        return fits.pop()
    if named:
        several = ", ".join(sorted(one[:12] for one in fits))
        raise UsageError(f"'{typed}' is the name of {len(fits)} tasks: {several}", "use the id")
    if not digits:
        raise UsageError(f"task '{typed}' not found", hint)
    return choose(typed, (task.id for task in tasks), KIND, hint)


def claims_of(task: Entity) -> list[Claim]:
    """The claims that stand side by side, the greatest fence first; of other shapes none."""
    value = task.fields.get("claim")
    found = [_claim(one) for one in value] if isinstance(value, list) else []
    return sorted((one for one in found if one), key=lambda one: (-one.fence, one.agent))


def holders(task: Entity) -> list[Claim]:
    """Who has a task: one, none, or several where claims that are not exclusive met.

    The greatest fence counts. What gives that one back leaves it to those without one, if any.
    """
    claims = claims_of(task)
    if not claims:
        return []
    top = [one for one in claims if one.fence == claims[0].fence]
    if top[0].fence and any(not one.agent for one in top):
        top = [one for one in claims if not one.fence]
    return [one for one in top if one.agent]


def worker(task: Entity) -> str:
    """Who works on a task: whoever has it claimed, else for whom it is; "" for nobody."""
    held = sorted({one.agent for one in holders(task)})
    return " and ".join(held) or plain(task.text("agent"))


def _claim(value: object) -> Claim | None:
    if not isinstance(value, dict):
        return None
    agent, fence, writer, until = (value.get(name) for name in Claim._fields)
    if not (isinstance(agent, str) and isinstance(writer, str)):
        return None
    if not (is_count(fence) and is_count(until) and fence <= _GREATEST):
        return None
    return Claim(plain(agent), fence, writer, until)


def is_count(value: object) -> TypeGuard[int]:
    """Whether a value of somebody's is a number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def find_group(index: Index, kind: str, typed: str) -> str:
    """The id of the workflow or project with this title, or whose id begins so; "" for "".

    Raises UsageError for none or several.
    """
    if not typed.strip():
        return ""
    groups = list(index.entities(kind))
    titled = [one.id for one in groups if one.title == typed.strip()]
    if len(titled) == 1:
        return titled[0]
    hint = f"see `agence ^{kind} list`"
    if len(typed) < 4 or not is_hex(typed.lower()):
        what = f"fits {len(titled)} {kind}s" if titled else f"is no {kind} here"
        raise UsageError(f"'{typed}' {what}", hint)
    return choose(typed, (one.id for one in groups), kind, hint)


def steps_of(found: Board, workflow: Entity) -> list[Entity]:
    """The tasks that are steps of a workflow, best first."""
    steps = [task for task in found.tasks.values() if task.text("workflow") == workflow.id]
    return sorted(steps, key=lambda task: (-found.measures[task.id].score, task.id))


def percent_of(found: Board, workflow: Entity) -> int:
    """How much of a workflow is done, 0 to 100."""
    return workflow_percent(state_of(task) for task in steps_of(found, workflow))


def parts_of(index: Index, project: Entity) -> list[Entity]:
    """The workflows that are parts of a project, by title."""
    parts = [one for one in index.entities("workflow") if one.text("project") == project.id]
    return sorted(parts, key=lambda one: (one.title, one.id))
