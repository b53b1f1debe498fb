"""^adopt signs what somebody typed into a view or a page, and no more; then the file is a view."""

import os

import pytest

from agence.base.errors import Refusal, ShardError, UsageError
from agence.commands.adopt import adopt
from agence.commands.history import history
from agence.commands.knowledge.edit import edit
from agence.commands.knowledge.show import show
from agence.commands.render import render
from agence.commands.status import status
from tests.commands.desk import effects

LAWS = ".agence/codex/LAWS.md"
LESSONS = ".agence/synthetic/lessons"


class Page:
    """A published lesson's view, and the editor of somebody who knows nothing of agence."""

    def __init__(self, desk, identity, name="x"):
        self.desk = desk
        self.id = identity
        self.path = f"{LESSONS}/{name}-{identity[:8]}.md"

    @property
    def text(self):
        return self.desk.clone.read(self.path)

    def type(self, *changes):
        text = self.text
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.desk.clone.write(self.path, text)

    def entity(self):
        return self.desk("^x").shard.index("shared").entity(self.id)

    def shown(self):
        return show(self.desk("^lesson show"), self.id).data


@pytest.fixture
def page(context):
    identity = context.keep("x", "one\ntwo\nthree", "a", "b")
    context.commit()
    return Page(context, identity)


def drafts(desk):
    return status(desk("^status")).data["drafts"]


def last(desk, count=1):
    """The effects of the newest events."""
    return effects(desk.events()[-count:])


def test_what_was_typed_and_nothing_else_is_signed(context, page):
    before = len(context.events())
    page.type(('title = "x"', 'title = "A title"'), ('"a", "b"', '"b", "new"'), ("two", "2"))
    assert drafts(context) == [page.path]
    said = adopt(context("^adopt"))
    assert [one["id"] for one in said.data["adopted"]] == [page.id]
    assert len(context.events()) == before + 1
    assert sorted(last(context)) == [
        ("add", "tags", "new"),
        ("remove", "tags", "a"),
        ("set", "body", "one\n2\nthree"),
        ("set", "title", "A title"),
    ]
    assert page.shown()["title"] == "A title"
    assert page.shown()["tags"] == ["b", "new"]
    assert drafts(context) == []
    assert page.shown()["body"] in page.text


def test_a_draft_is_named_by_the_id_of_what_it_is_about(context, page):
    page.type(("two", "2"))
    other = context.keep("y", "one")
    context.commit(other)
    for unknown, why in (
        ("dead", "no entity"),
        (other[:8], "nothing was typed"),
        ("ab", "not there"),
    ):
        with pytest.raises(UsageError, match=why):
            adopt(context("^adopt"), [unknown])
    assert adopt(context("^adopt"), [page.id[:8]]).data["adopted"][0]["id"] == page.id
    assert drafts(context) == []


def test_a_file_whose_name_could_be_an_id_is_the_file(context, page):
    context.clone.write(page.id[:8], "x")
    with pytest.raises(UsageError, match="is no view"):
        adopt(context("^adopt"), [page.id[:8]])


def test_after_it_a_commit_leaves_everything_clean(context, page):
    page.type(("two", "2"))
    adopt(context("^adopt"))
    text = page.text
    render(context("^render"))
    assert page.text == text, "a render before the commit would take the words away"
    context.commit()
    assert page.text == text
    assert context.clone.git("status", "--porcelain") == ""
    assert render(context("^render"), check=True).code == 0


def test_it_is_done_for_whoever_says_so(context, page):
    page.type(("two", "2"))
    adopt(context("^adopt", speaker="ralph"))
    events = history(context("^history"), page.id).data["events"]
    assert [one["by"] for one in events] == ["Ada Example", "ralph"]


