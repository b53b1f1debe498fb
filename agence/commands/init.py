"""Make this repository a shard, or join the shard it carries; safe to run twice.

Examples:
    cd my-project && agence ^init
    agence ^init --name "billing team"
    mkdir notes && cd notes && agence ^init --standalone

It writes `.agence/` (governance, personas, small guard files), keeps the clone's own state inside
the git directory, and sets the merge drivers and one fetch refspec in this clone's configuration.
It shows the root of trust that it pinned. It touches no other file of the project and commits
nothing: `^commit` does.
"""

import os
from typing import Annotated

from agence.base.errors import ShardError
from agence.base.identifiers import short
from agence.commands.contract import Context, Option, Report
from agence.git.run import git
from agence.shard.joining import Joined, join
from agence.shard.layout import TRACKED
from agence.shard.shard import STANDALONE


def init(
    context: Context,
    standalone: Annotated[
        bool, Option(help="make a repository that is nothing but a shard")
    ] = False,
    name: Annotated[str, Option(help="a name for people; the folder's by default")] = "",
    join_id: Annotated[
        str, Option(help="join this genesis where several are in sight", name="join", metavar="ID")
    ] = "",
) -> Report:
    """Found or join a shard. Raises ShardError outside of a git repository, or in a bare one."""
    if standalone:
        _make_repository(context.cwd)
    joined = join(context, name or os.path.basename(os.path.abspath(context.cwd)), join_id)
    return Report("\n".join(_said(joined)), _data(joined))


def _make_repository(cwd: str) -> None:
    inside = git("rev-parse", "--show-toplevel", cwd=cwd, check=False).decode().strip()
    if inside and not os.path.exists(os.path.join(cwd, ".git")):
        raise ShardError(
            f"'{cwd}' lies inside the repository '{inside}'",
            "run `agence ^init` there, or use a folder outside of it for a standalone shard",
        )
    if inside and git("ls-files", "--", ".", f":!{TRACKED}", cwd=cwd):
        raise ShardError(
            f"'{cwd}' is the repository of a project",
            "run `agence ^init` without --standalone: then you say when it publishes",
        )
    if not inside:
        git("init", "--quiet", cwd=cwd)
    git("config", "--local", STANDALONE, "true", cwd=cwd)


def _said(joined: Joined) -> list[str]:
    pins = joined.pins
    first = "Founded" if joined.founded else "Joined" if joined.fresh else "Already in"
    lines = [f"{first} shard {short(pins.shard)} ({joined.name})"]
    lines.append(f"  root of trust: key {pins.founder[:16]}, founder of this shard")
    if pins.remote:
        there = (
            f"{pins.remote}/{pins.branch}" if pins.branch else f"{pins.remote} (no branch known)"
        )
        lines.append(f"  the shard's own remote: {there}")
    else:
        lines.append("  the shard's own remote: none yet; add one and run ^init again")
    lines += [f"  wrote {path}" for path in joined.wrote]
    if joined.configured:
        lines.append(f"  set in this clone's configuration: {_sections(joined.configured)}")
    lines += [f"  {note}" for note in joined.notes]
    if joined.founded:
        lines.append('Next: agence ^learn "...", then agence ^commit && git push')
    elif not joined.wrote and not joined.configured and not joined.fresh:
        lines.append("  nothing changed")
    return lines


def _sections(keys: list[str]) -> str:
    """Configuration keys, the several of one section as `section.*`."""
    short = [key if key.startswith("remote.") else f"{key.rpartition('.')[0]}.*" for key in keys]
    return ", ".join(dict.fromkeys(short))


def _data(joined: Joined) -> dict[str, object]:
    return {
        "shard": joined.pins.shard,
        "name": joined.name,
        "founded": joined.founded,
        "pins": joined.pins._asdict(),
        "wrote": list(joined.wrote),
        "configured": list(joined.configured),
        "notes": list(joined.notes),
    }
