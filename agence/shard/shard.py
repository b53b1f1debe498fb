"""A shard as one clone sees it: what commands read from and write to."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import apsw

from agence.base.canonical import encode
from agence.base.errors import OutsideError, ShardError
from agence.base.identifiers import choose, short
from agence.base.lazy import load
from agence.base.stamps import Stamp
from agence.events.blob import INLINE, referred
from agence.events.event import PARENT_LIMIT, Draft, Event
from agence.fold.entity import Entity
from agence.git.repository import Repository, discover
from agence.shard.blobs import Blobs
from agence.shard.carriers import Carriers, look, named_refs, read_pins
from agence.shard.files import locked, replace
from agence.shard.index import Index, copy_in_memory, open_index, remove
from agence.shard.keyring import Keyring
from agence.shard.layout import TRACKED, Layout, folder
from agence.shard.own_log import OwnLog

FORMAT = 1  # the major version of what is written


STANDALONE = "agence.standalone"  # set in the configuration of a repository that is only a shard


class Ports(Protocol):
    """What a shard may use of the world; see the command contract."""

    cwd: str
    speaker: str
    programs: Sequence[str]
    now: Callable[[], int]
    entropy: Callable[[int], bytes]
    notice: Callable[[str], None]


class Shard:
    """One clone's side of a shard. Opening reads the repository and its configuration, no event.

    keeps      whether a look at the carriers keeps what it finds; off while a sync is about to
    held_back  refs that a look takes to be at these commits, "" for not there; during a sync
    """

    def __init__(self, repo: Repository, ports: Ports) -> None:
        self.repo = repo
        self.ports = ports
        self.layout = Layout(repo.common_dir)
        self.pins = read_pins(repo)
        self.keeps = True
        self.held_back: dict[str, str] = {}
        self.keyring = Keyring(self.layout, repo.common_dir, ports.entropy)
        self._open: dict[str, Index] = {}
        self._past: dict[str, Index] = {}

    @property
    def speaker(self) -> str:
        """On whose behalf events are written: an agent, or the person that git knows."""
        name = self.ports.speaker or self.repo.config().get("user.name", [""])[-1]
        return "".join(one for one in name if one.isprintable())[:200] or "somebody"

    def log(self, chain: str) -> OwnLog:
        """The own log of the "shared" or the "private" chain."""
        return OwnLog(self.layout.own(chain), chain, self.keyring)

    def blobs(self, chain: str) -> Blobs:
        """The texts of one chain that are too large for an event."""
        return Blobs(self.layout, chain, self.repo)

    def whole(self, entity: Entity) -> Entity:
        """An entity with the texts of its blobs in place."""
        chain = "private" if entity.scope == "instance" else "shared"
        return self.blobs(chain).whole(self.index(chain), entity)

    def keep_aside(self, text: str) -> str:
        """Keep a text that was refused, for its owner alone; returns the path of the file."""
        name = f"refused-{self.ports.now()}.md"
        path = os.path.join(folder(self.layout.faults), name)
        replace(path, text.encode())
        return path

    def text_of(self, value: object) -> str | None:
        """The text of a shared field's value, also of a blob; None where it is not here."""
        if isinstance(value, str):
            return value
        content = self.blobs("shared").content(self.index("shared"), referred(value))
        return None if content is None else content.decode(errors="replace")

    def field(self, scope: str, text: str) -> str | dict[str, object]:
        """What stands in an event for a text: itself, or the name of a blob that is kept now."""
        return text if len(encode(text)) <= INLINE else self.blobs(scope).keep(text)

    def draft(
        self, kind: str, scope: str, effects: list[dict[str, Any]], over: Entity | None = None
    ) -> Draft:
        """A draft in this shard's name: of a new entity, or over one as it is in force.

        `scope` is "shared" or "private". Raises ShardError for a change to what was deleted.
        """
        if over and not any(one.get("op") in ("delete", "restore") for one in effects):
            alive(over)
        return Draft(
            kind=kind,
            entity=over.id if over else "",
            data={"effects": effects},
            shard=self.pins.shard,
            scope="instance" if scope == "private" else f"collective:{self.pins.shard}",
            by=self.speaker,
            parents=over.heads if over else (),
        )

    def append(self, drafts: Sequence[Draft], seen: Sequence[Stamp] = ()) -> list[Event]:
        """Sign and keep drafts of one chain; they are durable when this returns."""
        chain = "private" if drafts[0].scope == "instance" else "shared"
        if any((one.scope == "instance") != (chain == "private") for one in drafts):
            raise ShardError("private and shared facts can't be kept in one step")
        self.refuse_newer_format()
        if self.ports.speaker:
            load("agence.shard.speakers").check_speaker(self)
        if chain == "shared":
            self._notice_own_elsewhere()
        log = self.log(chain)
        drafts = [self._with_few_parents(log, one, seen) for one in drafts]
        events = log.append(drafts, self.ports.now(), self.ports.entropy, list(seen))
        if chain == "shared" and self.pins.shard and self.repo.flag(STANDALONE):
            load("agence.shard.standalone").follow(self)
        return events

    def _with_few_parents(self, log: OwnLog, draft: Draft, seen: Sequence[Stamp]) -> Draft:
        """A draft with as many parents as an event may have: events that say nothing join more."""
        parents = list(draft.parents)
        while len(parents) > PARENT_LIMIT:
            nothing: dict[str, Any] = {"effects": []}
            join = draft._replace(data=nothing, parents=tuple(parents[:PARENT_LIMIT]))
            join = join._replace(derived_from=(), supersedes=())
            (event,) = log.append([join], self.ports.now(), self.ports.entropy, list(seen))
            parents = [*parents[PARENT_LIMIT:], event.id]
        return draft._replace(parents=tuple(parents), supersedes=draft.supersedes[:PARENT_LIMIT])

    def index(self, scope: str = "shared") -> Index:
        """The index of a chain, up to date with its carriers, or of the past that is looked at."""
        if scope in self._past:
            return self._past[scope]
        if scope not in self._open:
            try:
                self._open[scope] = self._refreshed(scope)
            except (apsw.CorruptError, apsw.NotADBError):
                remove(self.layout.index(scope))
                self._open[scope] = self._refreshed(scope)
            self._open[scope].founder = self.pins.founder
        return self._open[scope]

    def look_back(self, scope: str, at: str, as_of: int | None) -> int:
        """Let `index` answer from the past from now on; the milliseconds that count as now there.

        `at` names a cut, "" for what is in force; `as_of` leaves out what is stamped later.
        """
        past, now = load("agence.shard.past").look_back(self, scope, at, as_of)
        self._past[scope] = past
        return int(now)

    def forget(self) -> None:
        """Look again at the carriers when an index is next asked for."""
        for index in self._open.values():
            index.db.close()
        self._open.clear()
        self.pins = read_pins(self.repo)

    def everywhere(self) -> Index:
        """An index in memory where all that is known counts, in force or not."""
        index = copy_in_memory(self.layout.index("shared"))
        index.founder = self.pins.founder
        self._enter(index, "everywhere", "")
        with index.db:
            at = look(self.repo, self.pins)
            carried = (self.repo, self.log("shared"), self.blobs("shared"), at)
            load("agence.shard.ingest").refresh(index, *carried, everywhere=True)
        return index

    def entity(self, prefix: str, scope: str, kind: str = "") -> Entity:
        """The entity whose id begins with `prefix`. Raises Ambiguous for none or several."""
        index = self.index(scope)
        what = kind or "entity"
        known = index.identities(prefix.strip().lower()) if prefix.strip() else []
        if kind:
            known = [one for one in known if (e := index.entity(one)) and e.kind == kind]
        mark = "~" if scope == "private" else "^"
        found = index.entity(
            choose(prefix, known, what, f"see `agence {mark}{kind or 'lesson'} list`")
        )
        if found is None:
            raise ShardError(f"'{prefix}' is not in force here")
        return found

    def refuse_newer_format(self) -> None:
        """A newer major format is read past, and never written."""
        try:
            with open(os.path.join(self.repo.work_tree, TRACKED, "agence.toml"), "rb") as file:
                lines = file.read(4096).split(b"\n")
        except OSError:
            return
        for line in lines:
            key, _, value = line.partition(b"=")
            if key.strip() == b"format" and value.strip().isdigit() and int(value) > FORMAT:
                raise ShardError(
                    f"this shard has format {int(value)}, and this agence writes format {FORMAT}",
                    "install a newer agence; reading works",
                )

    def _refreshed(self, scope: str) -> Index:
        at = self._look() if scope == "shared" else Carriers({}, "", "", "")
        path = self.layout.index(scope)
        name = self.repo.git_dir if scope == "shared" else "private"
        seen = f"{at.fingerprint()} {sorted(self.log(scope).lengths().items())}"
        index = open_index(path) if _can_write(path) else None
        if index is not None and self._is_current(index, name, seen):
            return index
        with _try_lock(f"{path}.lock", writable=index is not None) as free:
            if index is None or not free:
                index = copy_in_memory(path)
            with index.db:
                self._enter(index, name, seen)
                ingest = load("agence.shard.ingest")
                carried = (self.repo, self.log(scope), self.blobs(scope), at)
                ingest.refresh(index, *carried, everywhere=False)
            if scope == "shared":
                self._after_ingest(index, at)
        return index

    def _look(self) -> Carriers:
        at = look(self.repo, self.pins)
        refs = {name: oid for name, oid in (at.refs | self.held_back).items() if oid}
        return at._replace(refs=refs, default=at.default if at.default in refs else "")

    def _is_current(self, index: Index, name: str, seen: str) -> bool:
        index.enter(name)
        index.founder = self.pins.founder
        if not index.place:
            return False
        sql = "SELECT seen, merges FROM place WHERE n = ?"
        try:
            before, merges = next(iter(index.rows(sql, [index.place])))
        except apsw.Error:
            return False
        if before != seen or not merges:
            return bool(before == seen)
        return bool(load("agence.shard.merges").is_followed(index, self.repo.work_tree))

    def _enter(self, index: Index, name: str, seen: str) -> None:
        index.rows(
            "INSERT INTO place(name, seen, roots) VALUES (?, ?, '-')"
            " ON CONFLICT(name) DO UPDATE SET seen = excluded.seen",
            [name, seen],
        )
        index.enter(name)
        index.founder = self.pins.founder

    def _after_ingest(self, index: Index, at: Carriers) -> None:
        if not _can_write(self.layout.index("shared")):
            return
        load("agence.shard.forks").retire_continued(index, self.keyring)
        if not index.in_memory and self.keeps:
            load("agence.shard.known").keep(self.repo, at.refs, index)
            self._remember(at.refs)

    def _remember(self, refs: dict[str, str]) -> None:
        look = load("agence.shard.forks").look_of(refs, self.log("shared"))
        replace(self._seen_path(), look)

    def _notice_own_elsewhere(self) -> None:
        """Where refs moved or the own log shrank since the last look, look before signing.

        A ref that shows a later event of our own key means that a copy of this clone went on with
        it. Only a look that finds something brings the index up to date, which retires the key.
        """
        refs = named_refs(self.repo)
        try:
            with open(self._seen_path(), "rb") as file:
                before = file.read()
        except OSError:
            before = b""
            if not self.keyring.keys("shared"):
                return
        forks = load("agence.shard.forks")
        if before == forks.look_of(refs, self.log("shared")):
            return
        if forks.may_have_gone_on(self.repo, self.log("shared"), before, refs):
            self.index("shared")
        else:
            self._remember(refs)

    def _seen_path(self) -> str:
        return os.path.join(self.layout.nexus, "refs.seen")


