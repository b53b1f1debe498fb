"""Two desks that write one field at the same time."""

from agence.commands.beliefs.add import add
from agence.commands.knowledge.edit import edit
from agence.commands.pull import pull
from agence.commands.push import push


def contradict(ours, theirs, send, first, second):
    """A belief whose confidence is written in two clones at once, the second later; in ours."""
    identity = add(ours("^belief add"), "the queue", "is", "fast").data["id"]
    send()
    edit(ours("^belief edit"), identity, set_=[f"confidence={first}"])
    theirs.now = ours.now + 5_000
    edit(theirs("^belief edit"), identity, set_=[f"confidence={second}"])
    theirs.commit()
    push(theirs("^push"))
    pull(ours("^pull"))
    return str(identity)


def confidence(desk, identity):
    """What a desk shows as its confidence."""
    return desk("^x").shard.entity(identity, "shared").fields["confidence"]
