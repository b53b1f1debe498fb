"""^recall and ~recall find by words: by stems, by what carries meaning, the best first."""

import os

import pytest

from agence.base.errors import UsageError
from agence.commands.knowledge.edit import edit
from agence.commands.recall import recall
from agence.recall.query import Hit
from tests.commands.desk import DAY


def hits(context, words, line="^recall", **how):
    return recall(context(line), words.split(), **how).data["hits"]


def found(context, words, line="^recall", **how):
    return [hit["title"] for hit in hits(context, words, line, **how)]


def test_a_hit_says_what_it_is_and_where_it_lies(context):
    body = "A validator never repairs broken symlinks.\n\nIt says where they are."
    identity = context.keep("Never auto-heal paths", body, "paths", "safety")
    (hit,) = hits(context, "broken symlink repair")
    assert hit["id"] == identity
    assert (hit["kind"], hit["tags"]) == ("lesson", ["paths", "safety"])
    assert "broken symlinks" in hit["snippet"]
    assert hit["path"] in context.commit()
    assert os.path.exists(os.path.join(context.clone.path, hit["path"]))
    assert hit["score"] > 0


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("repairing", "it repairs links"),
        ("repairs", "repairing a link"),
        ("connections", "how we connected"),
        ("DEPLOY", "to deploy"),
        ("cafe", "the Café"),
        ("naïve", "a naive guess"),
    ],
)
def test_words_are_matched_by_their_stems(context, asked, kept):
    context.keep(kept)
    assert found(context, asked) == [kept]


def test_words_that_carry_nothing_are_dropped(context):
    context.keep("The queue and what it is for")
    context.keep("The symlink")
    said = recall(context("^recall"), ["what", "is", "the", "symlink", "for?"]).data
    assert said["query"] == ["symlink"]
    assert [hit["title"] for hit in said["hits"]] == ["The symlink"]


def test_words_that_carry_nothing_are_asked_for_when_there_are_no_others(context):
    context.keep("To be or not to be")
    assert found(context, "to be")[0] == "To be or not to be"


@pytest.mark.parametrize("words", [[""], ["?!"], [" ", '"'], ["--"]])
def test_no_word_at_all_is_refused(context, words):
    with pytest.raises(UsageError):
        recall(context("^recall"), words)


ENGINE = ['"deploy', "deploy*", "deploy AND", "NEAR(deploy)", "title:deploy", "(deploy", "^deploy"]


@pytest.mark.parametrize("words", ENGINE)
def test_what_means_something_to_the_engine_is_only_words(context, words):
    context.keep("deploy")
    assert found(context, words)[0] == "deploy"


def test_all_words_beat_some_and_some_are_better_than_none(context):
    context.keep("queue")
    context.keep("the queue of billing")
    assert found(context, "queue billing")[0] == "the queue of billing"
    assert found(context, "queue unheard") != []
    assert found(context, "unheard") == []


def test_a_word_in_the_title_beats_one_in_the_tags_beats_one_in_the_body(context):
    context.keep("three", "about the queue")
    context.keep("two", "about it", "queue")
    context.keep("about the queue", "one")
    assert found(context, "queue") == ["about the queue", "two", "three"]


def test_a_passage_is_found_by_what_stands_around_it(context):
    context.keep("page", "The queue is slow.\n\nRaise the limit of workers.")
    (hit,) = hits(context, "queue workers")
    assert hit["title"] == "page"


def test_of_a_long_page_the_passage_that_speaks_of_it_is_shown(context):
    body = "\n\n".join([f"Paragraph {n} about something else." for n in range(40)])
    context.keep("page", f"{body}\n\nThe quixotic queue.\n\n{body}")
    (hit,) = hits(context, "quixotic")
    assert hit["snippet"].strip() == "The quixotic queue."


def test_the_newer_of_two_that_fit_alike_comes_first(context):
    old = context.keep("queue of billing")
    context.now += 200 * DAY
    new = context.keep("queue of billing")
    first, second = hits(context, "queue")
    assert (first["id"], second["id"]) == (new, old)
    assert first["score"] > second["score"]


def test_private_text_is_never_in_a_shared_answer(context):
    shared = context.keep("billing is slow")
    private = context.keep("billing is Dana's", "ask Dana", verb="~note")
    assert [hit["id"] for hit in hits(context, "billing")] == [shared]
    assert [hit["id"] for hit in hits(context, "billing", everywhere=True)] == [shared]
    assert hits(context, "Dana") == []
    both = hits(context, "billing", "~recall")
    assert {hit["id"] for hit in both} == {shared, private}
    assert [hit["path"] for hit in both if hit["id"] == private] == [""]


def test_a_few_private_words_are_not_lost_among_many_shared_ones(context):
    for number in range(10):
        context.keep(f"billing queue {number}")
    context.keep("ask first", "Dana knows about billing", verb="~note")
    context.keep("billing", "is hers", verb="~note")
    assert found(context, "billing", "~recall")[0] == "billing"
    every = hits(context, "billing", "~recall", limit=20)
    assert [hit["title"] for hit in every if not hit["path"]] == ["billing", "ask first"]
    assert len({hit["score"] for hit in every if not hit["path"]}) == 2


