"""`agence ^handoff`, and `agence ^resume` at the other end: two clones and one remote."""

import json
import os
import random
import shutil
import subprocess
import sys
import time

import pytest


@pytest.fixture
def pair(two_shards):
    """Two clones of one shard; `ours` has a session of a piece of work."""
    ours, theirs = two_shards
    ours.agence("^init")
    ours.agence("^commit")
    ours.git("push", "--quiet")
    theirs.git("pull", "--quiet")
    theirs.agence("^init")
    return ours, theirs


def save(clone, title="Halfway", *words):
    return clone.agence_json("^save", title, "--todo", "run migration", *words)["data"][
        "session_id"
    ]


def handoff(clone, *words, code=0):
    return clone.agence_json("^handoff", *words, code=code)


def resume(clone, *words, code=0):
    return clone.agence_json("^resume", *words, code=code)


def statuses(clone):
    found = clone.agence_json("^session", "list")["data"]["sessions"]
    return {one["session_id"]: one["status"] for one in found}


def own_events(clone):
    folder = os.path.join(clone.path, ".git/agence/nexus/own")
    if not os.path.isdir(folder):
        return []
    found = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".jsonl"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found += [json.loads(one) for one in file]
    return [one for one in found if one["body"]["kind"] == "handoff"]


def shared_refs(clone):
    return clone.git("for-each-ref", "--format=%(refname)", "refs/agence/shared/handoff").split()


def test_the_whole_way(pair):
    ours, theirs = pair
    ours.write("src/shop.py", "PRICE = 5\n")
    label = save(ours, "Halfway", "--done", "build", "--agent", "claudia")
    sent = handoff(ours, "ralph", "Need", "infrastructure")["data"]
    assert (sent["session_id"], sent["status"], sent["to"]) == (label, "transferred", "ralph")
    assert statuses(ours) == {label: "transferred"}

    theirs.git("pull", "--quiet")
    (offered,) = theirs.agence_json("^session", "list")["data"]["offered"]
    assert (offered["session_id"], offered["to"]) == (label, "ralph")
    assert (offered["from"], offered["note"]) == ("Ada Example", "Need infrastructure")
    assert "Halfway" in theirs.agence("^session", "show", label)

    text = theirs.agence("^resume", label, "--as", "ralph")
    for part in ("Halfway", "step 2 of 2", "from Ada Example to ralph", "Need infrastructure"):
        assert part in text
    assert "changed then, not now: src/shop.py" in text
    again = resume(theirs, "--as", "ralph")["data"]["session"]
    assert again["agent"] == "ralph"
    assert again["received"]["agent"] == "claudia"
    assert [one["title"] for one in again["runstate"]["todo_list"]] == ["build", "run migration"]
    assert statuses(theirs) == {label: "resumed"}
    (accepted,) = own_events(theirs)
    assert accepted["body"]["entity"] == sent["offer"]
    assert accepted["body"]["parents"] == [sent["offer"]]
    assert "all of it verifies" in theirs.agence("^verify")


def test_the_sender_learns_of_it_and_can_resume_no_more(pair):
    ours, theirs = pair
    label = save(ours)
    handoff(ours, "ralph")
    error = resume(ours, label, code=3)["error"]
    assert "'ralph'" in error["message"]
    theirs.git("pull", "--quiet")
    resume(theirs, label, "--as", "ralph")
    theirs.agence("^commit")
    theirs.git("push", "--quiet")
    ours.git("pull", "--quiet")
    assert ours.agence_json("^session", "show", label)["data"]["accepted_by"] == ["ralph"]
    assert handoff(ours, "ralph", "--session", label, code=3)["error"]["code"] == "shard"


def test_nothing_of_the_machine_leaves(pair):
    ours, _ = pair
    save(ours, f"See {os.path.realpath(ours.path)}/src/shop.py")
    handoff(ours, "ralph")
    (ref,) = shared_refs(ours)
    for name in ours.git("ls-tree", "-r", "--name-only", ref).splitlines():
        assert os.path.realpath(ours.path) not in ours.git("show", f"{ref}:{name}")
    assert ours.git("ls-tree", "--name-only", ref).split() == [
        "log",
        "manifest.json",
        "session.json",
    ]


def test_repeating_it_changes_nothing_more(pair):
    ours, _ = pair
    save(ours)
    first = handoff(ours, "ralph", "infra")["data"]
    refs, events = shared_refs(ours), own_events(ours)
    assert handoff(ours, "ralph", "infra")["data"] == first
    assert handoff(ours, "ralph")["data"] == {**first, "note": ""}
    assert (shared_refs(ours), own_events(ours)) == (refs, events)
    assert len(statuses(ours)) == 1