def test_a_dry_run_shows_the_change_and_makes_none(context, page):
    page.type(('title = "x"', 'title = "y"'), ("two", "2"), ('"a", "b"', '"b"'))
    before, text = context.events(), page.text
    said = adopt(context("^adopt"), dry_run=True)
    for line in ("title: x -> y", "-two", "+2", "tags - a"):
        assert line in said.text
    assert (context.events(), page.text) == (before, text)
    assert said.data["would"][0]["fields"] == {"title": "y", "body": "one\n2\nthree"}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("two\n", "two  \n"),
        lambda text: text.replace("\n\n", "\n\n\n", 1),
        lambda text: text.replace('tags = ["a", "b"]', 'tags = [\n  "b",\n  "a",\n]'),
        lambda text: text.replace('title = "x"\ntags', "tags").replace('"b"]', "\"b\"]\ntitle='x'"),
        lambda text: text.replace('kind = "lesson"', 'kind = "plan"'),
        lambda text: text.replace('tags = ["a", "b"]\n', ""),
        lambda text: text.rpartition("<!--")[0],
        lambda text: text.replace("+++\n", ""),
        lambda text: text.replace("title", 'tags = ["a", "b"]\ntitle'),
        lambda _: "",
    ],
)
def test_what_an_editor_does_unasked_is_nothing_typed(context, page, change):
    before, text = context.events(), page.text
    context.clone.write(page.path, change(text))
    assert drafts(context) == []
    assert adopt(context("^adopt")).data["adopted"] == []
    with pytest.raises(UsageError, match="nothing was typed"):
        adopt(context("^adopt"), [page.path])
    assert context.events() == before
    render(context("^render"))
    assert page.text == text


def test_blanks_at_the_ends_of_lines_come_back(context):
    page = Page(context, context.keep("x", "one  \ntwo\t\nthree\n\n- a  \n"))
    context.commit()
    stripped = "\n".join(line.rstrip() for line in page.text.split("\n"))
    context.clone.write(page.path, stripped.replace("three", "3"))
    adopt(context("^adopt"))
    assert last(context) == [("set", "body", "one  \ntwo\t\n3\n\n- a  ")]


def test_what_is_appended_behind_the_last_line_is_text(context, page):
    context.clone.write(page.path, page.text + "four\n")
    adopt(context("^adopt"))
    assert page.shown()["body"] == "one\ntwo\nthree\n\nfour"


def test_what_others_wrote_meanwhile_stays(desks, send):
    ours, theirs = desks
    identity = ours.keep("x", "one\ntwo\nthree\nfour\nfive", "a")
    send()
    page = Page(theirs, identity)
    page.type(("five", "5"), ('["a"]', '["a", "b"]'))
    mine = page.text
    edit(ours("^lesson edit"), identity, title="y", body="1\ntwo\nthree\nfour\nfive", tag=["c"])
    ours.commit()
    ours.clone.git("push", "--quiet")
    theirs.clone.git("stash", "--quiet")
    theirs.clone.git("pull", "--quiet")
    theirs.clone.write(page.path, mine)
    said = adopt(theirs("^adopt"))
    assert said.data["adopted"][0]["fields"] == {"body": "one\ntwo\nthree\nfour\n5"}
    assert last(theirs) == [("set", "body", "one\ntwo\nthree\nfour\n5"), ("add", "tags", "b")]
    shown = page.shown()
    assert (shown["title"], shown["body"]) == ("y", "1\ntwo\nthree\nfour\n5")
    assert (shown["tags"], shown["contested"]) == (["a", "b", "c"], [])
    assert drafts(theirs) == []


def test_where_both_typed_one_thing_both_are_kept(desks, send):
    ours, theirs = desks
    identity = ours.keep("x", "one\ntwo\nthree")
    send()
    page = Page(theirs, identity)
    edit(ours("^lesson edit"), identity, title="ours", body="one\nII\nthree")
    page.type(('"x"', '"theirs"'), ("two", "2"))
    mine = page.text
    ours.commit()
    ours.clone.git("push", "--quiet")
    theirs.clone.git("checkout", "--quiet", "--", page.path)
    theirs.clone.git("pull", "--quiet")
    theirs.clone.write(page.path, mine)
    adopt(theirs("^adopt"))
    assert page.shown()["contested"] == ["body", "title"]
    body = page.shown()["body"].split("\n")
    assert {"one", "2", "II", "three"} <= set(body)
    page.type(("**[two versions; this is one]**\n", ""))
    assert drafts(theirs) == [page.path]


