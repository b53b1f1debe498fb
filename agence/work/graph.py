"""What waits for what among tasks: who is blocked, what is ready, where nothing can go on.

A graph is a mapping from the id of a task to its Task. Only hard dependencies block; soft ones
advise. Deleted tasks and tasks of shards that are not known are not in the mapping: what needs
them is blocked, since nobody here can tell that they are done.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from agence.base.errors import UsageError
from agence.work.states import DONE, RUNNABLE


class Task(NamedTuple):
    """`state` is a sign; `needs` are ids of hard dependencies (^), `after` of soft ones (;)."""

    state: str
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


Graph = Mapping[str, Task]


def blockers(graph: Graph, task: str) -> tuple[str, ...]:
    """The hard dependencies that keep an unfinished task waiting: all that are not done, sorted."""
    if graph[task].state == DONE:
        return ()
    return tuple(sorted({one for one in graph[task].needs if not _is_done(graph, one)}))


def is_runnable(graph: Graph, task: str) -> bool:
    """Whether somebody may take the task up now."""
    return graph[task].state in RUNNABLE and not blockers(graph, task)


def ready(graph: Graph, scores: Mapping[str, int]) -> list[str]:
    """The runnable tasks, best first: by falling score, then by id."""
    runnable = (task for task in graph if is_runnable(graph, task))
    return sorted(runnable, key=lambda task: (-scores[task], task))


def waiting(graph: Graph) -> dict[str, int]:
    """Of each task, how many unfinished ones need it directly; 0 where it is done itself."""
    counts = dict.fromkeys(graph, 0)
    for task in graph:
        for one in blockers(graph, task):
            if one in counts:
                counts[one] += 1
    return counts


def would_cycle(graph: Graph, task: str, upstream: str) -> tuple[str, ...]:
    """The circle that making `task` depend on `upstream` would close; () where there is none.

    It reads from `task` over what each depends on back to `task`. Soft dependencies count too:
    they block nothing, but advice that contradicts itself is a mistake.
    """
    came_from = {upstream: task}
    queue = [upstream]
    for one in queue:
        if one == task:
            return _path_back(came_from, task)
        for further in _neighbours(graph, one):
            if further not in came_from:
                came_from[further] = one
                queue.append(further)
    return ()


def check_dependency(graph: Graph, task: str, upstream: str) -> None:
    """Raise UsageError where `task` can't depend on `upstream`, naming the circle."""
    if task == upstream:
        raise UsageError(f"task '{task}' cannot depend on itself", "name another task")
    circle = would_cycle(graph, task, upstream)
    if circle:
        raise UsageError(
            f"this would create a cycle: {' waits for '.join(circle)}",
            "take out one of these dependencies first",
        )


def cycles(graph: Graph) -> list[tuple[str, ...]]:
    """The groups of unfinished tasks that wait for each other, each sorted, in order.

    Dependencies that were added at the same time in two clones can close a circle that neither
    saw. Each member needs another that is not done, so all are blocked until one dependency is
    taken out, or one task is done all the same.
    """
    edges = {task: blockers(graph, task) for task in graph}
    groups = (tuple(sorted(group)) for group in _components(edges))
    return sorted(group for group in groups if len(group) > 1 or group[0] in edges[group[0]])


def depths(graph: Graph) -> dict[str, int]:
    """Of each task, how many hard dependencies the longest chain above it has, done or not.

    Tasks that wait for each other count as one link.
    """
    found: dict[str, int] = {}
    for group in _components({task: tuple(sorted(graph[task].needs)) for task in graph}):
        above = {one for task in group for one in graph[task].needs}.difference(group)
        depth = max((1 + found.get(one, 0) for one in above), default=0)
        found.update(dict.fromkeys(group, depth))
    return found


def workflow_percent(states: Iterable[str]) -> int:
    """How much of a workflow is done, 0 to 100, rounded to the nearest, a half upwards.

    0 for a workflow without tasks, and 100 only where every task is done.
    """
    all_of_them = list(states)
    done = all_of_them.count(DONE)
    return _rounded(100 * done, len(all_of_them))


def project_percent(workflows: Iterable[int]) -> int:
    """The mean of its workflows' percentages, rounded likewise; 100 only where each has 100."""
    percents = list(workflows)
    return _rounded(sum(percents), len(percents))


def _rounded(total: int, count: int) -> int:
    """`total` / `count` to the nearest integer; below 100 what rounding alone would make 100."""
    if not count or total == 100 * count:
        return 100 if count else 0
    return min((2 * total + count) // (2 * count), 99)


def _is_done(graph: Graph, task: str) -> bool:
    return task in graph and graph[task].state == DONE


def _neighbours(graph: Graph, task: str) -> list[str]:
    return sorted({*graph[task].needs, *graph[task].after}) if task in graph else []


def _path_back(came_from: Mapping[str, str], task: str) -> tuple[str, ...]:
    path = [task]
    while len(path) == 1 or path[-1] != task:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def _components(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The strongly connected parts, each after all that it points to; ends outside are passed over.

    Source: Sharir, "A strong-connectivity algorithm and its applications", 1981 (Kosaraju's).
    """
    inside = {one: [to for to in edges[one] if to in edges] for one in edges}
    against: dict[str, list[str]] = {one: [] for one in edges}
    for one, targets in inside.items():
        for to in targets:
            against[to].append(one)
    finished: list[str] = []
    seen: set[str] = set()
    for root in sorted(inside):
        finished.extend(_left_in_order(root, inside, seen))
    seen.clear()
    parts = [list(_left_in_order(root, against, seen)) for root in reversed(finished)]
    return [part for part in reversed(parts) if part]


def _left_in_order(root: str, edges: Mapping[str, list[str]], seen: set[str]) -> Iterator[str]:
    """What a depth-first walk from `root` finds that was not `seen`, each when it is left."""
    if root in seen:
        return
    seen.add(root)
    path = [(root, iter(edges[root]))]
    while path:
        one, further = path[-1]
        following = next((to for to in further if to not in seen), None)
        if following is None:
            path.pop()
            yield one
        else:
            seen.add(following)
            path.append((following, iter(edges[following])))
