"""The genesis: the first event of a shard, whose id is the shard's name.

`^init` joins a genesis that it can see, in the clone's branches or its remote's, and founds one
only where there is none. Where two meet, the one with the greater id yields to the other.
"""

from typing import NamedTuple

from agence.base.errors import ShardError
from agence.events.event import Draft, Event
from agence.git.repository import Repository
from agence.git.run import git
from agence.schema.effects import Effect, set_field
from agence.shard.carriers import Pins, choose_remote
from agence.shard.ingest import events_of
from agence.shard.shard import Shard
from agence.shard.template import codex


class Genesis(NamedTuple):
    """`id` names the shard, `founder` is the key that signed it, `yields_to` its alias or ""."""

    id: str
    founder: str
    name: str
    yields_to: str


def visible(shard: Shard) -> list[Genesis]:
    """Every genesis that this clone knows, the one to join first."""
    index = shard.everywhere()
    sql = "SELECT line FROM event WHERE kind = 'shard' ORDER BY id"
    events = events_of(index, sql)
    first = {event.id: event for event in events if event.body["entity"] == ""}
    found = []
    for one in sorted(first):
        aliases = [e for e in events if e.entity == one and e.writer == first[one].writer]
        alias = next((_field(e, "alias") for e in aliases if _field(e, "alias")), "")
        found.append(Genesis(one, first[one].writer, _field(first[one], "name"), alias))
    return found


def found(shard: Shard, name: str) -> Genesis:
    """Found a shard: sign its genesis and adopt the template's codex in the same act."""
    if _is_shallow(shard.repo):
        raise ShardError(
            "this is a shallow clone: a shard that exists could be out of its sight",
            "fetch the whole history (git fetch --unshallow), or run ^init in a full clone",
        )
    nonce = shard.ports.entropy(16).hex()
    effects = [set_field("name", name), set_field("nonce", nonce)]
    effects.append(set_field("root", _root_commit(shard.repo)))
    genesis = Draft("shard", "", {"effects": effects}, "", "collective:", shard.speaker)
    event = shard.append([genesis])[0]
    pages = [_adoption(event.id, shard.speaker, path, text) for path, text in codex().items()]
    shard.append(pages)
    return Genesis(event.id, event.writer, name, "")


def pin(repo: Repository, genesis: Genesis) -> Pins:
    """Pin a genesis, its founder, and the remote and branch that count as the shard's own."""
    branch = repo.head()[0] or ""
    config = repo.config()
    remote, there = choose_remote(repo, branch)
    remote = config.get("agence.remote", [""])[-1] or remote
    if config.get("agence.branch", [""])[-1]:
        there = config["agence.branch"][-1]
    home = config.get("agence.home", [""])[-1] or there or branch
    pins = Pins(genesis.id, genesis.founder, remote, there, home)
    for field, value in zip(Pins._fields, pins, strict=True):
        if value:
            repo.set_config(f"agence.{field}", value)
    return pins


def alias(shard: Shard, yielding: Genesis, to: Genesis) -> Event | None:
    """Sign that `yielding` is `to` by another name, while only this clone's founder wrote there."""
    index = shard.everywhere()
    sql = "SELECT line FROM event"
    writers = {e.writer for e in events_of(index, sql) if e.body["shard"] == yielding.id}
    own = {key.writer for key in shard.keyring.keys("shared")}
    if yielding.founder not in own or not writers <= own or yielding.yields_to:
        return None
    effects: list[Effect] = [set_field("alias", to.id)]
    draft = Draft(
        *("shard", yielding.id, {"effects": effects}, yielding.id, f"collective:{yielding.id}"),
        by=shard.speaker,
        parents=(yielding.id,),
    )
    return shard.append([draft])[0]


def _adoption(shard: str, by: str, path: str, text: str) -> Draft:
    effects = [set_field("path", path), set_field("text", text)]
    return Draft("codex", "", {"effects": effects}, shard, f"collective:{shard}", by)


def _field(event: Event, field: str) -> str:
    effects = (event.data or {}).get("effects")
    for effect in effects if isinstance(effects, list) else ():
        if isinstance(effect, dict) and effect.get("field") == field:
            return str(effect.get("value", ""))
    return ""


def _is_shallow(repo: Repository) -> bool:
    said = git("rev-parse", "--is-shallow-repository", cwd=repo.work_tree)
    return said.strip() == b"true"


def _root_commit(repo: Repository) -> str:
    roots = git("rev-list", "--max-parents=0", "HEAD", cwd=repo.work_tree, check=False).split()
    return min(root.decode() for root in roots) if roots else ""
