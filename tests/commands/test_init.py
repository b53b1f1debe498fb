"""^init founds a shard or joins one, sets up the clone, and touches nothing else."""

import os
import subprocess

import pytest

from agence.base.errors import ShardError, UsageError
from agence.commands.commit import commit
from agence.commands.deinit import deinit
from agence.commands.init import init
from agence.commands.push import push
from tests.clone import Clone
from tests.commands.desk import Desk


def configuration(desk):
    return sorted(desk.clone.git("config", "--local", "--list").splitlines())


def files(clone):
    return {
        os.path.relpath(os.path.join(folder, name), clone.path)
        for folder, _, names in os.walk(clone.path)
        for name in names
        if not folder.startswith(os.path.join(clone.path, ".git"))
    }


def test_it_founds_a_shard_whose_id_is_its_first_event(repo):
    desk = Desk(repo)
    before = files(repo)
    said = init(desk("^init"), name="billing").data
    first = desk.events()[0]
    assert said["founded"]
    assert (said["shard"], said["name"]) == (first["id"], "billing")
    assert said["pins"]["founder"] == first["body"]["writer"]
    assert repo.git("config", "agence.shard") == first["id"]
    made = files(repo) - before
    assert made
    assert all(path.startswith(".agence/") for path in made)
    assert repo.read("README.md") == "# Shop\n\nSells things.\n"


def test_every_page_of_the_codex_is_adopted_in_the_same_act(repo):
    desk = Desk(repo)
    init(desk("^init"))
    shown = {path for path in files(repo) if path.startswith(".agence/codex/")}
    adopted = {
        f".agence/codex/{one['value']}"
        for event in desk.events()
        if event["body"]["kind"] == "codex"
        for one in event["data"]["effects"]
        if one["field"] == "path"
    }
    assert shown == adopted
    assert ".agence/codex/LAWS.md" in shown
    assert sum("/agents/" in path for path in shown) == 8


def test_it_sets_the_drivers_and_shows_what_it_pinned(repo):
    said = init(Desk(repo)("^init"))
    for driver in ("log", "view"):
        words = repo.git("config", f"merge.agence-{driver}.driver")
        assert "agence-merge" in words
        assert words.endswith(f" {driver} %O %A %B %P")
    assert said.data["pins"]["founder"][:16] in said.text


def test_twice_changes_nothing(context):
    before = (configuration(context), context.events(), files(context.clone))
    said = init(context("^init"))
    assert (configuration(context), context.events(), files(context.clone)) == before
    assert (said.data["wrote"], said.data["configured"], said.data["founded"]) == ([], [], False)


def test_a_file_that_somebody_took_away_comes_back(context):
    path = ".agence/codex/LAWS.md"
    laws = context.clone.read(path)
    os.unlink(os.path.join(context.clone.path, path))
    init(context("^init"))
    assert context.clone.read(path) == laws


def test_a_clone_joins_the_genesis_it_can_see(desks):
    ours, theirs = desks
    assert theirs.clone.git("config", "agence.shard") == ours.clone.git("config", "agence.shard")
    assert theirs.clone.git("config", "agence.founder") == ours.events()[0]["body"]["writer"]
    assert theirs.events() == []


def test_it_pins_the_remote_and_fetches_the_shared_refs(desks):
    _, theirs = desks
    config = theirs.clone.git("config", "--get-all", "remote.origin.fetch").splitlines()
    assert "+refs/agence/shared/*:refs/agence/remotes/origin/*" in config
    assert theirs.clone.git("config", "agence.remote") == "origin"
    assert theirs.clone.git("config", "agence.branch") == "main"
    assert "remote.origin.push" not in theirs.clone.git("config", "--list")


def test_the_pins_do_not_follow_the_tree_or_another_remote(desks):
    ours, theirs = desks
    theirs.clone.git("remote", "add", "fork", ours.clone.path)
    before = configuration(theirs)
    init(theirs("^init"))
    assert configuration(theirs) == before


def test_a_linked_worktree_is_in_the_same_shard(context, tmp_path):
    context.commit()
    context.clone.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Desk(Clone(tmp_path / "side"))
    said = init(side("^init")).data
    assert not said["founded"]
    assert said["shard"] == context.clone.git("config", "agence.shard")
    assert os.path.realpath(side.local()) == os.path.realpath(context.local())


