"""The genesis: the first event of a shard, whose id is the shard's name.

`^init` joins a genesis that it can see, in the clone's branches or its remote's, and founds one
only where there is none. Where two meet, a person says which one is joined; none of them is trusted
for its id.
"""

from typing import NamedTuple

from agence.base.errors import ShardError
from agence.events.event import Draft, Event
from agence.git.repository import Repository
from agence.git.run import git
from agence.schema.effects import Effect, set_field
from agence.shard.carriers import SHARED_BRANCH, Pins, look, own_remote, read_pins
from agence.shard.ingest import events_of
from agence.shard.shard import Shard
from agence.shard.template import codex

# Where a genesis was seen, the place that counts most first.
OWN_BRANCH, CHECKED_OUT, NEAR, ELSEWHERE = range(4)
_OF_REMOTES = ("refs/remotes", "refs/agence/remotes")
_HOLDERS = (
    "SELECT DISTINCT tree.oid, ref.name FROM event JOIN member ON member.n = event.n"
    " JOIN tree ON tree.segment = member.segment LEFT JOIN ref ON ref.tree = tree.oid"
    " WHERE event.id = ?"
)


class Genesis(NamedTuple):
    """One genesis that this clone knows.

    id         names the shard; `founder` is the key that signed it
    yields_to  the shard of which its founder says that this is another name, or ""
    place      where it was seen: on the shard's own branch, in what is checked out, on another
               branch here or of the shard's own remote, or only elsewhere, as on a stranger's fork
    """

    id: str
    founder: str
    name: str
    yields_to: str
    place: int


def visible(shard: Shard) -> list[Genesis]:
    """Every genesis that this clone knows, the one to join first."""
    index, sight = shard.index("shared"), _look(shard)
    sql = "SELECT line FROM event WHERE kind = 'shard' ORDER BY id"
    events = events_of(index, sql)
    first = {event.id: event for event in events if event.body["entity"] == ""}
    found = []
    for one in sorted(first):
        aliases = [e for e in events if e.entity == one and e.writer == first[one].writer]
        alias = next((_field(e, "alias") for e in aliases if _field(e, "alias")), "")
        own = bool(index.one("SELECT own FROM event WHERE id = ?", [one]))
        place = sight.place(list(index.rows(_HOLDERS, [one])), own=own)
        found.append(Genesis(one, first[one].writer, _field(first[one], "name"), alias, place))
    return sorted(found, key=lambda one: (one.place, one.id))


def refuse_headless(shard: Shard) -> None:
    """Raises ShardError where events of a shard are near, whose genesis is nowhere."""
    sight = _look(shard)
    trees = "SELECT tree.oid, ref.name FROM tree LEFT JOIN ref ON ref.tree = tree.oid"
    if sight.place(list(shard.index("shared").rows(trees)), own=False) != ELSEWHERE:
        raise ShardError(
            "events of a shard are here, but its genesis is not",
            "fetch the branch that carries it, such as the default branch, and run ^init again",
        )


class _Sight(NamedTuple):
    """From where this clone looks: the ref of its own branch, the log checked out, ref prefixes."""

    own: str
    head: str
    near: tuple[str, ...]

    def place(self, rows: list[tuple[str, str | None]], *, own: bool) -> int:
        """The place that counts most of those that hold an event: `rows` of (tree, ref or None)."""
        names = {name for _, name in rows if name}
        if self.own in names:
            return OWN_BRANCH
        if self.head in {tree for tree, _ in rows}:
            return CHECKED_OUT
        return NEAR if own or any(name.startswith(self.near) for name in names) else ELSEWHERE


def _look(shard: Shard) -> _Sight:
    remote, branch = own_remote(shard.repo)
    own = f"refs/remotes/{remote}/{branch}" if remote and branch else ""
    near = ("refs/heads/", *(f"{one}/{remote}/" for one in _OF_REMOTES if remote))
    return _Sight(own, look(shard.repo, shard.pins).head, near)


def found(shard: Shard, name: str) -> Genesis:
    """Found a shard: sign its genesis. `adopt_template` follows, now or at the next `^init`."""
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
    return Genesis(event.id, event.writer, name, "", NEAR)


def pin(repo: Repository, genesis: Genesis) -> Pins:
    """Pin a genesis, its founder, and the remote and branch that count as the shard's own."""
    remote, there = own_remote(repo)
    here = repo.head()[0]
    home = read_pins(repo).home or there or (here if here and here != SHARED_BRANCH else "")
    pins = Pins(genesis.id, genesis.founder, remote, there, home)
    for field, value in zip(Pins._fields, pins, strict=True):
        if value:
            repo.set_config(f"agence.{field}", value)
    return pins


def alias(shard: Shard, yielding: Genesis, to: Genesis) -> Event | None:
    """Sign that `yielding` is `to` by another name, where this clone's key founded it.

    Only when a person asked to join `to`: whoever may merge one file could otherwise take over.
    """
    own = {key.writer for key in shard.keyring.keys("shared")}
    if yielding.founder not in own or yielding.yields_to:
        return None
    effects: list[Effect] = [set_field("alias", to.id)]
    draft = Draft(
        *("shard", yielding.id, {"effects": effects}, yielding.id, f"collective:{yielding.id}"),
        by=shard.speaker,
        parents=(yielding.id,),
    )
    return shard.append([draft])[0]


def adopt_template(shard: Shard, genesis: Genesis) -> None:
    """Adopt the shipped codex, where this clone's key founded the shard and has adopted none."""
    own = {key.writer for key in shard.keyring.keys("shared")}
    sql = "SELECT 1 FROM event WHERE kind = 'codex' AND writer = ? LIMIT 1"
    if genesis.founder not in own or shard.index("shared").one(sql, [genesis.founder]):
        return
    shard.append([_adoption(shard, genesis.id, path, text) for path, text in codex().items()])
    shard.forget()


def _adoption(shard: Shard, genesis: str, path: str, text: str) -> Draft:
    effects = [set_field("path", path), set_field("text", shard.field("shared", text))]
    scope = f"collective:{genesis}"
    return Draft("codex", "", {"effects": effects}, genesis, scope, shard.speaker)


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
