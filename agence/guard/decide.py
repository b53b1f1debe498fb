"""The first guard: may these words run? Pure: words and policies in, a decision out.

Every layer is asked, the strictest answer holds, and so a layer can only tighten what an earlier
one allows. T0 and T1 run, T2 (and whatever the first layer does not know) waits for a person, T3
and T4 are refused. A `Permit`, without which nothing is launched, is made here and nowhere else.

What runs unasked is hardened first. git reads configuration that may start programs, so a git
command gets `--no-pager`, no file monitor, no hooks, no signature check unasked, the stock programs
where a signature is asked for, and no `ext::` transport; rows add `--no-ext-diff --no-textconv` to
the verbs that show changes. Left alone are `core.sshCommand` and credential helpers, which fetching
needs, and clean filters, which git can't leave out: who may write `.git/config` may run programs.
What a person approves runs exactly as it was shown.
"""

from collections.abc import Sequence
from typing import NamedTuple

from agence.base.errors import ApprovalNeeded, Refusal
from agence.guard.commands import Policy, Row, expand, find, show
from agence.guard.match import match, refused_word

_GIT_HARDENED = (
    "--no-pager",
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "log.showSignature=false",
    "-c", "gpg.program=gpg",
    "-c", "gpg.ssh.program=ssh-keygen",
    "-c", "gpg.x509.program=gpgsm",
    "-c", "protocol.ext.allow=never",
)  # fmt: skip
_SEAL = object()


class Decision(NamedTuple):
    """What the guard says: allow, ask or deny, by which rule of which layer, and why.

    argv      the words to run: hardened when allowed, otherwise as a person would be shown them
    instead   what a human may do, or ""
    paths     the operands that must lie inside the repository when the command starts
    terminal  whether this is a program that a person uses on the terminal
    """

    verdict: str
    tier: str
    rule: str
    layer: str
    why: str
    instead: str
    argv: tuple[str, ...]
    paths: tuple[str, ...] = ()
    terminal: bool = False


class Permit:
    """The right to start one command, once decided; only `permit` makes one."""

    __slots__ = ("argv", "paths", "rule", "terminal", "tier")
    argv: tuple[str, ...]
    paths: tuple[str, ...]
    rule: str
    terminal: bool
    tier: str

    def __init__(self, seal: object, decision: Decision) -> None:
        if seal is not _SEAL:
            raise TypeError("a permit is made by permit() alone")
        for name in self.__slots__:
            object.__setattr__(self, name, getattr(decision, name))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a permit does not change, not in '{name}' either")


class _Answer(NamedTuple):
    tier: str
    rule: str
    why: str
    instead: str
    paths: tuple[str, ...] = ()


def decide(layers: Sequence[tuple[str, Policy]], words: Sequence[str]) -> Decision:
    """Judge the words of a `/` command: a row's name, a shortcut or a program, then its words.

    `layers` are (name, policy), the one shipped with agence first; it alone gives names a meaning.
    """
    unreadable = _unreadable(layers, words)
    if unreadable:
        return _denied("unreadable", unreadable, words)
    argv = expand(layers[0][1], words) or tuple(words)
    return _strictest([(name, policy, find(policy, argv)) for name, policy in layers], argv)


def decide_system(layers: Sequence[tuple[str, Policy]], words: Sequence[str]) -> Decision:
    """Judge the words of a `!` command. What the first layer does not name is refused."""
    unreadable = _unreadable(layers, words)
    if unreadable:
        return _denied("unreadable", unreadable, words)
    row = layers[0][1].system.get(words[0])
    if row is None:
        known = ", ".join(layers[0][1].system)
        return _denied("system", f"'!' starts nothing but {known}", words)
    argv = (*row.run, *words[1:])
    asked = [(name, policy, _system_row(policy, argv)) for name, policy in layers]
    return _strictest(asked, argv)._replace(terminal=True)


def permit(decision: Decision, *, approved: bool) -> Permit:
    """Turn a decision into the right to run it; `approved` says that a person has just agreed.

    Raises Refusal when it is denied, ApprovalNeeded when a person has to agree and has not.
    """
    hint = "; ".join(part for part in (decision.why, decision.instead) if part)
    shown = show(decision.argv)
    command = shown if "'" in shown else f"'{shown}'"
    if decision.verdict == "deny":
        raise Refusal(f"{command} is refused (rule {decision.rule})", hint)
    if decision.verdict == "ask" and not approved:
        raise ApprovalNeeded(f"{command} needs a person's approval (rule {decision.rule})", hint)
    return Permit(_SEAL, decision)


def _judge(argv: tuple[str, ...], row: Row | None, *, leaves_open: bool) -> _Answer:
    if row is None:
        if leaves_open:
            return _Answer("T0", "inherited", "", "")
        return _Answer("T2", "unknown", "no rule knows this command", "")
    rest = argv[len(row.run) :]
    if row.tier >= "T3":
        return _Answer(row.tier, row.name, row.why, row.instead)
    if (word := refused_word(row, rest)) is not None:
        why = f"with {show([word])} it is never run from here"
        return _Answer("T3", row.name, why, row.instead)
    found = match(row, rest)
    if found.unlisted is not None and row.tier < "T2":
        why = f"{show([found.unlisted])} is not among the words that run unasked"
        return _Answer("T2", row.name, why, row.instead)
    return _Answer(row.tier, row.name, row.why, row.instead, found.paths)


def _strictest(asked: list[tuple[str, Policy, Row | None]], argv: tuple[str, ...]) -> Decision:
    """The strictest of the layers' answers; of equal ones the first."""
    answers = [
        (name, _judge(argv, row, leaves_open=place > 0 and policy.inherits))
        for place, (name, policy, row) in enumerate(asked)
    ]
    layer, answer = max(answers, key=lambda named: named[1].tier)
    said = (answer.tier, answer.rule, layer, answer.why, answer.instead)
    if answer.tier >= "T2":
        return Decision("ask" if answer.tier == "T2" else "deny", *said, argv)
    row = asked[0][2]
    ready = _hardened(row, argv) if row else argv
    return Decision("allow", *said, ready, answers[0][1].paths)


def _hardened(row: Row, argv: tuple[str, ...]) -> tuple[str, ...]:
    options = _GIT_HARDENED if argv[0] == "git" else ()
    size = len(row.run)
    return (argv[0], *options, *argv[1:size], *row.added, *argv[size:])


def _system_row(policy: Policy, argv: tuple[str, ...]) -> Row | None:
    return next((row for row in policy.system.values() if argv[: len(row.run)] == row.run), None)


def _unreadable(layers: Sequence[tuple[str, Policy]], words: Sequence[str]) -> str:
    """Why these words can't be judged at all, or ""."""
    if not layers:
        return "there is no list of commands"
    if not words or not words[0]:
        return "there is no command in it"
    if any("\x00" in word for word in words):
        return "a word holds a zero byte"
    first = words[0]
    if not first.isprintable() or any(sign in first for sign in " =;&|<>()$`'\"*?"):
        return "the first word is not the name of a program"
    return ""


def _denied(rule: str, why: str, words: Sequence[str]) -> Decision:
    return Decision("deny", "T3", rule, "guard", why, "", tuple(words))