def test_a_shallow_clone_only_joins(two_shards, tmp_path):
    ours, _ = two_shards
    shallow = Clone(tmp_path / "shallow")
    ours.git("clone", "--quiet", "--depth", "1", f"file://{tmp_path}/remote.git", shallow.path)
    with pytest.raises(ShardError, match="shallow"):
        init(Desk(shallow)("^init"))
    founder = Desk(ours)
    founded = init(founder("^init")).data["shard"]
    founder.commit()
    push(founder("^push"))
    shallow.git("pull", "--quiet")
    assert init(Desk(shallow, 2)("^init")).data["shard"] == founded


def test_standalone_makes_a_repository_that_is_nothing_but_a_shard(tmp_path):
    desk = Desk(Clone(tmp_path))
    assert init(desk("^init"), standalone=True).data["founded"]
    desk.commit()
    assert set(desk.clone.git("ls-files").splitlines()) == files(desk.clone)
    assert not init(desk("^init"), standalone=True).data["founded"]


@pytest.mark.parametrize("name", ["src", "empty"])
def test_standalone_inside_a_repository_is_refused(repo, name):
    folder = os.path.join(repo.path, name)
    os.makedirs(folder, exist_ok=True)
    with pytest.raises(ShardError):
        init(Desk(repo)("^init", cwd=folder), standalone=True)
    assert not os.path.exists(os.path.join(folder, ".git"))


def test_outside_of_a_repository_it_offers_standalone(tmp_path):
    with pytest.raises(ShardError) as raised:
        init(Desk(Clone(tmp_path))("^init"))
    assert "--standalone" in raised.value.hint
    assert os.listdir(tmp_path) == []


def test_a_bare_repository_is_refused(tmp_path):
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path], check=True)
    with pytest.raises(ShardError, match="bare"):
        init(Desk(Clone(tmp_path))("^init"))


def test_a_branch_without_the_folder_still_reads_and_is_left_without(context):
    identity = context.keep("kept on main")
    context.commit()
    context.clone.git("checkout", "--quiet", "-b", "old", "HEAD~1")
    init(context("^init"))
    assert not os.path.exists(os.path.join(context.clone.path, ".agence"))
    assert context("^lesson").shard.entity(identity, "shared").text("title") == "kept on main"


def test_an_unreachable_remote_is_said_and_does_not_stop_it(two_shards):
    ours, _ = two_shards
    ours.git("remote", "set-url", "origin", "/nowhere/at/all.git")
    said = init(Desk(ours)("^init")).data
    assert said["founded"]
    assert any("going on" in note for note in said["notes"])


def two_geneses(two_shards):
    """Desks at two clones that each founded a shard, before either saw the other's."""
    found = []
    for seed, clone in enumerate(two_shards):
        desk = Desk(clone, seed)
        init(desk("^init"))
        commit(desk("^commit"))
        found.append(desk)
    ours, theirs = found
    push(ours("^push"))
    theirs.clone.git("config", "merge.conflictStyle", "merge")
    theirs.clone.git("pull", "--quiet", "--no-rebase", "--no-edit", "-X", "ours")
    return ours, theirs


def aliases(desk):
    said = [one for event in desk.events() for one in event["data"]["effects"]]
    return [one["value"] for one in said if one["field"] == "alias"]


def test_another_genesis_that_comes_in_sight_is_named_and_changes_nothing(two_shards):
    ours, theirs = two_geneses(two_shards)
    before = (configuration(theirs), theirs.events())
    said = init(theirs("^init"))
    assert ours.events()[0]["id"][:8] in said.text
    assert (configuration(theirs), theirs.events()) == before


def test_join_moves_the_trust_and_its_founder_signs_the_alias_once(two_shards):
    ours, theirs = two_geneses(two_shards)
    wanted = ours.events()[0]["id"]
    assert init(theirs("^init"), join_id=wanted[:12]).data["shard"] == wanted
    assert theirs.clone.git("config", "agence.founder") == ours.events()[0]["body"]["writer"]
    assert aliases(theirs) == [wanted]
    for back in (theirs.events()[0]["id"], wanted):
        init(theirs("^init"), join_id=back)
    assert aliases(theirs) == [wanted]
    with pytest.raises(UsageError):
        init(theirs("^init"), join_id="0" * 12)


def test_a_pin_without_its_shard_is_said(context):
    deinit(context("^deinit"))
    context.clone.git("config", "agence.shard", "0" * 64)
    with pytest.raises(ShardError, match="00000000"):
        init(context("^init"))


def test_through_the_door(repo):
    said = repo.agence_json("^init")
    assert said["ok"]
    assert said["data"]["founded"]
    assert repo.agence_json("^init")["data"]["wrote"] == []