def test_a_push_that_fails_leaves_it_saved_and_the_next_one_finishes(pair):
    ours, theirs = pair
    label = save(ours)
    remote = ours.git("remote", "get-url", "origin")
    ours.git("remote", "set-url", "origin", "/nowhere/to/be/found")
    error = handoff(ours, "ralph", "infra", code=6)["error"]
    assert "--file" in error["hint"]
    assert statuses(ours) == {label: "saved"}
    ours.git("remote", "set-url", "origin", remote)
    assert handoff(ours, "ralph", "infra")["data"]["status"] == "transferred"
    assert len(own_events(ours)) == len(shared_refs(ours)) == 1
    theirs.git("pull", "--quiet")
    assert resume(theirs, "--as", "ralph")["data"]["session"]["session_id"] == label


def test_without_a_session_the_note_makes_one(pair):
    ours, _ = pair
    assert handoff(ours, "ralph", code=3)["error"]["code"] == "shard"
    sent = handoff(ours, "ralph", "Need infrastructure")["data"]
    assert "Need infrastructure" in ours.agence("^session", "show", sent["session_id"])


def test_the_session_that_is_named_is_sent(pair):
    ours, _ = pair
    first, second = save(ours, "First"), save(ours, "Second")
    assert handoff(ours, "ralph", "--session", first)["data"]["session_id"] == first
    assert statuses(ours) == {first: "transferred", second: "saved"}


@pytest.mark.parametrize("typed", ["ralf", "nobody", "../main", ""])
def test_an_agent_that_is_none_is_refused(pair, typed):
    ours, _ = pair
    save(ours)
    error = handoff(ours, typed, code=2)["error"]
    assert "claudia" in error["hint"]
    assert ("did you mean ralph?" in error["hint"]) == (typed == "ralf")
    assert own_events(ours) == shared_refs(ours) == []


def test_an_agent_may_be_typed_as_it_is_called(pair):
    ours, _ = pair
    save(ours)
    assert handoff(ours, "@Ralph")["data"]["to"] == "ralph"


def test_without_a_remote_it_offers_a_file(repo):
    repo.agence("^init")
    label = save(repo)
    error = handoff(repo, "ralph", code=3)["error"]
    assert "--file" in error["hint"]
    assert statuses(repo) == {label: "saved"}
    assert own_events(repo) == shared_refs(repo) == []


def test_a_remote_that_is_none_is_refused(pair):
    ours, _ = pair
    save(ours)
    assert handoff(ours, "ralph", "--to", "orign", code=2)["error"]["hint"] == "there are: origin"
    assert handoff(ours, "ralph", "--to=--force", code=2)["error"]["code"] == "usage"
    assert handoff(ours, "ralph", "--to", "ext::sh -c true", code=6)["error"]["code"] == "outside"


def test_it_goes_where_to_says(pair, tmp_path):
    ours, _ = pair
    ours.run("git", "init", "--quiet", "--bare", str(tmp_path / "other.git"))
    save(ours)
    handoff(ours, "ralph", "--to", str(tmp_path / "other.git"))
    held = ours.run("git", "ls-remote", str(tmp_path / "other.git")).stdout
    assert "refs/agence/shared/handoff/ralph/" in held
    assert "handoff" not in ours.git("ls-remote", "origin")


def test_a_login_in_an_address_is_not_kept(pair):
    ours, _ = pair
    label = save(ours)
    url = "http://ada:hush@localhost:1/x.git"
    error = handoff(ours, "ralph", "--to", url, code=6)["error"]
    assert "hush" not in json.dumps(error)
    assert "hush" not in json.dumps(ours.agence_json("^session", "show", label))


def test_a_file_carries_it_too(pair, tmp_path):
    ours, theirs = pair
    label = save(ours)
    path = str(tmp_path / "for-ralph.bundle")
    sent = handoff(ours, "ralph", "by hand", "--file", path)["data"]
    assert sent["sent"] == path
    assert "handoff" not in ours.git("ls-remote", "origin")
    got = resume(theirs, "--from", path, "--as", "ralph")["data"]["session"]
    assert (got["session_id"], got["received"]["note"]) == (label, "by hand")
    again = resume(theirs, label, "--from", path, "--as", "ralph")["data"]["session"]
    assert again["status"] == "resumed"
    assert len(own_events(theirs)) == 1


