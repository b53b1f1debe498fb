"""^doctor names what is wrong in a clone, heals what needs no person, and touches nothing else."""

import os
import stat

import pytest

from agence.base.errors import ShardError
from agence.commands.doctor import doctor
from agence.commands.hooks.install import install
from agence.commands.knowledge.edit import edit
from agence.commands.render import render
from agence.commands.status import status
from agence.git.repository import discover
from agence.shard.health.check import examine
from agence.shard.health.rounds import CHECKS
from agence.shard.shard import Shard
from tests.clone import Clone
from tests.commands.desk import NOW, Desk, moved

NAMES = (
    *("git", "repository", "index", "pins", "fetch", "drivers", "states", "small files"),
    *("attributes", "merge", "merging", "log", "views", "markers", "locks", "private"),
    *("own log", "hooks", "size"),
)
TOLD = ("drivers", "small files", "attributes", "merge")  # what git is told, and whether it does it
DRIVER = "merge.agence-view.driver"


def only(context, *names, fix=False):
    """Check -> (ok, said) of these checks alone."""
    wanted = [one for one in CHECKS if one.name in names]
    assert len(wanted) == len(names)
    results = examine(context("^doctor").shard, wanted, fix=fix)
    return {one.check: (one.ok, one.said) for one in results}


def found(context, *, fix=False):
    """Check -> (ok, said) of every check, and the exit code under ""."""
    said = doctor(context("^doctor"), fix=fix)
    checks = {one["check"]: (one["ok"], one["said"]) for one in said.data["checks"]}
    assert tuple(checks) == NAMES
    problems = sum(ok == "problem" for ok, _ in checks.values())
    assert said.data["problems"] == problems
    return checks | {"": said.code}


def sick(checks):
    return [name for name in NAMES if checks.get(name, ("",))[0] == "problem"]


@pytest.fixture(scope="module")
def published(founded, tmp_path_factory):
    """A folder with a clone that has published a lesson."""
    folder = str(tmp_path_factory.mktemp("published"))
    moved(str(founded), f"{folder}/made")
    desk = Desk(Clone(f"{folder}/made/repo"), 1)
    desk.keep("a lesson", "one\ntwo\nthree")
    desk.commit()
    return f"{folder}/made"


@pytest.fixture
def well(published, tmp_path):
    """A desk at a clone that has published and where everything is well."""
    moved(published, str(tmp_path / "well"))
    return Desk(Clone(tmp_path / "well" / "repo"), 2)


def view_of(desk):
    """The path of the lesson's view."""
    return desk.clone.git("ls-files", "--", ".agence/synthetic/lessons")


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
    assert sick(only(well, *TOLD)) == named
    fixed = only(well, *TOLD, fix=True)
    assert (fixed["drivers"][0], fixed["merge"][0]) == ("fixed", "ok")


def test_what_is_wrong_with_either_driver_is_named(well):
    for name in ("log", "view"):
        well.clone.git("config", "--unset", f"merge.agence-{name}.driver")
    checks = found(well)
    assert (sick(checks), checks[""]) == (["drivers", "merge"], 3)
    assert "of logs is not configured and that of views is not" in checks["drivers"][1]


def test_a_driver_that_runs_and_does_nothing_is_seen(well, tmp_path):
    program = tmp_path / "agence-merge"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    well.clone.git("config", DRIVER, f"{program} view %O %A %B %P")
    assert sick(only(well, *TOLD)) == ["merge"]


def test_attributes_that_somebody_puts_above_ours_are_seen(well):
    path = os.path.join(well.clone.path, ".git", "info", "attributes")
    well.clone.write(path, ".agence/synthetic/** merge=union\n")
    assert sick(only(well, *TOLD)) == ["attributes", "merge"]
    assert sick(only(well, *TOLD, fix=True)) == ["attributes", "merge"]
    assert well.clone.read(path) == ".agence/synthetic/** merge=union\n"


