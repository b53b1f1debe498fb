"""^merge add pins what keeps the laws, refuses what breaks one, and is for the founder alone."""

import sys

import pytest

from agence.base.errors import OutsideError, Refusal, TrustError, UsageError
from agence.commands.merges.add import add
from agence.commands.merges.list import list_
from agence.commands.merges.remove import remove
from agence.commands.pull import pull
from agence.commands.push import push
from agence.commands.state import state
from tests.commands.disagreeing import confidence, contradict
from tests.functions import AVERAGE, HIGHEST, LOWEST, environment, install

TARGET = "belief.confidence"


@pytest.fixture
def functions(tmp_path):
    with environment(tmp_path / "environment") as folder:
        yield folder


def pin(desk, name, target=TARGET):
    return add(desk("^merge add"), name, target)


def pins(desk):
    return [(one["target"], one["name"]) for one in list_(desk("^merge list")).data["merges"]]


def signed(desk):
    return [one["id"] for one in desk.events()]


def test_a_function_that_keeps_the_laws_is_pinned_once(context, functions):
    install(functions, "highest", HIGHEST)
    said = pin(context, "highest")
    (event,) = [one for one in context.events() if one["body"]["kind"] == "merge"]
    assert event["id"] == said.data["id"]
    values = {one["field"]: one["value"] for one in event["data"]["effects"]}
    assert values == {"name": "highest", "target": TARGET, "hash": said.data["hash"]}
    assert pins(context) == [(TARGET, "highest")]
    before = signed(context)
    assert pin(context, "highest").data["id"] == event["id"]
    assert signed(context) == before


def test_an_average_is_refused_with_three_numbers(context, functions):
    install(functions, "average", AVERAGE)
    before = signed(context)
    with pytest.raises(Refusal) as caught:
        pin(context, "average")
    said = caught.value.message
    assert "merge(0, merge(0, 2)) is 0, merge(merge(0, 0), 2) is 1" in said
    assert signed(context) == before
    assert pins(context) == []


def test_a_later_pin_stands_in_the_place_of_the_first(context, functions):
    install(functions, "highest", HIGHEST)
    install(functions, "lowest", LOWEST)
    first = pin(context, "highest").data["id"]
    assert pin(context, "lowest").data["id"] == first
    assert pins(context) == [(TARGET, "lowest")]


def test_only_the_founder_pins_and_takes_out(desks, functions, send):
    ours, theirs = desks
    install(functions, "highest", HIGHEST)
    with pytest.raises(TrustError, match="only the founder"):
        pin(theirs, "highest")
    pin(ours, "highest")
    send()
    assert pins(theirs) == [(TARGET, "highest")]
    with pytest.raises(TrustError, match="only the founder"):
        remove(theirs("^merge remove"), TARGET)
    shard = theirs("^x").shard
    over = shard.index("shared").entity(list_(theirs("^merge list")).data["merges"][0]["id"])
    effects = [{"op": "set", "field": "name", "value": "lowest"}]
    shard.append([shard.draft("merge", "shared", effects, over=over)])
    own = [{"op": "set", "field": "target", "value": "lesson.title"}]
    own += [{"op": "set", "field": "hash", "value": "0" * 64}]
    shard.append([shard.draft("merge", "shared", own)])
    theirs.commit()
    push(theirs("^push"))
    pull(ours("^pull"))
    assert pins(ours) == pins(theirs) == [(TARGET, "highest")]


def test_taking_a_pin_out_brings_the_own_rule_back(desks, functions, send):
    ours, theirs = desks
    install(functions, "highest", HIGHEST)
    identity = contradict(ours, theirs, send, 70, 50)
    pin(ours, "highest")
    assert confidence(ours, identity) == 70
    said = remove(ours("^merge remove"), TARGET)
    assert said.data["target"] == TARGET
    assert pins(ours) == []
    assert confidence(ours, identity) == 50
    with pytest.raises(UsageError, match="no function is pinned"):
        remove(ours("^merge remove"), TARGET)
    pin(ours, "highest")
    assert confidence(ours, identity) == 70


def test_what_was_written_at_once_is_merged_everywhere_alike(desks, functions, send):
    ours, theirs = desks
    install(functions, "highest", HIGHEST)
    identity = contradict(ours, theirs, send, 70, 50)
    pin(ours, "highest")
    send()
    hashes = [state(desk("^state"), hash_only=True).data["state"] for desk in desks]
    assert hashes[0] == hashes[1]
    assert confidence(ours, identity) == confidence(theirs, identity) == 70


@pytest.mark.parametrize(
    "target", ["", "belief", "belief.tags", "task.votes", "task.claim", "note.title", "shard.name"]
)
def test_where_no_function_may_be_pinned(context, functions, target):
    install(functions, "highest", HIGHEST)
    with pytest.raises(UsageError, match="no function can be pinned"):
        pin(context, "highest", target)


def test_code_out_of_the_repository_is_refused(context, functions, monkeypatch):
    inside = context.clone.path
    install(inside, "planted", HIGHEST)
    monkeypatch.syspath_prepend(inside)
    with pytest.raises(TrustError, match="inside of this repository"):
        pin(context, "planted")
    install(functions, "pointing", HIGHEST, listed=False, module=f"{inside}/source")
    monkeypatch.syspath_prepend(f"{inside}/source")
    with pytest.raises(TrustError, match="inside of this repository"):
        pin(context, "pointing")
    assert "planted_functions" not in sys.modules


def test_a_module_of_the_same_name_in_the_repository_is_not_the_one(
    context, functions, monkeypatch
):
    install(functions, "highest", HIGHEST)
    install(context.clone.path, "highest", "raise SystemExit('ran out of a repository')\n")
    monkeypatch.syspath_prepend(context.clone.path)
    pin(context, "highest")
    assert str(sys.modules["highest_functions"].__file__).startswith(functions)


def test_what_is_not_installed_or_offered_twice(context, functions):
    with pytest.raises(TrustError, match="no installed package offers"):
        pin(context, "highest")
    install(functions, "highest", HIGHEST)
    install(functions, "other", HIGHEST)
    path = f"{functions}/other_functions-1.0.dist-info/entry_points.txt"
    with open(path, "a", encoding="utf-8") as file:
        file.write("highest = other_functions.joins:merge\n")
    with pytest.raises(TrustError, match="several packages"):
        pin(context, "highest")


def test_without_what_draws_the_values(context, functions, monkeypatch):
    install(functions, "highest", HIGHEST)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(OutsideError, match="hypothesis") as caught:
        pin(context, "highest")
    assert "agence[laws]" in caught.value.hint
