"""^doctor names what is wrong in a clone, heals what needs no person, and touches nothing else."""

import os
import stat

import pytest

from agence.base.errors import ShardError
from agence.commands.doctor import doctor
from agence.commands.hooks.install import install
from tests.clone import Clone
from tests.commands.desk import NOW, Desk

NAMES = (
    *("git", "repository", "index", "pins", "fetch", "drivers", "states", "attributes", "merge"),
    *("merging", "log", "views", "locks", "private", "own log", "hooks", "size"),
)
DRIVER = "merge.agence-view.driver"


def found(context, *, fix=False):
    """Check -> (ok, said), and the exit code under ""."""
    said = doctor(context("^doctor"), fix=fix)
    checks = {one["check"]: (one["ok"], one["said"]) for one in said.data["checks"]}
    assert tuple(checks) == NAMES
    problems = sum(ok == "problem" for ok, _ in checks.values())
    assert said.data["problems"] == problems
    return checks | {"": said.code}


def sick(checks):
    return [name for name in NAMES if checks[name][0] == "problem"]


@pytest.fixture
def well(context):
    """A desk at a clone that has published and where everything is well."""
    context.keep("a lesson", "its text")
    context.commit()
    return context


def everything(clone):
    """Every file of a clone but the shard's index, and the note of what it saw."""
    files = {}
    for folder, _, names in os.walk(clone.path):
        for name in names:
            path = os.path.join(folder, name)
            if "index.db" not in name and name != "refs.seen":
                with open(path, "rb") as file:
                    files[path] = (os.lstat(path).st_mode, file.read())
    return files


def test_a_look_touches_nothing(well):
    install(well("^hooks install"), "git")
    checks = found(well)
    assert (sick(checks), checks[""]) == ([], 0)
    before = everything(well.clone)
    assert found(well)[""] == 0
    after = everything(well.clone)
    assert sorted(after) == sorted(before)
    assert [path for path in before if after[path] != before[path]] == []


BROKEN = [
    (["config", DRIVER, "/nowhere/agence-merge view %O %A %B %P"], ["drivers", "merge"]),
    (["config", DRIVER, "agence-merge view %O %A %B %P"], ["drivers"]),  # it is on this PATH
    (["config", DRIVER, "'"], ["drivers", "merge"]),
    (["config", "--unset", DRIVER], ["drivers", "merge"]),
]


@pytest.mark.parametrize(("words", "named"), BROKEN)
def test_what_git_is_told_is_mended_and_tried(well, words, named):
    well.clone.git(*words)
    checks = found(well)
    assert (sick(checks), checks[""]) == (named, 3)
    fixed = found(well, fix=True)
    assert fixed["drivers"][0] == "fixed"
    assert (fixed["merge"][0], fixed[""]) == ("ok", 0)


def test_a_driver_that_runs_and_does_nothing_is_seen(well, tmp_path):
    program = tmp_path / "agence-merge"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    well.clone.git("config", DRIVER, f"{program} view %O %A %B %P")
    checks = found(well)
    assert (checks["drivers"][0], sick(checks)) == ("ok", ["merge"])


def test_attributes_that_somebody_puts_above_ours_are_seen(well):
    path = os.path.join(well.clone.path, ".git", "info", "attributes")
    well.clone.write(path, ".agence/synthetic/** merge=union\n")
    assert sick(found(well)) == ["attributes", "merge"]
    assert sick(found(well, fix=True)) == ["attributes", "merge"]
    assert well.clone.read(path) == ".agence/synthetic/** merge=union\n"


def test_lines_that_somebody_added_to_the_attributes_stay(well):
    well.clone.write(".agence/.gitattributes", "codex/** diff=markdown")
    assert "attributes" in sick(found(well))
    assert found(well, fix=True)["attributes"][0] == "fixed"
    assert well.clone.read(".agence/.gitattributes").startswith("codex/** diff=markdown\n* -text\n")


def test_what_others_can_read_is_closed(well):
    path = os.path.join(well.local("hermetic", "keys"), "x")
    well.clone.write(path, "x")
    os.chmod(path, 0o644)
    os.chmod(well.local("hermetic"), 0o755)
    checks = found(well)
    assert sick(checks) == ["private"]
    assert path in checks["private"][1]
    assert found(well, fix=True)["private"][0] == "fixed"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(well.local("hermetic")).st_mode) == 0o700


@pytest.mark.parametrize(("minutes", "stale"), [(1, False), (90, True)])
def test_a_lock_is_nobodys_after_a_while(well, minutes, stale):
    lock = os.path.join(well.clone.path, ".git", "refs", "agence", "log.lock")
    well.clone.write(lock, "")
    os.utime(lock, (NOW / 1000 - minutes * 60,) * 2)
    checks = found(well)
    assert sick(checks) == (["locks"] if stale else [])
    assert not stale or f"{minutes} minutes old" in checks["locks"][1]
    found(well, fix=True)
    assert os.path.exists(lock) is not stale


def test_a_lock_of_the_users_is_only_named(well):
    lock = os.path.join(well.clone.path, ".git", "index.lock")
    well.clone.write(lock, "")
    os.utime(lock, (NOW / 1000 - 3600,) * 2)
    assert sick(found(well, fix=True)) == ["locks"]
    assert os.path.exists(lock)


