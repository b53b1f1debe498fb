"""Take up a saved session, or one that was handed over.

Examples:
    agence ^resume
    agence ^resume 69a8f74c
    agence ^resume 69a8f74c --as ralph
    agence ^resume --from for-ralph.bundle --as ralph

Without an id it takes what was saved, resumed or handed over last; on a terminal it asks where
there are several. It shows the steps and the context, and says exactly what differs in the work
tree now; it changes no file of yours. A handoff is verified first, and its sender is named; that
you took it up becomes a shared fact.
"""

import os
from typing import Annotated, NamedTuple

from agence.base.errors import ShardError
from agence.base.identifiers import choose, short
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.sessions.shown import (
    as_json,
    details,
    difference_json,
    differences,
    letter_line,
    line,
    provenance,
    step,
)
from agence.git.snapshot import relation, snapshot
from agence.session.bundle import BadBundle
from agence.session.difference import difference
from agence.session.lifecycle import RESUMABLE, TRANSFERRED, Book, Session, after
from agence.session.record import iso, title
from agence.shard.delivery import read_file
from agence.shard.mailbox import Letter, Mail, accepted_by, look_in, take_up
from agence.shard.sessions import Sessions
from agence.shard.shard import Shard


class Sight(NamedTuple):
    """What there is to choose from: the sessions here, the handoffs, and those nobody here took."""

    book: Book
    mail: Mail
    waiting: list[Letter]


def resume(
    context: Context,
    identity: Annotated[
        str, Argument(help="its id; the newest by default", metavar="ID", complete="session")
    ] = "",
    from_: Annotated[
        str, Option(help="a file that ^handoff --file wrote", metavar="FILE", complete="file")
    ] = "",
) -> Report:
    """Mark it resumed. Raises BadBundle for a handoff that does not verify."""
    shard = context.shard
    only = read_file(shard, os.path.join(context.cwd, from_)) if from_ else []
    store = Sessions(shard.layout)
    sight = _look(shard, store, only)
    chosen = _named(context, sight, identity) if identity else _newest(context, sight, only)
    if isinstance(chosen, Letter):
        _check_addressee(context, chosen)
        session = take_up(shard, chosen, context.now())
        context.notice("taken up here; `agence ^commit` and a push tell the others")
    else:
        session = store.move(chosen.id, "resume", iso(context.now()), shard.speaker)
    return _report(shard, session, sight.mail.broken)


def _look(shard: Shard, store: Sessions, only: list[str]) -> Sight:
    book, mail = store.read(), look_in(shard, only)
    taken = {offer for session in book.sessions.values() for offer in session.offers}
    waiting = [one for one in mail.letters if one.bundle.event.id not in taken]
    return Sight(book, mail, waiting)


def _newest(context: Context, sight: Sight, only: list[str]) -> Session | Letter:
    """What was saved, resumed or offered last, or what the person picks of several."""
    here = [
        one for one in sight.book.newest() if one.status in RESUMABLE and _is_theirs(context, one)
    ]
    if only:
        inside = {one.bundle.record["id"] for one in sight.mail.letters}
        here = [one for one in here if one.id in inside]
    letters = [one for one in sight.waiting if only or _is_for(context, one)]
    found = _merged(letters, here)
    if not found:
        _raise_broken(sight.mail.broken)
        raise ShardError("there is no session to resume here", _others(context, sight))
    if len(found) > 1 and context.interactive and not context.program:
        return _picked(context, found)
    return found[0]


def _others(context: Context, sight: Sight) -> str:
    """What is here for others, or how a session comes to be."""
    for letter in sight.waiting:
        label = short(letter.bundle.record["id"])
        taken = accepted_by(context.shard, letter.bundle.event.id)
        if taken is None and not letter.own:
            return (
                f"session {label} waits for {letter.bundle.to}, not for {context.speaker or 'you'}"
            )
    return 'agence ^save "..." makes one; `agence ^session list` shows those that went on'


