"""What somebody does at a clone with the verbs of agence.

Each function is a step: it takes the seat and the Random that its choices are drawn from, and
returns what came of it. AgenceError is an answer like any other.
"""

import random
from collections.abc import Callable
from typing import Any

from agence.commands.contract import Context
from agence.fold.entity import Entity
from tests.sim.by_git import finish
from tests.sim.world import Doing, Seat, some

TAGS = ("build", "paths", "safety")
STATUSES = ("open", "doing", "done", "dropped")
ANSWERS = ("newest", "merge", "both", "keep", "delete", "mine")

Changes = Callable[[Seat, random.Random, Entity], dict[str, Any]]


def entities(seat: Seat, kind: str, *, gone: bool = False) -> tuple[Context, list[Entity]]:
    """A Context for a verb about entities of a kind, and those that are here, oldest first."""
    context = seat.context(f"^{kind} edit")
    found = [e for e in context.shard.index("shared").entities(kind) if e.deleted == gone]
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


def title(seat: Seat, _draw: random.Random, _one: Entity) -> dict[str, Any]:
    """Another title."""
    return {"title": f"Title {seat.world.number()}"}


def tag(_seat: Seat, draw: random.Random, one: Entity) -> dict[str, Any]:
    """One tag more, where one is left."""
    return {"tag": [draw.choice([tag for tag in TAGS if tag not in one.tags] or TAGS)]}


def untag(_seat: Seat, draw: random.Random, one: Entity) -> dict[str, Any]:
    """One tag less, where there is one."""
    return {"untag": [draw.choice(one.tags or TAGS)]}


def status(_seat: Seat, draw: random.Random, _one: Entity) -> dict[str, Any]:
    """Another status."""
    return {"status": draw.choice(STATUSES)}


def body(seat: Seat, draw: random.Random, one: Entity) -> dict[str, str]:
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


def life(verb: str) -> Doing:
    """A step that deletes some lesson, or restores one that was deleted."""

    def step(seat: Seat, draw: random.Random) -> str:
        context, found = entities(seat, "lesson", gone=verb == "restore")
        one = some(draw, found)
        seat.say(f"^{verb}", [one.id], ready=context)
        return str(one.id[:8])

    return step


def answer(seat: Seat, draw: random.Random) -> str:
    """Answer one of the conflicts that are open."""
    items = seat.say("^conflicts").data["items"]
    one = some(draw, [item["id"] for item in items])
    word = draw.choice(ANSWERS)
    seat.say("^conflicts answer", one, take=word)
    return f"{one[:8]} {word}"


def adopt(seat: Seat, _: random.Random) -> str:
    """Sign what was typed by hand: nothing else may be."""
    said = seat.say("^adopt").data
    nobody = {one["path"] for one in said["adopted"]} - seat.world.typed
    assert not nobody, f"adopted, and nobody typed it: {sorted(nobody)}"
    return f"{len(said['adopted'])} adopted, {len(said['refused'])} refused"


def task(seat: Seat, draw: random.Random) -> str:
    number = seat.world.number()
    seat.say("^task add", [f"Task {number}"], priority=draw.randint(1, 5), tag=[draw.choice(TAGS)])
    return f"task {number}"


def work(seat: Seat, draw: random.Random) -> str:
    """Do something with a task that people do."""
    context, found = entities(seat, "task")
    one, other = some(draw, found).id, some(draw, found).id
    verb, *more = draw.choice(
        (("start",), ("set", "+"), ("vote", "up"), ("vote", "down"), ("dep", other), ("reopen",))
    )
    seat.say(f"^task {verb}", one, *more, ready=context)
    return f"{verb} {one[:8]}"


def done(seat: Seat, draw: random.Random) -> str:
    context, found = entities(seat, "task")
    one = some(draw, found).id
    seat.say("^task done", [one], ready=context)
    return str(one[:8])


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
    return _pull_and_push(seat, draw)


def exchange_one(seat: Seat, draw: random.Random) -> str:
    """The same with one entity alone: what is older stays behind."""
    publish_one(seat, draw)
    return _pull_and_push(seat, draw)


def _pull_and_push(seat: Seat, draw: random.Random) -> str:
    done = seat.try_git("pull", "--quiet", "--no-rebase", "--no-edit")
    how = finish(seat, draw, "merge", done.returncode)
    return f"{how}, {seat.say('^push').text.splitlines()[0]}"


def verb(line: str) -> Doing:
    """A step that is one verb without words."""

    def step(seat: Seat, _: random.Random) -> str:
        return seat.say(line).text.split("\n")[0]

    return step


def private_too(seat: Seat, draw: random.Random) -> None:
    seat.say("~state")
