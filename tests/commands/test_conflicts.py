"""^conflicts lists, shows and asks; an answer given in one clone is the answer in all."""

import json
import os

import pytest

from agence.base.errors import Refusal, UsageError
from agence.base.identifiers import Ambiguous
from agence.commands.conflicts.answer import answer
from agence.commands.conflicts.ask import ask
from agence.commands.conflicts.list import list_
from agence.commands.conflicts.show import show
from agence.commands.delete import delete
from agence.commands.history import history
from agence.commands.knowledge.edit import edit
from agence.commands.knowledge.list import list_ as list_of_kind
from agence.commands.knowledge.show import show as show_entity
from agence.commands.pull import pull
from agence.commands.push import push
from agence.commands.restore import restore
from agence.commands.state import state
from agence.commands.undo import undo
from agence.crdt.lines import MARKS
from agence.schema.effects import add_member, set_field

BODY = "one\ntwo\nthree\nfour\nfive"


def meet(desks):
    """Everything that either clone wrote is in both."""
    ours, theirs = desks
    ours.commit()
    push(ours("^push"))
    pull(theirs("^pull"))
    theirs.commit()
    push(theirs("^push"))
    pull(ours("^pull"))
    theirs.now = ours.now = max(theirs.now, ours.now) + 1_000_000


@pytest.fixture
def both(desks):
    """Two desks: a lesson in both clones, and a function that lets them meet."""
    identity = desks[0].keep("Pin it", BODY)
    meet(desks)
    return (*desks, identity)


def disagree(both, **fields):
    """Each side gives a field another value; then they meet."""
    ours, theirs, identity = both
    theirs.now += 60_000  # the later one
    for name, (here, there) in fields.items():
        edit(ours("^lesson edit", speaker="Ada"), identity, **{name: here})
        edit(theirs("^lesson edit", speaker="Dana"), identity, **{name: there})
    meet((ours, theirs))


def items(desk, line="^conflicts", **how):
    return list_(desk(line), **how).data["items"]


def only(desk):
    (one,) = items(desk)
    return one


def title(desk, identity):
    return show_entity(desk("^lesson show"), identity).data["title"]


def test_nothing_is_in_conflict_before_they_meet(both):
    ours, theirs, identity = both
    edit(ours("^lesson edit"), identity, title="here")
    edit(theirs("^lesson edit"), identity, title="there")
    for desk in (ours, theirs):
        said = list_(desk("^conflicts"))
        assert (said.data["count"], said.text, said.code) == (0, "No conflict is open", 0)


def test_a_conflict_is_the_same_in_both_clones_with_the_words_of_both(both):
    ours, theirs, identity = both
    disagree(both, title=("here", "there"))
    here, there = only(ours), only(theirs)
    assert here["id"] == there["id"]
    assert {side["words"] for side in here["sides"]} == {"here", "there"}
    assert {side["by"] for side in here["sides"]} == {"Ada", "Dana"}
    assert [side["mine"] for side in here["sides"]] == [not side["mine"] for side in there["sides"]]
    assert (here["entity"], here["field"], here["type"], here["state"]) == (
        identity,
        "title",
        "value",
        "open",
    )
    text = list_(ours("^conflicts")).text
    for word in ("here", "there", "Ada", "Dana", here["id"][:8], "title", identity[:8]):
        assert word in text
    assert show(ours("^conflicts show"), here["id"][:8]).data == here


@pytest.mark.parametrize(
    ("how", "holds"),
    [
        ({"take": "newest"}, "there"),
        ({"take": "mine"}, "here"),
        ({"take": "theirs"}, "there"),
        ({"value": " neither  one "}, "neither one"),
    ],
)
def test_an_answer_is_the_answer_in_every_clone(both, how, holds):
    ours, theirs, identity = both
    disagree(both, title=("here", "there"))
    conflict = only(ours)["id"]
    said = answer(ours("^conflicts answer"), conflict[:8], **how)
    assert said.data["open"] == 0
    assert items(ours) == []
    meet((ours, theirs))
    for desk in (ours, theirs):
        assert items(desk) == []
        assert title(desk, identity) == holds
        (decision,) = items(desk, settled=True)
        assert (decision["id"], decision["event"]) == (conflict, said.data["event"])
        assert set(decision["lost"]) == {"here", "there"} - {holds}
        assert holds in decision["held"]