def test_the_asked_scope_weighs_more(context):
    context.keep("billing queue")
    context.keep("billing queue", verb="~lesson")
    assert hits(context, "billing", "~recall")[0]["path"] == ""


def test_tag_kind_and_limit(context):
    for number in range(12):
        context.keep(f"queue {number}", None, "even" if number % 2 == 0 else "odd")
    context.keep("queue plan", None, "even", verb="^plan")
    assert len(found(context, "queue")) == 8
    assert len(found(context, "queue", limit=20)) == 13
    assert len(found(context, "queue", limit=1)) == 1
    assert len(found(context, "queue", limit=20, tag=["Even"])) == 7
    assert found(context, "queue", limit=20, tag=["even"], kind="plan") == ["queue plan"]
    assert found(context, "queue", tag=["even", "odd"]) == []


def test_a_filter_finds_what_the_best_would_hide(context):
    drafts = context("^learn")
    shard = drafts.shard
    title = {"op": "set", "field": "title", "value": "queue queue queue"}
    shard.append([shard.draft("lesson", "shared", [title]) for _ in range(260)])
    plan = context.keep("a plan", "in the end a word about the queue", "two words", verb="^plan")
    assert [hit["id"] for hit in hits(context, "queue", kind="plan")] == [plan]
    assert [hit["id"] for hit in hits(context, "queue", tag=["two words"])] == [plan]


def test_the_rules_of_the_shard_are_found_too(context):
    (hit,) = hits(context, "rewrite shared history", limit=1)
    assert (hit["kind"], hit["path"]) == ("codex", ".agence/codex/LAWS.md")


def test_an_edited_text_is_found_by_its_new_words_only(context):
    identity = context.keep("queue", "about rabbits")
    edit(context("^lesson edit"), identity, body="about hares")
    assert found(context, "rabbit") == []
    assert found(context, "hare") == ["queue"]


def publish_aside(desks, title):
    """Let the other clone publish a lesson on a branch of its own; return its id."""
    ours, theirs = desks
    theirs.clone.git("checkout", "--quiet", "-b", "side")
    identity = theirs.keep(title)
    theirs.commit()
    theirs.clone.git("push", "--quiet", "origin", "side")
    ours.clone.git("fetch", "--quiet")
    return identity


def test_everywhere_finds_what_is_not_in_force_and_names_its_ref(desks):
    ours, _ = desks
    here = ours.keep("a queue in force")
    there = publish_aside(desks, "a queue on a branch")
    assert [hit["id"] for hit in hits(ours, "queue")] == [here]
    said = recall(ours("^recall"), ["queue"], everywhere=True)
    refs = {hit["id"]: hit["refs"] for hit in said.data["hits"]}
    assert refs == {here: [], there: ["refs/remotes/origin/side"]}
    assert "refs/remotes/origin/side" in said.text


def test_everywhere_names_the_ref_of_a_change_that_is_not_in_force(desks, send):
    ours, theirs = desks
    identity = ours.keep("a queue")
    send()
    theirs.clone.git("checkout", "--quiet", "-b", "side")
    edit(theirs("^lesson edit"), identity, title="a changed queue")
    theirs.commit()
    theirs.clone.git("push", "--quiet", "origin", "side")
    ours.clone.git("fetch", "--quiet")
    assert [hit["title"] for hit in hits(ours, "queue")] == ["a queue"]
    (hit,) = hits(ours, "queue", everywhere=True)
    assert (hit["title"], hit["refs"]) == ("a changed queue", ["refs/remotes/origin/side"])


def test_what_only_a_deleted_branch_held_is_still_known(desks):
    ours, theirs = desks
    there = publish_aside(desks, "a queue on a branch")
    hits(ours, "queue")
    theirs.clone.git("push", "--quiet", "origin", ":side")
    ours.clone.git("fetch", "--quiet", "--prune")
    (hit,) = hits(ours, "queue", everywhere=True)
    assert (hit["id"], hit["refs"]) == (there, ["refs/agence/log"])


def test_it_looks_into_this_worktree_alone(context, tmp_path):
    context.keep("queue")
    context.commit()
    context.clone.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = context("^recall", cwd=str(tmp_path / "side"))
    assert len(recall(side, ["queue"]).data["hits"]) == 1
    assert len(found(context, "queue")) == 1


def test_the_answer_is_the_same_from_the_pipe_of_a_program(context):
    identity = context.keep("Never auto-heal paths", "about symlinks")
    said = context.clone.agence_json("^recall", "symlinks")["data"]
    (hit,) = said["hits"]
    assert set(hit) == set(Hit._fields)
    assert (hit["id"], hit["path"]) == (
        identity,
        f".agence/synthetic/lessons/never-auto-heal-paths-{identity[:8]}.md",
    )
    assert context.clone.agence_json("^recall", "unheard")["data"] == {
        "query": ["unheard"],
        "hits": [],
        "count": 0,
    }