def test_files_that_are_no_handoff(pair, tmp_path):
    ours, theirs = pair
    save(ours)
    theirs.write("x.bundle", "not a bundle\n")
    assert resume(theirs, "--from", "x.bundle", code=3)["error"]["code"] == "shard"
    assert resume(theirs, "--from", "y.bundle", code=6)["error"]["code"] == "outside"
    theirs.git("bundle", "create", "--quiet", "main.bundle", "main")
    assert resume(theirs, "--from", "main.bundle", code=3)["error"]["code"] == "shard"
    ours.write("README.md", "mine\n")
    assert handoff(ours, "ralph", "--file", "README.md", code=2)["error"]["code"] == "usage"
    assert ours.read("README.md") == "mine\n"
    handoff(ours, "ralph", "--file", "nowhere/x.bundle", code=6)


def test_the_wrong_agent_is_refused_by_name(pair):
    ours, theirs = pair
    label = save(ours)
    handoff(ours, "ralph")
    theirs.git("pull", "--quiet")
    error = resume(theirs, label, "--as", "chad", code=3)["error"]
    assert "'ralph'" in error["message"]
    assert "'chad'" in error["message"]
    assert resume(theirs, "--as", "chad", code=3)["error"]["code"] == "shard"
    assert own_events(theirs) == []
    assert statuses(theirs) == {}


def test_a_person_may_take_up_what_is_addressed_to_an_agent(pair):
    ours, theirs = pair
    label = save(ours)
    handoff(ours, "ralph")
    theirs.git("pull", "--quiet")
    assert "to ralph" in theirs.agence("^resume")
    assert statuses(theirs) == {label: "resumed"}