def test_a_journal_that_was_left_is_cleared(well):
    path = well.local("nexus", "journal.json")
    well.clone.write(path, '{"pid":1,"token":"00","index":"../../index","removed":{}}')
    assert sick(found(well)) == ["locks"]
    assert found(well, fix=True)["locks"][0] == "fixed"
    assert not os.path.exists(path)


def test_a_torn_tail_is_noted_and_no_problem(well):
    folder = well.local("nexus", "own")
    name = next(name for name in os.listdir(folder) if name.endswith(".jsonl"))
    with open(os.path.join(folder, name), "ab") as file:
        file.write(b'{"body":')
    ok, said = found(well)["own log"]
    assert ok == "ok"
    assert "8 bytes" in said


def test_a_damaged_index_is_made_again(well):
    path = well.local("nexus", "index.db")
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 4096)
        file.seek(0)
        file.write(b"x" * 64)
    for suffix in ("-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)
    assert found(well)["index"][0] == "problem"
    assert found(well, fix=True)["index"][0] in ("ok", "fixed")  # whoever reads it makes it again
    assert found(well)[""] == 0


def test_states_must_not_expire(well):
    assert "no state" in found(well)["states"][1]
    tip = well.clone.git("rev-parse", "HEAD")
    well.clone.git("update-ref", "refs/agence/states", tip)
    assert sick(found(well)) == ["states"]
    assert found(well, fix=True)["states"][0] == "fixed"
    assert well.clone.git("config", "gc.refs/agence/states.reflogExpire") == "never"


def test_a_remote_is_pinned_there_and_fetched_from(desks):
    ours = desks[0]
    assert found(ours)[""] == 0
    url = ours.clone.git("remote", "get-url", "origin")
    ours.clone.git("config", "--unset-all", "remote.origin.fetch", "refs/agence")
    assert sick(found(ours)) == ["fetch"]
    assert found(ours, fix=True)["fetch"][0] == "fixed"
    ours.clone.git("update-ref", "-d", "refs/remotes/origin/main")
    assert "origin/main is not here" in found(ours)["pins"][1]
    ours.clone.git("remote", "remove", "origin")
    assert "'origin' is not there any more" in found(ours)["pins"][1]
    ours.clone.git("remote", "add", "other", url)
    assert sick(found(ours))[0] == "pins"


def test_the_kind_of_the_repository_is_said(desks, tmp_path):
    ours = desks[0]
    url = "file://" + ours.clone.git("remote", "get-url", "origin")
    ours.clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "side"))
    assert "linked worktree" in found(Desk(Clone(tmp_path / "side")))["repository"][1]
    Clone(url.removeprefix("file://")).git("config", "uploadpack.allowFilter", "true")
    for name, word in (("--depth=1", "shallow"), ("--filter=blob:none", "partial")):
        ours.clone.git("clone", "--quiet", "--no-checkout", name, url, str(tmp_path / word))
        clone = Clone(tmp_path / word)
        clone.git("config", "agence.shard", ours.clone.git("config", "agence.shard"))
        said = found(Desk(clone))["repository"]
        assert (said[0], word in said[1]) == ("ok", True)
    ours.clone.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "sub")
    sub = Clone(os.path.join(ours.clone.path, "sub"))
    sub.git("config", "agence.shard", ours.clone.git("config", "agence.shard"))
    assert "submodule" in found(Desk(sub))["repository"][1]


def test_refs_of_another_kind_are_not_supported(well, monkeypatch):
    well.clone.git("config", "extensions.refStorage", "files")
    assert found(well)["repository"][0] == "ok"
    shard = well("^doctor").shard
    assert shard.repo.config()["extensions.refstorage"] == ["files"]


HURT = [
    ("nexus/hooks/pre-commit", "#!/bin/sh\nexit 0\n"),
    ("nexus/hooks/pre-push", None),
    ("../hooks/pre-commit", "#!/bin/sh\nexit 0\n"),
    ("../hooks/pre-push", None),
]


@pytest.mark.parametrize(("path", "text"), HURT)
def test_hooks_are_fired_and_what_they_let_pass_is_seen(well, path, text):
    install(well("^hooks install"), "git")
    ok, said = found(well)["hooks"]
    assert (ok, "git called pre-commit and pre-push" in said) == ("ok", True)
    whole = well.local(path)
    os.unlink(whole)
    if text is not None:
        os.chmod(well.clone.write(whole, text), 0o755)
    elif "nexus" in path:  # who takes out a script wants no hook
        assert "git called pre-commit;" in found(well)["hooks"][1]
        return
    assert sick(found(well)) == ["hooks"]
    assert found(well, fix=True)["hooks"][0] == "fixed"


def test_a_hook_that_git_does_not_call_is_seen(well):
    install(well("^hooks install"), "git")
    well.clone.git("config", "core.hooksPath", "elsewhere")
    assert sick(found(well)) == ["hooks"]
    well.clone.git("config", "--unset", "core.hooksPath")
    os.chmod(os.path.join(well.clone.path, ".git", "hooks", "pre-commit"), 0o644)
    assert sick(found(well)) == ["hooks"]


def test_a_clone_without_a_shard(repo):
    with pytest.raises(ShardError):
        doctor(Desk(repo)("^doctor"))