def test_a_side_is_picked_by_its_id(both):
    ours, _, identity = both
    disagree(both, title=("here", "there"))
    one = only(ours)
    side = next(side for side in one["sides"] if side["words"] == "here")
    answer(ours("^conflicts answer"), one["id"], pick=side["id"][:8])
    assert title(ours, identity) == "here"


def test_of_a_text_only_the_lines_that_disagree_are_chosen(both):
    ours, _, identity = both
    here = BODY.replace("one", "ONE").replace("three", "HERE")
    there = BODY.replace("five", "FIVE").replace("three", "THERE")
    disagree(both, body=(here, there))
    answer(ours("^conflicts answer"), only(ours)["id"], take="mine")
    body = show_entity(ours("^lesson show"), identity).data["body"]
    assert body == "ONE\ntwo\nHERE\nfour\nFIVE"


def test_what_overlaps_merges_in_the_editor_only_and_without_its_marks(both):
    ours, _, identity = both
    disagree(both, body=(BODY.replace("three", "HERE"), BODY.replace("three", "THERE")))
    conflict = only(ours)["id"]
    with pytest.raises(UsageError) as raised:
        answer(ours("^conflicts answer"), conflict, take="merge")
    assert "--editor" in raised.value.hint
    ours.editor = lambda text: text
    with pytest.raises(UsageError) as raised:
        answer(ours("^conflicts answer"), conflict, editor=True)
    assert MARKS.one in ours.clone.read(raised.value.hint.split("'")[1])
    assert only(ours)["id"] == conflict
    ours.editor = lambda text: "\n".join(line for line in text.split("\n") if line not in MARKS)
    answer(ours("^conflicts answer"), conflict, editor=True)
    body = show_entity(ours("^lesson show"), identity).data["body"]
    assert body == "one\ntwo\nHERE\nTHERE\nfour\nfive"
    assert items(ours) == []


def test_how_sure_people_are_decides_where_they_say_so(both):
    ours, theirs, identity = both
    for desk, name, sure in ((ours, "here", "90"), (theirs, "there", "60")):
        edit(desk("^lesson edit"), identity, title=name, set_=[f"confidence={sure}"])
    meet((ours, theirs))
    one = next(one for one in items(ours) if one["field"] == "title")
    assert {side["confidence"] for side in one["sides"]} == {60, 90}
    answer(ours("^conflicts answer"), one["id"], take="highest-confidence")
    assert title(ours, identity) == "here"


def test_what_is_kept_and_what_waits_stays_in_the_list_and_says_so(both):
    ours, theirs, _ = both
    disagree(both, title=("here", "there"))
    conflict = only(ours)["id"]
    answer(ours("^conflicts answer"), conflict, escalate="Dana")
    assert (only(ours)["state"], only(ours)["to"]) == ("escalated", "Dana")
    assert "waits for Dana" in list_(ours("^conflicts")).text
    meet((ours, theirs))
    said = answer(theirs("^conflicts answer"), conflict, take="both")
    assert said.data["open"] == 0
    assert only(theirs)["state"] == "kept"
    assert "on purpose" in list_(theirs("^conflicts")).text
    meet((ours, theirs))
    assert only(ours) | {"sides": []} == only(theirs) | {"sides": []}
    answer(ours("^conflicts answer"), conflict, take="newest")
    assert items(ours) == []


