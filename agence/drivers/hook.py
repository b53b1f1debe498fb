"""The door `agence-hook AGENT EVENT`: a coding agent's hook, its JSON on standard input.

    agence-hook claude pre-tool        may this tool run? "deny", "ask", or nothing at all
    agence-hook claude session-start   what `agence ^reload` prints, for the agent's context

Whatever goes wrong, the agent works on as if there were no hook: one line on standard error and
exit 0, since agents read exit 2, which a usage error has elsewhere, as "block". It never says
"allow", which would silence the agent's own question.

Before a tool only the list of commands that came with agence is asked: nobody who writes to the
repository can loosen it, and reading a shard would cost the time of ten decisions. A hook is a
rail, not a wall: `agence /` is where a shard's own list is asked too.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agence.base.errors import UsageError
from agence.base.lazy import load
from agence.guard.shell_line import Simple, simple_commands
from agence.shard.template import commands

EDITED = {
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "Write": "file_path",
    "NotebookEdit": "notebook_path",
}
_GIT = "what lies there decides what git and agence run and trust; a person changes it by hand"
_CODEX = "the codex is changed by those who keep this shard, and counts once it is adopted"
_LOG = "events are written by agence alone; a line changed by hand is no event any more"
BUDGET = 2000  # bytes of context: agents cut what is longer


def entry() -> int:
    """The console script; the exit code is 0."""
    try:
        words = sys.argv[1:]
        answer = hook(words, sys.stdin.buffer.read())
        if answer:
            os.write(1, json.dumps(answer).encode() + b"\n")
        if words[1] == "pre-tool":
            os._exit(0)  # what Python tears down at its end costs a third of a decision
    except (KeyboardInterrupt, Exception) as error:  # an agent never waits for us
        why = str(error).partition("\n")[0] or type(error).__name__
        print(f"agence-hook has no opinion: {why}", file=sys.stderr)
    return 0


def hook(words: Sequence[str], said: bytes) -> dict[str, Any] | None:
    """The answer to what an agent said, None for none. Raises UsageError, ValueError and others."""
    answer = ANSWERS.get(tuple(words))
    if answer is None:
        raise UsageError(f"'{' '.join(words)}' is no agent and event, such as 'claude pre-tool'")
    told = json.loads(said)
    if not isinstance(told, dict):
        raise UsageError("standard input is not an object of JSON")
    return answer(told)


def _claude_pre_tool(told: Mapping[str, Any]) -> dict[str, Any] | None:
    tool, given = told.get("tool_name"), told.get("tool_input")
    if not isinstance(given, dict):
        return None
    found = None
    if tool == "Bash":
        found = of_command(given.get("command"))
    elif tool in EDITED:
        found = of_path(given.get(EDITED[tool]), _folder(told))
    if found is None:
        return None
    verdict, reason = found
    return _claude("PreToolUse", permissionDecision=verdict, permissionDecisionReason=reason)


def _claude_session_start(told: Mapping[str, Any]) -> dict[str, Any] | None:
    context = load("agence.commands.contract").Context(
        scope="shared",
        verb="reload",
        cwd=_folder(told),
        speaker="",
        interactive=False,
        program=True,
        now=lambda: time.time_ns() // 1_000_000,
        entropy=os.urandom,
        ask=_nobody,
        read_input=lambda: "",
        notice=lambda line: print(f"agence-hook: {line}", file=sys.stderr),
        edit=_nobody,
        open_shard=load("agence.shard.shard").open_shard,
    )
    text = load("agence.commands.reload").reload(context, budget=BUDGET).text
    return _claude("SessionStart", additionalContext=text) if text else None


def _claude(event: str, **said: str) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": event, **said}}


ANSWERS: dict[tuple[str, ...], Callable[[Mapping[str, Any]], dict[str, Any] | None]] = {
    ("claude", "pre-tool"): _claude_pre_tool,
    ("claude", "session-start"): _claude_session_start,
}


def of_command(line: object) -> tuple[str, str] | None:
    """Verdict and reason for a line of a shell, None for no opinion."""
    started = simple_commands(line) if isinstance(line, str) else []
    rows = _rows_of([one for one in started if one.words[0]])
    if not rows:
        return None
    policy = load("agence.guard.commands").parse_policy(
        json.dumps({"version": 1, "commands": rows})
    )
    found: tuple[str, str] | None = load("agence.guard.opinion").opinion(policy, started)
    return found


def _rows_of(started: Sequence[Simple]) -> dict[str, Any]:
    """Those rows of the shipped list that are about a program started here, to read no others."""
    typed = {one.words[0] for one in started}
    plain = {word.replace("\\", "/").rpartition("/")[2].casefold() for word in typed}
    names = typed | plain | {name.removesuffix(".exe") for name in plain}
    rows = json.loads(commands())["commands"]
    return {key: row for key, row in rows.items() if "run" in row and _is_about(row, names)}


def _is_about(row: Mapping[str, Any], names: set[str]) -> bool:
    for known in (row["run"][0], *row.get("or", ())):
        if known in names:
            return True
        if "*" in known and any(known.strip("*").casefold() in name for name in names):
            return True
    return False


def of_path(path: object, cwd: str) -> tuple[str, str] | None:
    """Verdict and reason for changing a file, None for no opinion."""
    if not isinstance(path, str) or not path:
        return None
    typed = os.path.abspath(os.path.join(cwd, path))
    paths = [os.path.realpath(typed).casefold(), typed.casefold()]
    if any(map(_is_of_git, paths)) or _is_in_git_folder(paths[0], cwd):
        return "deny", f"agence: {_GIT}"
    for part, why in (("codex", _CODEX), ("log", _LOG)):
        if any(f"/.agence/{part}/" in whole for whole in paths):
            return "ask", f"agence: {why}"
    return None


def _is_of_git(whole: str) -> bool:
    """Whether a path leads through `.git` to configuration, hooks or what agence keeps there."""
    if whole.endswith("/.git"):
        return True  # a file that says where the git directory is
    _, found, inside = whole.partition("/.git/")
    parts = inside.split("/")
    ends = parts[-1] in ("config", "config.worktree")
    return bool(found) and (ends or not {"agence", "hooks"}.isdisjoint(parts))


def _is_in_git_folder(whole: str, cwd: str) -> bool:
    """The same for a git directory that lies elsewhere, as a file `.git` above `cwd` says."""
    folder = os.path.abspath(cwd)
    while not os.path.lexists(os.path.join(folder, ".git")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    try:
        with open(os.path.join(folder, ".git"), encoding="utf-8") as file:
            named = file.read().removeprefix("gitdir:").strip()
    except (OSError, UnicodeDecodeError):
        return False
    git_folder = os.path.realpath(os.path.join(folder, named)).partition("/worktrees/")[0]
    inside = whole.removeprefix(git_folder.casefold() + "/")
    return inside != whole and _is_of_git(f"/.git/{inside}")


def _folder(told: Mapping[str, Any]) -> str:
    folder = told.get("cwd")
    return folder if isinstance(folder, str) and folder else os.getcwd()


def _nobody(_text: str) -> str:
    raise UsageError("nobody is there to answer")
