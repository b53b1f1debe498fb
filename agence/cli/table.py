"""The table of verbs: one verb, one row, one file in `agence/commands/`.

Dispatch, help, completion and the generated reference all read these rows, and none of them imports
a command to do so. What is not in the table does not exist.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from agence.base.errors import UsageError
from agence.base.lazy import load
from agence.base.slips import near

KINDS = ("lesson", "plan", "issue", "doc", "belief", "episode", "skill", "note", "todo")
ACTIONS = ("add", "list", "show", "edit")
SHORT_KINDS = ("note", "todo")  # `~note "idea"` is `~note add "idea"`
WORK_KINDS = ("job", "workflow", "project")
GROUPS = ("Set-up", "Knowledge", "Work", "Sessions", "Sharing", "Trust", "Gate")

# of `task`: the verb, the prefixes it answers to, what it does
TASK_VERBS = (
    ("add", "^~", "keep a task"),
    ("expr", "^~", "keep a task written as one line"),
    ("list", "^~", "list the tasks, the highest score first"),
    ("next", "^~", "say which task to take"),
    ("show", "^~", "show a task in full"),
    ("edit", "^~", "change a task, in your editor or by options"),
    ("dep", "^~", "say that a task waits for another"),
    ("undep", "^~", "take a dependency out"),
    ("set", "^~", "say where a task stands"),
    ("start", "^~", "say that you are at a task"),
    ("done", "^~", "say that a task is done"),
    ("reopen", "^~", "open a task again that is done"),
    ("vote", "^~", "vote for a task to come sooner, or later"),
    ("claim", "^", "take a task for yourself alone"),
    ("renew", "^", "keep a claimed task for longer"),
    ("release", "^", "give a claimed task back"),
    ("takeover", "^", "take over a task whose holder is silent"),
    ("check", "^~", "check whether changes stay within the paths of a task"),
)


class Row(NamedTuple):
    """One verb.

    name     one word or two, as typed after the prefix: "learn", "lesson add"
    module   below `agence.commands`, or a full path; its last part names the function
    doors    the prefixes it answers to, such as "^~"; "" for a verb typed bare
    group    its heading in the help, one of GROUPS
    summary  one line, lower case start
    """

    name: str
    module: str
    doors: str
    group: str
    summary: str

    def label(self, door: str = "") -> str:
        """The verb as it is typed: "^learn", "~lesson add", "/", "shell-init"."""
        prefix = door if door and door in self.doors else self.doors[:1]
        return prefix if prefix in ("/", "!", "+") else f"{prefix}{self.name}"


def _kind_rows(kind: str) -> tuple[Row, ...]:
    a_kind = f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
    summaries = {
        "add": f"keep {a_kind}",
        "list": f"list the {kind}s, newest first",
        "show": f"show {a_kind} in full",
        "edit": f"change {a_kind}, in your editor or by options",
    }
    own = {
        ("belief", "add"): "beliefs.add",
        ("episode", "add"): "episodes.add",
        ("workflow", "list"): "tasks.workflows",
        ("workflow", "show"): "tasks.workflow",
        ("project", "list"): "tasks.projects",
        ("project", "show"): "tasks.project",
    }
    if kind in ("workflow", "project"):
        summaries["list"] = f"list the {kind}s, and how much of each is done"
    return tuple(
        Row(
            f"{kind} {action}",
            own.get((kind, action), f"knowledge.{action}"),
            "^~",
            "Work" if kind in WORK_KINDS else "Knowledge",
            summaries[action],
        )
        for action in ACTIONS
    )


ROWS: tuple[Row, ...] = (
    Row("init", "init", "^", "Set-up", "make this repository a shard, or join the one it carries"),
    Row(
        "deinit",
        "deinit",
        "^",
        "Set-up",
        "take out of this clone what ^init put in; keep the shard",
    ),
    Row(
        "doctor", "doctor", "^", "Set-up", "try whether everything works in this clone, and heal it"
    ),
    Row("hooks install", "hooks.install", "^", "Set-up", "put hooks next to those that are there"),
    Row("hooks status", "hooks.status", "^", "Set-up", "say which hooks are installed, and where"),
    Row("hooks remove", "hooks.remove", "^", "Set-up", "take the hooks out without a trace"),
    Row("hooks run", "hooks.run", "^", "Set-up", "do what an installed git hook does"),
    Row("where", "where", "^", "Set-up", "print the path of a part of the shard"),
    Row(
        "shell-init",
        "agence.cli.shell_init",
        "",
        "Set-up",
        "print the lines that make prefixes safe to type in your shell",
    ),
    Row("learn", "learn", "^~", "Knowledge", "keep a lesson"),
    Row("recall", "recall", "^~", "Knowledge", "find what is known, by words"),
    Row(
        "reload", "reload", "^", "Knowledge", "print what an agent should know now, within a budget"
    ),
    Row("history", "history", "^~", "Knowledge", "show every event of one entity"),
    Row("delete", "delete", "^~", "Knowledge", "delete what is wrong or gone; it can be restored"),
    Row("restore", "restore", "^~", "Knowledge", "bring back what was deleted"),
    Row("undo", "undo", "^~", "Knowledge", "take back what you did last, or one event of yours"),
    Row("conflicts", "conflicts.list", "^~", "Knowledge", "list what was said in two ways at once"),
    Row("conflicts show", "conflicts.show", "^~", "Knowledge", "show one conflict in full"),
    Row("conflicts answer", "conflicts.answer", "^~", "Knowledge", "say which side holds"),
    Row(
        "conflicts ask", "conflicts.ask", "^~", "Knowledge", "go through the conflicts, one by one"
    ),
    *(row for kind in KINDS for row in _kind_rows(kind)),
    *(
        Row(f"task {name}", f"tasks.{name}", doors, "Work", summary)
        for name, doors, summary in TASK_VERBS
    ),
    *(row for kind in WORK_KINDS for row in _kind_rows(kind)),
    Row("save", "save", "^", "Sessions", "save where the work stands"),
    Row("resume", "resume", "^", "Sessions", "take up a saved or handed-over session"),
    Row("handoff", "handoff", "^", "Sessions", "hand a session to another agent"),
    Row("session list", "sessions.list", "^", "Sessions", "list the sessions of this clone"),
    Row("session show", "sessions.show", "^", "Sessions", "show one session in full"),
    Row("status", "status", "^", "Sharing", "show what is unpublished, and what would leave"),
    Row("commit", "commit", "^", "Sharing", "publish events in a commit of their own"),
    Row("adopt", "adopt", "^", "Sharing", "sign what was typed into a view by hand"),
    Row("render", "render", "^", "Sharing", "renew the views from the log"),
    Row("push", "push", "^", "Sharing", "send the branch, and say what arrived"),
    Row("pull", "pull", "^", "Sharing", "bring and take in what others published"),
    Row("sync", "sync", "^", "Sharing", "exchange what is shared with the shard's own remote"),
    Row(
        "shard add", "shards.add", "^", "Sharing", "read another repository's shard beside this one"
    ),
    Row("shard list", "shards.list", "^", "Sharing", "list the shards that are linked"),
    Row("shard remove", "shards.remove", "^", "Sharing", "read a linked shard no longer"),
    Row("verify", "verify", "^", "Trust", "check every signature and chain"),
    Row("merge add", "merges.add", "^", "Trust", "merge a field by an installed function"),
    Row("merge list", "merges.list", "^", "Trust", "list the functions that merge fields"),
    Row("merge check", "merges.check", "^", "Trust", "try a merge function against the laws"),
    Row("merge remove", "merges.remove", "^", "Trust", "merge a field by its own rule again"),
    Row("state", "state", "^~", "Trust", "print the folded state, or its hash"),
    Row("run", "run", "/", "Gate", "run a whitelisted command, logged"),
    Row("system", "system", "!", "Gate", "start a shell or an agent"),
    Row("plan", "plan_ahead", "+", "Gate", "plan a piece of work"),
    Row("ask", "ask", "", "Gate", "ask the shard a question"),
)


def heads(door: str) -> tuple[str, ...]:
    """The first words of the verbs that answer to `door`, in the order of the table."""
    return tuple(dict.fromkeys(row.name.split()[0] for row in ROWS if door and door in row.doors))


def named(name: str) -> Row:
    """The row of a verb by its full name. Raises KeyError when there is none."""
    for row in ROWS:
        if row.name == name:
            return row
    raise KeyError(name)


def _match(name: str, door: str) -> Row | None:
    for row in ROWS:
        if row.name == name and (door in row.doors if door else not row.doors):
            return row
    return None


def find(words: Sequence[str], door: str = "^") -> tuple[Row, tuple[str, ...]]:
    """The verb that `words` begin with behind `door`, and the words that are left to it.

    Verbs of two words come first. Raises UsageError, with the nearest verb as a hint, when there is
    none.
    """
    two, one = " ".join(words[:2]), " ".join(words[:1])
    if len(words) > 1 and (row := _match(two, door)):
        return row, tuple(words[2:])
    if row := _match(one, door):
        rest = words[1:]
        if rest and rest[0] == "list" and row.module.endswith(".list"):
            return row, tuple(rest[1:])
        if rest and near(rest[0], _actions(one)):  # `^conflicts anwser ID`
            raise _unknown(words, door)
        return row, tuple(rest)
    if one in SHORT_KINDS and door in ("^", "~") and len(words) > 1:
        if len(words) == 2 and near(words[1], ACTIONS):  # a slip of the finger, not a note
            raise _unknown(words, door)
        return named(f"{one} add"), tuple(words[1:])
    raise _unknown(words, door)


def _actions(head: str) -> tuple[str, ...]:
    """The second words that verbs have behind `head`, in the order of the table."""
    return tuple(row.name.split()[1] for row in ROWS if row.name.startswith(f"{head} "))


def _unknown(words: Sequence[str], door: str) -> UsageError:
    error: UsageError = load("agence.cli.suggest").unknown(tuple(words), door)
    return error


def function_of(row: Row) -> Callable[..., Any]:
    """Import the row's module, and only that; return its function.

    The function has the name of the module, with `_` behind it where Python has taken that name
    (`list_`). Raises ImportError when the module is missing, AttributeError when the function is.
    """
    path = row.module if row.module.startswith("agence.") else f"agence.commands.{row.module}"
    module = load(path)
    name = path.rpartition(".")[2]
    function: Callable[..., Any] = getattr(module, name, None) or getattr(module, f"{name}_")
    return function
