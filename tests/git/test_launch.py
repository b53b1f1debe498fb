"""Programs start with a permit, without a shell, from a pinned path, in a clean environment."""

import os
import shutil
import stat
import subprocess
import sys

import pytest

from agence.agents.editor import edit
from agence.agents.launch import launch
from agence.base.errors import OutsideError, Refusal
from agence.guard.decide import decide, decide_system, permit
from tests.core.command_corpus import ROOT, SHIPPED


def run(words: list[str], cwd: str, *, approved: bool = False):
    return launch(
        permit(decide([("shipped", SHIPPED)], words), approved=approved), cwd, capture=True
    )


def script(path: str, text: str) -> str:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + text + "\n")
    os.chmod(path, 0o755)
    return path


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


@pytest.fixture
def repository(tmp_path):
    """A real repository with two commits and a change, in `tmp_path/repo`."""
    root = tmp_path / "repo"
    root.mkdir()

    def git(*words: str) -> str:
        identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
        done = subprocess.run(
            ["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True
        )
        return done.stdout

    git("init", "-q", "-b", "main")
    for text in ("one", "two"):
        (root / "file.txt").write_text(text + "\n")
        git("add", "file.txt")
        git("commit", "-q", "-m", text)
    (root / "file.txt").write_text("three\n")
    return str(root), git


def test_an_allowed_command_runs_and_is_measured(repository):
    root, _ = repository
    done = run(["git-status", "--short"], root)
    assert (done.code, done.stdout, done.stderr) == (0, " M file.txt\n", "")
    assert 0 < done.seconds < 30


@pytest.mark.parametrize(
    "words",
    [
        "git-status",
        "git-log -p",
        "git-diff",
        "git-show HEAD",
        "git-branch -a",
        "git-tag",
        "git-remote -v",
        "git-reflog -2",
        "git-describe --always",
        "git-shortlog -s HEAD",
        "git-rev-parse HEAD",
        "git-ls-files",
        "git-rev-list --count HEAD",
        "git-name-rev HEAD",
        "git-merge-base HEAD HEAD",
        "git-show-ref",
        "git-ls-tree HEAD",
        "git-blame file.txt",
        "git-grep -n t",
        "git-cat-file -p HEAD",
        "git-stash-list",
        "git-stash-show stash@{0}",
        "git-worktree-list",
        "git-count-objects -v",
        "git-ls-remote origin",
        "git-fetch",
        "git-fetch origin main",
        "ls -la",
        "cat file.txt",
        "head -n1 file.txt",
        "tail -n1 file.txt",
        "wc -l file.txt",
        "grep -rn t .",
        "find . -name *.txt -type f",
        "stat file.txt",
        "du -sh .",
        "diff -u file.txt file.txt",
        "cut -c1 file.txt",
        "sort file.txt",
        "uniq file.txt",
        "sha256sum file.txt",
        "echo x",
        "printf x",
        "pwd",
        "which git",
        "whoami",
        "id",
        "uname -a",
        "date -u",
        "df -h",
        "basename a/b",
        "dirname a/b",
    ],
)
def test_every_reading_command_works_hardened(repository, words):
    root, git = repository
    git("stash", "-q")
    write(os.path.join(root, "file.txt"), "three\n")
    git("clone", "-q", "--bare", ".", "../origin.git")
    git("remote", "add", "origin", "../origin.git")
    if shutil.which(words.split()[0]) is None and not words.startswith("git-"):
        pytest.skip("this machine has no such program")
    done = run(words.split(), root)
    assert done.code == 0, done.stderr


def test_configuration_of_the_repository_starts_nothing(repository, tmp_path):
    root, git = repository
    trace = tmp_path / "ran"
    evil = script(str(tmp_path / "evil.sh"), f'echo "$@" >> {trace}; cat "$1" 2>/dev/null')
    for key in (
        "core.fsmonitor",
        "core.pager",
        "pager.log",
        "pager.diff",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "gpg.program",
        "core.editor",
    ):
        git("config", key, evil)
    git("config", "log.showSignature", "true")
    hooks = os.path.join(root, ".git", "hooks")
    script(os.path.join(hooks, "post-index-change"), f"echo hook >> {trace}")
    write(os.path.join(root, ".gitattributes"), "*.txt diff=evil\n")
    raw = git("cat-file", "commit", "HEAD").split("\n\n", 1)
    write(
        os.path.join(root, ".git", "signed"),
        raw[0]
        + "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\n"
        + raw[1],
    )
    signed = git("hash-object", "-t", "commit", "-w", ".git/signed").strip()
    git("update-ref", "HEAD", signed)
    trace.unlink(missing_ok=True)

    for words in (
        ["git-status"],
        ["git-log", "-p"],
        ["git-log", "--format=%G?"],
        ["git-diff"],
        ["git-show"],
        ["git-blame", "file.txt"],
        ["git-grep", "three"],
        ["git-stash-list", "-p"],
    ):
        assert run(words, root).code == 0, words
        assert not trace.exists(), (words, trace.read_text())

    subprocess.run(["git", "diff"], cwd=root, check=False, capture_output=True)
    assert trace.exists()  # so the trap does close where nothing is hardened


def test_the_environment_is_scrubbed(repository, monkeypatch, tmp_path):
    root, _ = repository
    for name in (
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "LD_PRELOAD_X",
        "PYTHONPATH",
        "NODE_OPTIONS",
        "BASH_ENV",
        "ENV",
        "PAGER",
        "EDITOR",
        "IFS",
        "npm_config_script_shell",
        "BASH_FUNC_ls%%",
    ):
        monkeypatch.setenv(name, "planted")
    monkeypatch.setenv("KEPT", "yes")
    folder = tmp_path / "bin"
    shown = script(str(folder / "showenv"), "env")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    done = run([os.path.basename(shown)], root, approved=True)
    assert "KEPT=yes" in done.stdout
    assert "planted" not in done.stdout


def test_a_program_on_the_terminal_keeps_its_editor(repository, monkeypatch, tmp_path):
    root, _ = repository
    monkeypatch.setenv("EDITOR", "ed")
    monkeypatch.setenv("BASH_ENV", "planted")
    script(str(tmp_path / "bin" / "aider"), 'echo "$EDITOR/$BASH_ENV"; exit 3')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    allowed = permit(decide_system([("shipped", SHIPPED)], ["aider"]), approved=True)
    done = launch(allowed, root, capture=True)
    assert (done.code, done.stdout) == (3, "ed/\n")


def test_no_program_is_taken_from_the_repository_or_an_open_folder(
    repository, monkeypatch, tmp_path
):
    root, _ = repository
    ran = "echo planted"
    script(os.path.join(root, "git"), ran)
    script(os.path.join(root, "sub", "git"), ran)
    script(str(tmp_path / "open" / "git"), ran)
    os.chmod(tmp_path / "open", 0o777)  # the open folder is the point
    os.symlink(os.path.join(root, "sub"), tmp_path / "link")
    (tmp_path / "elsewhere").mkdir()
    os.symlink(os.path.join(root, "sub", "git"), tmp_path / "elsewhere" / "only-here")
    script(str(tmp_path / "near" / "git"), ran)
    monkeypatch.chdir(tmp_path)
    planted = [".", "", "sub", "near", "../near", root, os.path.join(root, "sub")]
    planted += [str(tmp_path / name) for name in ("open", "link", "elsewhere")]
    monkeypatch.setenv("PATH", os.pathsep.join([*planted, os.environ["PATH"]]))
    for cwd in (root, os.path.join(root, "sub")):
        assert "planted" not in run(["git-status", "--short"], cwd).stdout
    for name in ("only-here", "./git", os.path.join(root, "git"), "sub/git", "no-such-program"):
        with pytest.raises(OutsideError, match="was not found"):
            run([name], root, approved=True)


def test_words_are_words_and_no_shell_reads_them(repository):
    root, _ = repository
    done = run(["echo", "a b", "$(id)", "*", ";", "`id`", "> x"], root)
    assert done.stdout == "a b $(id) * ; `id` > x\n"


def test_a_link_does_not_lead_out(repository, tmp_path):
    root, _ = repository
    (tmp_path / "outside.txt").write_text("private\n")
    os.symlink(tmp_path / "outside.txt", os.path.join(root, "inviting.txt"))
    os.symlink(tmp_path, os.path.join(root, "folder"))
    os.symlink(os.path.join(root, ".git", "config"), os.path.join(root, "settings"))
    os.makedirs(os.path.join(root, "deep"))
    os.symlink("../file.txt", os.path.join(root, "deep", "near"))
    for path, whither in (
        ("inviting.txt", "leads out of the repository"),
        ("folder/outside.txt", "leads out of the repository"),
        ("settings", "leads to where keys are kept"),
    ):
        with pytest.raises(Refusal, match=whither) as raised:
            run(["cat", path], root)
        assert raised.value.exit_code == 5
    assert run(["cat", "near"], os.path.join(root, "deep")).stdout == "three\n"


def test_a_search_of_everything_leaves_keys_alone(repository):
    root, _ = repository
    for path in (".git/agence-key", ".env", "server.pem"):
        write(os.path.join(root, path), "needle\n")
    write(os.path.join(root, "open.py"), "needle\n")
    for words in (
        ["grep", "-rl", "needle", "."],
        ["grep", "-rl", "needle"],
        ["grep", "-rl", "--include=*.py", "needle", "."],
    ):
        assert run(words, root).stdout.split() in (["./open.py"], ["open.py"])


def test_how_a_program_ended_is_told(repository, monkeypatch, tmp_path):
    root, _ = repository
    assert run(["grep", "nothing", "file.txt"], root).code == 1
    script(str(tmp_path / "bin" / "dies"), "kill -TERM $$")
    write(str(tmp_path / "bin" / "noise"), "not a program")
    os.chmod(tmp_path / "bin" / "noise", 0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert run(["dies"], root, approved=True).code == 128 + 15
    with pytest.raises(OutsideError, match="could not be started"):
        run(["noise"], root, approved=True)


def test_an_interrupt_is_left_to_the_program(repository, tmp_path):
    root, _ = repository
    script(
        str(tmp_path / "bin" / "stays"),
        "trap 'echo kept; exit 7' INT; kill -INT $PPID; kill -INT $$; sleep 5",
    )
    code = (
        "import sys; from agence.agents.launch import launch;"
        "from agence.guard.decide import decide, permit;"
        "from tests.core.command_corpus import SHIPPED;"
        "p = permit(decide([('s', SHIPPED)], ['stays']), approved=True);"
        "print(launch(p, sys.argv[1], capture=True)[:1])"
    )
    env = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": ROOT,
    }
    done = subprocess.run(
        [sys.executable, "-c", code, root], capture_output=True, text=True, env=env, check=False
    )
    assert done.stdout == "(7,)\n", done.stderr


def test_an_edited_text_comes_back_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    os.makedirs(tmp_path / "tmp")
    seen = tmp_path / "seen"
    editor = script(
        str(tmp_path / "my editor.sh"),
        f'stat -c %a "$2" > {seen}; echo "$1" >> {seen}; printf "ünd" >> "$2"',
    )
    assert edit("hünd ", f"'{editor}' --wait", suffix=".toml") == "hünd ünd"
    assert seen.read_text() == "600\n--wait\n"
    assert os.listdir(tmp_path / "tmp") == []


def test_what_was_typed_is_kept_when_the_editor_fails(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for ending in ("exit 1", 'printf "\\377" >> "$1"'):
        editor = script(str(tmp_path / "editor"), 'printf typed >> "$1"; ' + ending)
        with pytest.raises(OutsideError) as raised:
            edit("start ", editor)
        kept = raised.value.hint.rpartition(" ")[2]
        with open(kept, "rb") as file:
            assert file.read().startswith(b"start typed")
        assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(os.path.dirname(kept)).st_mode) == 0o700


@pytest.mark.parametrize("editor", ["", "  ", "no-such-editor-anywhere", "'open"])
def test_a_missing_editor_is_told_before_anything_is_written(tmp_path, monkeypatch, editor):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    with pytest.raises(OutsideError) as raised:
        edit("x", editor)
    assert "EDITOR" in raised.value.hint
    assert os.listdir(tmp_path / "tmp") == []
