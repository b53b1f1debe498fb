"""^history shows every event of one entity: nothing that was written is lost."""

import pytest

from agence.base.identifiers import Ambiguous
from agence.commands.history import history
from agence.commands.knowledge.edit import edit


def test_every_event_is_there_in_order(context):
    identity = context.keep("one", "the body", "old")
    context.keep("another")
    edit(context("^lesson edit", speaker="ralph"), identity, title="two")
    edit(context("^lesson edit"), identity, untag=["old"])
    written = [e for e in context.events() if identity in (e["id"], e["body"]["entity"])]
    said = history(context("^history"), identity[:8])
    assert [one["id"] for one in said.data["events"]] == [one["id"] for one in written]
    assert [one["data"] for one in said.data["events"]] == [one["data"] for one in written]
    assert [one["by"] for one in said.data["events"]] == ["Ada Example", "ralph", "Ada Example"]
    assert said.data["events"][1]["parents"] == [identity]
    assert said.text.index("one") < said.text.index("two")
    for value in ("the body", "old", "ralph"):
        assert value in said.text


def test_both_of_two_at_once_are_there_in_both_clones(desks, send):
    ours, theirs = desks
    identity = ours.keep("x")
    send()
    edit(ours("^lesson edit"), identity, title="ours")
    edit(theirs("^lesson edit"), identity, title="theirs")
    send()
    theirs.commit()
    theirs.clone.git("push", "--quiet")
    ours.clone.git("pull", "--quiet", "--no-rebase", "--no-edit")
    here, there = (history(desk("^history"), identity).data for desk in desks)
    assert here == there
    assert len(here["events"]) == 3


def test_the_private_chain_is_asked_with_its_prefix(context):
    identity = context.keep("mine", verb="~note")
    assert history(context("~history"), identity).data["kind"] == "note"
    with pytest.raises(Ambiguous):
        history(context("^history"), identity)


def test_of_any_kind(context):
    pages = context("^history").shard.index("shared").entities("codex")
    laws = next(page for page in pages if page.text("path") == "LAWS.md")
    said = history(context("^history"), laws.id).data
    assert (said["kind"], len(said["events"])) == ("codex", 1)


def test_an_id_that_fits_nothing(context):
    with pytest.raises(Ambiguous):
        history(context("^history"), "0" * 12)


def test_through_the_door(context):
    identity = context.keep("one")
    assert context.clone.agence_json("^history", identity)["data"]["id"] == identity
