"""The kinds of entities: one row each, read by the fold, the views, the verbs and the docs."""

from typing import NamedTuple

from agence.crdt.add_wins import add_wins
from agence.crdt.latest import latest

RULES = {"latest": latest, "add-wins": add_wins}


class Kind(NamedTuple):
    """A kind of entity.

    scope    where its verbs write: "either" (by prefix), "private" or "internal" (no verb of its
    own) folder   of its views below `.agence/`, or "" for none
    closed   only the key that created one may change it
    fields   name of each field -> name of its rule in RULES; unknown fields fold by "latest"
    summary  what it is, for people
    """

    name: str
    scope: str
    folder: str
    fields: dict[str, str]
    summary: str
    closed: bool = False


_TEXT = {"title": "latest", "body": "latest", "tags": "add-wins"}
_WORK = _TEXT | {"status": "latest"}
_GENESIS = {"name": "latest", "nonce": "latest", "root": "latest"}
_PAGE = {"path": "latest", "text": "latest"}
_OFFER = {"status": "latest"}

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("lesson", "either", "synthetic/lessons", _TEXT, "something learned"),
        Kind("plan", "either", "synthetic/plans", _WORK, "what is going to be done, and how"),
        Kind("issue", "either", "synthetic/issues", _WORK, "something that is wrong or missing"),
        Kind("doc", "either", "synthetic/docs", _TEXT, "a page of reference"),
        Kind("note", "private", "", _TEXT, "a private remark"),
        Kind("todo", "private", "", _WORK, "a private thing to do"),
        Kind("shard", "internal", "", _GENESIS, "the genesis of a shard", closed=True),
        Kind("codex", "internal", "codex", _PAGE, "a page of governance", closed=True),
        Kind("handoff", "internal", "", _OFFER, "work that passes from one to another"),
    )
}

KNOWLEDGE = tuple(kind for kind in KINDS.values() if kind.scope != "internal")


def rule_of(kind: str, field: str) -> str:
    """The name of the rule of a field; kinds and fields of newer versions fold by "latest"."""
    known = KINDS.get(kind)
    return known.fields.get(field, "latest") if known else "latest"
