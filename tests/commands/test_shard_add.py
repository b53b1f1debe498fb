"""^shard add, list and remove: other repositories' shards, read beside this one with their name."""

import json
import os

import pytest

from agence.base.errors import OutsideError, ShardError, TrustError, UsageError
from agence.commands.init import init
from agence.commands.knowledge.list import list_
from agence.commands.push import push
from agence.commands.recall import recall
from agence.commands.reload import reload
from agence.commands.shards.add import add
from agence.commands.shards.list import list_ as list_linked
from agence.commands.shards.remove import remove
from agence.commands.state import state
from agence.commands.status import status
from agence.commands.sync import sync
from tests.clone import Clone
from tests.commands.desk import Desk

LINE = "a zebra on its way"


def link(desk, url, name="platform", **how):
    return add(desk("^shard add"), name, url, **how)


def found(desk, word="zebra", **how):
    return [(one["title"], one["shard"]) for one in hits(desk, word, **how)]


def hits(desk, word="zebra", **how):
    return recall(desk("^recall"), [word], **how).data["hits"]


def linked(desk):
    return list_linked(desk("^shard list")).data["shards"]


def publish(desk):
    desk.commit()
    push(desk("^push"))


def copy(desk, *parts):
    return desk.local("nexus", "shards", *parts)


class Platform(Desk):
    """A desk at another project's shard; `url` is its remote."""

    url = ""


@pytest.fixture
def platform(tmp_path):
    """Another project's shard, with a lesson published."""
    remote, clone = Clone(tmp_path / "platform.git"), Clone(tmp_path / "platform")
    for one, more in ((remote, ["--bare"]), (clone, [])):
        os.mkdir(one.path)
        one.git("init", "--quiet", *more)
    clone.commit("secret.txt", "not of agence\n" * 100)
    clone.git("remote", "add", "origin", remote.path)
    clone.git("push", "--quiet", "--set-upstream", "origin", "main")
    desk = Platform(clone, 77)
    init(desk("^init"), name="platform team")
    desk.keep(LINE, "It crosses where the stripes are.", "roads")
    publish(desk)
    desk.url = remote.path
    return desk


def test_it_is_read_beside_this_one_with_its_name(context, platform):
    context.keep("a zebra of ours")
    report = link(context, platform.url)
    genesis = platform.events()[0]
    assert report.data["genesis"] == genesis["id"]
    assert report.data["founder"] == genesis["body"]["writer"]
    assert report.data["called"] == "platform team"
    assert genesis["body"]["writer"][:16] in report.text
    assert set(found(context)) == {("a zebra of ours", ""), (LINE, "platform")}
    assert found(context, of="platform") == [(LINE, "platform")]
    assert "[shard platform]" in recall(context("^recall"), ["stripes"]).text
    assert found(context, "stripes", tag=["roads"]) == [(LINE, "platform")]
    (item,) = list_(context("^lesson list"), of="platform").data["items"]
    assert item["title"] == LINE
    assert [one["title"] for one in list_(context("^lesson list")).data["items"]] == [
        "a zebra of ours"
    ]
    laws = found(context, "laws", of="platform", kind="codex")
    assert ("LAWS.md", "platform") in laws
    (one,) = linked(context)
    assert (one["name"], one["url"], one["genesis"]) == ("platform", platform.url, genesis["id"])


def test_nothing_of_it_enters_this_shard(desks, platform):
    ours, theirs = desks
    before = state(ours("^state"), hash_only=True).data
    link(ours, platform.url)
    assert found(ours) == [(LINE, "platform")]
    assert state(ours("^state"), hash_only=True).data == before
    assert "zebra" not in reload(ours("^reload"), budget=100_000).text
    assert [one for one in ours.commit() if one] == []
    assert sync(ours("^sync")).data["sent"] == 0
    sync(theirs("^sync"))
    assert found(theirs) == []
    assert found(theirs, everywhere=True) == []
    assert status(ours("^status")).data["not_in_force"] == []
    assert "zebra" not in ours.clone.git("log", "--all", "-p")