def _named(context: Context, sight: Sight, identity: str) -> Session | Letter:
    offered = [one.bundle.record["id"] for one in sight.mail.letters]
    known = {*sight.book.sessions, *offered}
    typed = identity.strip().lower()
    if not any(one.startswith(typed) for one in known):
        _raise_broken([one for one in sight.mail.broken if one[0].split("/")[-1].startswith(typed)])
    found = choose(identity, known, "session", "see `agence ^session list`")
    here = sight.book.sessions.get(found)
    letters = [one for one in sight.waiting if one.bundle.record["id"] == found]
    mine = [one for one in letters if one.bundle.to == context.speaker]
    if mine:
        return mine[0]
    if here and here.status in RESUMABLE and not _is_theirs(context, here):
        raise ShardError(
            f"session {here.label} was handed to '{here.record['agent']}' and taken up",
            f"not by '{context.speaker}': its holder can hand it on",
        )
    if here and here.status in RESUMABLE:
        return here
    others = [one for one in letters if not one.own or context.speaker]
    if others:
        return others[0]
    if here and here.status == TRANSFERRED:
        raise _gone(here)
    if here:
        after(here.status, "resume", here.label)
        return here
    raise ShardError(f"session {short(found)} was handed away by this clone", _back(letters))


def _is_theirs(context: Context, session: Session) -> bool:
    """Whether whoever speaks may go on with a session of this clone: one handed over has a name."""
    return not (
        session.record.get("received")
        and context.speaker
        and session.record["agent"] != context.speaker
    )


def _is_for(context: Context, letter: Letter) -> bool:
    """Whether a handoff may be taken unasked: for the speaker, from near, and taken by nobody."""
    shard = context.shard
    if letter.bundle.to != context.speaker and (context.speaker or letter.own):
        return False
    fitting = letter.near and letter.bundle.fields["target"] == shard.pins.shard
    return fitting and accepted_by(shard, letter.bundle.event.id) is None


def _merged(letters: list[Letter], here: list[Session]) -> list[Session | Letter]:
    """Both, newest first. Sessions keep the order of their file, whatever a clock said."""
    found: list[Session | Letter] = []
    waiting = list(reversed(letters))
    for session in here:
        while waiting and waiting[-1].at > session.moved_at:
            found.append(waiting.pop())
        found.append(session)
    return [*found, *reversed(waiting)]


def _picked(context: Context, found: list[Session | Letter]) -> Session | Letter:
    for number, one in enumerate(found, 1):
        context.notice(f"{number}. {letter_line(one) if isinstance(one, Letter) else line(one)}")
    answer = context.ask(f"which one? [1-{len(found)}, 1 by default]").strip() or "1"
    if not answer.isdecimal() or not 1 <= int(answer) <= len(found):
        raise ShardError(f"'{answer}' is none of them; nothing was changed", "type its number")
    return found[int(answer) - 1]


def _check_addressee(context: Context, letter: Letter) -> None:
    label, to = short(letter.bundle.record["id"]), letter.bundle.to
    if context.speaker and context.speaker != to:
        raise ShardError(
            f"session {label} was handed to '{to}', not to '{context.speaker}'",
            f"only {to} takes it up; {letter.sender} can hand it to somebody else",
        )


def _gone(session: Session) -> ShardError:
    last = next(one for one in reversed(session.transitions) if one["action"] == "handoff")
    to = last.get("to", "somebody else")
    return ShardError(
        f"session {session.label} was handed to '{to}', {last['at']}: it is theirs now",
        f"to take it up as {to} in this clone, add --as {to}",
    )


def _back(letters: list[Letter]) -> str:
    to = letters[0].bundle.to if letters else "its agent"
    return f"to take it up as {to} in this clone, add --as {to}"


def _raise_broken(broken: list[tuple[str, str]]) -> None:
    if broken:
        ref, why = broken[0]
        raise BadBundle(
            f"the handoff '{ref}' is refused: {why}",
            "nothing was changed; ask its sender for another",
        )


def _report(shard: Shard, session: Session, broken: list[tuple[str, str]]) -> Report:
    record = session.record
    state, now = record["git"], snapshot(shard.repo)
    files = record["runstate"]["execution_stack"]["files"]
    found = difference(state, files, now.git, now.files)
    related = relation(shard.repo, state["head"], now.git["head"])
    at = step(record)
    lines = [f"Resumed session {session.label}: {title(record)}" + (f", {at}" if at else "")]
    lines.append(f"  saved by {record['by']}, {record['created_at']}")
    lines += [*provenance(record), *details(record)]
    said = differences(found, related)
    lines += ["The work tree differs from what was saved:", *said] if said else []
    lines += [] if said else ["The work tree is as it was saved."]
    lines += [f"refused: {ref}: {why}" for ref, why in broken]
    data = {
        "session": as_json(session),
        "differences": difference_json(found, related),
        "refused": [{"ref": ref, "reason": why} for ref, why in broken],
    }
    return Report("\n".join(lines), data)
