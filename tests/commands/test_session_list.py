"""`agence ^session list` and `agence ^session show`."""

import pytest


@pytest.fixture
def shop(repo):
    repo.agence("^init")
    repo.agence("^commit")
    return repo


def test_an_empty_list_says_how_to_begin(shop):
    assert "^save" in shop.agence("^session", "list")
    assert shop.agence_json("^session", "list")["data"]["count"] == 0


def test_it_lists_the_newest_first_by_status_and_limit(shop):
    labels = [shop.agence_json("^save", title)["data"]["session_id"] for title in ("A", "B", "C")]
    shop.agence("^resume", labels[1])

    def listed(*words):
        found = shop.agence_json("^session", "list", *words)["data"]["sessions"]
        return [one["session_id"] for one in found]

    assert listed() == [labels[1], labels[2], labels[0]]
    assert listed("--status", "saved") == [labels[2], labels[0]]
    assert listed("--limit", "1") == [labels[1]]
    assert len(shop.agence("^session", "list").splitlines()) == 3


def test_show_says_all_and_changes_nothing(shop):
    shop.write("src/shop.py", "PRICE = 5\n")
    label = shop.agence_json("^save", "Halfway", "--todo", "flip DNS", "--note", "careful")["data"][
        "session_id"
    ]
    text = shop.agence("^session", "show", label)
    for part in ("Halfway", "flip DNS", "careful", "changed: M src/shop.py", "saved"):
        assert part in text
    shown = shop.agence_json("^session", "show", label[:5])["data"]
    assert (shown["session_id"], shown["status"], shown["transitions"]) == (label, "saved", [])


def test_show_of_an_unknown_id(shop):
    assert shop.agence_json("^session", "show", "ffff", code=2)["error"]["code"] == "id"