def test_sync_brings_what_is_new(desks, platform):
    ours, _ = desks
    link(ours, platform.url)
    platform.keep("a zebra on a branch")
    publish(platform)
    platform.keep("a zebra by sync")
    sync(platform("^sync"))
    assert len(found(ours)) == 1
    said = sync(ours("^sync"))
    assert said.data["linked"] == [{"name": "platform", "error": ""}]
    assert {title for title, _ in found(ours)} == {LINE, "a zebra on a branch", "a zebra by sync"}
    assert sync(ours("^sync")).code == 0


def test_only_objects_of_agence_are_fetched(context, platform):
    Clone(platform.url).git("config", "uploadpack.allowFilter", "true")
    secret = platform.clone.git("rev-parse", "HEAD:secret.txt")
    platform.keep("a long zebra", "stripes and stripes " * 5000)
    publish(platform)
    link(context, f"file://{platform.url}")
    there = Clone(copy(context, "platform.git"))
    held = there.git("cat-file", "--batch-all-objects", "--batch-check").split()
    assert secret not in held
    assert there.git("rev-list", "--count", "--all") == "1"
    Clone(platform.url).git("config", "uploadpack.allowFilter", "false")
    os.rename(platform.url, platform.url + ".away")
    assert {title for title, _ in found(context)} == {LINE, "a long zebra"}
    (entity,) = list_(context("^lesson list"), of="platform", limit=1).data["items"]
    assert entity["title"] == "a long zebra"


def test_a_server_that_can_not_leave_files_out(context, platform):
    Clone(platform.url).git("config", "uploadpack.allowFilter", "false")
    link(context, f"file://{platform.url}")
    assert found(context) == [(LINE, "platform")]


def test_its_index_is_derived(context, platform):
    link(context, platform.url)
    for name in os.listdir(copy(context)):
        if name.startswith("platform.db"):
            os.unlink(copy(context, name))
    os.rename(platform.url, platform.url + ".away")
    assert found(context) == [(LINE, "platform")]


def test_removing_takes_it_away(context, platform):
    link(context, platform.url)
    said = remove(context("^shard remove"), "platform")
    assert said.data["name"] == "platform"
    assert found(context) == []
    assert linked(context) == []
    assert os.listdir(copy(context)) == ["lock"]
    assert "agence-shard" not in context.clone.git("config", "--local", "--list")
    link(context, platform.url)
    assert len(found(context)) == 1


def test_two_shards_at_one_address(context, platform, tmp_path):
    """A stranger's genesis was merged there: a person says which one is meant."""
    stranger = Desk(Clone(tmp_path / "stranger"), 78)
    os.mkdir(stranger.clone.path)
    stranger.clone.git("init", "--quiet")
    stranger.clone.git("commit", "--quiet", "--allow-empty", "-m", "x")
    init(stranger("^init"), name="strangers")
    stranger.keep("a zebra of strangers")
    stranger.commit()
    platform.clone.git("fetch", "--quiet", stranger.clone.path, "main")
    merge = ("merge", "--quiet", "--allow-unrelated-histories", "-X", "ours", "-m", "m")
    platform.clone.git(*merge, "FETCH_HEAD")
    platform.clone.git("push", "--quiet")
    with pytest.raises(TrustError, match="2 shards fit") as caught:
        link(context, platform.url)
    assert "--genesis" in caught.value.hint
    assert linked(context) == []
    assert not os.path.exists(copy(context, "platform.git"))
    genesis = platform.events()[0]["id"]
    assert link(context, platform.url, genesis=genesis[:8]).data["genesis"] == genesis
    assert found(context) == [(LINE, "platform")]
    assert len(list_(context("^lesson list"), of="platform").data["items"]) == 1


def test_another_shard_at_the_same_address_later(desks, platform, tmp_path):
    ours, _ = desks
    link(ours, platform.url)
    other = Desk(Clone(tmp_path / "other"), 79)
    os.mkdir(other.clone.path)
    other.clone.git("init", "--quiet")
    other.clone.git("commit", "--quiet", "--allow-empty", "-m", "x")
    init(other("^init"), name="others")
    other.keep("a zebra of others")
    other.commit()
    other.clone.git("push", "--quiet", "--force", platform.url, "HEAD:main")
    report = sync(ours("^sync"))
    assert report.code == 4
    (said,) = report.data["linked"]
    assert "'platform' is not the shard that was linked" in said["error"]
    assert "others" in said["error"]
    assert said["error"] in report.text
    assert found(ours) == [(LINE, "platform")]
    assert report.data["remote"] == "origin"


