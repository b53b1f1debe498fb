"""Hand a session to another agent, as a signed bundle.

Examples:
    agence ^handoff ralph "Need infrastructure setup"
    agence ^handoff ralph --session 69a8f74c --to backup
    agence ^handoff olena "No network there" --file for-olena.bundle

It takes what was saved or resumed here last, or saves a session now if there is none. The bundle
is pushed to the branch's remote, or where `--to` says, or written to a file. A plain `git pull`
brings it to the other clone, where `^resume` finds it. A host that takes no refs of agence's own
gets it in the branch `agence/refs`. Absolute paths are made relative; what looks like a credential
is not sent unless you say so. When it was sent the session is `transferred`; typed again, the same
handoff changes nothing more.
"""

import os
from typing import Annotated, NamedTuple

from agence.base.errors import Refusal, ShardError, UsageError
from agence.base.identifiers import choose
from agence.base.lazy import load
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.save import keep
from agence.commands.words import clean
from agence.events.event import Event
from agence.guard.credentials import looks_like_credential
from agence.session import bundle
from agence.session.lifecycle import RESUMABLE, TRANSFERRED, Session, after
from agence.session.record import Said, iso, title
from agence.shard import delivery, mailbox
from agence.shard.carriers import SHARED_BRANCH, remote_names
from agence.shard.sessions import Sessions
from agence.shard.shard import Shard
from agence.shard.speakers import personas

_NOTE_LIMIT = 4000  # characters
_TITLE = 200


class Way(NamedTuple):
    """Where a bundle goes: to a remote (a name or an address), or into a file."""

    remote: str
    path: str


class Handed(NamedTuple):
    """A handoff that was sent; `refused` says why the host did not take its ref, "" if it did."""

    session: Session
    event: Event
    ref: str
    refused: str


def handoff(
    context: Context,
    agent: Annotated[str, Argument(help="an agent of this shard", complete="agent")],
    note: Annotated[list[str] | None, Argument(help="what to say to it", metavar="NOTE")] = None,
    session: Annotated[
        str, Option(help="which one; the newest by default", metavar="ID", complete="session")
    ] = "",
    to: Annotated[str, Option(help="push it there", metavar="REMOTE_OR_URL")] = "",
    file: Annotated[
        str, Option(help="write it to a file instead", metavar="PATH", complete="file")
    ] = "",
    allow_secret: Annotated[bool, Option(help="send what looks like a credential")] = False,
) -> Report:
    """Save, then send, then mark. Raises OutsideError when it could not be sent."""
    shard = context.shard
    name = _agent(shard, agent)
    way = _way(context, to, file)
    said = bundle.relative(clean(" ".join(note or [])), shard.repo.work_tree)
    if len(said) > _NOTE_LIMIT:
        raise UsageError(f"a note of {len(said)} characters; {_NOTE_LIMIT} is the most")
    with mailbox.claimed(shard):
        chosen = _chosen(context, session, name, said)
        handed = _hand(context, chosen, (name, said, way), allow_secret=allow_secret)
    return _report(handed, name, said, way)


def _agent(shard: Shard, typed: str) -> str:
    """The agent's name. Raises UsageError for one that has no persona in force here."""
    name = typed.strip().removeprefix("@").lower()
    agents = personas(shard)
    if name in agents:
        return name
    close = load("difflib").get_close_matches(name, agents, n=1)
    guess = f"did you mean {close[0]}? " if close else ""
    raise UsageError(
        f"no agent of this shard is called '{typed}'",
        f"{guess}there are: {', '.join(agents) or 'none'}",
    )


def _way(context: Context, to: str, file: str) -> Way:
    if to and file:
        raise UsageError("--to and --file both say where it goes", "use one of them")
    if file:
        return Way("", _file(os.path.join(context.cwd, file), file))
    shard = context.shard
    names = remote_names(shard.repo)
    if not to:
        return Way(_default_remote(shard, names), "")
    if to in names:
        return Way(to, "")
    if os.path.isdir(os.path.join(context.cwd, to)) and not to.startswith("-"):
        return Way(os.path.join(context.cwd, to), "")
    if to.startswith("-") or not (":" in to or "/" in to):
        hint = f"there are: {', '.join(names)}" if names else "there is none; an address will do"
        raise UsageError(f"no remote is called '{to}'", hint)
    return Way(to, "")


def _file(path: str, typed: str) -> str:
    """The path to write to. Raises UsageError where a file that is no bundle is in the way."""
    if os.path.isdir(path):
        raise UsageError(f"'{typed}' is a folder", "--file takes the path of a file")
    try:
        with open(path, "rb") as there:
            if b"git bundle" not in there.read(16):
                raise UsageError(f"'{typed}' is there and is no handoff", "use another name")
    except OSError:
        return path  # not there, or not to be read: git says what it thinks of it
    return path


