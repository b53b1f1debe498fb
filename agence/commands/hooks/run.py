"""Do what an installed git hook does; git calls it, and so may you.

Examples:
    agence ^hooks run pre-commit           # would this commit publish what is private?
    git config --unset agence.adopt        # back to only naming what was edited by hand

Exit code 5 where something private would leave; the hook then stops git. Views that were edited by
hand are named while a file of `.agence/` differs from the last commit, and stop nothing.
"""

from typing import Annotated

from agence.base.errors import Refusal, UsageError
from agence.base.lazy import load
from agence.commands.contract import Argument, Context, Report
from agence.git.hook_text import HOOKS
from agence.shard.leaks import Leak, differs, pushed, staged

_SHOWN = 5  # leaks named


def run(
    context: Context,
    hook: Annotated[str, Argument(help="pre-commit or pre-push", metavar="HOOK")],
    remote: Annotated[str, Argument(help="the remote's name, as git says it")] = "origin",
    _url: Annotated[str, Argument(help="its address, as git says it")] = "",
) -> Report:
    """What the hook saw. Raises Refusal where something private would leave, UsageError."""
    shard = context.shard
    if hook not in HOOKS:
        raise UsageError(f"'{hook}' is no hook of agence", f"one of {', '.join(HOOKS)}")
    if hook == "pre-push":
        _refuse(pushed(shard.repo, remote, context.read_input().splitlines()), "push")
        return Report("", {"hook": hook, "drafts": []})
    _refuse(staged(shard.repo), "commit")
    drafts = load("agence.shard.edited").edited(shard) if differs(shard.repo) else []
    for path in drafts:
        context.notice(f"agence: edited by hand, not in force until it is adopted: {path}")
    return Report("", {"hook": hook, "drafts": drafts})


def _refuse(leaks: list[Leak], verb: str) -> None:
    if not leaks:
        return
    named = "; ".join(f"{one.path}: {one.why}" for one in leaks[:_SHOWN])
    more = f"; and {len(leaks) - _SHOWN} more" if len(leaks) > _SHOWN else ""
    raise Refusal(
        f"this {verb} would publish what is private: {named}{more}",
        "take these files out of it; whoever wants to share one says so with `^learn`",
    )
