"""What is published is in HEAD, in the index and in the work tree, and nothing else has changed."""

import os
import subprocess

import pytest

from agence.base.errors import OutsideError, ShardError
from agence.git import placing, staging
from agence.git.publish import Published, publish
from agence.git.refs import Moved

A = ".agence/log/2026-01/w/1-a.jsonl"
B = ".agence/synthetic/lessons/b.md"


def everything(checkout):
    """All that a refused or failed publication must leave alone."""
    files = {
        str(path.relative_to(checkout.top)): path.read_bytes()
        for path in checkout.top.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    staged = checkout.git("ls-files", "-s", "-t", "-v")
    left = [
        name for name in os.listdir(checkout.repo.git_dir) if "lock" in name or "agence-" in name
    ]
    return files, staged, checkout.git("for-each-ref"), left, checkout.git("status", "--porcelain")


def test_one_commit_of_ours(checkout):
    before = checkout.git("rev-parse", "HEAD")
    done = publish(checkout.repo, {A: b"one\n", B: b"two\r\n"}, "agence: two\n\nbody")
    assert done == Published(checkout.git("rev-parse", "HEAD"), [A, B])
    assert checkout.git("rev-parse", "HEAD^") == before
    assert checkout.git("log", "-1", "--format=%B") == "agence: two\n\nbody"
    assert checkout.git("reflog", "-1", "--format=%gs") == "commit: agence: two"
    assert checkout.git("diff", "--name-only", "HEAD^", "HEAD").split() == [A, B]
    assert (checkout.top / B).read_bytes() == b"two\r\n"
    assert checkout.git("diff-files", "--name-only") == ""  # asks for stat data alone
    assert checkout.git("status", "--porcelain") == ""
    checkout.git("fsck", "--strict")


def test_nothing_of_ours_is_left_lying_about(checkout):
    publish(checkout.repo, {A: b"one\n"}, "x")
    assert sorted(os.listdir(checkout.repo.nexus)) == ["journal.json.lock", "tmp"]
    assert os.listdir(os.path.join(checkout.repo.nexus, "tmp")) == []
    assert not [name for name in os.listdir(checkout.repo.git_dir) if "agence-" in name]


def test_staged_work_stays_staged(checkout):
    checkout.write("README", "staged\n")
    checkout.write("new", "new\n")
    checkout.git("add", "README", "new")
    checkout.git("rm", "-q", "--cached", "src/main.c")
    checkout.write("README", "edited since\n")
    publish(checkout.repo, {A: b"one\n"}, "x")
    assert checkout.git("diff", "--cached", "--name-status").split("\n") == [
        *("M\tREADME", "A\tnew", "D\tsrc/main.c")
    ]
    assert checkout.git("show", ":README") == "staged"
    assert checkout.git("diff", "--name-only") == "README"
    assert checkout.git("diff", "--name-only", "HEAD^", "HEAD") == A


def test_files_are_renewed_and_taken_away(checkout):
    publish(checkout.repo, {A: b"one\n", B: b"old\n"}, "x")
    done = publish(checkout.repo, {A: None, B: b"new\n"}, "y")
    assert done.paths == [A, B]
    assert checkout.git("ls-tree", "-r", "--name-only", "HEAD", ".agence") == B
    assert not (checkout.top / ".agence/log").exists()
    assert (checkout.top / B).read_text() == "new\n"
    assert checkout.git("status", "--porcelain") == ""


def test_the_last_file_may_go(checkout):
    publish(checkout.repo, {A: b"one\n"}, "x")
    publish(checkout.repo, {A: None}, "y")
    assert checkout.git("ls-files", ".agence") == ""
    assert not (checkout.top / ".agence").exists()
    assert checkout.git("status", "--porcelain") == ""


def test_publishing_twice_is_publishing_once(checkout):
    publish(checkout.repo, {A: b"one\n"}, "x")
    before = everything(checkout)
    index = os.stat(os.path.join(checkout.repo.git_dir, "index"))
    assert publish(checkout.repo, {A: b"one\n", B: None}, "x") == Published(None, [])
    assert os.stat(os.path.join(checkout.repo.git_dir, "index")).st_ino == index.st_ino
    assert everything(checkout) == before


def test_index_and_work_tree_are_made_right_though_head_is(checkout):
    publish(checkout.repo, {A: b"one\n", B: b"two\n"}, "x")
    checkout.git("rm", "-q", "--cached", A)
    (checkout.top / B).unlink()
    checkout.write(".agence/synthetic/old", "")
    checkout.git("add", ".agence/synthetic/old")
    changes = {A: b"one\n", B: b"two\n", ".agence/synthetic/old": None}
    assert publish(checkout.repo, changes, "y") == Published(None, [])
    assert checkout.git("status", "--porcelain") == ""


def test_what_is_kept_is_left_alone(checkout):
    publish(checkout.repo, {A: b"one\n", B: b"two\n"}, "x")
    checkout.write(B, "draft\n")
    done = publish(checkout.repo, {A: b"1\n", B: b"2\n"}, "y", keep=[B])
    assert done.paths == [A]
    assert checkout.git("status", "--porcelain") == f" M {B}"
    assert (checkout.top / B).read_text() == "draft\n"


def test_an_executable_or_linked_view_becomes_a_plain_file(checkout):
    publish(checkout.repo, {A: b"one\n"}, "x")
    (checkout.top / A).chmod(0o755)
    (checkout.top / B).parent.mkdir(parents=True)
    (checkout.top / B).symlink_to("/etc/hostname")
    publish(checkout.repo, {A: b"one\n", B: b"two\n"}, "x")
    assert checkout.git("status", "--porcelain") == ""
    assert not (checkout.top / B).is_symlink()


def test_an_empty_repository(empty):
    empty.write("staged", "s")
    empty.git("add", "staged")
    done = publish(empty.repo, {A: b"one\n"}, "root")
    assert empty.git("log", "--format=%H %P") == f"{done.commit} "
    assert empty.git("status", "--porcelain") == "A  staged"
    assert empty.git("ls-tree", "-r", "--name-only", "HEAD") == A


def test_an_empty_repository_without_an_index(empty):
    publish(empty.repo, {A: b"one\n"}, "root")
    assert empty.git("status", "--porcelain") == ""


def test_a_detached_head(checkout):
    checkout.git("checkout", "-q", "--detach")
    main = checkout.git("rev-parse", "main")
    done = publish(checkout.repo, {A: b"one\n"}, "x")
    assert checkout.git("rev-parse", "HEAD") == done.commit
    assert checkout.git("rev-parse", "main") == main
    assert checkout.git("symbolic-ref", "-q", "HEAD", check=False) == ""


def test_a_linked_work_tree_has_its_own_index(checkout, tmp_path):
    linked = type(checkout)(tmp_path / "linked")
    checkout.git("worktree", "add", "-q", "-b", "side", str(linked.top))
    checkout.write("new", "new")
    checkout.git("add", "new")
    with open(os.path.join(checkout.repo.git_dir, "index.lock"), "x"):
        done = publish(linked.repo, {A: b"one\n"}, "x")
    os.unlink(os.path.join(checkout.repo.git_dir, "index.lock"))
    assert linked.git("rev-parse", "side") == done.commit
    assert linked.git("status", "--porcelain") == ""
    assert checkout.git("status", "--porcelain") == "A  new"


def test_staging_alone(checkout):
    publish(checkout.repo, {A: b"one\n"}, "x")
    head = checkout.git("rev-parse", "HEAD")
    done = publish(checkout.repo, {A: None, B: b"two\n"}, "", stage_only=True)
    assert done == Published(None, [A, B])
    assert checkout.git("rev-parse", "HEAD") == head
    assert checkout.git("status", "--porcelain").split("\n") == [f"D  {A}", f"A  {B}"]


@pytest.mark.parametrize("words", [("commit", "-qm", "x"), ("commit", "-qam", "x")])
def test_staging_in_a_pre_commit_hook(checkout, words, script):
    (checkout.top / ".git/hooks/pre-commit").symlink_to(script("stage"))
    checkout.write("README", "edited\n")
    checkout.git("add", "README")
    checkout.git(*words)
    assert checkout.show(A) == "from a hook"
    assert checkout.git("status", "--porcelain") == ""


def test_staging_in_the_hook_of_a_partial_commit_is_refused(checkout, script):
    (checkout.top / ".git/hooks/pre-commit").symlink_to(script("stage"))
    checkout.write("README", "edited\n")
    done = subprocess.run(
        ["git", "commit", "-m", "x", "--", "README"],
        cwd=checkout.top,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "a `git commit` of single paths is running" in done.stderr
    assert checkout.git("status", "--porcelain") == " M README"


def sparse(checkout, tmp_path, *words):
    """A clone of `checkout` that is sparse."""
    checkout.git("clone", "-q", "--no-checkout", ".", str(tmp_path / "sparse"))
    clone = type(checkout)(tmp_path / "sparse")
    clone.git("sparse-checkout", "set", *words)
    clone.git("checkout", "-q", "main")
    return clone


@pytest.mark.parametrize("index", ["--sparse-index", "--no-sparse-index"])
def test_a_sparse_checkout_without_our_folder(checkout, tmp_path, index):
    publish(checkout.repo, {A: b"one\n", B: b"two\n"}, "x")
    clone = sparse(checkout, tmp_path, "--cone", index, "src")
    clone.write("src/main.c", "edited\n")
    clone.git("add", "src/main.c")
    assert not (clone.top / ".agence").exists()
    new = ".agence/log/2026-02/w/2-b.jsonl"
    publish(clone.repo, {A: None, B: b"new\n", new: b"2\n"}, "y")
    assert clone.git("diff", "--name-status", "HEAD^", "HEAD").split("\n") == [
        *(f"D\t{A}", f"A\t{new}", f"M\t{B}")
    ]
    assert not (clone.top / ".agence").exists()
    assert clone.git("status", "--porcelain") == "M  src/main.c"
    assert clone.git("ls-files", "-t", ".agence").split("\n") == [f"S {new}", f"S {B}"]
    clone.git("sparse-checkout", "disable")
    assert (clone.top / B).read_text() == "new\n"
    assert clone.git("status", "--porcelain") == "M  src/main.c"


@pytest.mark.parametrize("index", ["--sparse-index", "--no-sparse-index"])
def test_a_sparse_checkout_with_our_folder(checkout, tmp_path, index):
    checkout.commit("big/file", "big")
    publish(checkout.repo, {A: b"one\n", B: b"two\n"}, "x")
    clone = sparse(checkout, tmp_path, "--cone", index, ".agence")
    publish(clone.repo, {A: None, B: b"new\n"}, "y")
    assert (clone.top / B).read_text() == "new\n"
    assert not (clone.top / "big").exists()
    assert clone.git("status", "--porcelain") == ""
    assert clone.git("ls-tree", "-r", "--name-only", "HEAD", "big") == "big/file"


def test_a_sparse_checkout_with_part_of_our_folder(checkout, tmp_path):
    publish(checkout.repo, {A: b"one\n", B: b"two\n"}, "x")
    clone = sparse(checkout, tmp_path, "--no-cone", "/.agence/synthetic/")
    new = {".agence/synthetic/lessons/[c]?.md": b"c\n", ".agence/log/2026-01/w/2.jsonl": b"2\n"}
    publish(clone.repo, {B: b"new\n", **new}, "y")
    assert os.listdir(clone.top / ".agence") == ["synthetic"]
    assert len(os.listdir(clone.top / ".agence/synthetic/lessons")) == 2
    assert clone.git("status", "--porcelain") == ""


def test_the_first_publication_in_a_sparse_checkout(checkout, tmp_path):
    clone = sparse(checkout, tmp_path, "--cone", "--sparse-index", "src")
    publish(clone.repo, {A: b"one\n"}, "x")
    assert (clone.top / A).read_text() == "one\n"
    assert clone.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    "options",
    [
        {"core.splitIndex": "true"},
        {"core.untrackedCache": "true"},
        {"core.autocrlf": "true"},
        {"core.autocrlf": "input", "core.safecrlf": "true"},
        {"index.version": "4"},
        {"core.fsmonitor": ".git/monitor"},
    ],
    ids=lambda options: " ".join(f"{key}={value}" for key, value in options.items()),
)
def test_however_the_index_is_kept(checkout, options):
    monitor = checkout.top / ".git/monitor"
    monitor.write_text("#!/bin/sh\nprintf 'token\\0/\\0'\n")
    monitor.chmod(0o755)
    for key, value in options.items():
        checkout.git("config", key, value)
    checkout.git("update-index", "--force-write-index")
    checkout.git("status")
    checkout.write("new", "new\n")
    checkout.git("add", "new")
    for round_ in range(3):
        changes = {A: b"%d\n" % round_, f"{B}{round_}": b"crlf\r\nlf\n", f"{B}{round_ - 1}": None}
        publish(checkout.repo, changes, "x")
        assert checkout.git("status", "--porcelain") == "A  new"
        assert checkout.git("diff", "HEAD", "--stat", "--", ".agence") == ""
    assert checkout.git("cat-file", "-s", f"HEAD:{B}2") == "9"
    assert (checkout.top / f"{B}2").read_bytes() == b"crlf\r\nlf\n"


def signing(checkout, tmp_path, program=None):
    """Make commits be signed with an ssh key, by `program` if given."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (tmp_path / "allowed").write_text(f"ann@example.org {key.with_suffix('.pub').read_text()}")
    checkout.git("config", "commit.gpgsign", "true")
    checkout.git("config", "gpg.format", "ssh")
    checkout.git("config", "user.signingkey", str(key))
    checkout.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "allowed"))
    if program is not None:
        path = tmp_path / "signer"
        path.write_text(f"#!/bin/sh\n{program}\n")
        path.chmod(0o755)
        checkout.git("config", "gpg.ssh.program", str(path))


def test_a_signed_commit(checkout, tmp_path):
    signing(checkout, tmp_path)
    publish(checkout.repo, {A: b"one\n"}, "x")
    assert checkout.git("log", "-1", "--format=%G?") == "G"


def test_a_signed_commit_by_gpg(checkout, tmp_path, monkeypatch):
    home = tmp_path / "g"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    words = (
        "gpg",
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--quick-gen-key",
        "Ann <ann@example.org>",
    )
    subprocess.run(words, check=True, capture_output=True)
    checkout.git("config", "commit.gpgsign", "true")
    publish(checkout.repo, {A: b"one\n"}, "x")
    assert checkout.git("log", "-1", "--format=%G?") in {"G", "U"}
    subprocess.run(["gpgconf", "--kill", "all"], check=False)


def test_signing_that_fails_changes_nothing(checkout, tmp_path):
    signing(checkout, tmp_path, "echo no key here >&2; exit 1")
    before = everything(checkout)
    with pytest.raises(OutsideError, match=r"signing the commit failed.*no key here") as raised:
        publish(checkout.repo, {A: b"one\n"}, "x")
    assert raised.value.exit_code == 6
    assert everything(checkout) == before


def test_head_moved_meanwhile_changes_nothing(checkout, tmp_path):
    signing(
        checkout,
        tmp_path,
        "test -e moved || git update-ref HEAD $(git commit-tree HEAD^{tree} -p HEAD -m theirs)\n"
        'touch moved; exec ssh-keygen "$@"',
    )
    with pytest.raises(Moved) as raised:
        publish(checkout.repo, {A: b"one\n"}, "x")
    assert raised.value.exit_code == 3
    assert checkout.git("log", "-1", "--format=%s") == "theirs"
    assert checkout.git("status", "--porcelain") == "?? moved"
    publish(checkout.repo, {A: b"one\n"}, "x")
    assert checkout.git("log", "--format=%s", "-2") == "x\ntheirs"


def test_nobody_to_commit_as_changes_nothing(checkout):
    before = everything(checkout)
    checkout.git("config", "user.useConfigOnly", "true")
    checkout.git("config", "user.email", "")
    os.unlink(os.path.join(os.environ["HOME"], ".gitconfig"))
    with pytest.raises(ShardError, match="does not know who") as raised:
        publish(checkout.repo, {A: b"one\n"}, "x")
    assert raised.value.exit_code == 3
    assert everything(checkout) == before


def full(*_):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", range(4))
def test_a_full_disk_changes_nothing(checkout, monkeypatch, step):
    checkout.write("new", "new\n")
    checkout.git("add", "new")
    publish(checkout.repo, {A: b"one\n", B: b"two\n"}, "x")
    before = everything(checkout)
    real, moves = placing._move, iter([1, 0])

    def second_fails(source, target):
        if target.startswith(str(checkout.top / ".agence")) and not next(moves, 1):
            full()
        real(source, target)

    failing = [(placing, "write_new", full), (placing, "_move", second_fails)]
    failing += [(staging, "copy", full), (staging, "_update", full)]
    monkeypatch.setattr(*failing[step])
    with pytest.raises(OutsideError, match="No space left") as raised:
        publish(checkout.repo, {A: None, B: b"2\n", ".agence/x/y/z": b"z\n"}, "y")
    assert raised.value.hint == "make room on the disk"
    assert everything(checkout) == before
    assert not (checkout.top / ".agence/x").exists()
    monkeypatch.undo()


def test_a_head_that_cannot_be_moved_changes_nothing(checkout, monkeypatch):
    publish(checkout.repo, {A: b"one\n"}, "x")
    before = everything(checkout)
    logs = checkout.top / ".git/logs/refs/heads/main"
    hook = checkout.top / ".git/hooks/reference-transaction"
    hook.write_text(
        f'#!/bin/sh\ntest "$1" = prepared && rm -f {logs} && mkdir -p {logs} && touch {logs}/x\n'
        "exit 0\n"
    )
    hook.chmod(0o755)
    with pytest.raises(OutsideError, match="update-ref"):
        publish(checkout.repo, {A: None, B: b"2\n"}, "y")
    hook.unlink()
    (logs / "x").unlink()
    logs.rmdir()
    assert everything(checkout) == before


def test_a_folder_in_the_way_changes_nothing(checkout):
    (checkout.top / B / "sub").mkdir(parents=True)
    before = everything(checkout)
    with pytest.raises(OutsideError):
        publish(checkout.repo, {A: b"one\n", B: b"two\n"}, "x")
    assert everything(checkout) == before
    assert not (checkout.top / A).exists()


@pytest.mark.parametrize("where", ["work tree", "git directory"])
@pytest.mark.parametrize("path", [A, os.path.dirname(A) + "/new"])
def test_a_read_only_folder_changes_nothing(checkout, without_rights, where, path):
    publish(checkout.repo, {A: b"one\n"}, "x")
    before = everything(checkout)
    folder = {"work tree": os.path.dirname(A), "git directory": ".git"}[where]
    said = without_rights(folder, path)
    assert said.startswith("OutsideError 6"), said
    assert "can't write" in said or "Permission denied" in said
    assert everything(checkout) == before


def test_a_link_out_of_the_work_tree_is_refused(checkout, tmp_path):
    (tmp_path / "outside").mkdir()
    (checkout.top / ".agence").mkdir()
    (checkout.top / ".agence/log").symlink_to(tmp_path / "outside")
    before = everything(checkout)
    with pytest.raises(ShardError, match=r"'.agence/log' is not a folder"):
        publish(checkout.repo, {A: b"one\n"}, "x")
    assert everything(checkout) == before
    assert os.listdir(tmp_path / "outside") == []


@pytest.mark.parametrize(
    "path",
    ["README", ".agence", ".agence/", "/etc/x", ".agence/../x", ".agence/a//b", ".agence/.git/x"],
)
def test_paths_that_are_not_ours(checkout, path):
    with pytest.raises(ValueError, match="is not a path below"):
        publish(checkout.repo, {path: b""}, "x")


def test_thousands_of_files(checkout):
    changes = {f".agence/log/{n % 7}/{n}.jsonl": b"%d\n" % n for n in range(2000)}
    assert len(publish(checkout.repo, changes, "x").paths) == 2000
    assert checkout.git("status", "--porcelain") == ""
    publish(checkout.repo, dict.fromkeys(list(changes)[:1000]), "y")
    assert len(checkout.git("ls-files", ".agence").split()) == 1000
    assert checkout.git("status", "--porcelain") == ""


def test_a_copied_index_keeps_its_time(tmp_path):
    """By it git knows which entries may have changed in the moment they were staged."""
    old = tmp_path / "index"
    old.write_bytes(b"DIRC")
    os.utime(old, ns=(1_000_000_007, 2_000_000_009))
    staging.copy(str(old), str(tmp_path / "new"))
    assert (tmp_path / "new").stat().st_mtime_ns == 2_000_000_009