def test_lines_that_somebody_added_to_the_attributes_stay(well):
    well.clone.write(".agence/.gitattributes", "codex/** diff=markdown")
    assert sick(only(well, "attributes")) == ["attributes"]
    assert only(well, "attributes", fix=True)["attributes"][0] == "fixed"
    assert well.clone.read(".agence/.gitattributes").startswith("codex/** diff=markdown\n* -text\n")


SMALL = tuple(
    f".agence/{name}" for name in (".gitattributes", ".gitignore", ".ignore", "agence.toml")
)


def by_fix(desk):
    assert only(desk, "small files", fix=True)["small files"][0] == "fixed"


HEALERS = {"--fix": by_fix, "^render": lambda desk: render(desk("^render")), "^commit": Desk.commit}


@pytest.mark.parametrize(
    ("how", "committed"), [*((how, False) for how in HEALERS), ("^commit", True)]
)
def test_small_files_that_are_gone_are_named_and_come_back(well, how, committed):
    before = {path: well.clone.read(path) for path in SMALL}
    for path in SMALL[:2]:
        os.unlink(os.path.join(well.clone.path, path))
    well.clone.write(SMALL[2], "\n")
    if committed:
        well.clone.git("commit", "--quiet", "-am", "by accident")
    ok, said = only(well, "small files")["small files"]
    assert (ok, "3 files gone or empty" in said) == ("problem", True)
    assert status(well("^status")).data["stale"] == list(SMALL[:3])
    HEALERS[how](well)
    assert {path: well.clone.read(path) for path in SMALL} == before
    assert status(well("^status")).data["stale"] == []
    assert sick(only(well, *TOLD)) == []


def test_a_small_file_comes_back_with_what_somebody_had_added(well):
    text = well.clone.read(SMALL[0]) + "codex/** diff=markdown\n"
    well.clone.commit(SMALL[0], text)
    os.unlink(os.path.join(well.clone.path, SMALL[0]))
    by_fix(well)
    assert well.clone.read(SMALL[0]) == text


LACKING = [
    (1, "/nexus/\n", "", "/nexus/"),
    (3, "format = 1\n", "[more]\n", "format = 1"),
    (3, "format = 1\n", "<<<<<<< a\nformat = 1\n=======\nformat = 1\n>>>>>>> b\n", "versions"),
]


@pytest.mark.parametrize(("at", "old", "new", "named"), LACKING)
def test_lines_that_a_small_file_lacks_are_put_back(well, at, old, new, named):
    before = well.clone.read(SMALL[at])
    well.clone.write(SMALL[at], before.replace(old, new))
    ok, said = only(well, "small files")["small files"]
    assert (ok, named in said, SMALL[at] in said) == ("problem", True, True)
    by_fix(well)
    after = well.clone.read(SMALL[at])
    assert set(after.splitlines()) - set(before.splitlines()) <= {"[more]"}
    assert set(before.splitlines()) <= set(after.splitlines())


def test_a_small_file_in_which_somebody_has_to_choose_stays(well):
    text = well.clone.read(SMALL[2]) + "<<<<<<< a\n/x/\n=======\n/y/\n>>>>>>> b\n"
    well.clone.write(SMALL[2], text)
    assert sick(only(well, "small files", fix=True)) == ["small files"]
    assert well.clone.read(SMALL[2]) == text


MARKED = {
    "behind the end": lambda text: text + "<<<<<<< HEAD\n=======\n>>>>>>> side\n",
    "in the middle": lambda text: text.replace(
        "two\n", "<<<<<<< HEAD\ntwo\n=======\ntwo\n>>>>>>> side\n"
    ),
    "one left over": lambda text: text.replace("two\n", "two\n>>>>>>> side\n"),
    "typed": lambda text: text.replace("two\n", "<<<<<<< HEAD\ntwo\n=======\n2\n>>>>>>> side\n"),
    "typed behind the end": lambda text: text + "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> side\n",
}


