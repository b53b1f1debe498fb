"""^undo takes back one's own last act by an event that says the opposite."""

import pytest

from agence.base.errors import Refusal, ShardError, UsageError
from agence.base.identifiers import Ambiguous
from agence.commands.conflicts.answer import answer
from agence.commands.conflicts.list import list_ as conflicts
from agence.commands.delete import delete
from agence.commands.history import history
from agence.commands.knowledge.edit import edit
from agence.commands.knowledge.list import list_
from agence.commands.knowledge.show import show
from agence.commands.pull import pull
from agence.commands.push import push
from agence.commands.restore import restore
from agence.commands.undo import undo
from agence.schema.effects import add_member, set_field


def shown(desk, identity, verb="^lesson"):
    said = show(desk(f"{verb} show"), identity).data
    return {name: said[name] for name in said if name not in ("updated", "contested")}


def last(desk, chain="nexus"):
    return desk.events(chain)[-1]


ACTS = {
    "title": lambda desk, one: edit(desk("^lesson edit"), one, title="two"),
    "text": lambda desk, one: edit(desk("^lesson edit"), one, body="another text"),
    "tags": lambda desk, one: edit(desk("^lesson edit"), one, tag=["new"], untag=["old"]),
    "field": lambda desk, one: edit(desk("^lesson edit"), one, set_=["confidence=80"]),
    "delete": lambda desk, one: delete(desk("^delete"), [one]),
    "several": lambda desk, one: edit(desk("^lesson edit"), one, title="x", body="y", tag=["z"]),
}


@pytest.mark.parametrize("act", ACTS)
def test_it_is_as_before_and_an_undo_can_be_undone(context, act):
    identity = context.keep("one", "its text", "old")
    before = shown(context, identity)
    ACTS[act](context, identity)
    after = shown(context, identity)
    done = last(context)
    said = undo(context("^undo"))
    assert (said.data["undoes"], said.data["entity"]) == (done["id"], identity)
    assert shown(context, identity) == before
    undone = last(context)
    assert undone["data"]["undoes"] == done["id"]
    assert undone["body"]["parents"] == [done["id"]]
    undo(context("^undo"))
    assert shown(context, identity) == after
    text = history(context("^history"), identity).text
    assert f"undid {done['id'][:8]}" in text
    assert f"undone by {undone['id'][:8]}" in text


def test_a_restore_is_undone_by_a_delete(context):
    identity = context.keep("one")
    delete(context("^delete"), [identity])
    restore(context("^restore"), [identity])
    undo(context("^undo"))
    assert shown(context, identity)["deleted"] is True


def test_what_was_kept_last_is_gone_and_comes_back(context):
    first, second = context.keep("one"), context.keep("two")
    said = undo(context("^undo"))
    assert said.data["entity"] == second
    assert "deleted" in said.text
    assert [one["id"] for one in list_(context("^lesson list")).data["items"]] == [first]
    undo(context("^undo"))
    assert len(list_(context("^lesson list")).data["items"]) == 2


def test_an_event_is_named_by_its_id(context):
    identity = context.keep("one")
    edit(context("^lesson edit"), identity, title="two")
    named = last(context)["id"]
    context.keep("another")
    assert undo(context("^undo"), named[:8]).data["undoes"] == named
    assert shown(context, identity)["title"] == "one"


def test_a_speaker_takes_back_their_own(context):
    identity = context.keep("one")
    edit(context("^lesson edit", speaker="ralph"), identity, title="by ralph")
    theirs = last(context)["id"]
    edit(context("^lesson edit"), identity, body="by ada")
    undo(context("^undo", speaker="ralph"))
    assert (shown(context, identity)["title"], shown(context, identity)["body"]) == (
        "one",
        "by ada",
    )
    before = context.events()
    with pytest.raises(Refusal):
        undo(context("^undo"), theirs)
    with pytest.raises(UsageError):
        undo(context("^undo", speaker="nobody yet"))
    assert context.events() == before


def meet(desks):
    ours, theirs = desks
    ours.commit()
    push(ours("^push"))
    pull(theirs("^pull"))
    theirs.commit()
    push(theirs("^push"))
    pull(ours("^pull"))


def test_what_another_clone_wrote_is_not_undone_here(desks):
    ours, theirs = desks
    identity = ours.keep("one")
    meet(desks)
    edit(theirs("^lesson edit"), identity, title="theirs")
    event = last(theirs)["id"]
    meet(desks)
    before = ours.events()
    with pytest.raises(Refusal) as raised:
        undo(ours("^undo"), event)
    assert raised.value.exit_code == 5
    assert ours.events() == before


def test_what_somebody_wrote_over_stays_and_they_are_named(desks):
    ours, theirs = desks
    identity = ours.keep("one")
    edit(ours("^lesson edit"), identity, title="mine")
    meet(desks)
    edit(theirs("^lesson edit", speaker="Dana"), identity, title="theirs")
    meet(desks)
    before = ours.events()
    with pytest.raises(ShardError) as raised:
        undo(ours("^undo"))
    assert "Dana" in raised.value.message
    assert ours.events() == before
    assert shown(ours, identity)["title"] == "theirs"


