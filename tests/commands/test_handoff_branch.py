"""`agence ^handoff` to a host that refuses its refs, by the branch that stands in for them."""

import json
import os
import subprocess
import sys

import pytest

from agence.session.bundle import digest_of
from tests.clone import Clone
from tests.commands.test_handoff import (
    handoff,
    own_events,
    resume,
    save,
    shared_refs,
    statuses,
)

REFUSES = """\
#!/bin/sh
case "$1" in
    {}) echo "only branches are kept here" >&2; exit 1 ;;
esac
"""
SENDERS = 2
BRANCH = "agence/refs"
THERE = f"refs/heads/{BRANCH}"
FETCHED = f"refs/remotes/origin/{BRANCH}"


def refuse(remote, pattern="refs/agence/*", hook="update"):
    path = os.path.join(remote.path, "hooks", hook)
    with open(path, "w", encoding="ascii") as file:
        file.write(REFUSES.format(pattern))
    os.chmod(path, 0o755)


@pytest.fixture
def clones(two_shards):
    """Two clones of one shard, and their remote, which refuses `refs/agence/*`."""
    ours, theirs = two_shards
    ours.agence("^init")
    ours.agence("^commit")
    ours.git("push", "--quiet")
    theirs.git("pull", "--quiet")
    theirs.agence("^init")
    remote = Clone(ours.git("remote", "get-url", "origin"))
    refuse(remote)
    return ours, theirs, remote


def in_branch(clone, ref):
    return clone.git("ls-tree", "-r", "--name-only", ref).splitlines()


def put(clone, ref, path, content):
    """Add a file to the branch of the remote, or replace one, as a stranger might."""
    blob = clone.git("hash-object", "-w", "--stdin", feed=content)
    index = f"GIT_INDEX_FILE={os.path.join(clone.path, '.git', 'forged')}"
    clone.run("env", index, "git", "read-tree", *([ref] if ref else ["--empty"]))
    one = f"100644,{blob},{path}"
    clone.run("env", index, "git", "update-index", "--add", "--cacheinfo", one)
    tree = clone.run("env", index, "git", "write-tree").stdout.strip()
    parents = ["-p", ref] if ref else []
    commit = clone.git("commit-tree", tree, *parents, "-m", "forged")
    clone.git("push", "--quiet", "origin", f"{commit}:{THERE}")
    return commit


def test_the_whole_way(clones):
    ours, theirs, remote = clones
    label = save(ours, "Halfway", "--agent", "claudia")
    before = ours.git("status", "--porcelain"), ours.git("branch"), ours.git("rev-parse", "HEAD")
    text = ours.agence("^handoff", "ralph", "Need infrastructure")
    assert "the host refused the ref (hook declined)" in text
    assert f"the branch {BRANCH}" in text
    assert statuses(ours) == {label: "transferred"}
    after = ours.git("status", "--porcelain"), ours.git("branch"), ours.git("rev-parse", "HEAD")
    assert before == after
    assert "refs/agence/" not in remote.git("for-each-ref")

    theirs.git("pull", "--quiet")
    (offered,) = theirs.agence_json("^session", "list")["data"]["offered"]
    assert (offered["session_id"], offered["to"]) == (label, "ralph")
    assert offered["ref"].startswith(f"{FETCHED}:handoff/ralph/")
    text = theirs.agence("^resume", "--as", "ralph")
    for part in ("Halfway", "from Ada Example to ralph", "Need infrastructure"):
        assert part in text
    assert statuses(theirs) == {label: "resumed"}
    (accepted,) = own_events(theirs)
    assert accepted["body"]["parents"] == [offered["offer"]]
    assert "all of it verifies" in theirs.agence("^verify")
    resume(theirs, label, "--as", "ralph")
    assert len(own_events(theirs)) == 1

    theirs.agence("^commit")
    theirs.git("push", "--quiet")
    ours.git("pull", "--quiet")
    assert ours.agence_json("^session", "show", label)["data"]["accepted_by"] == ["ralph"]


def test_a_host_that_hides_the_refs_gets_the_branch_too(clones):
    ours, theirs, remote = clones
    os.unlink(os.path.join(remote.path, "hooks", "update"))
    remote.git("config", "transfer.hideRefs", "refs/agence")
    save(ours)
    assert handoff(ours, "ralph")["data"]["branch"] == BRANCH
    theirs.git("pull", "--quiet")
    assert resume(theirs, "--as", "ralph")["data"]["session"]["status"] == "resumed"