@pytest.mark.parametrize("what", MARKED)
@pytest.mark.parametrize(("committed", "ahead"), [(False, False), (True, False), (True, True)])
def test_marks_of_a_merge_in_a_view_are_always_a_problem(well, what, committed, ahead):
    path = view_of(well)
    if ahead:
        shard = well("^x").shard
        learned = next(iter(shard.index("shared").entities("lesson"))).id
        edit(well("^lesson edit"), learned, title="not published yet")
    marked = MARKED[what](well.clone.read(path))
    well.clone.write(path, marked)
    if committed:
        well.clone.git("commit", "--quiet", "-am", "by accident")
    named = ["markers"] if "typed" in what else ["views"]
    assert sick(only(well, "views", "markers")) == named
    said = status(well("^status"))
    assert said.data["drafts" if "typed" in what else "stale"] == [path]
    if "typed" in what:
        assert "take out the lines" in said.text
        assert "signs what was typed" not in said.text
        assert sick(only(well, "views", "markers", fix=True)) == named
        assert well.clone.read(path) == marked
        return
    assert sick(only(well, "views", "markers", fix=True)) == []
    assert "side" not in well.clone.read(path)
    assert status(well("^status")).data["stale"] == []


def test_what_others_can_read_is_closed(well):
    path = os.path.join(well.local("hermetic", "keys"), "x")
    well.clone.write(path, "x")
    os.chmod(path, 0o644)
    os.chmod(well.local("hermetic"), 0o755)
    ok, said = only(well, "private")["private"]
    assert (ok, path in said) == ("problem", True)
    assert only(well, "private", fix=True)["private"][0] == "fixed"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(well.local("hermetic")).st_mode) == 0o700


@pytest.mark.parametrize(("minutes", "stale"), [(1, False), (90, True)])
def test_a_lock_is_nobodys_after_a_while(well, minutes, stale):
    lock = os.path.join(well.clone.path, ".git", "refs", "agence", "log.lock")
    well.clone.write(lock, "")
    os.utime(lock, (NOW / 1000 - minutes * 60,) * 2)
    ok, said = only(well, "locks")["locks"]
    assert ok == ("problem" if stale else "ok")
    assert not stale or f"{minutes} minutes old" in said
    only(well, "locks", fix=True)
    assert os.path.exists(lock) is not stale


def test_a_lock_of_the_users_is_only_named(well):
    lock = os.path.join(well.clone.path, ".git", "index.lock")
    well.clone.write(lock, "")
    os.utime(lock, (NOW / 1000 - 3600,) * 2)
    assert sick(only(well, "locks", fix=True)) == ["locks"]
    assert os.path.exists(lock)


def test_a_journal_that_was_left_is_cleared(well):
    path = well.local("nexus", "journal.json")
    well.clone.write(path, '{"pid":1,"token":"00","index":"../../index","removed":{}}')
    context = well("^doctor")
    shard = Shard(discover(context.cwd), context)  # which clears nothing by being opened
    checks = [one for one in CHECKS if one.name == "locks"]
    assert [one.ok for one in examine(shard, checks, fix=False)] == ["problem"]
    assert [one.ok for one in examine(shard, checks, fix=True)] == ["fixed"]
    assert not os.path.exists(path)


def test_a_torn_tail_is_noted_and_no_problem(well):
    folder = well.local("nexus", "own")
    name = next(name for name in os.listdir(folder) if name.endswith(".jsonl"))
    with open(os.path.join(folder, name), "ab") as file:
        file.write(b'{"body":')
    ok, said = only(well, "own log")["own log"]
    assert ok == "ok"
    assert "8 bytes" in said