def test_the_lines_of_others_stay(desks):
    ours, theirs = desks
    identity = ours.keep("one", "a\nb\nc\nd\ne")
    edit(ours("^lesson edit"), identity, body="A\nb\nc\nd\ne")
    meet(desks)
    edit(theirs("^lesson edit"), identity, body="A\nb\nc\nd\nE")
    meet(desks)
    undo(ours("^undo"))
    assert shown(ours, identity)["body"] == "a\nb\nc\nd\nE"
    meet(desks)
    assert shown(theirs, identity)["body"] == "a\nb\nc\nd\nE"


def test_an_answer_to_a_contradiction_is_undone_and_it_is_open_again(context):
    one = context.keep("tabs")
    shard = context("^x").shard
    effects = [set_field("title", "spaces"), add_member("opposes", one)]
    shard.append([shard.draft("lesson", "shared", effects)])
    conflict = conflicts(context("^conflicts")).data["items"][0]["id"]
    answer(context("^conflicts answer"), conflict, take="newest")
    assert conflicts(context("^conflicts")).data["open"] == 0
    undo(context("^undo"))
    assert conflicts(context("^conflicts")).data["items"][0]["id"] == conflict


def test_governance_is_not_undone(context):
    with pytest.raises(UsageError):
        undo(context("^undo"))
    page = next(iter(context("^x").shard.index("shared").entities("codex")))
    with pytest.raises(Refusal):
        undo(context("^undo"), page.id)


def test_the_private_chain_has_its_own(context):
    shared = context.keep("shared")
    private = context.keep("private", verb="~note")
    assert undo(context("~undo")).data["entity"] == private
    assert undo(context("^undo")).data["entity"] == shared
    with pytest.raises(Ambiguous):
        undo(context("^undo"), private)


@pytest.mark.parametrize("typed", ["zz", "12", "0" * 8])
def test_an_id_that_fits_nothing(context, typed):
    with pytest.raises(Ambiguous):
        undo(context("^undo"), typed)


def test_through_the_door(context):
    identity = context.keep("one")
    assert context.clone.agence_json("^undo")["data"]["entity"] == identity


@pytest.mark.parametrize("typed", ["", " "])
def test_a_word_that_is_empty_names_no_event(context, typed):
    context.keep("one")
    before = context.events()
    with pytest.raises(UsageError, match="no event is named"):
        undo(context("^undo"), typed)
    assert context.events() == before


def disagree(desks, identity, **fields):
    ours, theirs = desks
    for name, (here, there) in fields.items():
        edit(ours("^lesson edit"), identity, **{name: here})
        edit(theirs("^lesson edit", speaker="Dana"), identity, **{name: there})
    meet(desks)
    return conflicts(ours("^conflicts")).data["items"][0]["id"]


def open_ids(desk):
    found = conflicts(desk("^conflicts")).data["items"]
    return [one["id"] for one in found if one["state"] == "open"]


@pytest.mark.parametrize("how", [{"take": "both"}, {"escalate": "Dana"}, {"value": "a third"}])
def test_an_undone_answer_says_truly_whether_its_conflict_is_open_again(desks, how):
    ours, _ = desks
    identity = ours.keep("one")
    meet(desks)
    conflict = disagree(desks, identity, title=("here", "there"))
    answer(ours("^conflicts answer"), conflict, **how)
    said = undo(ours("^undo")).text
    assert "answer:" not in said
    assert "strategy" not in said
    title = shown(ours, identity)["title"]
    if conflict in open_ids(ours):
        assert f"conflict {conflict[:8]} is open again" in said
    else:
        assert f"conflict {conflict[:8]} stays closed" in said
        assert f"title = {title}" in said
        assert f"^lesson edit {identity[:8]}" in said
    assert ("value" in how) == (conflict not in open_ids(ours))
    again = undo(ours("^undo")).text
    assert f"the answer to conflict {conflict[:8]} counts again" in again
    assert open_ids(ours) == []


@pytest.mark.parametrize(
    ("word", "words"), [("keep", "the lesson stays"), ("delete", "the lesson is back")]
)
def test_an_undone_answer_about_a_life_says_what_holds(desks, word, words):
    ours, theirs = desks
    identity = ours.keep("one")
    meet(desks)
    delete(ours("^delete"), [identity])
    edit(theirs("^lesson edit", speaker="Dana"), identity, title="two")
    meet(desks)
    conflict = conflicts(ours("^conflicts")).data["items"][0]["id"]
    answer(ours("^conflicts answer"), conflict, take=word)
    said = undo(ours("^undo")).text
    assert words in said
    assert "strategy" not in said
    assert "deleted" not in shown(ours, identity)
    assert ("is open again" in said) == (conflict in open_ids(ours))
    assert ("stays closed" in said) == (conflict not in open_ids(ours))
