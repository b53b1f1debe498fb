"""How a session is shown: as lines for people, as JSON for programs."""

from agence.base.identifiers import short
from agence.commands.contract import JSON
from agence.git.snapshot import Relation
from agence.session.difference import Change, Difference
from agence.session.lifecycle import Session
from agence.session.record import DOING, DONE, Record, progress, title
from agence.shard.mailbox import Letter

_MARKS = {DONE: "x", DOING: ">"}


def line(session: Session) -> str:
    """One line: id, when it changed last, status, agent, steps, title."""
    record = session.record
    parts = [session.label, session.moved_at, f"{session.status:<11}", record["agent"]]
    return "  ".join([*parts, _headed(record)])


def letter_line(letter: Letter) -> str:
    """One line for a handoff that nobody here has taken up."""
    record, to = letter.bundle.record, letter.bundle.to
    way = f"from {letter.sender} to {to}"
    return "  ".join([short(record["id"]), letter.at, f"{'offered':<11}", way, _headed(record)])


def as_json(session: Session) -> dict[str, JSON]:
    """What every verb says of a session: its record, with the status of now and what happened."""
    return {
        **session.record,
        "status": session.status,
        "moved_at": session.moved_at,
        "transitions": list(session.transitions),
    }


def letter_json(letter: Letter) -> dict[str, JSON]:
    """What every verb says of a handoff."""
    return {
        "id": letter.bundle.record["id"],
        "session_id": short(letter.bundle.record["id"]),
        "offer": letter.bundle.event.id,
        "from": letter.sender,
        "to": letter.bundle.to,
        "note": letter.note,
        "at": letter.at,
        "writer": letter.bundle.event.writer,
        "ref": letter.ref,
        "title": title(letter.bundle.record),
    }


def details(record: Record) -> list[str]:
    """Steps, context, decisions and questions, as indented lines."""
    state, memory = record["runstate"], record["runstate"]["memory_state"]
    lines = []
    if record["metadata"]["task_description"] != state["agent_context"]:
        lines.append(f"  task: {record['metadata']['task_description']}")
    lines += [
        f"  [{_MARKS.get(step['status'], ' ')}] {step['id']}. {step['title']}"
        for step in state["todo_list"]
    ]
    for field, label in (("decisions", "decided"), ("questions", "open"), ("notes", "note")):
        lines += [f"  {label}: {text}" for text in memory[field]]
    if state["cursor_position"]:
        lines.append(f"  at {state['cursor_position']}")
    if state["execution_stack"]["cwd"] != ".":
        lines.append(f"  in the folder {state['execution_stack']['cwd']}")
    if record["metadata"]["priority"] != "normal" or record["metadata"]["tags"]:
        tags = [f"#{tag}" for tag in record["metadata"]["tags"]]
        lines.append("  " + " ".join([f"priority {record['metadata']['priority']}", *tags]))
    return lines


def provenance(record: Record) -> list[str]:
    """Who handed it over, for a session that came from elsewhere."""
    received = record.get("received")
    if not isinstance(received, dict):
        return []
    way = f"from {received.get('from')} to {received.get('to')}, {received.get('offered_at')}"
    lines = [f"  handed over {way}, signed by key {short(str(received.get('writer')))}"]
    return [*lines, *([f"  note: {received['note']}"] if received.get("note") else [])]


def step(record: Record) -> str:
    """`at step 3 of 8`, or "" where there are no steps."""
    done, steps = progress(record)
    if not steps:
        return ""
    return f"at step {done + 1} of {steps}" if done < steps else f"all {steps} steps done"


def differences(found: Difference, relation: Relation) -> list[str]:
    """What differs in the work tree now, one fact for each line."""
    lines = []
    if found.branch:
        then, now = (one or "no branch" for one in found.branch)
        lines.append(f"  branch: {then} then, {now} now")
    if found.head:
        lines.append(f"  HEAD: {_related(relation, found.head[0])}")
    lines += _changed("changed", found.dirty)
    lines += _changed("staged", found.staged)
    lines += _changed("untracked", found.untracked)
    return lines


def difference_json(found: Difference, relation: Relation) -> dict[str, JSON]:
    """The same for programs."""
    parts = {"dirty": found.dirty, "staged": found.staged, "untracked": found.untracked}
    return {
        "nothing": found.nothing,
        "branch": {"then": found.branch[0], "now": found.branch[1]} if found.branch else None,
        "head": (
            {"then": found.head[0], "now": found.head[1], **relation._asdict()}
            if found.head
            else None
        ),
        **{
            sort: {
                "only_then": change.then,
                "only_now": change.now,
                "other_content": change.other,
            }
            for sort, change in parts.items()
        },
    }


def _headed(record: Record) -> str:
    done, steps = progress(record)
    return title(record) + (f" ({done} of {steps})" if steps else "")


def _related(relation: Relation, then: str) -> str:
    was = short(then) or "no commit"
    ahead, behind = _commits(relation.ahead), _commits(relation.behind)
    said = {
        "ahead": f"{ahead} ahead of {was}, where it was saved",
        "behind": f"{behind} behind {was}, where it was saved",
        "diverged": f"{ahead} ahead of {was}, where it was saved, and {behind} behind it",
        "unrelated": f"has no history in common with {was}, where it was saved",
        "absent": f"it was saved at {was}, which is not in this repository; fetch its branch",
    }
    return said.get(relation.kind, f"it was saved at {was}")


def _commits(count: int) -> str:
    return f"{count} commit{'s' * (count != 1)}"


def _changed(sort: str, change: Change) -> list[str]:
    lines = [f"  {sort} then, not now: {path}" for path in change.then]
    lines += [f"  {sort} now, not then: {path}" for path in change.now]
    return lines + [f"  {sort} then and now, not in the same way: {path}" for path in change.other]
