"""The kinds of entities: one row each, read by the fold, the views, the verbs and the docs."""

from typing import NamedTuple

from agence.crdt.write import Rule
from agence.schema.fields import Field
from agence.schema.states import ORDER


class Kind(NamedTuple):
    """A kind of entity.

    scope     where its verbs write: "either" (by prefix), "private" or "internal" (no verb of its
              own)
    folder    of its views below `.agence/`, or "" for none
    fields    by name; unknown fields fold by "latest"
    summary   what it is, for people
    closed    only the key that created one may change it
    conflict  the type of its conflicts: "value", "belief", "episodic" or "skill"
    key       fields that say what it is about: two with the same key that are `told` differently
              contradict each other
    """

    name: str
    scope: str
    folder: str
    fields: dict[str, Field]
    summary: str
    closed: bool = False
    conflict: str = "value"
    key: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


_TITLE = Field("latest", "line", "what it is called")
_TEXT = {
    "title": _TITLE,
    "tags": Field("add-wins", "line", "topics"),
    "body": Field("text", "text", "what it says", front=False),
    "links": Field("add-wins", "id", "other entities that it points to"),
    "opposes": Field("add-wins", "id", "entities that it contradicts"),
    "confidence": Field("latest", "number", "how sure its author is, in percent"),
}
_STATUS = {"status": Field("latest", "line", "open, doing, done or dropped")}
_WORK = _TEXT | _STATUS
_TASK = {
    "name": Field("latest", "line", "a readable name that it may be called by"),
    "state": Field("lattice", "line", "where it stands; done is at the top", ORDER),
    "priority": Field("greatest", "number", "1 to 5"),
    "stars": Field("greatest", "number", "0 or more"),
    "votes": Field("up-down", "number", "what people added and took away", front=False),
    "complexity": Field("greatest", "number", "tier 0 to 5"),
    "agent": Field("latest", "line", "who works on it"),
    "claim": Field("fenced", "object", "who took it, and the fencing number", front=False),
    "scope": Field("add-wins", "line", "paths it works on"),
    "needs": Field("add-wins", "line", "tasks that have to be done before"),
    "after": Field("add-wins", "line", "tasks that better be done before"),
    "workflow": Field("latest", "line", "the workflow it is a step of"),
    "security": Field("latest", "line", "its security label"),
}
_GENESIS = {
    "name": Field("latest", "line", "what the founder called it"),
    "nonce": Field("latest", "line", "16 random bytes"),
    "root": Field("latest", "line", "the root commit of the repository, as a hint"),
}
_PAGE = {
    "path": Field("latest", "line", "where it lies"),
    "text": Field("latest", "text", "the page"),
}
_OFFER = {"status": Field("latest", "line", "offered or accepted")}
_CLAIM = {
    "task": Field("latest", "id", "what was taken"),
    "fence": Field("latest", "number", "the fencing number: a later claim has a greater one"),
    "agent": Field("latest", "line", "who took it"),
    "until": Field("latest", "number", "milliseconds since 1970; 0 where it was given back"),
    "scope": Field("add-wins", "line", "paths that it works on"),
}
_MERGE = {
    "name": Field("latest", "line", "the name of the function"),
    "hash": Field("latest", "line", "the hash of the code that it comes from"),
    "target": Field("latest", "line", "the kind and the field that it merges, as kind.field"),
}
_BELIEF = {
    "subject": Field("latest", "line", "what it is about"),
    "relation": Field("latest", "line", "how the two are related"),
    "object": Field("latest", "line", "what is believed of the subject"),
    "many": Field("latest", "flag", "whether others may be true of the subject beside it"),
}
_EPISODE = {
    "episode": Field("latest", "line", "the name of what happened"),
    "when": Field("latest", "line", "when it happened"),
}

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("lesson", "either", "synthetic/lessons", _TEXT, "something learned"),
        Kind("plan", "either", "synthetic/plans", _WORK, "what is going to be done, and how"),
        Kind("issue", "either", "synthetic/issues", _WORK, "something that is wrong or missing"),
        Kind("doc", "either", "synthetic/docs", _TEXT, "a page of reference"),
        Kind(
            "belief",
            "either",
            "synthetic/beliefs",
            _TEXT | _BELIEF,
            "something held to be true of a subject",
            conflict="belief",
            key=("subject", "relation"),
            told=("object",),
        ),
        Kind(
            "episode",
            "either",
            "synthetic/episodes",
            _TEXT | _EPISODE,
            "something that happened, as somebody tells it",
            conflict="episodic",
            key=("episode",),
            told=("when", "body"),
        ),
        Kind(
            "skill",
            "either",
            "synthetic/skills",
            _TEXT,
            "how something is done",
            conflict="skill",
        ),
        Kind("task", "either", "organic/tasks", _TEXT | _TASK, "a piece of work"),
        Kind("job", "either", "organic/jobs", _TEXT | _TASK, "one run of a task"),
        Kind(
            "workflow",
            "either",
            "organic/workflows",
            _TEXT | {"project": Field("latest", "line", "the project it is a part of")},
            "tasks that belong together",
        ),
        Kind("project", "either", "organic/projects", _WORK, "workflows that serve one aim"),
        Kind("note", "private", "", _TEXT, "a private remark"),
        Kind("todo", "private", "", _WORK, "a private thing to do"),
        Kind("shard", "internal", "", _GENESIS, "the genesis of a shard", closed=True),
        Kind("codex", "internal", "codex", _PAGE, "a page of governance", closed=True),
        Kind("handoff", "internal", "", _OFFER, "work that passes from one to another"),
        Kind("claim", "internal", "", _CLAIM, "who took a task, until when", closed=True),
        Kind("merge", "internal", "", _MERGE, "a function that merges a field", closed=True),
    )
}

KNOWLEDGE = tuple(kind for kind in KINDS.values() if kind.scope != "internal")
ANSWER = "answer:"  # and the id of a conflict: the field with what people decided about it

_ANSWER = Field("multi-value", "object", "what was decided about a conflict")
_UNKNOWN = Field("latest", "text")


def field_of(kind: str, name: str) -> Field:
    """The field of this name; kinds and fields of newer versions fold by "latest"."""
    if name.startswith(ANSWER):
        return _ANSWER
    known = KINDS.get(kind)
    return known.fields.get(name, _UNKNOWN) if known else _UNKNOWN


def rule_of(kind: str, name: str) -> Rule:
    """The function that folds the writes to a field."""
    return field_of(kind, name).fold()