@pytest.mark.parametrize("words", [("mine", "mine"), ("mine", "both"), ("both", "newest")])
def test_two_answers_at_the_same_time_are_a_conflict_again_in_both_clones(both, words):
    ours, theirs, _ = both
    disagree(both, title=("here", "there"))
    conflict = only(ours)["id"]
    events = [
        answer(desk("^conflicts answer"), conflict, take=word).data["event"]
        for desk, word in zip((ours, theirs), words, strict=True)
    ]
    meet((ours, theirs))
    one = only(ours)
    assert one["id"] == only(theirs)["id"] != conflict
    assert {side["id"] for side in one["sides"]} == set(events)
    decided = items(ours, settled=True)
    assert {item["event"] for item in decided if item["id"] == conflict} == set(events)
    answer(ours("^conflicts answer"), one["id"], take="mine")
    meet((ours, theirs))
    assert state(ours("^state")).data["state"] == state(theirs("^state")).data["state"]
    assert [i["state"] for i in items(ours)] == [i["state"] for i in items(theirs)]
    assert "open" not in [i["state"] for i in items(ours)]


def test_the_same_answer_twice_is_one(both):
    ours, theirs, identity = both
    disagree(both, title=("here", "there"))
    conflict = only(ours)["id"]
    answer(ours("^conflicts answer"), conflict, take="newest")
    answer(theirs("^conflicts answer"), conflict, take="mine")
    meet((ours, theirs))
    assert items(ours) == items(theirs) == []
    assert title(ours, identity) == "there"


@pytest.mark.parametrize(("word", "there"), [("keep", True), ("delete", False)])
def test_what_one_deleted_and_the_other_went_on_with_stays_until_it_is_answered(both, word, there):
    ours, theirs, identity = both
    delete(ours("^delete", speaker="Ada"), [identity], reason="it is wrong")
    edit(theirs("^lesson edit", speaker="Dana"), identity, title="still of use")
    meet((ours, theirs))
    one = only(ours)
    assert one["id"] == only(theirs)["id"]
    assert {side["words"] for side in one["sides"]} == {
        "deleted it: it is wrong",
        "went on with it: title = still of use",
    }
    assert title(ours, identity) == "still of use"
    for wrong in ("merge", "both"):
        with pytest.raises(UsageError):
            answer(ours("^conflicts answer"), one["id"], take=wrong)
    answer(ours("^conflicts answer"), one["id"], take=word)
    meet((ours, theirs))
    assert items(theirs) == []
    assert ("deleted" not in show_entity(theirs("^lesson show"), identity).data) is there
    sides = sorted(side["words"] for side in one["sides"])
    for desk in (ours, theirs):
        (decision,) = items(desk, settled=True)
        assert (decision["held"], decision["lost"]) == ([sides[there]], [sides[not there]])


def told(desk, kind, fields, *more):
    """Keep an entity of a kind by its fields; return its id."""
    shard = desk(f"^{kind} add").shard
    effects = [*(set_field(*one) for one in fields.items()), *more]
    return shard.append([shard.draft(kind, "shared", effects)])[0].id


def test_one_of_each_type_has_one_id_in_every_clone(desks):
    ours, theirs = desks
    skill = told(ours, "skill", {"title": "release", "body": BODY})
    lesson = ours.keep("a lesson")
    meet(desks)
    for desk, word in ((ours, "here"), (theirs, "there")):
        shard = desk("^skill edit").shard
        entity = shard.entity(skill, "shared")
        shard.append([shard.draft("skill", "shared", [set_field("body", word)], over=entity)])
        edit(desk("^lesson edit"), lesson, title=word)
        told(desk, "belief", {"subject": "the db", "relation": "is", "object": word})
        told(desk, "episode", {"episode": "the outage", "when": "monday", "body": word})
        assert items(desk) == []
    meet(desks)
    here, there = ({one["id"]: one["type"] for one in items(desk)} for desk in desks)
    assert here == there
    assert sorted(here.values()) == ["belief", "episodic", "skill", "value"]


