"""add, list, show and edit: one implementation for six kinds, behind both prefixes."""

import os

import pytest

from agence.base.errors import Refusal, UsageError
from agence.base.identifiers import Ambiguous
from agence.commands.knowledge.add import add
from agence.commands.knowledge.edit import edit
from agence.commands.knowledge.list import list_
from agence.commands.knowledge.show import show
from agence.commands.learn import learn
from agence.commands.recall import recall
from tests.commands.desk import effects

KINDS = ("lesson", "plan", "issue", "doc", "note", "todo")
WITH_STATUS = ("plan", "issue", "todo")
EVERY = [f"{door}{kind}" for kind in KINDS for door in "^~"]
LARGE = 60 * 1024  # bytes: more than an event may hold


def is_private(verb):
    return verb[0] == "~" or verb[1:] in ("note", "todo")


def chain_of(verb):
    return "hermetic" if is_private(verb) else "nexus"


def state(context, verb, identity):
    return show(context(f"{verb} show"), identity).data


@pytest.mark.parametrize("verb", EVERY)
def test_what_is_added_is_listed_shown_and_changed(context, verb):
    other = "hermetic" if chain_of(verb) == "nexus" else "nexus"
    before = context.events(other)
    identity = context.keep("A title", "its text", "b", "a", verb=verb)
    assert identity == context.events(chain_of(verb))[-1]["id"]
    listed = list_(context(f"{verb} list")).data["items"]
    assert [one["id"] for one in listed] == [identity]
    shown = state(context, verb, identity[:8])
    assert shown == listed[0]
    assert (shown["kind"], shown["title"], shown["body"]) == (verb[1:], "A title", "its text")
    assert (shown["tags"], shown["by"]) == (["a", "b"], "Ada Example")
    assert shown["scope"] == ("private" if is_private(verb) else "shared")
    assert shown.get("status") == ("open" if verb[1:] in WITH_STATUS else None)
    edit(context(f"{verb} edit"), identity, title="A better title")
    assert state(context, verb, identity)["title"] == "A better title"
    assert context.events(other) == before


@pytest.mark.parametrize("verb", EVERY)
def test_only_shared_knowledge_has_a_file_and_keeps_its_name(context, verb):
    identity = context.keep("Pin the Compiler!", verb=verb)
    edit(context(f"{verb} edit"), identity, title="Another")
    path = state(context, verb, identity)["path"]
    published = [one for one in context.commit() if "/codex/" not in one]
    if is_private(verb):
        assert path == ""
        assert not [one for one in published if "pin-the-compiler" in one]
    else:
        assert path.endswith(f"s/pin-the-compiler-{identity[:8]}.md")
        assert path in published
        assert 'title = "Another"' in context.clone.read(path)


@pytest.mark.parametrize("kind", KINDS[:4])
def test_two_with_one_title_are_two_files(context, kind):
    ids = [context.keep("Pin the compiler", verb=f"^{kind}") for _ in range(2)]
    paths = [state(context, f"^{kind}", one)["path"] for one in ids]
    assert len(set(paths)) == 2
    assert set(paths) <= set(context.commit())
    for identity, path in zip(ids, paths, strict=True):
        assert f'id = "{identity}"' in context.clone.read(path)


def test_the_prefixes_do_not_see_each_others(context):
    shared = context.keep("shared")
    private = context.keep("private", verb="~lesson")
    assert [one["id"] for one in list_(context("^lesson list")).data["items"]] == [shared]
    assert [one["id"] for one in list_(context("~lesson list")).data["items"]] == [private]
    for verb, identity in (("^lesson", private), ("~lesson", shared)):
        with pytest.raises(Ambiguous):
            show(context(f"{verb} show"), identity)


def test_a_kind_does_not_show_another(context):
    identity = context.keep("a plan", verb="^plan")
    with pytest.raises(Ambiguous):
        show(context("^lesson show"), identity)


@pytest.mark.parametrize("typed", ["", "zz", "12", "not hex", "0" * 8, "0" * 65])
def test_an_id_that_fits_nothing(context, typed):
    context.keep("x")
    with pytest.raises(Ambiguous) as raised:
        show(context("^lesson show"), typed)
    assert f"'{typed}'" in raised.value.message


def test_learn_makes_lessons(context):
    identity = learn(context("^learn"), ["kept by its short form"]).data["id"]
    assert state(context, "^lesson", identity)["title"] == "kept by its short form"


def test_the_list_is_newest_first_and_has_filters(context):
    first = context.keep("one", None, "billing", "urgent", verb="^plan")
    second = context.keep("two", None, "billing", verb="^plan")
    third = context.keep("three", verb="^plan")
    edit(context("^plan edit"), second, status="done")

    def found(**how):
        return [one["id"] for one in list_(context("^plan list"), **how).data["items"]]

    assert found() == [second, third, first]
    assert found(tag=["billing"]) == [second, first]
    assert found(tag=["Billing", "urgent"]) == [first]
    assert found(status="done") == [second]
    assert found(status="open", limit=1) == [third]