def test_an_answer_to_two_versions_is_typed_in_the_view(desks, send):
    ours, theirs = desks
    identity = ours.keep("x", "one\ntwo\nthree")
    send()
    page = Page(theirs, identity)
    edit(ours("^lesson edit"), identity, title="ours", body="one\nII\nthree")
    edit(theirs("^lesson edit"), identity, title="theirs", body="one\n2\nthree")
    theirs.commit()
    ours.commit()
    ours.clone.git("push", "--quiet")
    theirs.clone.git("pull", "--quiet", "--no-rebase", "--no-edit")
    theirs.commit()
    assert page.shown()["contested"] == ["body", "title"]
    shown, other = page.shown()["title"], {"ours", "theirs"} - {page.shown()["title"]}
    lines = page.text.split("\n")
    start, end = lines.index("one"), lines.index("three")
    text = "\n".join([*lines[: start + 1], "II", *lines[end:]])
    theirs.clone.write(page.path, text.replace(f'"{shown}"', f'"{min(other)}"'))
    adopt(theirs("^adopt"))
    assert page.shown()["contested"] == []
    assert page.shown()["title"] == min(other)
    assert page.shown()["body"] == "one\nII\nthree"


MARKED = "<<<<<<< HEAD\ntwo\n=======\nzwei\n>>>>>>> side\n"


def test_a_draft_with_two_versions_waits_for_a_person(context, page):
    page.type(("two\n", MARKED))
    assert drafts(context) == [page.path]
    with pytest.raises(Refusal, match="two versions"):
        adopt(context("^adopt"))
    with pytest.raises(Refusal, match="two versions"):
        adopt(context("^adopt"), [page.path], whole=True)
    page.type((MARKED, "zwei\n"))
    adopt(context("^adopt"))
    assert page.shown()["body"] == "one\nzwei\nthree"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('kind = "lesson"', 'kind = "lesson"\nowner = "me"'), "owner"),
        (('kind = "lesson"', 'kind = "lesson"\n# ask Dana'), "ask Dana"),
        (('title = "x"', 'title = ""'), "title has 0 characters"),
        (('title = "x"', "title = 5"), "'title' has to be text"),
        (('"a", "b"', '"a", 5'), "'tags' has to be a list"),
        (('title = "x"', "title = x"), "front matter can't be read"),
        (("+++\nid", "mine\nid"), "front matter is gone"),
    ],
)
def test_what_the_shard_has_no_place_for_is_refused_by_name(context, page, change, why):
    page.type(change)
    text, before = page.text, context.events()
    with pytest.raises(Refusal, match=why):
        adopt(context("^adopt"))
    assert (page.text, context.events()) == (text, before)


def test_one_refused_draft_does_not_keep_the_others(context, page):
    other = Page(context, context.keep("y", "text"), "y")
    context.commit()
    page.type(('kind = "lesson"', "kind = 5\n# why"))
    other.type(("text", "words"))
    said = adopt(context("^adopt"))
    assert said.code == Refusal.exit_code
    assert [one["id"] for one in said.data["adopted"]] == [other.id]
    assert [one["path"] for one in said.data["refused"]] == [page.path]
    assert drafts(context) == [page.path]