def test_a_host_that_takes_the_ref_gets_no_branch(clones):
    ours, _, remote = clones
    os.unlink(os.path.join(remote.path, "hooks", "update"))
    save(ours)
    assert handoff(ours, "ralph")["data"]["branch"] == ""
    assert BRANCH not in remote.git("branch")


def test_repeating_it_changes_nothing_more(clones):
    ours, _, remote = clones
    save(ours)
    first = handoff(ours, "ralph", "infra")["data"]
    tip, events = remote.git("rev-parse", THERE), own_events(ours)
    assert handoff(ours, "ralph", "infra")["data"] == first
    assert (remote.git("rev-parse", THERE), own_events(ours)) == (tip, events)


def test_the_same_letter_by_both_ways_counts_once(clones):
    ours, theirs, remote = clones
    label = save(ours)
    handoff(ours, "ralph", "infra")
    os.unlink(os.path.join(remote.path, "hooks", "update"))
    handoff(ours, "ralph", "infra")
    theirs.git("pull", "--quiet")
    assert "refs/agence/remotes/origin/handoff" in theirs.git("for-each-ref")
    assert theirs.git("rev-parse", FETCHED)
    assert len(theirs.agence_json("^session", "list")["data"]["offered"]) == 1
    for _ in range(2):
        resume(theirs, label, "--as", "ralph")
    assert statuses(theirs) == {label: "resumed"}
    assert len(own_events(theirs)) == 1
    assert theirs.agence_json("^session", "list")["data"]["offered"] == []


def test_what_came_by_the_branch_of_another_remote_is_taken_by_name_only(clones, tmp_path):
    ours, theirs, _ = clones
    fork = Clone(tmp_path / "fork.git")
    ours.git("init", "--quiet", "--bare", fork.path)
    refuse(fork)
    label = save(ours)
    handoff(ours, "ralph", "--to", fork.path)
    theirs.git("remote", "add", "fork", fork.path)
    theirs.git("fetch", "--quiet", "fork")
    assert resume(theirs, "--as", "ralph", code=3)["error"]["code"] == "shard"
    assert resume(theirs, label, "--as", "ralph")["data"]["session"]["status"] == "resumed"


def test_each_bundle_adds_to_those_before(clones):
    ours, theirs, remote = clones
    labels = {save(ours, "First"), save(ours, "Second")}
    for label in sorted(labels):
        handoff(ours, "ralph", "--session", label)
    theirs.git("pull", "--quiet")
    labels.add(save(theirs, "Third"))
    handoff(theirs, "claudia")
    assert remote.git("rev-list", "--count", THERE) == "3"
    assert remote.git("rev-list", "--merges", THERE) == ""
    third = type(ours)(f"{ours.path}-3")
    ours.git("clone", "--quiet", remote.path, third.path)
    third.agence("^init")
    offered = third.agence_json("^session", "list")["data"]["offered"]
    assert {one["session_id"] for one in offered} == labels
    assert third.agence_json("^verify")["data"]["problems"] == []


def start(clone):
    words = [sys.executable, "-m", "agence", "^handoff", "ralph", "go on", "--json"]
    return subprocess.Popen(words, cwd=clone.path, stdout=subprocess.PIPE, text=True)


def test_two_senders_at_once_both_arrive(clones):
    ours, theirs, remote = clones
    for clone in (ours, theirs):
        save(clone, f"Of {os.path.basename(clone.path)}")
    started = [start(clone) for clone in (ours, theirs)]
    said = [json.loads(one.communicate()[0]) for one in started]
    assert [one["ok"] for one in said] == [True, True]
    assert sum("session.json" in path for path in in_branch(remote, THERE)) == SENDERS
    assert remote.git("rev-list", "--count", THERE) == str(SENDERS)


def overtake(remote, times):
    """Let somebody else move the branch, that often, while a push to it is on its way."""
    path = os.path.join(remote.path, "hooks", "pre-receive")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"""\
#!/bin/sh
read old new ref
[ "$ref" = {THERE} ] || exit 0
echo x >> overtaken
[ "$(wc -l < overtaken)" -le {times} ] || exit 0
unset GIT_QUARANTINE_PATH
tip=$(git rev-parse --quiet --verify {THERE})
tree=$(git mktree < /dev/null)
commit=$(echo "$$" | git commit-tree "$tree" ${{tip:+-p $tip}})
git update-ref {THERE} "$commit"
""")
    os.chmod(path, 0o755)


def test_who_was_overtaken_joins_again(clones):
    ours, theirs, remote = clones
    overtake(remote, 3)
    label = save(ours)
    handoff(ours, "ralph")
    assert remote.git("rev-list", "--count", THERE) == "4"
    theirs.git("pull", "--quiet")
    assert resume(theirs, label, "--as", "ralph")["data"]["session"]["status"] == "resumed"