def alive(entity: Entity) -> Entity:
    """The entity; raises ShardError where it was deleted, since what is gone is not changed."""
    if entity.deleted:
        mark = "~" if entity.scope == "instance" else "^"
        raise ShardError(
            f"{entity.kind} {short(entity.id)} was deleted",
            f"`agence {mark}restore {short(entity.id)}` brings it back; then change it",
        )
    return entity


def open_shard(ports: Ports) -> Shard:
    """The shard of the folder that `ports.cwd` names. Raises ShardError where there is none."""
    shard = Shard(discover(ports.cwd), ports)
    if not shard.pins.shard:
        raise ShardError(
            "this clone has joined no shard yet", "run `agence ^init` in it; it can be done twice"
        )
    if os.path.exists(shard.repo.journal):
        with suppress(OSError, OutsideError):  # of a clone that can only be read nothing is left
            load("agence.git.index_lock").recover(shard.repo)
    return shard


@contextmanager
def _try_lock(path: str, *, writable: bool) -> Iterator[bool]:
    """Whether this process may bring the index file up to date: it has the lock, or has not."""
    if not writable:
        yield False
        return
    with locked(path, wait=False) as free:
        yield free


def _can_write(path: str) -> bool:
    """Whether the folder of `path` is there, or can be made, and be written to."""
    try:
        folder(os.path.dirname(path))
    except OSError:
        return False
    return os.access(os.path.dirname(path), os.W_OK)
