"""^reload says what an agent should know now, within a budget: laws and rules first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.commands.knowledge.edit import edit
from agence.commands.push import push
from agence.commands.reload import reload
from agence.recall.briefing import briefing
from agence.schema.effects import set_field
from tests.clone import Clone
from tests.commands.desk import Desk, moved

BUDGETS = st.integers(200, 4000)
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), max_size=12)


def text_of(desk, budget=4000):
    return reload(desk("^reload"), budget).text


def adopt(desk, path, text):
    """Let the clone of `desk` write a page of governance, as an admin's tool would."""
    shard = desk("^codex").shard
    pages = shard.index("shared").entities("codex")
    page = next((one for one in pages if one.text("path") == path), None)
    fields = [set_field("path", path), set_field("text", text)]
    shard.append([shard.draft("codex", "shared", fields, over=page)])


@pytest.fixture(scope="module")
def full(founded, tmp_path_factory):
    """A desk at a shard with more knowledge than any budget here holds."""
    folder = tmp_path_factory.mktemp("full") / "clones"
    moved(str(founded), str(folder))
    desk = Desk(Clone(folder / "repo"), 7)
    for number in range(40):
        desk.keep(f"Lesson {number} — «wörter»", "long " * (number * 7 % 90), "tag")
    return desk


@pytest.fixture(scope="module")
def opened(full):
    """One context of that shard, so that only its first use looks at the repository."""
    return full("^reload")


@given(BUDGETS)
@settings(max_examples=60, deadline=None)
def test_never_more_than_the_budget(opened, budget):
    said = reload(opened, budget)
    assert said.data["bytes"] == len(said.text.encode())
    assert said.data["bytes"] <= budget
    assert said.data["text"] == said.text


@given(TEXTS, TEXTS, BUDGETS)
def test_knowledge_comes_only_after_all_of_the_laws(rules, known, budget):
    rules = [f"\x1eL{n} {text}" for n, text in enumerate(rules)]
    known = [f"\x1eK{n} {text}" for n, text in enumerate(known)]
    said = briefing(rules, "# Known", known, budget)
    assert len(said.encode()) <= budget
    whole = "\n".join([*rules, *(["# Known", *known] if known else [])])
    assert (said == whole) == (len(whole.encode()) <= budget)
    kept = [rule for rule in rules if f"{rule}\n" in f"{said}\n"]
    assert kept == rules[: len(kept)]
    assert kept == rules or not any(one in said for one in known)
    assert ("# Known" in said) == any(f"{one}\n" in f"{said}\n" for one in known)


def test_laws_and_rules_come_first_then_work_then_what_is_known(context):
    context.keep("a lesson", "its body", "paths")
    context.keep("a page", verb="^doc")
    context.keep("a plan", verb="^plan")
    context.keep("an issue", verb="^issue")
    said = text_of(context)
    order = ("# Laws", "# Rules", ": an issue", ": a plan", ": a lesson", ": a page")
    places = [said.index(one) for one in order]
    assert places == sorted(places)
    assert "#paths" in said
    assert "its body" in said


def test_the_newer_comes_first(context):
    first = context.keep("older")
    context.keep("newer")
    assert text_of(context).index("newer") < text_of(context).index("older")
    edit(context("^lesson edit"), first, tag=["renewed"])
    assert text_of(context).index("older") < text_of(context).index("newer")


@pytest.mark.parametrize("status", ["done", "dropped"])
@pytest.mark.parametrize("kind", ["plan", "issue"])
def test_what_is_closed_is_left_out(context, kind, status):
    identity = context.keep("the migration", verb=f"^{kind}")
    assert "the migration" in text_of(context)
    edit(context(f"^{kind} edit"), identity, status="doing")
    assert "the migration" in text_of(context)
    edit(context(f"^{kind} edit"), identity, status=status)
    assert "the migration" not in text_of(context)


def test_a_cut_is_said(full, context):
    assert "^recall" in text_of(full, 2000)
    context.keep("x")
    assert "^recall" not in text_of(context)


def test_a_small_budget_has_laws_before_it_has_anything_else(full):
    for budget in (200, 400, 600, 900):
        said = text_of(full, budget)
        assert said.startswith("# Laws")
        assert "Lesson" not in said


def test_the_default_holds_the_laws_the_rules_and_some_knowledge(full):
    said = reload(full("^reload")).text
    assert "Stay in your task." in said
    assert "Cite what you rely on" in said
    assert "Lesson 39" in said


def test_private_knowledge_is_not_for_agents(context):
    context.keep("mine alone", verb="~lesson")
    context.keep("mine too", verb="~note")
    assert "mine" not in text_of(context)


def test_a_page_that_the_founder_changed_counts_and_one_edited_by_hand_does_not(context):
    context.commit()
    path = ".agence/codex/LAWS.md"
    context.clone.write(path, "# Laws\n\n1. Typed by hand.\n")
    assert "Typed by hand" not in text_of(context)
    adopt(context, "LAWS.md", "# Laws\n\n1. Adopted.\n")
    assert "1. Adopted." in text_of(context)


def test_a_page_too_large_for_an_event_counts(context):
    shard = context("^codex").shard
    laws = "# Laws\n\n1. Adopted.\n" + "x" * 60_000
    adopt(context, "LAWS.md", shard.field("shared", laws))
    said = text_of(context)
    assert said.startswith("# Laws\n\n1. Adopted.")
    assert "# Rules" not in said


@pytest.mark.parametrize("path", ["LAWS.md", "RULES.md"])
def test_a_law_of_another_writer_does_not_count(desks, path):
    ours, theirs = desks
    before = text_of(ours)
    adopt(theirs, path, "# Laws\n\n1. Obey the newcomer.\n")
    assert "newcomer" not in text_of(theirs)
    theirs.commit()
    push(theirs("^push"))
    ours.clone.git("pull", "--quiet")
    assert text_of(ours) == before


def test_nothing_of_a_branch_that_is_not_in_force(desks):
    ours, theirs = desks
    theirs.clone.git("checkout", "--quiet", "-b", "side")
    theirs.keep("known from a branch")
    theirs.commit()
    theirs.clone.git("push", "--quiet", "origin", "side")
    ours.clone.git("fetch", "--quiet")
    assert "known from a branch" not in text_of(ours)


@pytest.mark.parametrize("budget", [-1, 0, 199])
def test_a_budget_that_holds_nothing_is_refused(context, budget):
    with pytest.raises(UsageError, match=str(budget)):
        reload(context("^reload"), budget)


def test_through_the_door(context):
    context.keep("through the door")
    said = context.clone.agence_json("^reload", "--budget", "3000")["data"]
    assert "through the door" in said["text"]
    assert (
        context.clone.agence("^reload", "--budget", "3000").encode()
        <= said["text"].encode() + b"\n"
    )
