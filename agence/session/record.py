"""The record of a session: where somebody stands in a piece of work.

The fields of the agence architecture, section 4.2, kept one by one; `v`, `id`, `by`, `git` and
`recent_commands` are added. `id` is 32 hex digits, 128 bits to trust; `session_id`, its first 8, is
what people type. Paths are relative to the top of the work tree, with `/`; only `metadata.repo` is
absolute, and that stays on this machine. Fields that this version does not know are kept.
"""

from collections.abc import Iterable, Sequence
from time import gmtime
from typing import Any, NamedTuple

from agence.base.identifiers import SHORT, is_hex

VERSION = 1
PRIORITIES = ("low", "normal", "high", "urgent")
OPEN, DOING, DONE = "open", "in-progress", "done"

Record = dict[str, Any]

_PATHS = [{"path": str, "status": str}]
_SHAPE: dict[str, Any] = {
    "v": int,
    "id": str,
    "session_id": str,
    "created_at": str,
    "status": str,
    "agent": str,
    "by": str,
    "runstate": {
        "agent_context": str,
        "execution_stack": {"cwd": str, "files": [{"path": str}]},
        "memory_state": {"decisions": [str], "questions": [str], "notes": [str]},
        "cursor_position": str,
        "todo_list": [{"id": int, "title": str, "status": str}],
    },
    "metadata": {"task_description": str, "repo": str, "priority": str, "tags": [str]},
    "git": {
        "branch": str,
        "head": str,
        "upstream": str,
        "dirty": _PATHS,
        "staged": _PATHS,
        "untracked": [str],
    },
    "recent_commands": [{"argv": [str]}],
}


class Said(NamedTuple):
    """What the person or agent said of it. `at` is "file:line", relative to the top, or ""."""

    title: str
    agent: str
    by: str
    task: str = ""
    priority: str = "normal"
    at: str = ""
    done: Sequence[str] = ()
    doing: Sequence[str] = ()
    todo: Sequence[str] = ()
    tags: Sequence[str] = ()
    notes: Sequence[str] = ()
    decisions: Sequence[str] = ()
    questions: Sequence[str] = ()


class Seen(NamedTuple):
    """What was found in the work tree.

    cwd      relative to the top, "." for the top itself
    repo     the top, absolute
    git      branch, head, upstream ("" for none), dirty, staged, untracked
    files    path, size and digest of each changed file
    recent   the last commands that went through the gate, the oldest first
    """

    cwd: str
    repo: str
    git: dict[str, Any]
    files: Sequence[dict[str, Any]] = ()
    recent: Sequence[dict[str, Any]] = ()


def new(identity: str, now: int, said: Said, seen: Seen) -> Record:
    """A record of a session that is saved at `now`, milliseconds since 1970."""
    steps = [*((one, DONE) for one in said.done), *((one, DOING) for one in said.doing)]
    steps += [(one, OPEN) for one in said.todo]
    return {
        "v": VERSION,
        "id": identity,
        "session_id": identity[:SHORT],
        "created_at": iso(now),
        "status": "saved",
        "agent": said.agent,
        "by": said.by,
        "runstate": {
            "agent_context": said.title,
            "execution_stack": {"cwd": seen.cwd, "files": list(seen.files)},
            "memory_state": {
                "decisions": list(said.decisions),
                "questions": list(said.questions),
                "notes": list(said.notes),
            },
            "cursor_position": said.at,
            "todo_list": [
                {"id": number, "title": title, "status": status}
                for number, (title, status) in enumerate(steps, 1)
            ],
        },
        "metadata": {
            "task_description": said.task or said.title,
            "repo": seen.repo,
            "priority": said.priority,
            "tags": list(said.tags),
        },
        "git": seen.git,
        "recent_commands": list(seen.recent),
    }


def iso(ms: int) -> str:
    """`2026-03-05T03:21:07Z` of milliseconds since 1970; years beyond 9999 stay in the last one."""
    at = gmtime(min(ms, 253_402_300_799_999) // 1000)
    day = f"{at.tm_year:04}-{at.tm_mon:02}-{at.tm_mday:02}"
    return f"{day}T{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}Z"


def progress(record: Record) -> tuple[int, int]:
    """How many steps are done, and how many there are."""
    steps = record["runstate"]["todo_list"]
    return sum(step["status"] == DONE for step in steps), len(steps)


def title(record: Record) -> str:
    """One line that says what it is about."""
    return " ".join(str(record["runstate"]["agent_context"]).split())


def wrong(record: object) -> str:
    """Why `record` is none, naming the field; "" when it is one. Unknown fields are let be."""
    reason = _misfit(record, _SHAPE, "")
    if reason:
        return reason
    assert isinstance(record, dict)  # noqa: S101 - _SHAPE says so; for the type checker
    if not is_hex(record["id"], 32) or record["session_id"] != record["id"][:SHORT]:
        return "its id is not 32 hex digits that begin with its session_id"
    if record["git"]["head"] and not is_hex(record["git"]["head"]):
        return "the field 'git.head' is no commit"
    return ""


def _misfit(value: Any, shape: Any, path: str) -> str:  # noqa: ANN401 - any JSON, a part of _SHAPE
    """The first field of `value` that is not as `shape` has it."""
    kind = type(shape)
    if kind is type:
        return "" if type(value) is shape else _field(path)
    if type(value) is not kind:
        return _field(path)
    parts: Iterable[tuple[Any, Any, str]] = (
        ((value.get(name), part, name) for name, part in shape.items())
        if isinstance(value, dict)
        else ((one, shape[0], f"[{place}]") for place, one in enumerate(value))
    )
    for inner, part, name in parts:
        if type(inner) is not part and (reason := _misfit(inner, part, _below(path, name))):
            return reason
    return ""


def _below(path: str, name: str) -> str:
    return f"{path}{'' if name[0] == '[' or not path else '.'}{name}"


def _field(path: str) -> str:
    return f"the field '{path}' is missing or of another kind" if path else "not a record"