def test_who_is_always_overtaken_is_told_and_it_stays_saved(clones):
    ours, _, remote = clones
    overtake(remote, 99)
    label = save(ours)
    error = handoff(ours, "ralph", code=6)["error"]
    assert "somebody else" in error["message"]
    assert statuses(ours) == {label: "saved"}


def test_a_host_that_refuses_both_is_named_and_it_stays_saved(clones, tmp_path):
    ours, _, remote = clones
    refuse(remote, "*/agence/*")
    label = save(ours)
    error = handoff(ours, "ralph", "infra", code=6)["error"]
    assert error["code"] == "outside"
    for part in ("refuses", "as a ref", BRANCH):
        assert part in error["message"]
    assert "--file" in error["hint"]
    assert statuses(ours) == {label: "saved"}
    path = str(tmp_path / "for-ralph.bundle")
    assert handoff(ours, "ralph", "infra", "--file", path)["data"]["status"] == "transferred"
    assert len(own_events(ours)) == len(shared_refs(ours)) == 1


def test_a_host_that_is_not_there_gets_no_branch(clones):
    ours, _, _ = clones
    label = save(ours)
    ours.git("remote", "set-url", "origin", "/nowhere/to/be/found")
    error = handoff(ours, "ralph", code=6)["error"]
    assert BRANCH not in error["message"]
    assert "refuses" not in error["message"]
    assert statuses(ours) == {label: "saved"}