def test_a_credential_is_refused_and_stays_in_the_file(context, page):
    page.type(("two", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE"))
    text, before = page.text, context.events()
    with pytest.raises(Refusal, match="credential"):
        adopt(context("^adopt"))
    assert (page.text, context.events()) == (text, before)
    adopt(context("^adopt"), allow_secret=True)
    assert "AKIAIOSFODNN7EXAMPLE" in page.shown()["body"]


def test_without_a_base_nothing_is_adopted_unasked(context, page):
    text = page.text
    unknown = text.replace(text.rpartition("heads=")[2][:64], "0" * 64)
    context.clone.git("rm", "--quiet", "--cached", page.path)
    context.clone.git("commit", "--quiet", "-m", "Forget the view")
    context.clone.git("checkout", "--quiet", "--orphan", "alone")
    context.clone.git("commit", "--quiet", "-m", "Without a history")
    context.clone.write(page.path, unknown.replace("two", "2"))
    with pytest.raises(Refusal, match="nothing says which version"):
        adopt(context("^adopt"))
    adopt(context("^adopt"), [page.path], whole=True)
    assert last(context) == [("set", "body", "one\n2\nthree")]


def test_the_whole_of_a_file_is_named(context, page):
    with pytest.raises(UsageError, match="by name"):
        adopt(context("^adopt"), whole=True)


def test_what_is_staged_is_no_draft_afterwards(context, page):
    page.type(("two", "2"))
    context.clone.git("add", "--", page.path)
    context.clone.write("mine.txt", "mine")
    context.clone.git("add", "mine.txt")
    page.type(("three", "3"))
    adopt(context("^adopt"))
    assert context.clone.git("show", f":{page.path}") == page.text.rstrip("\n")
    assert context.clone.git("diff", "--cached", "--name-only").split() == [page.path, "mine.txt"]
    context.commit()
    assert context.clone.git("status", "--porcelain") == "A  mine.txt"


def test_what_is_not_staged_stays_so(context, page):
    page.type(("two", "2"))
    adopt(context("^adopt"))
    assert context.clone.git("diff", "--cached", "--name-only") == ""


def test_in_the_middle_of_a_merge_nothing_is_adopted(context, page):
    page.type(("two", "2"))
    context.clone.write(os.path.join(".git", "MERGE_HEAD"), "0" * 40 + "\n")
    with pytest.raises(ShardError, match="merge is under way"):
        adopt(context("^adopt"))


NEW = '+++\ntags = ["build", "CI"]\n+++\n# Pin the compiler\n\nBuilds drift.\n'


@pytest.mark.parametrize("staged", ["no", "index", "HEAD"])
def test_a_new_file_becomes_an_entity(context, page, staged):
    path = f"{LESSONS}/note.md"
    context.clone.write(path, NEW)
    if staged != "no":
        context.clone.git("add", path)
    if staged == "HEAD":
        context.clone.git("commit", "--quiet", "-m", "By hand", "--", path)
    report = status(context("^status"))
    assert (report.data["new"], report.data["drafts"]) == ([path], [])
    assert path in report.text
    assert adopt(context("^adopt")).data["adopted"] == []
    done = adopt(context("^adopt"), [path]).data["adopted"][0]
    assert sorted(last(context)) == [
        ("add", "tags", "build"),
        ("add", "tags", "ci"),
        ("set", "body", "Builds drift."),
        ("set", "title", "Pin the compiler"),
    ]
    assert done["view"] == f"{LESSONS}/pin-the-compiler-{done['id'][:8]}.md"
    assert not os.path.exists(os.path.join(context.clone.path, path))
    assert "Builds drift." in context.clone.read(done["view"])
    context.commit()
    if staged == "HEAD":
        context.clone.git("commit", "--quiet", "-m", "Renamed")
    assert context.clone.git("status", "--porcelain") == ""
    assert status(context("^status")).data["new"] == []


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ('+++\ntitle = "T"\n+++\n\n# H\n', "T", "# H"),
        ("# H\n", "H", ""),
        ("text\n", "pin the compiler", "text"),
        ("", "pin the compiler", ""),
    ],
)
def test_the_title_of_a_new_file(context, page, text, title, body):
    path = ".agence/synthetic/docs/pin-the_compiler.md"
    context.clone.write(path, text)
    adopt(context("^adopt"), new=True)
    said = {field: value for _, field, value in last(context)}
    assert (said["title"], said.get("body", "")) == (title, body)