def test_one_that_can_not_be_reached_stays_readable(desks, platform):
    ours, _ = desks
    link(ours, platform.url)
    os.rename(platform.url, platform.url + ".away")
    report = sync(ours("^sync"))
    assert report.code == 6
    assert "can't be read" in report.data["linked"][0]["error"]
    assert found(ours) == [(LINE, "platform")]


def test_its_own_log_is_no_other_shard(desks):
    ours, _ = desks
    with pytest.raises(ShardError, match="this shard itself"):
        link(ours, ours.clone.git("remote", "get-url", "origin"))
    assert linked(ours) == []


def test_what_is_no_shard(context, tmp_path):
    empty, plain = Clone(tmp_path / "empty.git"), Clone(tmp_path / "plain")
    for one in (empty, plain):
        os.mkdir(one.path)
    empty.git("init", "--quiet", "--bare")
    plain.git("init", "--quiet")
    plain.commit("a.txt", "a\n")
    with pytest.raises(ShardError, match="is empty"):
        link(context, empty.path)
    with pytest.raises(ShardError, match="no shard at"):
        link(context, plain.path)
    with pytest.raises(OutsideError, match="can't be read"):
        link(context, "/nowhere/at/all.git")
    with pytest.raises(OutsideError, match="'ext' not allowed"):
        link(context, "ext::sh -c id")
    assert linked(context) == []
    assert os.listdir(copy(context)) == ["lock"]


def test_a_repository_with_other_ids(context, tmp_path):
    other = Clone(tmp_path / "sha256")
    os.mkdir(other.path)
    other.git("init", "--quiet", "--object-format=sha256")
    other.commit("a.txt", "a\n")
    with pytest.raises(ShardError, match="SHA-256"):
        link(context, other.path)


@pytest.mark.parametrize("name", ["", "../x", "A", "-x", "x/y", "a b", "x" * 64])
def test_what_can_be_no_name(context, platform, name):
    with pytest.raises(UsageError, match="can't be a name"):
        link(context, platform.url, name)
    assert not os.path.exists(copy(context))


def test_a_name_is_given_once(context, platform):
    link(context, platform.url)
    with pytest.raises(UsageError, match="already"):
        link(context, platform.url)
    for verb in (remove, lambda desk, name: recall(desk, ["x"], of=name)):
        with pytest.raises(UsageError, match="no shard is linked as 'other'"):
            verb(context("^x"), "other")


def test_a_login_is_not_shown(context, platform):
    report = link(context, f"file://ada:secret@{platform.url}")
    assert report.data["url"] == f"file://{platform.url}"
    assert "secret" not in report.text + str(linked(context))
    with pytest.raises(OutsideError) as caught:
        link(context, "http://ada:secret@127.0.0.1:9/x.git", "other")
    assert "127.0.0.1" in caught.value.message
    assert "secret" not in caught.value.message


def test_a_folder_is_found_from_anywhere(context, platform, monkeypatch):
    monkeypatch.chdir("/")
    relative = os.path.relpath(platform.url, context.clone.path)
    assert link(context, relative).data["url"] == os.path.realpath(platform.url)


def test_nothing_lies_where_git_could_add_it(context, platform):
    link(context, platform.url)
    before = context.clone.git("status", "--porcelain", "--ignored")
    remove(context("^shard remove"), "platform")
    assert context.clone.git("status", "--porcelain", "--ignored") == before


def test_through_the_doors(context, platform):
    clone = context.clone
    clone.agence("^shard", "add", "platform", platform.url)
    assert "platform team" in clone.agence("^shard", "list")
    said = json.loads(clone.agence("^recall", "zebra", "--shard", "platform", "--json"))
    assert [one["shard"] for one in said["data"]["hits"]] == ["platform"]
    assert LINE in clone.agence("^lesson", "list", "--shard", "platform")
    clone.agence("^lesson", "list", "--shard", "platform", "--as-of", "1d", code=2)
    clone.agence("^shard", "remove", "platform")
    assert clone.agence_json("^shard", "list")["data"]["count"] == 0
