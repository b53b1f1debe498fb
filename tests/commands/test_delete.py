"""^delete takes knowledge out of sight and keeps it: its id, its links, its history."""

import pytest

from agence.base.errors import Refusal, ShardError
from agence.base.identifiers import Ambiguous
from agence.commands.delete import delete
from agence.commands.history import history
from agence.commands.knowledge.edit import edit
from agence.commands.knowledge.list import list_
from agence.commands.knowledge.show import show
from agence.commands.recall import recall
from agence.commands.reload import reload
from agence.commands.restore import restore
from agence.schema.kinds import KNOWLEDGE

VERBS = [
    f"{door}{kind.name}"
    for kind in KNOWLEDGE
    for door in "^~"
    if kind.scope == "either" or door == "~"
]


def listed(desk, verb, **how):
    return [one["id"] for one in list_(desk(f"{verb} list"), **how).data["items"]]


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_deleted_is_in_no_list_and_comes_back_as_it_was(context, verb):
    identity = context.keep("the ports", "4000 to 4010", "net", verb=verb)
    other = context.keep("another", verb=verb)
    before = show(context(f"{verb} show"), identity).data
    door = verb[0]
    said = delete(context(f"{door}delete"), [identity[:8]], reason="they moved")
    assert said.data == {"deleted": [identity], "count": 1}
    assert listed(context, verb) == [other]
    assert listed(context, verb, deleted=True) == [identity]
    assert identity not in str(recall(context(f"{door}recall"), ["ports"]).data)
    assert "the ports" not in reload(context("^reload")).text
    shown = show(context(f"{verb} show"), identity)
    assert shown.data["deleted"] is True
    assert f"{door}restore {identity[:8]}" in shown.text
    text = history(context(f"{door}history"), identity).text
    assert "deleted: they moved" in text
    assert "It is deleted" in text
    assert restore(context(f"{door}restore"), [identity]).data == {
        "restored": [identity],
        "count": 1,
    }
    after = show(context(f"{verb} show"), identity).data
    assert {**after, "updated": 0} == {**before, "updated": 0}
    assert set(listed(context, verb)) == {identity, other}


def test_what_is_deleted_is_not_changed_and_the_editor_is_not_opened(context):
    identity = context.keep("one")
    delete(context("^delete"), [identity])
    before = context.events()

    def never(text):
        raise AssertionError(text)

    context.editor = never
    for new_title in ("two", None):
        with pytest.raises(ShardError) as raised:
            edit(context("^lesson edit"), identity, title=new_title)
        assert "^restore" in raised.value.hint
    assert context.events() == before


def test_links_to_it_stay(context):
    identity = context.keep("one")
    other = context.keep("other")
    edit(context("^lesson edit"), other, link=[identity])
    delete(context("^delete"), [identity])
    entity = context("^x").shard.entity(other, "shared")
    assert entity.fields["links"] == [identity]


def test_its_view_says_that_it_is_gone_and_comes_back(context):
    identity = context.keep("one", "its text")
    context.commit()
    path = show(context("^lesson show"), identity).data["path"]
    whole = context.clone.read(path)
    delete(context("^delete"), [identity])
    context.commit()
    assert "its text" not in context.clone.read(path)
    assert "was deleted" in context.clone.read(path)
    restore(context("^restore"), [identity])
    context.commit()
    assert context.clone.read(path).split("<!--")[0] == whole.split("<!--")[0]


def test_several_at_once_and_what_is_gone_already_is_said(context):
    ids = [context.keep(title) for title in ("one", "two", "three")]
    delete(context("^delete"), ids[:1])
    said = delete(context("^delete"), [*ids[:2], ids[1]])
    assert said.data == {"deleted": [ids[1]], "count": 1}
    assert "deleted before" in said.text
    assert listed(context, "^lesson") == [ids[2]]


def test_one_wrong_id_and_nothing_is_deleted(context):
    identity = context.keep("one")
    before = context.events()
    with pytest.raises(Ambiguous):
        delete(context("^delete"), [identity, "0" * 8])
    assert context.events() == before


@pytest.mark.parametrize("verb", [delete, restore])
def test_governance_and_the_genesis_are_refused(context, verb):
    entities = list(context("^x").shard.index("shared").entities())
    before = context.events()
    kinds = {"codex", "shard"}
    for kind in kinds:
        one = next(entity for entity in entities if entity.kind == kind)
        with pytest.raises(Refusal):
            verb(context("^delete"), [one.id])
    assert context.events() == before


def test_the_prefixes_do_not_see_each_others(context):
    private = context.keep("mine", verb="~lesson")
    with pytest.raises(Ambiguous):
        delete(context("^delete"), [private])


def test_a_credential_is_no_reason(context):
    identity = context.keep("one")
    with pytest.raises(Refusal):
        delete(context("^delete"), [identity], reason="AKIA" + "IOSFODNN7EXAMPLF")
    assert listed(context, "^lesson") == [identity]


def test_through_the_door(context):
    identity = context.keep("one")
    assert context.clone.agence_json("^delete", identity)["data"]["count"] == 1
    said = context.clone.agence_json("^lesson", "edit", identity, "--title", "x", code=3)
    assert "^restore" in said["error"]["hint"]
    assert context.clone.agence_json("^restore", identity)["data"]["count"] == 1
