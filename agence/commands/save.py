"""Save where the work stands, to take it up later or to hand it on.

Examples:
    agence ^save "Halfway through deployment" --todo "run migration" --todo "flip DNS"
    agence ^save "Parser done" --done "lexer" --done "parser" --todo "printer" --at src/print.c:40
    agence ^save "Waiting for review" --task "Billing API" --agent claudia --priority high
    agence ^save "Chose a queue" --decision "one queue a tenant" --question "who owns retries?"

It keeps the folder you are in, branch, commit, changed, staged and untracked files (names, sizes
and digests, not their contents), the last commands run with `/`, and what you say here. The record
stays on this machine, in `nexus/sessions/`, until `^handoff` sends it. Each save is a session of
its own; `^resume` takes the newest.
"""

import os
from typing import Annotated

from agence.base.errors import UsageError
from agence.commands.contract import Argument, Context, Option, Report
from agence.commands.words import clean, tags_of, title_and_body
from agence.git.repository import Repository
from agence.git.snapshot import relative, snapshot, text_of
from agence.session.lifecycle import Session
from agence.session.record import PRIORITIES, Said, Seen, new, progress, title
from agence.shard.sessions import Sessions


def save(
    context: Context,
    text: Annotated[list[str], Argument(help="where the work stands, in a line", metavar="TITLE")],
    todo: Annotated[
        list[str] | None, Option(help="a step left to do; can be repeated", metavar="STEP")
    ] = None,
    doing: Annotated[list[str] | None, Option(help="a step begun; can be repeated")] = None,
    done: Annotated[list[str] | None, Option(help="a step that is done; can be repeated")] = None,
    task: Annotated[str, Option(help="what the work is about; the title by default")] = "",
    agent: Annotated[str, Option(help="who works on it; you by default", complete="agent")] = "",
    priority: Annotated[str, Option(help="low, normal, high or urgent")] = "normal",
    tag: Annotated[list[str] | None, Option(help="a topic; can be repeated")] = None,
    note: Annotated[list[str] | None, Option(help="something to know; can be repeated")] = None,
    decision: Annotated[list[str] | None, Option(help="what was decided; can be repeated")] = None,
    question: Annotated[list[str] | None, Option(help="what is open; can be repeated")] = None,
    at: Annotated[
        str, Option(help="where the cursor is", metavar="FILE:LINE", complete="file")
    ] = "",
) -> Report:
    """Append one record. Raises OutsideError when the disk refuses it."""
    heading, rest = title_and_body(" ".join(text), None)
    if priority not in PRIORITIES:
        raise UsageError(f"'{priority}' is no priority", f"one of {', '.join(PRIORITIES)}")
    said = Said(
        title=heading,
        agent=clean(agent) or context.shard.speaker,
        by=context.shard.speaker,
        task=clean(task),
        priority=priority,
        at=_cursor(context.shard.repo, context.cwd, at) if at else "",
        done=_lines(done),
        doing=_lines(doing),
        todo=_lines(todo),
        tags=tags_of(tag),
        notes=_lines([*([rest] if rest else []), *(note or [])]),
        decisions=_lines(decision),
        questions=_lines(question),
    )
    session = keep(context, said)
    return Report("\n".join(_told(session)), _data(session))


def keep(context: Context, said: Said) -> Session:
    """Capture the work tree and keep a record of it with what was said."""
    shard = context.shard
    store = Sessions(shard.layout)
    found = snapshot(shard.repo)
    seen = Seen(
        cwd=relative(shard.repo, context.cwd),
        repo=text_of(os.fsencode(shard.repo.work_tree)),
        git=found.git,
        files=found.files,
        recent=store.recent_commands(),
    )
    return store.keep(new(context.entropy(16).hex(), context.now(), said, seen))


def _lines(texts: list[str] | None) -> list[str]:
    cleaned = (clean(text).strip() for text in texts or [])
    return [text for text in cleaned if text]


def _cursor(repo: Repository, cwd: str, typed: str) -> str:
    """`file:line` relative to the top. Raises UsageError for what is none, or lies outside."""
    path, colon, line = clean(typed).rpartition(":")
    if not colon or not line.isdecimal() or not path:
        path, line = clean(typed), ""
    folder, name = os.path.split(os.path.join(cwd, path))
    below = relative(repo, folder)
    if below == ".." or below.startswith("../") or not name:
        raise UsageError(f"'{typed}' is no place in this work tree", "--at FILE:LINE")
    whole = name if below == "." else f"{below}/{name}"
    return f"{whole}:{line}" if line else whole


def _told(session: Session) -> list[str]:
    record = session.record
    done, steps = progress(record)
    state = record["git"]
    count = len({one["path"] for sort in ("dirty", "staged") for one in state[sort]})
    parts = [f"{done} of {steps} steps done"] if steps else []
    parts.append(f"{count} file{'s' * (count != 1)} changed")
    if state["untracked"]:
        parts.append(f"{len(state['untracked'])} untracked")
    where = state["branch"] or "no branch"
    return [
        f"Saved session {session.label}: {title(record)}",
        f"  on {where} at {state['head'][:8] or 'no commit yet'}; {', '.join(parts)}",
        f"Take it up again with: agence ^resume {session.label}",
    ]


def _data(session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "session_id": session.label,
        "status": session.status,
        "session": session.record,
    }
