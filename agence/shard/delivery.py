"""Sending a handoff and bringing one in: as a ref that is pushed, or as a file.

    refs/agence/shared/handoff/<agent>/<id>    made here, pushed under this name
    refs/agence/inbox/handoff/<agent>/<id>     read from a file

A host that refuses the ref gets the bundle in the branch `agence/refs` instead. Objects are written
first, the ref last. Every step can be repeated, and then changes nothing more.
"""

import os

from agence.base.errors import OutsideError, ShardError
from agence.base.identifiers import short
from agence.events.event import Event
from agence.git.objects import commit_tree, write_blobs
from agence.git.refs import ZERO, for_each, update
from agence.git.run import GitFailed, git
from agence.git.trees import write_tree
from agence.session.bundle import KIND, digest_of, files, name, offer
from agence.session.lifecycle import TRANSFERRED, Session
from agence.shard.carriers import SHARED_BRANCH
from agence.shard.judging import known
from agence.shard.shard import Shard
from agence.shard.shared_branch import PUSH, add, refusal

SHARED = "refs/agence/shared/handoff"
INBOX = "refs/agence/inbox/handoff"


def offered(shard: Shard, session: Session, content: bytes, to: str, note: str) -> Event:
    """The event that offers `session`, as `content`, to the agent `to`.

    It is the one that an earlier try left behind, with this note or, if that is "", with any; else
    a new one. Raises ShardError where the session was transferred and has been taken up.
    """
    index = shard.index("shared")
    own = {key.writer for key in shard.keyring.keys("shared")}
    wanted = {"session": session.id, "to": to, "bundle": digest_of(content), "status": "offered"}
    wanted |= {"note": note} if note else {}
    last = session.transitions[-1].get("offer") if session.status == TRANSFERRED else ""
    for entity in index.entities(KIND):
        again = entity.id == last or entity.id not in session.sent
        same = all(entity.text(field) == value for field, value in wanted.items())
        if again and same and entity.writer in own:
            events = [known(line) for line in index.lines_of(entity.id)]
            return next(event for event in events if event.id == entity.id)
    if session.status == TRANSFERRED:
        raise ShardError(
            f"session {session.label} was handed to {to}, who took it up already",
            "`agence ^session show` says when",
        )
    effects = offer(content, to, note, shard.pins.shard)
    return shard.append([shard.draft(KIND, "shared", effects)])[0]


def post(shard: Shard, event: Event, session: bytes, to: str) -> tuple[str, str]:
    """Write the bundle and its ref; (ref, commit). Where the ref is there already, that one."""
    ref = f"{SHARED}/{to}/{name(_session_of(event), event.id)}"
    there = for_each(shard.repo, ref).get(ref)
    if there:
        return ref, there
    blobs = write_blobs(shard.repo, files(event, session))
    tree = write_tree(shard.repo, None, dict(blobs))
    label = short(_session_of(event))
    said = f"[handoff] Session {label} from {event.body['by']} to {to}"
    commit = commit_tree(shard.repo, tree, [], said, sign=False)
    update(shard.repo, [(ref, commit, ZERO)])
    return ref, commit


def send(shard: Shard, ref: str, commit: str, remote: str) -> str:
    """Push one handoff to `remote`, a name or an address.

    Returns why the host refused the ref, where the bundle went into the branch instead; else "".
    Raises OutsideError when it fails.
    """
    try:
        git(*PUSH, "--", remote, f"{commit}:{ref}", cwd=shard.repo.work_tree)
    except GitFailed as failure:
        why = refusal(failure)
        if not why:
            raise _unsent(remote, failure) from failure
        _send_in_branch(shard, ref, commit, (remote, why))
        return why
    return ""


def _send_in_branch(shard: Shard, ref: str, commit: str, refused: tuple[str, str]) -> None:
    remote, why = refused
    try:
        add(shard, commit, ref, remote)
    except GitFailed as failure:
        if not refusal(failure):
            raise _unsent(remote, failure) from failure
        raise OutsideError(
            f"'{without_login(remote)}' refuses the handoff as a ref ({why}) and in the branch"
            f" '{SHARED_BRANCH}' ({refusal(failure)})",
            "the session stays saved; write a file with --file, or name another remote with --to",
        ) from failure


def _unsent(remote: str, failure: GitFailed) -> OutsideError:
    lines = [one.strip() for one in failure.stderr.splitlines() if one.strip()]
    said = [one for one in lines if one.startswith(("fatal", "error", "!"))]
    why = without_login((said or lines or ["git said nothing"])[0])
    return OutsideError(
        f"the handoff could not be pushed to '{without_login(remote)}': {why[:300]}",
        "the session stays saved; type the same again when the remote can be reached, name"
        " another with --to, or write a file with --file",
    )


def write_file(shard: Shard, ref: str, path: str) -> None:
    """Write one handoff as a file that `read_file` reads. Raises OutsideError when it can't be."""
    try:
        git("bundle", "create", "--quiet", path, ref, cwd=shard.repo.work_tree)
    except GitFailed as failure:
        said = failure.stderr.strip().splitlines()[-1:] or ["git said nothing"]
        raise OutsideError(
            f"'{path}' can't be written: {said[0]}", "the session stays saved; try another path"
        ) from failure


def read_file(shard: Shard, path: str) -> list[str]:
    """Take the handoffs of a file into the inbox; their refs there. Raises ShardError for none."""
    if not os.path.isfile(path):
        raise OutsideError(f"'{path}' is not there, or is no file", "check its name")
    limits = ("-c", "fetch.fsckObjects=true", "-c", "protocol.file.allow=always")
    quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
    try:
        listed = os.fsdecode(git("bundle", "list-heads", path, cwd=shard.repo.work_tree))
        names = [line.partition(" ")[2] for line in listed.splitlines()]
        heads = [one for one in names if one.startswith(f"{SHARED}/")]
        specs = [f"{one}:{INBOX}{one.removeprefix(SHARED)}" for one in heads]
        if specs:
            words = (*limits, "fetch", *quiet, "--", path, *specs)
            git(*words, cwd=shard.repo.work_tree)
    except GitFailed as failure:
        raise ShardError(
            f"'{path}' is no handoff, or is damaged", "ask for it again; nothing was taken from it"
        ) from failure
    if not specs:
        raise ShardError(f"there is no handoff in '{path}'", "`agence ^handoff --file` writes one")
    return [one.partition(":")[2] for one in specs]


def without_login(text: str) -> str:
    """`text` with the login taken out of each URL in it."""
    head, *rest = text.split("://")
    parts = [head]
    for one in rest:
        place = one.split("/", 1)[0].split(" ", 1)[0]
        parts.append(one[place.rfind("@") + 1 :])
    return "://".join(parts)


def _session_of(event: Event) -> str:
    effects = (event.data or {})["effects"]
    return str(next(one["value"] for one in effects if one["field"] == "session"))