def forge(clone, name, content):
    """Put another bundle in the place of the one on the remote."""
    (ref,) = shared_refs(clone)
    blob = clone.git("hash-object", "-w", "--stdin", feed=content)
    index = f"GIT_INDEX_FILE={os.path.join(clone.path, '.git', 'forged')}"
    added = ("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
    for words in (("read-tree", ref), added):
        clone.run("env", index, "git", *words)
    tree = clone.run("env", index, "git", "write-tree").stdout.strip()
    commit = clone.git("commit-tree", tree, "-m", "forged")
    clone.git("push", "--quiet", "--force", "origin", f"{commit}:{ref}")


@pytest.mark.parametrize("name", ["session.json", "manifest.json", "run-me.sh"])
def test_a_tampered_bundle_is_refused_by_name_and_changes_nothing(pair, name):
    ours, theirs = pair
    label = save(ours)
    handoff(ours, "ralph")
    (ref,) = shared_refs(ours)
    there = ours.git("show", f"{ref}:{name}") if name != "run-me.sh" else "x"
    forge(ours, name, there.replace("Halfway", "Forgery").replace('"to":"ralph"', '"to":"chad"'))
    theirs.git("pull", "--quiet")
    error = resume(theirs, label, "--as", "ralph", code=4)["error"]
    assert ref.rsplit("/", 1)[-1] in error["message"]
    assert own_events(theirs) == []
    assert statuses(theirs) == {}


def test_a_bundle_under_another_name_is_refused(pair):
    ours, theirs = pair
    save(ours)
    handoff(ours, "ralph")
    (ref,) = shared_refs(ours)
    ours.git("push", "--quiet", "origin", f"{ref}:{ref.replace('/ralph/', '/chad/')}", f":{ref}")
    theirs.git("pull", "--quiet")
    assert resume(theirs, "--as", "chad", code=4)["error"]["code"] == "bad-bundle"


def test_a_shard_that_it_is_not_meant_for_refuses_it(pair, tmp_path, repo):
    ours, _ = pair
    save(ours)
    path = str(tmp_path / "for-ralph.bundle")
    handoff(ours, "ralph", "--file", path)
    repo.agence("^init")
    error = resume(repo, "--from", path, "--as", "ralph", code=3)["error"]
    assert "meant for shard" in error["message"]
    assert statuses(repo) == {}


def test_it_comes_back_and_goes_again(pair):
    ours, theirs = pair
    label = save(ours)
    handoff(ours, "ralph", "one")
    theirs.git("pull", "--quiet")
    resume(theirs, label, "--as", "ralph")
    handoff(theirs, "claudia", "two", "--as", "ralph")
    assert statuses(theirs) == {label: "transferred"}
    ours.git("pull", "--quiet")
    back = resume(ours, label, "--as", "claudia")["data"]["session"]
    assert (back["status"], back["received"]["from"]) == ("resumed", "ralph")
    handoff(ours, "ralph", "one")
    assert len(shared_refs(ours)) == 2
    theirs.git("pull", "--quiet")
    assert resume(theirs, label, "--as", "ralph")["data"]["session"]["received"]["note"] == "one"
    assert ours.agence_json("^verify")["data"]["problems"] == []


def test_two_agents_may_share_a_clone(pair):
    ours, _ = pair
    label = save(ours)
    handoff(ours, "ralph", "here")
    assert resume(ours, code=3)["error"]["code"] == "shard"
    assert resume(ours, "--as", "ralph")["data"]["session"]["session_id"] == label
    assert statuses(ours) == {label: "resumed"}


def test_what_somebody_else_took_up_is_theirs(pair):
    ours, theirs = pair
    label = save(ours)
    handoff(ours, "ralph")
    theirs.git("pull", "--quiet")
    third = type(theirs)(f"{theirs.path}-3")
    theirs.git("clone", "--quiet", ours.git("remote", "get-url", "origin"), third.path)
    third.agence("^init")
    resume(theirs, label, "--as", "ralph")
    theirs.agence("^commit")
    theirs.git("push", "--quiet")
    third.git("pull", "--quiet")
    assert "taken up by ralph" in resume(third, label, "--as", "ralph", code=3)["error"]["message"]
    assert resume(third, code=3)["error"]["code"] == "shard"


def test_a_crash_between_the_acceptance_and_the_record_is_made_good(pair):
    ours, theirs = pair
    label = save(ours)
    handoff(ours, "ralph")
    theirs.git("pull", "--quiet")
    resume(theirs, label, "--as", "ralph")
    shutil.rmtree(os.path.join(theirs.path, ".git/agence/nexus/sessions"))
    resume(theirs, label, "--as", "ralph")
    assert statuses(theirs) == {label: "resumed"}
    assert len(own_events(theirs)) == 1


SECRET = "ghp_" + "a1B2" * 9


@pytest.mark.parametrize("where", ["--todo", "--note", "note of the handoff"])
def test_what_looks_like_a_credential_is_not_sent(pair, where):
    ours, _ = pair
    words = [where, f"use {SECRET}"] if where.startswith("--") else []
    label = save(ours, "Halfway", *words)
    note = [] if words else [f"use {SECRET}"]
    error = handoff(ours, "ralph", *note, code=5)["error"]
    assert "credential" in error["message"]
    assert "GitHub token" in error["message"]
    assert SECRET not in json.dumps(error)
    assert statuses(ours) == {label: "saved"}
    assert own_events(ours) == shared_refs(ours) == []
    handoff(ours, "ralph", *note, "--allow-secret")
    assert statuses(ours) == {label: "transferred"}


def test_the_same_handoff_twice_at_once_is_one(pair):
    ours, _ = pair
    save(ours)
    words = [sys.executable, "-m", "agence", "^handoff", "ralph", "go on", "--json"]
    started = [
        subprocess.Popen(words, cwd=ours.path, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [json.loads(one.communicate()[0])["data"] for one in started]
    assert said[0] == said[1] == said[2]
    assert len(own_events(ours)) == len(shared_refs(ours)) == 1


def test_a_kill_at_any_instant_leaves_a_handoff_that_repeating_finishes(pair):
    ours, theirs = pair
    chance = random.Random(7)
    for number in range(6):
        label = save(ours, f"Piece {number}")
        words = [sys.executable, "-m", "agence", "^handoff", "ralph", "go on", "--session", label]
        started = subprocess.Popen(words, cwd=ours.path, stdout=subprocess.DEVNULL)
        time.sleep(chance.random() * 0.3)
        started.kill()
        started.wait()
        assert (
            handoff(ours, "ralph", "go on", "--session", label)["data"]["status"] == "transferred"
        )
    assert len(own_events(ours)) == len(shared_refs(ours)) == 6
    assert ours.agence_json("^verify")["data"]["problems"] == []
    theirs.git("pull", "--quiet")
    assert len(theirs.agence_json("^session", "list")["data"]["offered"]) == 6


def test_a_session_taken_up_for_one_agent_is_not_another_s(two_shards):
    ours, theirs = two_shards
    ours.agence("^init")
    ours.agence("^commit")
    ours.git("push", "--quiet")
    ours.agence("^save", "half way")
    ours.agence("^handoff", "ralph", "go on")
    theirs.git("pull", "--quiet")
    theirs.agence("^init")
    label = theirs.agence_json("^resume", "--as", "ralph")["data"]["session"]["session_id"]
    for words in ((), (label,)):
        theirs.agence("^resume", *words, "--as", "sonya", code=3)
    assert theirs.agence_json("^resume", "--as", "ralph")["data"]["session"]["session_id"] == label
    assert theirs.agence_json("^resume")["data"]["session"]["session_id"] == label
