"""The one way from words to a running program: layers, decision, log, permit, launch, log."""

import os
from collections.abc import Callable, Sequence

from agence.agents.launch import Outcome, launch
from agence.base.errors import AgenceError, ApprovalNeeded, TrustError
from agence.commands.contract import JSON, Context, Report
from agence.git.repository import Repository, discover
from agence.guard.commands import Policy, parse_policy, show
from agence.guard.decide import Decision, permit
from agence.shard.carriers import read_pins
from agence.shard.command_log import record
from agence.shard.layout import Layout
from agence.shard.template import commands

Judge = Callable[[Sequence[tuple[str, Policy]], Sequence[str]], Decision]


def gated(context: Context, words: Sequence[str], judge: Judge) -> Report:
    """Run `words` if `judge` and, where it asks, a person allow it. Raises Refusal."""
    repo = discover(context.cwd)
    decision = judge(_readable_layers(context, repo, words), words)
    entry = _intent(context, repo, decision)
    try:
        approved = decision.verdict == "ask" and _agreed(context, decision)
        allowed = permit(decision, approved=approved)
    except AgenceError as error:
        refused = "approval needed" if isinstance(error, ApprovalNeeded) else "refused"
        record(Layout(repo.common_dir), entry | {"phase": "decision", "outcome": refused})
        raise
    layout = Layout(repo.common_dir)
    record(layout, entry | {"phase": "intent", "approved": approved})
    try:
        outcome = launch(allowed, context.cwd, capture=context.program)
    except AgenceError as error:
        record(layout, entry | {"phase": "result", "outcome": "not started", "why": error.message})
        raise
    done = {"code": outcome.code, "ms": int(outcome.seconds * 1000)}
    record(layout, entry | {"phase": "result", "outcome": "ran", "at": context.now()} | done)
    return Report("", _data(decision, outcome), outcome.code)


def layers(context: Context, repo: Repository) -> list[tuple[str, Policy]]:
    """The shipped list, and the shard's own in force where this clone has joined one."""
    found = [("built-in", parse_policy(commands()))]
    pins = read_pins(repo)
    if not pins.shard:
        return found
    for page in context.shard.index("shared").entities("codex"):
        if page.text("path") == "commands.json" and page.writer == pins.founder:
            try:
                found.append(("codex", parse_policy(context.shard.whole(page).text("text"))))
            except TrustError as error:
                raise TrustError(
                    f"the shard's list of commands can't be read: {error.message}",
                    "nothing runs until an admin adopts one that can",
                ) from error
    return found


def _readable_layers(
    context: Context, repo: Repository, words: Sequence[str]
) -> list[tuple[str, Policy]]:
    """The layers; that nothing ran because one can't be read is logged too."""
    try:
        return layers(context, repo)
    except TrustError as error:
        entry = _asked(context, repo, words) | {"verdict": "deny", "why": error.message}
        record(Layout(repo.common_dir), entry | {"phase": "decision", "outcome": "refused"})
        raise


def _agreed(context: Context, decision: Decision) -> bool:
    if not context.interactive:
        return False
    why = f" ({decision.why})" if decision.why else ""
    answer = context.ask(f"{show(decision.argv)}{why}: run it? [y/N]")
    return answer.strip().lower() in ("y", "yes")


def _asked(context: Context, repo: Repository, words: Sequence[str]) -> dict[str, JSON]:
    return {
        "v": 1,
        "id": context.entropy(8).hex(),
        "at": context.now(),
        "by": context.speaker,
        "argv": list(words),
        "cwd": os.path.relpath(context.cwd, repo.work_tree),
    }


def _intent(context: Context, repo: Repository, decision: Decision) -> dict[str, JSON]:
    return _asked(context, repo, decision.argv) | {
        "tier": decision.tier,
        "rule": decision.rule,
        "layer": decision.layer,
        "verdict": decision.verdict,
    }


def _data(decision: Decision, outcome: Outcome) -> dict[str, JSON]:
    return {
        "argv": list(decision.argv),
        "tier": decision.tier,
        "rule": decision.rule,
        "layer": decision.layer,
        "code": outcome.code,
        "stdout": outcome.stdout,
        "stderr": outcome.stderr,
    }
