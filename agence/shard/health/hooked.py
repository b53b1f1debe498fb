"""Whether the hooks that were installed run: git is made to call each with a private file."""

import os

from agence.git.canary import fire
from agence.git.hooks import Place, install, places, script_path
from agence.shard.health.check import Check, Finding, ill
from agence.shard.joining import program_beside
from agence.shard.shard import Shard

_AGAIN = "`agence ^hooks install git` writes them again"


def _hooks(shard: Shard) -> Finding:
    repo = shard.repo
    wanted = [one for one in places(repo) if os.path.exists(script_path(repo, one.hook))]
    if not wanted:
        return Finding("none is installed; `agence ^hooks install git` would")
    for place in wanted:
        found = _fired(shard, place)
        if not found.ok:
            return found
    return Finding(f"git called {' and '.join(one.hook for one in wanted)}; each refused a trial")


def _fired(shard: Shard, place: Place) -> Finding:
    if place.state != "installed":
        return ill(f"the {place.hook} hook is {place.state} in '{place.path}'", _AGAIN)
    seen = fire(shard.repo, place.hook)
    if seen.refused:
        return Finding("")
    said = seen.said.splitlines()[-1] if seen.said else "nothing was said"
    called = {"husky": "husky", "lefthook": "lefthook", "pre-commit": "pre-commit"}
    by = called.get(place.manager, "git")
    return ill(
        f"the {place.hook} hook let a private file pass; called by {by}: {said}",
        f"{_AGAIN}; a manager of hooks has to be installed too",
    )


def _install(shard: Shard) -> None:
    install(shard.repo, program_beside(shard.ports.programs, "agence"))


CHECKS = (Check("hooks", _hooks, _install),)