def test_a_page_of_governance_by_its_founder(context, page):
    text = context.clone.read(LAWS)
    context.clone.write(LAWS, text + "8. **Ask first.**\n")
    adopt(context("^adopt"), [LAWS])
    assert last(context) == [("set", "text", text + "8. **Ask first.**\n")]
    assert drafts(context) == []
    context.clone.write(".agence/codex/STYLE.md", "# Style\n")
    assert status(context("^status")).data["new"] == [".agence/codex/STYLE.md"]
    adopt(context("^adopt"), [".agence/codex/STYLE.md"])
    assert last(context) == [("set", "path", "STYLE.md"), ("set", "text", "# Style\n")]
    context.commit()
    assert context.clone.git("status", "--porcelain") == ""
    assert (drafts(context), status(context("^status")).data["new"]) == ([], [])


def test_a_page_of_governance_by_anybody_else(desks):
    _, theirs = desks
    theirs.keep("with a key of one's own")
    text = theirs.clone.read(LAWS) + "8. **Do as you like.**\n"
    theirs.clone.write(LAWS, text)
    theirs.clone.write(".agence/codex/STYLE.md", "# Style\n")
    for path in (LAWS, ".agence/codex/STYLE.md"):
        with pytest.raises(Refusal, match="only the founder"):
            adopt(theirs("^adopt"), [path])
    assert len(theirs.events()) == 1
    assert theirs.clone.read(LAWS) == text
    assert drafts(theirs) == [LAWS]


def test_a_view_that_is_gone_is_renewed_and_deletes_nothing(context, page):
    os.unlink(os.path.join(context.clone.path, page.path))
    report = status(context("^status"))
    assert (report.data["drafts"], report.data["stale"]) == ([], [page.path])
    assert "deletes nothing" in report.text
    assert adopt(context("^adopt")).data["adopted"] == []
    assert page.entity() is not None
    render(context("^render"))
    assert "one\ntwo\nthree" in page.text


def test_paths_are_those_of_the_folder_one_is_in(context, page):
    page.type(("two", "2"))
    folder = os.path.join(context.clone.path, LESSONS)
    adopt(context("^adopt", cwd=folder), [os.path.basename(page.path)])
    assert page.shown()["body"] == "one\n2\nthree"


@pytest.mark.parametrize("path", ["README.md", ".agence/log", "nowhere.md", "/etc/passwd"])
def test_what_is_no_draft_is_refused(context, page, path):
    page.type(("two", "2"))
    with pytest.raises(UsageError):
        adopt(context("^adopt"), [path])
    assert drafts(context) == [page.path]


def test_a_copied_or_renamed_view_is_no_new_entity(context, page):
    copy = f"{LESSONS}/copy.md"
    context.clone.write(copy, page.text.replace("two", "2"))
    assert drafts(context) == [copy]
    with pytest.raises(Refusal, match="no lesson in force has its view here"):
        adopt(context("^adopt"), new=True)


def test_a_front_matter_that_no_parser_ends_with_stops_nothing_else(context, page):
    page.type(("tags = ", f"tags = {'[' * 50_000}\nx = "))
    assert drafts(context) == [page.path]
    render(context("^render"))
    context.keep("another")
    assert context.commit()
    with pytest.raises(Refusal, match="front matter can't be read"):
        adopt(context("^adopt"))


def test_a_named_pipe_among_the_views_holds_nobody_up(context, page):
    for name in ("pipe.md", f"pipe-{page.id[:8]}.md"):
        os.mkfifo(os.path.join(context.clone.path, LESSONS, name))
    page.type(("two", "2"))
    assert drafts(context) == [page.path]
    assert adopt(context("^adopt")).data["adopted"]


def test_through_the_door(context, page):
    page.type(("two", "2"))
    said = context.clone.agence_json("^adopt", "--dry-run")
    assert said["data"]["would"][0]["fields"] == {"body": "one\n2\nthree"}
    context.clone.agence("^adopt", page.path)
    assert "2" in context.clone.agence("^lesson", "show", page.id)