def test_an_empty_list_says_how_to_begin(context):
    assert "~todo add" in list_(context("~todo list")).text


def test_status_is_for_work_only(context):
    identity = context.keep("move the queue", verb="^plan")
    edit(context("^plan edit"), identity, status="doing")
    assert state(context, "^plan", identity)["status"] == "doing"
    lesson = context.keep("x")
    before = context.events()
    for attempt in (
        lambda: edit(context("^lesson edit"), lesson, status="done"),
        lambda: edit(context("^plan edit"), identity, status="finished"),
        lambda: add(context("^lesson add"), ["x"], status="open"),
        lambda: add(context("^plan add"), ["x"], status="finished"),
    ):
        with pytest.raises(UsageError):
            attempt()
    assert context.events() == before


def test_edit_by_options_is_one_event_with_what_changed(context):
    identity = context.keep("a title", "a body", "old", "kept")
    before = context.events()
    said = edit(
        context("^lesson edit"), identity, body="a new body", tag=["fresh"], untag=["old", "absent"]
    )
    assert said.data["changed"] == ["body", "tags"]
    (event,) = context.events()[len(before) :]
    assert event["body"]["entity"] == identity
    assert event["body"]["parents"] == [identity]
    assert effects([event]) == [
        ("set", "body", "a new body"),
        ("add", "tags", "fresh"),
        ("remove", "tags", "old"),
    ]
    assert state(context, "^lesson", identity)["tags"] == ["fresh", "kept"]


def test_a_removed_tag_names_the_additions_that_were_seen(context):
    identity = context.keep("x", None, "draft")
    edit(context("^lesson edit"), identity, untag=["draft"])
    edit(context("^lesson edit"), identity, tag=["draft"])
    again = context.events()[-1]["id"]
    edit(context("^lesson edit"), identity, untag=["draft"])
    (removal,) = context.events()[-1]["data"]["effects"]
    assert removal["cites"] == sorted([identity, again])
    assert state(context, "^lesson", identity)["tags"] == []


def test_a_tag_added_elsewhere_meanwhile_stays(desks, send):
    ours, theirs = desks
    identity = ours.keep("x", None, "draft")
    send()
    edit(theirs("^lesson edit"), identity, untag=["draft"])
    edit(ours("^lesson edit"), identity, untag=["draft"])
    edit(ours("^lesson edit"), identity, tag=["draft"])
    send()
    assert state(theirs, "^lesson", identity)["tags"] == ["draft"]


def test_edit_in_the_editor(context):
    identity = context.keep("a title", "first\n\nsecond", "old", "kept")
    opened = []

    def editor(text):
        opened.append(text)
        return "A new title\ntags: kept, Fresh\n\nfirst\n\nanother second\n"

    context.editor = editor
    said = edit(context("^lesson edit"), identity)
    assert opened == ["a title\ntags: kept, old\n\nfirst\n\nsecond\n"]
    assert said.data["changed"] == ["body", "tags", "title"]
    shown = state(context, "^lesson", identity)
    assert (shown["title"], shown["body"]) == ("A new title", "first\n\nanother second")
    assert shown["tags"] == ["fresh", "kept"]


def test_the_tags_stay_where_their_line_was_taken_out(context):
    identity = context.keep("a title", "the body", "kept")
    context.editor = lambda _text: "a title\n\nthe body, longer\n"
    assert edit(context("^lesson edit"), identity).data["changed"] == ["body"]
    assert state(context, "^lesson", identity)["tags"] == ["kept"]


def test_an_editor_left_empty_is_refused(context):
    identity = context.keep("a title", "the body")
    before = context.events()
    context.editor = lambda _text: "\n\n"
    with pytest.raises(UsageError):
        edit(context("^lesson edit"), identity)
    assert context.events() == before


def test_edit_from_a_pipe(context):
    identity = context.keep("a title", "old")
    context.typed = "from the\npipe\n"
    edit(context("^lesson edit"), identity, file="-")
    shown = state(context, "^lesson", identity)
    assert (shown["title"], shown["body"]) == ("a title", "from the\npipe")
    with pytest.raises(UsageError):
        edit(context("^lesson edit"), identity, body="x", file="-")


def test_a_body_can_be_emptied(context):
    identity = context.keep("a title", "old")
    edit(context("^lesson edit"), identity, body="")
    assert state(context, "^lesson", identity)["body"] == ""


@pytest.mark.parametrize(
    "same",
    [
        {"title": " A  title "},
        {"body": "a body\n"},
        {"tag": ["Kept"]},
        {"untag": ["absent"]},
        {"tag": ["fresh"], "untag": ["fresh"]},
        {"status": "open"},
        {},
    ],
)
def test_no_change_is_no_event(context, same):
    identity = context.keep("A title", "a body", "kept", verb="^plan")
    context.editor = lambda text: text
    before = context.events()
    assert edit(context("^plan edit"), identity, **same).data["changed"] == []
    assert context.events() == before