def test_what_contradicts_is_answered_and_the_other_is_not_held(desks):
    ours, theirs = desks
    mine = told(
        ours, "belief", {"title": "db", "subject": "db", "relation": "is", "object": "mysql"}
    )
    yours = told(
        theirs, "belief", {"title": "DB", "subject": "DB", "relation": "is", "object": "pg"}
    )
    meet(desks)
    one = only(theirs)
    assert {side["id"] for side in one["sides"]} == {mine, yours}
    answer(theirs("^conflicts answer"), one["id"], take="mine")
    meet(desks)
    assert items(ours) == items(theirs) == []
    (decision,) = items(ours, settled=True)
    assert (decision["held"], decision["lost"]) == (["DB"], ["db"])
    for desk in desks:
        texts = {one: show_entity(desk("^belief show"), one).text for one in (mine, yours)}
        assert [one for one, text in texts.items() if "not held" in text] == [mine]
        listed = list_of_kind(desk("^belief list")).text.split("\n")
        assert [line[:8] for line in listed if "(not held)" in line] == [mine[:8]]


def test_tellings_merge_into_one_in_the_editor(desks):
    ours, theirs = desks
    for desk, body in ((ours, "the disk was full"), (theirs, "the alarm was late")):
        told(desk, "episode", {"episode": "outage", "body": body})
    meet(desks)
    conflict = only(ours)["id"]
    with pytest.raises(UsageError):
        answer(ours("^conflicts answer"), conflict, take="merge")
    ours.editor = lambda text: "\n".join(line for line in text.split("\n") if line not in MARKS)
    said = answer(ours("^conflicts answer"), conflict, editor=True)
    meet(desks)
    assert items(ours) == items(theirs) == []
    (holder,) = said.data["chosen"]
    entity = theirs("^x").shard.entity(holder, "shared")
    assert set(entity.text("body").split("\n")) == {"the disk was full", "the alarm was late"}


def test_lessons_that_oppose_each_other_can_both_be_kept(context):
    tabs = context.keep("tabs")
    spaces = told(context, "lesson", {"title": "spaces"}, add_member("opposes", tabs))
    one = only(context)
    assert {side["id"] for side in one["sides"]} == {tabs, spaces}
    assert {side["words"] for side in one["sides"]} == {"tabs", "spaces"}
    with pytest.raises(UsageError):
        answer(context("^conflicts answer"), one["id"], take="theirs")
    answer(context("^conflicts answer"), one["id"], take="both")
    assert only(context)["state"] == "kept"


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"take": "newest", "value": "x"},
        {"take": "whatever"},
        {"take": "keep"},
        {"pick": "0000"},
        {"escalate": " "},
    ],
)
def test_an_answer_that_says_nothing_clear_is_refused_and_nothing_is_written(both, how):
    ours, _, _ = both
    disagree(both, title=("here", "there"))
    before = ours.events()
    with pytest.raises(UsageError):
        answer(ours("^conflicts answer"), only(ours)["id"], **how)
    assert ours.events() == before


def test_two_answers_a_name_and_a_slip_are_told_what_to_say(both):
    ours, _, _ = both
    disagree(both, title=("here", "there"))
    one = only(ours)
    theirs = next(side["id"] for side in one["sides"] if side["by"] == "Dana")
    for how, words in (
        ({"take": "mine", "value": "x"}, "--value and --take say one of them"),
        ({"take": "dana"}, f"--pick {theirs[:8]}"),
        ({"take": theirs[:8]}, f"--pick {theirs[:8]}"),
        ({"take": "newset"}, "did you mean newest?"),
    ):
        with pytest.raises(UsageError) as raised:
            answer(ours("^conflicts answer"), one["id"], **how)
        assert words in f"{raised.value.message} {raised.value.hint}"


