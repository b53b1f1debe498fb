"""Try whether everything works in this clone, and heal what can be healed.

Examples:
    agence ^doctor
    agence ^doctor --fix         # heal from the events what a merge or an editor left behind
    agence ^doctor --json

Merges and hooks are not looked up but tried, in a place of their own: nothing of yours is touched.
What a person typed is never overwritten. Exit code 0 when all is well, 3 when something is not;
each line says what, why and what to do.
"""

from typing import Annotated

from agence.commands.contract import Context, Option, Report
from agence.shard.health.rounds import rounds


def doctor(
    context: Context,
    fix: Annotated[bool, Option(help="heal what needs no person")] = False,
) -> Report:
    """One line for each check; code 3 where one is a problem."""
    shard = context.shard
    if fix:
        shard.refuse_newer_format()
    results = rounds(shard, fix=fix)
    lines = []
    for one in results:
        lines.append(f"{one.ok:8} {one.check}: {one.said}")
        if one.hint:
            lines.append(f"{'':8}   {one.hint}")
    sick = sum(one.ok == "problem" for one in results)
    fixed = sum(one.ok == "fixed" for one in results)
    lines.append(f"{len(results)} checks: {fixed} fixed, {sick} problem{'s' * (sick != 1)}")
    data = {"checks": [one._asdict() for one in results], "problems": sick, "fixed": fixed}
    return Report("\n".join(lines), data, 3 if sick else 0)
