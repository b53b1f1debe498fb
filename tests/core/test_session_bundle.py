"""A bundle is what its sender signed, to the last byte, and nothing of the sender's machine."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.stamps import Stamp
from agence.events.event import Draft, write
from agence.session.bundle import (
    MANIFEST,
    SESSION,
    BadBundle,
    export,
    files,
    name,
    offer,
    opened,
    paths,
    texts,
)
from tests.core.session_samples import IDENTITY, keep_all, record

SHARD = "5" * 64
SEED = bytes(range(32))


def signed(effects, kind="handoff"):
    draft = Draft(kind, "", {"effects": effects}, SHARD, f"collective:{SHARD}", "claudia")
    return write(draft, SEED, 1, "", Stamp(1_772_680_867_000, 0), bytes(16))


def bundle(made=None, to="ralph"):
    made = made or record()
    session = export(made, "/srv/shop", keep_all)
    event = signed(offer(session, to, "infra", SHARD))
    return event, files(event, session)


def test_what_was_made_opens():
    event, found = bundle()
    opened_ = opened(found)
    assert opened_.event == event
    assert (opened_.to, opened_.fields["note"]) == ("ralph", "infra")
    assert opened_.record["id"] == IDENTITY
    assert opened_.name == name(IDENTITY, event.id) == f"{IDENTITY}-{event.id[:8]}"
    assert set(found) == paths(event)


@given(st.data())
def test_no_byte_of_it_can_be_changed(data):
    _, found = bundle()
    path = data.draw(st.sampled_from(sorted(found)))
    place = data.draw(st.integers(0, len(found[path]) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda one: one != found[path][place]))
    content = bytearray(found[path])
    content[place] = other
    with pytest.raises(BadBundle):
        opened({**found, path: bytes(content)})


@pytest.mark.parametrize("path", [MANIFEST, SESSION])
def test_a_part_that_is_missing_is_missed(path):
    _, found = bundle()
    del found[path]
    with pytest.raises(BadBundle):
        opened(found)


def test_a_part_too_many_is_refused():
    _, found = bundle()
    with pytest.raises(BadBundle, match="did not put in"):
        opened({**found, "README": b"run me"})


def test_the_session_of_another_bundle_is_refused():
    _, found = bundle()
    _, other = bundle(record("ab" * 16))
    with pytest.raises(BadBundle, match="not the one that was signed"):
        opened({**found, SESSION: other[SESSION]})


@pytest.mark.parametrize("to", ["", "../main", "a b", "x" * 64])
def test_an_agent_that_can_be_none_is_refused(to):
    made = record()
    session = export(made, "/srv/shop", keep_all)
    with pytest.raises(BadBundle, match="no offer"):
        files(signed(offer(session, to, "", SHARD)), session)


def test_an_event_of_another_kind_offers_nothing():
    made = record()
    session = export(made, "/srv/shop", keep_all)
    with pytest.raises(BadBundle, match="no offer"):
        files(signed(offer(session, "ralph", "", SHARD), "lesson"), session)


def test_paths_of_the_machine_stay_there():
    made = record(
        title="In /srv/shop/src/a.py",
        notes=["/srv/shop", "see /srv/shop.", "/srv/shop2/a", "/srv/shop.git", "-I/srv/shop/inc"],
    )
    made["recent_commands"] = [{"argv": ["git", "-C", "/srv/shop", "status"]}]
    sent = json.loads(export(made, "/srv/shop", keep_all))
    assert sent["metadata"]["repo"] == "shop"
    assert sent["runstate"]["agent_context"] == "In src/a.py"
    assert sent["runstate"]["memory_state"]["notes"] == [
        *(".", "see ..", "/srv/shop2/a", "/srv/shop.git"),
        "-Iinc",
    ]
    assert sent["recent_commands"][0]["argv"] == ["git", "-C", ".", "status"]


def test_a_top_at_the_root_takes_no_slashes_away():
    made = record(title="a/b")
    assert json.loads(export(made, "/", keep_all))["runstate"]["agent_context"] == "a/b"


def test_a_command_that_holds_a_secret_leaves_only_its_program():
    made = record()
    made["recent_commands"] = [{"argv": ["curl", "-H", "hush"], "code": 0}, {"argv": ["ls"]}]
    sent = json.loads(export(made, "/srv/shop", lambda text: "hush" in text))
    assert [one["argv"] for one in sent["recent_commands"]] == [["curl", "(left out)"], ["ls"]]
    assert b"hush" not in export(made, "/srv/shop", lambda text: "hush" in text)


def test_unknown_fields_travel_and_provenance_does_not():
    made = {**record(), "v": 2, "mood": {"x": [1, True, None]}, "received": {"offer": "e" * 64}}
    sent = json.loads(export(made, "/srv/shop", keep_all))
    assert sent["mood"] == {"x": [1, True, None]}
    assert "received" not in sent
    assert sent["status"] == "transferred"


def test_every_text_is_found_with_its_field():
    found = dict(texts(record(todo=["one", "two"])))
    assert found["runstate.todo_list[2].title"] == "two"
    assert found["metadata.priority"] == "normal"


def test_an_offer_that_rests_on_other_events_is_refused():
    """Whoever takes it up would bring them into force with it."""
    session = export(record(), "/srv/shop", keep_all)
    effects = {"effects": offer(session, "ralph", "infra", SHARD)}
    scope = f"collective:{SHARD}"
    draft = Draft("handoff", "", effects, SHARD, scope, "mallory", parents=("a" * 64,))
    event = write(draft, SEED, 1, "", Stamp(1_772_680_867_000, 0), bytes(16))
    with pytest.raises(BadBundle, match="rests on others"):
        opened(files(event, session))