def test_another_id_than_that_of_the_conflict_is_told_from_it(both):
    ours, _, identity = both
    other = ours.keep("calm")
    disagree(both, title=("here", "there"))
    one = only(ours)
    side = one["sides"][0]["id"]
    for typed, words in (
        (identity[:8], f"a lesson, not a conflict its conflict is {one['id'][:8]}"),
        (other[:8], "a lesson, not a conflict no conflict about it is open"),
        (side[:8], f"one side of conflict {one['id'][:8]}"),
    ):
        with pytest.raises(Ambiguous) as raised:
            answer(ours("^conflicts answer"), typed, take="newest")
        assert words in f"{raised.value.message} {raised.value.hint}"


def test_what_waits_for_somebody_says_how_they_answer(both):
    ours, _, _ = both
    disagree(both, title=("here", "there"))
    conflict = only(ours)["id"]
    answer(ours("^conflicts answer"), conflict, escalate="Dana")
    said = list_(ours("^conflicts")).text
    assert f"Dana answers it by: agence ^conflicts answer {conflict[:8]}" in said


def test_what_is_settled_is_told_in_words_and_not_in_fields_of_ours(both):
    ours, theirs, identity = both
    disagree(both, title=("here", "there"))
    conflict = only(ours)["id"]
    answer(ours("^conflicts answer"), conflict, take="both")
    assert set(items(ours, settled=True)[0]["held"]) == {"here", "there"}
    meet((ours, theirs))
    delete(ours("^delete"), [identity])
    edit(theirs("^lesson edit"), identity, body="more")
    meet((ours, theirs))
    life = next(one for one in items(ours) if one["what"] == "life")
    answer(ours("^conflicts answer"), life["id"], take="keep")
    assert "    deleted  (did not hold)" in history(ours("^history"), identity).text
    undo(ours("^undo"))
    answers = list_(ours("^conflicts"), settled=True)
    assert "answer:" not in answers.text
    held = [one["held"] for one in answers.data["items"] if one["id"] == life["id"]]
    assert held
    assert all(held)


def test_an_undone_answer_leaves_the_time_at_which_a_side_was_told(desks):
    ours, theirs = desks
    for desk, word in ((ours, "mysql"), (theirs, "pg")):
        told(desk, "belief", {"title": word, "subject": "db", "relation": "is", "object": word})
    meet(desks)
    before = {side["id"]: side["at"] for side in only(theirs)["sides"]}
    answer(theirs("^conflicts answer"), only(theirs)["id"], take="mine")
    said = undo(theirs("^undo")).text
    assert "is open again" in said
    assert {side["id"]: side["at"] for side in only(theirs)["sides"]} == before


def test_a_credential_is_no_answer(both):
    ours, _, _ = both
    disagree(both, title=("here", "there"))
    with pytest.raises(Refusal):
        answer(ours("^conflicts answer"), only(ours)["id"], value="AKIA" + "IOSFODNN7EXAMPLF")


def test_an_id_that_is_not_open(both):
    ours, _, _ = both
    with pytest.raises(Ambiguous):
        answer(ours("^conflicts answer"), "0" * 8, take="newest")
    with pytest.raises(Ambiguous):
        show(ours("^conflicts show"), "0" * 8)


def test_history_says_what_was_answered(both):
    ours, _, identity = both
    disagree(both, title=("here", "there"))
    conflict = only(ours)["id"]
    answer(ours("^conflicts answer"), conflict, take="newest")
    text = history(ours("^history"), identity).text
    assert f"answered conflict {conflict[:8]}: newest" in text


class Person:
    """Answers the questions in order, then goes away."""

    def __init__(self, desk, *answers):
        self.answers = list(answers)
        desk.answer = ""
        desk._ask = self.say
        self.asked = []

    def say(self, question):
        self.asked.append(question)
        if not self.answers:
            raise UsageError("the question was not answered")
        return self.answers.pop(0)


@pytest.fixture
def three(both):
    """Three open conflicts in both clones."""
    ours, theirs, identity = both
    others = [ours.keep(f"x{n}") for n in range(2)]
    meet((ours, theirs))
    for one in (identity, *others):
        edit(ours("^lesson edit"), one, title="here")
        edit(theirs("^lesson edit"), one, title="there")
    meet((ours, theirs))
    return ours, theirs