def test_an_edit_is_stamped_after_what_it_rests_on(desks, send):
    ours, theirs = desks
    ours.now += 300_000
    identity = ours.keep("x")
    send()
    edit(theirs("^lesson edit"), identity, title="y")
    written, changed = ours.events()[-1], theirs.events()[-1]
    assert written["body"]["hlc"] < changed["body"]["hlc"]
    assert state(theirs, "^lesson", identity)["title"] == "y"


def test_a_credential_is_not_edited_into_what_is_shared(context):
    secret = "AKIA" + "Z3MJ4V2Q7XN5P6RT"
    identity = context.keep("x")
    private = context.keep("x", verb="~note")
    before = context.events()
    context.editor = lambda text: text.replace("tags:", f"tags: {secret}")
    for change in ({"title": f"key {secret}"}, {"body": f"key {secret}"}, {"tag": [secret]}, {}):
        with pytest.raises(Refusal) as raised:
            edit(context("^lesson edit"), identity, **change)
        assert secret.lower() not in f"{raised.value.message} {raised.value.hint}".lower()
    assert context.events() == before
    edit(context("~note edit"), private, body=f"key {secret}")
    edit(context("^lesson edit"), identity, body=f"key {secret}", allow_secret=True)
    assert secret in state(context, "^lesson", identity)["body"]


def test_a_large_body_travels_as_a_blob(desks, send):
    ours, theirs = desks
    body = "\n\n".join(f"Line {n} of a long story." for n in range(LARGE // 25))
    body = f"{body}\n\nThe quixotic end."
    identity = ours.keep("A long story", body)
    (_, _, value) = effects(ours.events()[-1:])[1]
    assert value == {"blob": value["blob"], "bytes": len(body.encode())}
    assert state(ours, "^lesson", identity)["body"] == body
    send()
    assert state(theirs, "^lesson", identity)["body"] == body
    (hit,) = recall(theirs("^recall"), ["quixotic"]).data["hits"]
    assert hit["id"] == identity
    assert "quixotic" in hit["snippet"]
    assert "The quixotic end." in theirs.clone.read(hit["path"])


def test_a_large_body_stays_private_where_it_is(context):
    identity = context.keep("A long story", "z" * LARGE, verb="~note")
    assert state(context, "~note", identity)["body"] == "z" * LARGE
    (name,) = os.listdir(context.local("hermetic", "own", "blobs"))
    for folder, _, names in os.walk(context.local("nexus")):
        assert name not in names, folder
    assert not [path for path in context.commit() if path.endswith(name)]


def test_a_large_body_is_edited_as_a_whole(context):
    identity = context.keep("A long story", "z" * LARGE)
    context.editor = lambda text: text.replace("z" * LARGE, "short")
    assert edit(context("^lesson edit"), identity).data["changed"] == ["body"]
    assert state(context, "^lesson", identity)["body"] == "short"


def test_values_written_at_the_same_time_are_all_shown(desks, send):
    ours, theirs = desks
    identity = ours.keep("x", verb="^plan")
    send()
    edit(ours("^plan edit"), identity, title="ours")
    edit(theirs("^plan edit"), identity, title="theirs")
    send()
    shown = show(theirs("^plan show"), identity)
    assert shown.data["contested"] == ["title"]
    assert "ours" in shown.text
    assert "theirs" in shown.text
    edit(theirs("^plan edit"), identity, title="settled")
    assert state(theirs, "^plan", identity)["contested"] == []


def test_through_the_door(context):
    clone = context.clone
    editor = clone.write("../editor", "#!/bin/sh\nsed -i '1s/A page/A better page/' \"$1\"\n")
    os.chmod(editor, 0o755)
    identity = clone.agence_json("^doc", "add", "A page", "--file", "-", feed="its text\n")["data"]
    listed = clone.agence_json("^doc", "list")["data"]["items"]
    assert [one["id"] for one in listed] == [identity["id"]]
    clone.run("env", f"EDITOR={editor}", "agence", "^doc", "edit", identity["short"])
    clone.agence("^doc", "edit", identity["short"], "--file", "README.md")
    shown = clone.agence("^doc", "show", identity["short"])
    assert "A better page" in shown
    assert "Sells things." in shown
    assert clone.agence_json("~note", "an idea")["data"]["scope"] == "private"


def test_what_was_typed_in_the_editor_and_refused_is_kept_for_its_owner(context):
    identity = context.keep("A title", "its text", verb="^lesson")
    context.editor = lambda text: f"{text}\nAKIAIOSFODNN7EXAMPLE\n"
    with pytest.raises(Refusal) as caught:
        edit(context("^lesson edit"), identity)
    path = caught.value.hint.split("'")[1]
    assert "AKIAIOSFODNN7EXAMPLE" not in caught.value.message + caught.value.hint
    with open(path, encoding="utf-8") as file:
        assert {"its text", "AKIAIOSFODNN7EXAMPLE"} <= set(file.read().split("\n"))
    assert os.stat(path).st_mode & 0o077 == 0