def _default_remote(shard: Shard, names: list[str]) -> str:
    """The branch's remote, else the shard's own, else origin, else the only one."""
    config, branch = shard.repo.config(), shard.repo.head()[0]
    keys = ["remote.pushdefault"]
    if branch:
        keys = [f"branch.{branch}.pushremote", *keys, f"branch.{branch}.remote"]
    wanted = [config.get(key, [""])[-1] for key in keys]
    only = names[0] if len(names) == 1 else ""
    found = next((one for one in (*wanted, shard.pins.remote, "origin", only) if one in names), "")
    if not found:
        raise ShardError(
            "there is no remote to hand it over by",
            "--file PATH writes it to a file; --to takes a remote or an address",
        )
    return found


def _chosen(context: Context, typed: str, agent: str, note: str) -> Session:
    """The session to hand over: as typed, or the newest here, or one that is saved now."""
    book = Sessions(context.shard.layout).read()
    newest = book.newest()
    if typed:
        found = choose(typed, book.sessions, "session", "see `agence ^session list`")
        session = book.sessions[found]
    elif newest and (newest[0].status in RESUMABLE or _is_done(newest[0], agent, note)):
        session = newest[0]
    else:
        session = next((one for one in newest if one.status in RESUMABLE), None) or _saved(
            context, agent, note
        )
    if not _is_done(session, agent, note):
        after(session.status, "handoff", session.label)
    return session


def _saved(context: Context, agent: str, note: str) -> Session:
    if not note:
        raise ShardError(
            "there is no session here to hand over",
            f'agence ^save "..." makes one, or say in a NOTE what {agent} is to know',
        )
    heading = " ".join(note.split("\n", 1)[0].split())[:_TITLE]
    who = context.shard.speaker
    return keep(context, Said(heading, who, who, notes=[note] if note != heading else []))


def _is_done(session: Session, agent: str, note: str) -> bool:
    """Whether this very handoff was the last thing that happened to the session."""
    last = session.transitions[-1] if session.transitions else {}
    same = (last.get("action"), last.get("to")) == ("handoff", agent)
    return session.status == TRANSFERRED and same and note in ("", last.get("note", ""))


def _hand(
    context: Context, session: Session, what: tuple[str, str, Way], *, allow_secret: bool
) -> Handed:
    agent, note, way = what
    shard = context.shard
    content = bundle.export(session.record, shard.repo.work_tree, _is_secret)
    if not allow_secret:
        _refuse_credentials(content, note)
    event = delivery.offered(shard, session, content, agent, note)
    ref, commit = delivery.post(shard, event, content, agent)
    refused = ""
    if way.path:
        delivery.write_file(shard, ref, way.path)
    else:
        refused = delivery.send(shard, ref, commit, way.remote)
    if session.status in RESUMABLE:
        at, by = iso(context.now()), shard.speaker
        fields = {"to": agent, "note": note, "offer": event.id, "ref": ref, "sent": _where(way)}
        session = Sessions(shard.layout).move(session.id, "handoff", at, by, **fields)
    return Handed(session, event, ref, refused)


def _is_secret(text: str) -> bool:
    return looks_like_credential(text) and bool(load("agence.guard.credential_scan").scan(text))


def _refuse_credentials(content: bytes, note: str) -> None:
    """Raises Refusal where what is to be sent looks as if it held a credential."""
    record = load("json").loads(content)
    parts = [("the note", note), *bundle.texts(record)]
    if not looks_like_credential("\n".join(text for _, text in parts)):
        return
    scan = load("agence.guard.credential_scan").scan
    found = [f"{one.kind} in {field}" for field, text in parts for one in scan(text)]
    if found:
        raise Refusal(
            f"this looks as if it held a credential: {', '.join(sorted(set(found)))}",
            "nothing was sent and the session stays saved; save it again without it, or say"
            " --allow-secret",
        )


def _where(way: Way) -> str:
    return way.path or delivery.without_login(way.remote)


def _instead(refused: str) -> str:
    return f"  the host refused the ref ({refused}): it is in the branch {SHARED_BRANCH} there"


def _report(handed: Handed, agent: str, note: str, way: Way) -> Report:
    session = handed.session
    label = session.label
    if way.path:
        brings, takes = f"give {agent} the file", f"agence ^resume --from FILE --as {agent}"
    else:
        brings, takes = "in the other clone: git pull", f"agence ^resume {label} --as {agent}"
    lines = [
        f"Handed session {label} to {agent}: {title(session.record)}",
        f"  {'written to' if way.path else 'pushed to'} {_where(way)}, signed as {handed.ref}",
        *([_instead(handed.refused)] if handed.refused else []),
        f"Next, {brings}, then: {takes}",
    ]
    data = {
        "id": session.id,
        "session_id": label,
        "status": session.status,
        "to": agent,
        "note": note,
        "offer": handed.event.id,
        "ref": handed.ref,
        "sent": _where(way),
        "branch": SHARED_BRANCH if handed.refused else "",
    }
    return Report("\n".join(lines), data)