def test_what_stops_the_push_on_this_side_is_no_refusal_of_the_host(clones):
    ours, _, remote = clones
    path = os.path.join(ours.path, ".git", "hooks", "pre-push")
    with open(path, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n! grep -q refs/agence/\n")
    os.chmod(path, 0o755)
    label = save(ours)
    handoff(ours, "ralph", code=6)
    assert BRANCH not in remote.git("branch")
    assert statuses(ours) == {label: "saved"}


@pytest.mark.parametrize("name", ["session.json", "manifest.json", "run-me.sh", "log"])
def test_a_tampered_bundle_is_refused_by_name_and_changes_nothing(clones, name):
    ours, theirs, _ = clones
    label = save(ours)
    handoff(ours, "ralph")
    held = in_branch(ours, FETCHED)
    folder = next(one for one in held if one.endswith("session.json")).rpartition("/")[0]
    path = next(one for one in held if one.startswith("log/"))
    path = path if name == "log" else f"{folder}/{name}"
    there = ours.git("show", f"{FETCHED}:{path}") if path in held else "x"
    forged = there.replace("Halfway", "Forgery").replace('"to":"ralph"', '"to":"chad"')
    put(ours, FETCHED, path, forged)
    theirs.git("pull", "--quiet")
    error = resume(theirs, label, "--as", "ralph", code=4)["error"]
    assert folder in error["message"]
    assert own_events(theirs) == []
    assert statuses(theirs) == {}


def test_a_session_that_was_exchanged_with_its_manifest_is_refused(clones):
    ours, theirs, _ = clones
    label = save(ours)
    handoff(ours, "ralph")
    paths = [one for one in in_branch(ours, FETCHED) if one.startswith("handoff/")]
    manifest, session = sorted(paths)
    there = ours.run("git", "show", f"{FETCHED}:{session}").stdout
    forged = there.replace("Halfway", "Forgery")
    described = ours.run("git", "show", f"{FETCHED}:{manifest}").stdout
    old, new = (digest_of(one.encode()) for one in (there, forged))
    assert old in described
    put(ours, FETCHED, session, forged)
    put(ours, FETCHED, manifest, described.replace(old, new))
    theirs.git("pull", "--quiet")
    error = resume(theirs, label, "--as", "ralph", code=4)["error"]
    assert "not the one that was signed" in error["message"]
    assert statuses(theirs) == {}


def test_a_bundle_under_another_name_is_refused(clones):
    ours, theirs, _ = clones
    save(ours)
    handoff(ours, "ralph")
    held = [one for one in in_branch(ours, FETCHED) if one.startswith("handoff/")]
    for path in held:
        content = ours.git("show", f"{FETCHED}:{path}")
        put(ours, FETCHED, path.replace("/ralph/", "/chad/"), content)
    theirs.git("pull", "--quiet")
    listed = theirs.agence_json("^session", "list")["data"]
    assert [one["to"] for one in listed["offered"]] == ["ralph"]
    assert resume(theirs, "--as", "chad", code=4)["error"]["code"] == "bad-bundle"


def test_what_else_lies_in_the_branch_is_let_be(clones):
    ours, theirs, remote = clones
    put(ours, "", "handoff/ralph/a\nb/manifest.json", "{}")
    put(ours, FETCHED, "handoff/ralph/0a-1b\nc/manifest.json", "no")
    put(ours, FETCHED, "README.md", "Not a bundle.\n")
    before = in_branch(remote, THERE)
    save(ours)
    handoff(ours, "ralph")
    assert set(before) <= set(in_branch(remote, THERE))
    theirs.git("pull", "--quiet")
    assert len(theirs.agence_json("^session", "list")["data"]["offered"]) == 1
    resume(theirs, "--as", "ralph")


def test_nothing_private_is_in_the_branch(clones):
    ours, _, remote = clones
    ours.agence("~learn", "Ask Dana about zanzibar")
    ours.agence("^learn", "Not yet published")
    top = os.path.realpath(ours.path)
    save(ours, f"See {top}/src/shop.py")
    handoff(ours, "ralph")
    paths = in_branch(remote, THERE)
    ends = sorted(path.rpartition("/")[2] for path in paths if path.startswith("handoff/"))
    assert ends == ["manifest.json", "session.json"]
    (segment,) = (path for path in paths if path.startswith("log/"))
    (line,) = remote.git("show", f"{THERE}:{segment}").splitlines()
    assert json.loads(line)["body"]["kind"] == "handoff"
    keys = os.path.join(ours.path, ".git/agence/hermetic/keys")
    seeds = [json.loads(ours.read(os.path.join(keys, one)))["seed"] for one in os.listdir(keys)]
    assert seeds
    for path in paths:
        content = remote.git("show", f"{THERE}:{path}")
        for secret in (top, "zanzibar", "Not yet published", *seeds):
            assert secret not in content


def put_lesson(ours):
    """Put a lesson that no branch of the project has into the branch."""
    ours.agence("^learn", "Squash in the side door")
    ours.agence("^commit")
    log = ours.git("rev-parse", "HEAD:.agence/log")
    tree = ours.git("mktree", feed=f"040000 tree {log}\tlog\n")
    commit = ours.git("commit-tree", tree, "-m", "by hand")
    ours.git("push", "--quiet", "origin", f"{commit}:{THERE}")


def test_what_lies_in_the_branch_is_known_and_not_in_force(clones):
    ours, theirs, _ = clones
    put_lesson(ours)
    theirs.git("pull", "--quiet")
    assert "Squash in" not in theirs.agence("^recall", "side door")
    assert "Squash in" in theirs.agence("^recall", "side door", "--everywhere")


def test_no_pin_brings_the_branch_into_force(clones):
    ours, theirs, _ = clones
    put_lesson(ours)
    theirs.git("pull", "--quiet")
    theirs.git("rm", "-r", "--quiet", ".agence")
    theirs.git("commit", "--quiet", "-m", "Leave it")
    theirs.git("branch", BRANCH, FETCHED)
    for pin in ("branch", "home"):
        theirs.git("config", f"agence.{pin}", BRANCH)
    assert "Squash in" not in theirs.agence("^recall", "side door")


def test_an_offer_in_the_branch_is_still_to_be_published(clones):
    ours, _, _ = clones
    save(ours)
    sent = handoff(ours, "ralph")["data"]
    waiting = ours.agence_json("^status")["data"]
    assert sent["offer"][:8] in json.dumps(waiting)
    ours.agence("^commit")
    said = ours.agence_json("^push")["data"]
    assert (said["sent"], said["unpublished"]) == (0, 0), "the host has had it, in its branch"
    assert sent["offer"][:8] not in json.dumps(ours.agence_json("^status")["data"])


def test_init_never_takes_the_branch_for_the_shards_own(clones):
    ours, _, remote = clones
    save(ours)
    handoff(ours, "ralph")
    remote.git("symbolic-ref", "HEAD", THERE)
    late = type(ours)(f"{ours.path}-late")
    ours.git("clone", "--quiet", remote.path, late.path)
    assert late.git("symbolic-ref", "--short", "HEAD") == BRANCH
    pins = late.agence_json("^init")["data"]["pins"]
    assert (pins["branch"], pins["home"]) == ("", "")
    late.git("checkout", "--quiet", "main")
    pins = late.agence_json("^init")["data"]["pins"]
    assert (pins["branch"], pins["home"]) == ("main", "main")
    assert resume(late, "--as", "ralph")["data"]["session"]["status"] == "resumed"
