"""`agence ^resume`: what was captured, and exactly what differs now. (Handoffs: test_handoff.)"""

import os

import pytest

from agence.base.errors import ShardError
from agence.commands.contract import Context
from agence.commands.resume import resume as resume_command
from agence.shard.shard import open_shard


@pytest.fixture
def shop(repo):
    repo.agence("^init")
    repo.agence("^commit")
    return repo


def save(shop, title, *words):
    return shop.agence_json("^save", title, *words)["data"]["session_id"]


def resume(shop, *words, code=0):
    return shop.agence_json("^resume", *words, code=code)


def test_it_shows_what_was_captured_and_marks_it(shop):
    label = save(shop, "Halfway", "--done", "a", "--todo", "b", "--decision", "use pg")
    text = shop.agence("^resume")
    for part in (label, "Halfway", "step 2 of 2", "[x] 1. a", "[ ] 2. b", "use pg", "as it was"):
        assert part in text
    session = resume(shop, label[:4])["data"]["session"]
    assert session["status"] == "resumed"
    assert [one["action"] for one in session["transitions"]] == ["resume", "resume"]
    assert session["runstate"]["todo_list"][1] == {"id": 2, "title": "b", "status": "open"}


def test_the_newest_is_taken_unless_one_is_named(shop):
    first, second = save(shop, "First"), save(shop, "Second")
    assert resume(shop)["data"]["session"]["session_id"] == second
    assert resume(shop, first)["data"]["session"]["session_id"] == first
    assert resume(shop)["data"]["session"]["session_id"] == first


def test_what_differs_is_said_exactly(shop):
    shop.write("src/shop.py", "PRICE = 5\n")
    shop.write("README.md", "Shop\n")
    shop.write("kept.py", "x\n")
    shop.write("lost.py", "x\n")
    shop.write("staged.py", "x\n")
    shop.git("add", "staged.py")
    save(shop, "Halfway")
    assert resume(shop)["data"]["differences"]["nothing"]

    shop.write("src/shop.py", "PRICE = 6\n")
    shop.git("checkout", "--", "README.md")
    shop.run("rm", "lost.py")
    shop.write("fresh.py", "x\n")
    shop.write("staged.py", "y\n")
    shop.git("add", "staged.py")
    found = resume(shop)["data"]["differences"]
    none: dict[str, list[str]] = {"only_then": [], "only_now": [], "other_content": []}
    assert not found["nothing"]
    assert (found["branch"], found["head"]) == (None, None)
    assert found["dirty"] == {**none, "only_then": ["README.md"], "other_content": ["src/shop.py"]}
    assert found["staged"] == {**none, "other_content": ["staged.py"]}
    assert found["untracked"] == {**none, "only_then": ["lost.py"], "only_now": ["fresh.py"]}
    text = shop.agence("^resume")
    assert "changed then, not now: README.md" in text
    assert "untracked now, not then: fresh.py" in text
    assert "kept.py" not in text


def test_where_head_went_is_said(shop):
    save(shop, "Halfway")
    shop.commit("a.py", "a\n")
    shop.git("checkout", "--quiet", "-b", "other")
    found = resume(shop)["data"]["differences"]
    assert found["branch"] == {"then": "main", "now": "other"}
    assert (found["head"]["kind"], found["head"]["ahead"]) == ("ahead", 1)
    shop.git("reset", "--quiet", "--hard", "HEAD~2")
    shop.commit("b.py", "b\n")
    head = resume(shop)["data"]["differences"]["head"]
    assert (head["kind"], head["ahead"], head["behind"]) == ("diverged", 1, 1)
    assert "1 commit behind it" in shop.agence("^resume")


def test_no_file_is_touched(shop):
    shop.write("src/shop.py", "PRICE = 5\n")
    save(shop, "Halfway")
    shop.git("checkout", "--", "src/shop.py")
    resume(shop)
    assert shop.git("status", "--porcelain") == ""


def asked(shop, answer):
    """Resume as a person at a terminal who answers so; what was asked, and what was resumed."""
    notices: list[str] = []
    questions: list[str] = []

    def ask(question):
        questions.append(question)
        return answer

    said = resume_command(
        Context(
            scope="shared",
            verb="resume",
            cwd=shop.path,
            speaker="",
            interactive=True,
            now=lambda: 1_800_000_000_000,
            entropy=os.urandom,
            ask=ask,
            read_input=str,
            notice=notices.append,
            edit=str,
            open_shard=open_shard,
        )
    )
    return [*notices, *questions], said.data["session"]["session_id"]


def test_a_person_is_asked_where_there_are_several(shop):
    first = save(shop, "First")
    assert asked(shop, "2") == ([], first)
    second = save(shop, "Second")
    lines, taken = asked(shop, "2")
    assert taken == first
    assert [lines[0].split()[:2], lines[1].split()[:2]] == [["1.", second], ["2.", first]]
    assert asked(shop, "")[1] == first
    with pytest.raises(ShardError, match="'7'"):
        asked(shop, "7")


def test_nothing_to_resume_is_said(shop):
    said = resume(shop, code=3)["error"]
    assert "no session" in said["message"]
    assert "^save" in said["hint"]


def test_ids_that_fit_none_or_are_none(shop):
    save(shop, "Halfway")
    assert resume(shop, "ffff", code=2)["error"]["code"] == "id"
    assert resume(shop, "no", code=2)["error"]["code"] == "id"


def test_a_bad_line_of_the_file_hides_no_session(shop):
    label = save(shop, "Halfway")
    with open(f"{shop.path}/.git/agence/nexus/sessions/session-saved.jsonl", "ab") as file:
        file.write(b"oops\n")
    assert resume(shop)["data"]["session"]["session_id"] == label
    listed = shop.agence_json("^session", "list")["data"]
    assert [one["line"] for one in listed["faults"]] == [2]
