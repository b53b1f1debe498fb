"""What somebody does at a clone with the verbs of agence.

Each function is a step: it takes the seat and the Random that its choices are drawn from, and
returns what came of it. AgenceError is an answer like any other.
"""

import random
from collections.abc import Callable
from typing import Any

from tests.sim.by_git import finish
from tests.sim.world import Doing, Seat, some

TAGS = ("build", "paths", "safety")
STATUSES = ("open", "doing", "done", "dropped")

Changes = Callable[[Seat, random.Random, Any], dict[str, Any]]


def entities(seat: Seat, kind: str) -> tuple[Any, list[Any]]:
    """A Context for a verb about shared entities of a kind, and those in force, oldest first."""
    context = seat.context(f"^{kind} edit")
    found = list(context.shard.index("shared").entities(kind))
    return context, sorted(found, key=lambda one: (one.created, one.id))


def learn(seat: Seat, draw: random.Random) -> str:
    number = seat.world.number()
    body = "\n".join(f"line {number}.{n}" for n in range(draw.randrange(4)))
    seat.say("^learn", [f"Lesson {number}"], body, tag=draw.sample(TAGS, draw.randrange(3)))
    return f"lesson {number}"


def plan(seat: Seat, draw: random.Random) -> str:
    number = seat.world.number()
    seat.say("^plan add", [f"Plan {number}"], None, [draw.choice(TAGS)])
    return f"plan {number}"


def edits(kind: str, changes: Changes) -> Doing:
    """A step that edits some entity of a kind: `changes` gives the options."""

    def step(seat: Seat, draw: random.Random) -> str:
        context, found = entities(seat, kind)
        one = some(draw, found)
        options = changes(seat, draw, one)
        seat.say(f"^{kind} edit", one.id, ready=context, **options)
        return f"{one.id[:8]} {options}"

    return step


def title(seat: Seat, _draw: random.Random, _one: Any) -> dict[str, Any]:
    """Another title."""
    return {"title": f"Title {seat.world.number()}"}


def tag(_seat: Seat, draw: random.Random, _one: Any) -> dict[str, Any]:
    """A tag, which may be there already."""
    return {"tag": [draw.choice(TAGS)]}


def untag(_seat: Seat, draw: random.Random, _one: Any) -> dict[str, Any]:
    """One tag less, where it is there."""
    return {"untag": [draw.choice(TAGS)]}


def status(_seat: Seat, draw: random.Random, _one: Any) -> dict[str, Any]:
    """Another status."""
    return {"status": draw.choice(STATUSES)}


def body(seat: Seat, draw: random.Random, one: Any) -> dict[str, str]:
    """One line of the text more, another, or fewer."""
    lines = one.text("body").split("\n") if one.text("body") else []
    at, how = draw.randrange(len(lines) + 1), draw.randrange(4)
    fresh = f"line {seat.world.number()}"
    if how == 3 and lines:
        del lines[at % len(lines)]
    elif how == 2 and lines:
        lines[at % len(lines)] = fresh
    else:
        lines.insert(at, fresh)
    return {"body": "\n".join(lines)}


def keep_private(seat: Seat, draw: random.Random) -> None:
    number = f"hush-{seat.world.number()}-{draw.getrandbits(32):08x}"
    seat.world.hushed.add(number)
    if draw.random() < 0.5:
        seat.say("~learn", [f"My {number}"])
    else:
        seat.say("~note add", [f"Remark {number}"], None, [])


def publish(seat: Seat, draw: random.Random) -> str:
    if draw.random() < 0.15:
        return str(seat.say("^commit", [], "", stage=True).text)
    return str(seat.say("^commit").text)


def publish_one(seat: Seat, draw: random.Random) -> str:
    context = seat.context("^commit")
    sql = "SELECT DISTINCT entity FROM event WHERE own ORDER BY entity"
    own = [row[0] for row in context.shard.index("shared").rows(sql)]
    return str(seat.say("^commit", [some(draw, own)], ready=context).text)


def exchange(seat: Seat, draw: random.Random) -> str:
    """Publish, bring what others published, and send."""
    seat.say("^commit")
    done = seat.try_git("pull", "--quiet", "--no-rebase", "--no-edit")
    how = finish(seat, draw, "merge", done.returncode)
    said = seat.say("^push").text.split("\n")[0]
    return f"{how}, {said}"


def verb(line: str) -> Doing:
    """A step that is one verb without words."""

    def step(seat: Seat, _: random.Random) -> str:
        return seat.say(line).text.split("\n")[0]

    return step


def private_too(seat: Seat, draw: random.Random) -> None:
    seat.say("~state")
