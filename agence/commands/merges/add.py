"""Pin an installed function to a field: what is written at the same time is merged by it.

Examples:
    agence ^merge add highest belief.confidence
    agence ^merge add longest lesson.title --json

The function takes two values and returns one. It comes from an installed Python package with an
entry point in the group `agence.merge`, never out of a repository. Before it is pinned it is tried
on many values: it has to answer always, always the same, and in whatever order clones meet; what
breaks that is shown, and nothing is signed. Only the founder of the shard pins, by name and by the
hash of the package's code. A clone without just this code refuses to fold what needs it, and names
what to install. Trying needs `pip install 'agence[laws]'`.
"""

from typing import Annotated

from agence.base.errors import Refusal, ShardError, TrustError, UsageError
from agence.base.lazy import load
from agence.commands.contract import Argument, Context, Report
from agence.schema.effects import set_field
from agence.schema.fields import Field
from agence.shard.installed import installed
from agence.shard.merges import KIND, Pin, pins_in, target_of
from agence.shard.shard import Shard


def add(
    context: Context,
    name: Annotated[str, Argument(help="the name of its entry point")],
    target: Annotated[str, Argument(help="the field, as kind.field", metavar="KIND.FIELD")],
) -> Report:
    """Sign the pin. Raises Refusal with a counter-example, TrustError where it may not be used."""
    field = field_named(target)
    shard = context.shard
    refuse_others(shard)
    top = shard.repo.work_tree
    offer = installed(name, top)
    said = load("agence.shard.laws").counter_example(offer, field.type, top)
    if said:
        raise Refusal(
            f"'{name}' of {offer.package} breaks a law: {said}",
            "mend the function and install it again; nothing was signed",
        )
    before = pinned(shard, target)
    if before and (before.name, before.hash) == (name, offer.hash):
        return Report(f"{target} is merged by {name} already", _data(before, offer.package))
    values = {"name": name, "hash": offer.hash, "target": target}
    over = shard.index("shared").entity(before.id) if before else None
    effects = [set_field(key, value) for key, value in values.items()]
    shard.append([shard.draft(KIND, "shared", effects, over=over)])
    shard.forget()
    now = pinned(shard, target)
    if now is None or (now.name, now.hash) != (name, offer.hash):
        raise ShardError(f"the pin of {target} is signed and not in force", "see `^merge list`")
    lines = [f"{target} is merged by {name} of {offer.package}, code {offer.hash[:16]}"]
    lines.append("  who has not just this package folds nothing that needs it: see `^merge list`")
    return Report("\n".join(lines), _data(now, offer.package))


def field_named(target: str) -> Field:
    """The field that `kind.field` names. Raises UsageError where none may be pinned."""
    kind, _, name = target.partition(".")
    field = target_of(kind, name)
    if field is None:
        raise UsageError(
            f"no function can be pinned to '{target}'",
            "name a field of shared knowledge that holds one value, such as belief.confidence",
        )
    return field


def refuse_others(shard: Shard) -> None:
    """Raises TrustError where this clone does not sign with the founder's key."""
    here = shard.keyring.binding()
    keys = [one for one in shard.keyring.keys("shared") if one.bound == here and not one.retired]
    if shard.pins.founder not in {key.writer for key in keys[:1]}:
        raise TrustError(
            "only the founder of the shard pins merge functions, and this clone has another key",
            f"ask whoever has the key {shard.pins.founder[:16]}",
        )


def pinned(shard: Shard, target: str) -> Pin | None:
    """What is pinned to a field in force."""
    found = pins_in(shard.index("shared"))
    return next((one for one in found if one.target == target), None)


def _data(pin: Pin, package: str) -> dict[str, str]:
    return {
        "id": pin.id,
        "name": pin.name,
        "target": pin.target,
        "hash": pin.hash,
        "package": package,
    }