def test_each_open_conflict_is_asked_about_once(three):
    ours, theirs = three
    person = Person(ours, "1", "later", "newest")
    said = ask(ours("^conflicts ask")).data
    assert (len(said["answered"]), said["open"], said["put_off"]) == (2, 1, 1)
    assert len(person.asked) == 3
    again = Person(ours)
    assert ask(ours("^conflicts ask")).data["open"] == 1
    assert again.asked == []
    Person(ours, "both")
    assert ask(ours("^conflicts ask"), again=True).data["open"] == 0
    other = Person(theirs, "later", "later", "later")
    ask(theirs("^conflicts ask"))
    assert len(other.asked) == 3


def test_an_answer_that_is_none_is_asked_for_again(three):
    ours, _ = three
    person = Person(ours, "9", "what?", "keep", "= ", "@", "1", "end")
    assert len(ask(ours("^conflicts ask")).data["answered"]) == 1
    assert len(person.asked) == 7
    assert any("is no answer" in notice for notice in ours.notices)


def test_what_is_interrupted_leaves_the_rest_open(three):
    ours, _ = three
    Person(ours, "newest")
    with pytest.raises(UsageError):
        ask(ours("^conflicts ask"))
    assert list_(ours("^conflicts")).data["open"] == 2
    assert len(items(ours, settled=True)) == 1


def test_nobody_is_asked_where_there_is_no_terminal(three):
    ours, _ = three
    with pytest.raises(UsageError) as raised:
        ask(ours("^conflicts ask"))
    assert "3 conflicts" in raised.value.message
    assert ours.asked == []


def test_nothing_to_ask_is_well(context):
    assert ask(context("^conflicts ask")).text == "No conflict is open"


def test_a_damaged_list_of_what_was_put_off_counts_as_empty(three):
    ours, _ = three
    Person(ours, "later", "end")
    ask(ours("^conflicts ask"))
    path = ours.local("nexus", "put-off.json")
    assert len(json.loads(ours.clone.read(path))["Ada Example"]) == 1
    assert oct(os.stat(path).st_mode & 0o777) == "0o600"
    ours.clone.write(path, "{")
    person = Person(ours, "end")
    ask(ours("^conflicts ask"))
    assert len(person.asked) == 1


def test_what_was_deleted_comes_back_and_is_asked_about_again(both):
    ours, _, identity = both
    disagree(both, title=("here", "there"))
    delete(ours("^delete"), [identity])
    assert items(ours) == []
    restore(ours("^restore"), [identity])
    assert only(ours)["field"] == "title"


def test_through_the_door(both):
    ours, _, _ = both
    disagree(both, title=("here", "there"))
    said = ours.clone.agence_json("^conflicts")["data"]
    assert said["count"] == 1
    conflict = said["items"][0]["id"]
    assert ours.clone.agence_json("^conflicts", "show", conflict[:8])["data"]["id"] == conflict
    assert ours.clone.agence_json("^conflicts", "ask", code=2)["error"]["code"] == "usage"
    done = ours.clone.agence_json("^conflicts", "answer", conflict, "--take", "newest")["data"]
    assert done["open"] == 0
    assert ours.clone.agence_json("^conflicts", "--settled")["data"]["count"] == 1


def test_a_conflict_is_shown_as_it_was_before_it_was_answered(both):
    ours, _, _ = both
    disagree(both, title=("here", "there"))
    said = show(ours("^conflicts show"), only(ours)["id"])
    cut = state(ours("^state")).data["cut"]
    answer(ours("^conflicts answer"), said.data["id"], take="newest")
    assert items(ours) == []
    with pytest.raises(Ambiguous):
        show(ours("^conflicts show"), said.data["id"])
    then = show(ours("^conflicts show"), said.data["id"], at=cut)
    assert (then.data["id"], then.data["state"]) == (said.data["id"], "open")
    assert then.text == said.text
