"""Whether this clone is configured as `^init` leaves it."""

import os
import shlex

from agence.git.refs import for_each
from agence.shard.carriers import own_remote, remote_names
from agence.shard.health.check import Check, Finding, ill
from agence.shard.joining import DRIVERS, configure, refspec
from agence.shard.shard import Shard

STATES = "refs/agence/states"
_NEVER = (f"gc.{STATES}.reflogexpire", f"gc.{STATES}.reflogexpireunreachable")


def _pins(shard: Shard) -> Finding:
    pins = shard.pins
    index = shard.index("shared")
    if index.one("SELECT 1 FROM event WHERE id = ?", [pins.shard]) is None:
        return ill(
            f"the genesis {pins.shard[:8]} of the pinned shard is not in this clone",
            "fetch the branch that carries it",
        )
    return _remote(shard)


def _remote(shard: Shard) -> Finding:
    pins, remotes = shard.pins, remote_names(shard.repo)
    again = "`agence ^init` looks again, and pins what is there"
    if not pins.remote and remotes:
        return ill(f"no remote is pinned, and there is {', '.join(remotes)}", again)
    if pins.remote and pins.remote not in remotes:
        return ill(f"the pinned remote '{pins.remote}' is not there any more", again)
    name = f"refs/remotes/{pins.remote}/{pins.branch}"
    if pins.remote and pins.branch and name not in for_each(shard.repo, name):
        return ill(f"the pinned branch {pins.remote}/{pins.branch} is not here", "git fetch it")
    own = f"{pins.remote}/{pins.branch or 'no branch'}" if pins.remote else "no remote"
    return Finding(f"shard {pins.shard[:8]}, its own: {own}")


def _fetch(shard: Shard) -> Finding:
    remote = own_remote(shard.repo)[0]
    if not remote:
        return Finding("no remote to fetch from")
    if refspec(remote) in shard.repo.config().get(f"remote.{remote}.fetch", []):
        return Finding(f"git fetch brings the shared refs of {remote}")
    return ill(f"git fetch does not bring the shared refs of {remote}", "`agence ^doctor --fix`")


def _drivers(shard: Shard) -> Finding:
    config = shard.repo.config()
    words = {driver: config.get(f"merge.agence-{driver}.driver", [""])[-1] for driver in DRIVERS}
    whys = {driver: _why(driver, words[driver]) for driver in DRIVERS}
    sick = [f"that of {driver}s {why}" for driver, why in whys.items() if why]
    if sick:
        said = " and ".join(sick).replace("that of", "the merge driver of", 1)
        return ill(f"{said}: git would keep one side only", "`agence ^doctor --fix`")
    return Finding("both drivers are configured by an absolute path")


def _why(driver: str, words: str) -> str:
    """What is wrong with the words that call a driver, "" for nothing."""
    program = _program(words)
    if not words:
        return "is not configured"
    if not os.path.isabs(program):
        return f"has no absolute path ({words})"
    if not os.access(program, os.X_OK):
        return f"is not there any more ('{program}')"
    if words.rsplit(program, maxsplit=1)[-1].strip(" '\"") != f"{driver} %O %A %B %P":
        return f"is configured otherwise ({words})"
    return ""


def _program(words: str) -> str:
    try:
        return (shlex.split(words) or [""])[0]
    except ValueError:
        return ""


def _configure(shard: Shard) -> None:
    configure(shard.repo, shard.ports.programs)


def _states(shard: Shard) -> Finding:
    if not for_each(shard.repo, STATES):
        return Finding("no state of a work tree is kept yet")
    values = [shard.repo.config().get(key, [""])[-1] for key in _NEVER]
    if values == ["never", "never"]:
        return Finding("the reflog that keeps states of work trees never expires")
    return ill(f"the reflog of {STATES} may expire, and with it what was saved", "--fix sets it")


def _never_expire(shard: Shard) -> None:
    for key in _NEVER:
        shard.repo.set_config(key, "never")


PINS = Check("pins", _pins)
CHECKS = (
    Check("fetch", _fetch, _configure),
    Check("drivers", _drivers, _configure),
    Check("states", _states, _never_expire),
)