def test_a_damaged_index_is_made_again(well):
    path = well.local("nexus", "index.db")
    assert only(well, "log", "index")["index"][0] == "ok"
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 4096)
        file.seek(0)
        file.write(b"x" * 64)
    for suffix in ("-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)
    assert only(well, "index")["index"][0] == "problem"
    fixed = only(well, "index", fix=True)["index"][0]
    assert fixed in ("ok", "fixed")  # whoever reads it makes it again
    assert sick(only(well, "index", "pins", "log", "views")) == []


def test_states_must_not_expire(well):
    assert "no state" in only(well, "states")["states"][1]
    tip = well.clone.git("rev-parse", "HEAD")
    well.clone.git("update-ref", "refs/agence/states", tip)
    assert sick(only(well, "states")) == ["states"]
    assert only(well, "states", fix=True)["states"][0] == "fixed"
    assert well.clone.git("config", "gc.refs/agence/states.reflogExpire") == "never"


def test_a_remote_is_pinned_there_and_fetched_from(desks):
    ours = desks[0]
    assert found(ours)[""] == 0
    url = ours.clone.git("remote", "get-url", "origin")
    ours.clone.git("config", "--unset-all", "remote.origin.fetch", "refs/agence")
    assert sick(only(ours, "fetch")) == ["fetch"]
    assert only(ours, "fetch", fix=True)["fetch"][0] == "fixed"
    ours.clone.git("update-ref", "-d", "refs/remotes/origin/main")
    assert "origin/main is not here" in only(ours, "pins")["pins"][1]
    ours.clone.git("remote", "remove", "origin")
    assert "'origin' is not there any more" in only(ours, "pins")["pins"][1]
    ours.clone.git("remote", "add", "other", url)
    assert sick(only(ours, "pins")) == ["pins"]


def test_the_kind_of_the_repository_is_said(desks, tmp_path):
    ours = desks[0]
    url = "file://" + ours.clone.git("remote", "get-url", "origin")
    ours.clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "side"))
    side = Desk(Clone(tmp_path / "side"))
    assert "linked worktree" in only(side, "repository")["repository"][1]
    Clone(url.removeprefix("file://")).git("config", "uploadpack.allowFilter", "true")
    for name, word in (("--depth=1", "shallow"), ("--filter=blob:none", "partial")):
        ours.clone.git("clone", "--quiet", "--no-checkout", name, url, str(tmp_path / word))
        clone = Clone(tmp_path / word)
        clone.git("config", "agence.shard", ours.clone.git("config", "agence.shard"))
        said = only(Desk(clone), "repository")["repository"]
        assert (said[0], word in said[1]) == ("ok", True)
    ours.clone.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "sub")
    sub = Clone(os.path.join(ours.clone.path, "sub"))
    sub.git("config", "agence.shard", ours.clone.git("config", "agence.shard"))
    assert "submodule" in only(Desk(sub), "repository")["repository"][1]


def test_refs_of_another_kind_are_not_supported(well, monkeypatch):
    well.clone.git("config", "extensions.refStorage", "files")
    assert only(well, "repository")["repository"][0] == "ok"
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
    ok, said = only(well, "hooks")["hooks"]
    assert (ok, "git called pre-commit and pre-push" in said) == ("ok", True)
    whole = well.local(path)
    os.unlink(whole)
    if text is not None:
        os.chmod(well.clone.write(whole, text), 0o755)
    elif "nexus" in path:  # who takes out a script wants no hook
        assert "git called pre-commit;" in only(well, "hooks")["hooks"][1]
        return
    assert only(well, "hooks", fix=True)["hooks"][0] == "fixed"


def test_a_hook_that_git_does_not_call_is_seen(well):
    install(well("^hooks install"), "git")
    well.clone.git("config", "core.hooksPath", "elsewhere")
    assert sick(only(well, "hooks")) == ["hooks"]
    well.clone.git("config", "--unset", "core.hooksPath")
    os.chmod(os.path.join(well.clone.path, ".git", "hooks", "pre-commit"), 0o644)
    assert sick(only(well, "hooks")) == ["hooks"]


def test_a_clone_without_a_shard(repo):
    with pytest.raises(ShardError):
        doctor(Desk(repo)("^doctor"))
