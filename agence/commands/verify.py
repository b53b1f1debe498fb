"""Check every signature, every line and every chain that this clone holds, from the bytes.

Examples:
    agence ^verify
    agence ^verify --json
    agence ^verify --complete        # numbers missing in others' chains count too

Exit code 0 when all holds, 4 when something does not; each thing is named. A torn last line of the
own log was never acknowledged: it is noted, and the next write sets it aside.
"""

from typing import Annotated

from agence.commands.contract import Context, Option, Report
from agence.shard.verifying import verify_all


def verify(
    context: Context,
    complete: Annotated[bool, Option(help="a gap in anybody's chain is a problem")] = False,
) -> Report:
    """The findings; code 4 where there are problems."""
    findings = verify_all(context.shard, context.now())
    problems, notes = findings.problems, findings.notes
    if complete:
        gaps = [one for one in notes if one.what.startswith("not here:")]
        problems = [*problems, *gaps]
        notes = [one for one in notes if one not in gaps]
    writers = len(findings.chains)
    lines = [f"{one.where}: {one.what}" for one in problems]
    lines += [f"note: {one.where}: {one.what}" for one in notes]
    count = len(problems)
    verdict = f"{count} problem{'s' * (count != 1)}" if problems else "all of it verifies"
    lines.append(f"{len(findings.ids)} events of {writers} writer{'s' * (writers != 1)}: {verdict}")
    if problems:
        lines.append("Nothing was changed. What does not verify is left out of every answer")
    return Report(
        "\n".join(lines),
        {
            "events": len(findings.ids),
            "writers": writers,
            "problems": [one._asdict() for one in problems],
            "notes": [one._asdict() for one in notes],
        },
        4 if problems else 0,
    )
