"""`agence ^save`: a record of where the work stands."""

import json
import os

import pytest


@pytest.fixture
def shop(repo):
    repo.agence("^init")
    repo.agence("^commit")
    return repo


def lines(clone):
    path = os.path.join(clone.path, ".git/agence/nexus/sessions/session-saved.jsonl")
    with open(path, encoding="utf-8") as file:
        return [json.loads(one) for one in file]


def test_it_keeps_what_was_said_and_what_is_there(shop):
    shop.write("src/shop.py", "PRICE = 5\n")
    shop.write("src/new.py", "x\n")
    shop.agence("/git-status")
    shop.path = os.path.join(shop.path, "src")
    said = shop.agence_json(
        *("^save", "Halfway", "there", "--todo", "run migration", "--todo", "flip DNS"),
        *("--done", "build", "--at", "shop.py:1", "--tag", "B,a", "--priority", "high"),
        *("--task", "Deploy", "--agent", "claudia", "--decision", "use pg", "--question", "who?"),
    )["data"]
    shop.path = os.path.dirname(shop.path)
    (kept,) = lines(shop)
    assert kept == said["session"]
    assert said["session_id"] == kept["id"][:8] == kept["session_id"]
    assert len(kept["id"]) == 32
    assert (kept["status"], kept["agent"], kept["by"]) == ("saved", "claudia", "Ada Example")
    state = kept["runstate"]
    assert state["agent_context"] == "Halfway there"
    assert [one["title"] for one in state["todo_list"]] == ["build", "run migration", "flip DNS"]
    assert state["cursor_position"] == "src/shop.py:1"
    assert state["execution_stack"]["cwd"] == "src"
    assert {one["path"] for one in state["execution_stack"]["files"]} == {
        "src/new.py",
        "src/shop.py",
    }
    assert state["memory_state"] == {"decisions": ["use pg"], "questions": ["who?"], "notes": []}
    assert kept["metadata"] == {
        "task_description": "Deploy",
        "repo": os.path.realpath(shop.path),
        "priority": "high",
        "tags": ["a", "b"],
    }
    assert kept["git"]["branch"] == "main"
    assert kept["git"]["head"] == shop.git("rev-parse", "HEAD")
    assert kept["git"]["dirty"] == [{"path": "src/shop.py", "status": "M"}]
    assert kept["git"]["untracked"] == ["src/new.py"]
    assert {"git", "status"} <= set(kept["recent_commands"][-1]["argv"])


def test_the_index_page_shows_it(shop):
    label = shop.agence_json("^save", "Halfway")["data"]["session_id"]
    page = shop.read(".git/agence/nexus/sessions/INDEX.md")
    assert f"| {label} |" in page
    assert "Halfway" in page


def test_it_says_how_to_go_on_and_leaves_no_trace_in_the_work_tree(shop):
    text = shop.agence("^save", "Halfway", "--todo", "a")
    assert text.startswith("Saved session ")
    assert "agence ^resume " in text
    assert shop.git("status", "--porcelain") == ""


def test_the_agent_is_who_speaks(shop):
    said = shop.agence_json("^save", "Halfway", "--as", "ralph")["data"]["session"]
    assert (said["agent"], said["by"]) == ("ralph", "ralph")


@pytest.mark.parametrize(
    "words",
    [
        ("^save",),
        ("^save", " "),
        ("^save", "x", "--priority", "extreme"),
        ("^save", "x", "--at", "../elsewhere.py:3"),
        ("^save", "x" * 201),
    ],
)
def test_what_cannot_be_saved_is_said(shop, words):
    assert not shop.agence_json(*words, code=2)["ok"]
    assert not os.path.exists(os.path.join(shop.path, ".git/agence/nexus/sessions"))


def test_without_a_shard_it_says_so(repo):
    assert "^init" in repo.agence_json("^save", "x", code=3)["error"]["hint"]


def test_in_a_repository_without_a_commit(tmp_path, repo):
    repo.git("checkout", "--quiet", "--orphan", "fresh")
    repo.agence("^init")
    said = repo.agence_json("^save", "Nothing yet")["data"]["session"]
    assert (said["git"]["branch"], said["git"]["head"]) == ("fresh", "")
