"""Every mistake of a newcomer's first ten minutes gets one clear message and its exit code."""

import os
import shutil
import subprocess
import sys

import pytest

from agence.base.identifiers import Ambiguous, choose
from tests.clone import Clone

AGENCE = [sys.executable, "-m", "agence"]


def said(clone, *words, code, feed=""):
    """What `agence WORDS` says on standard error: the message, then the hint."""
    done = clone.run(*AGENCE, *words, code=code, feed=feed)
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("agence: "), done.stderr
    assert done.stderr.count("agence: ") == 1
    return done.stderr


@pytest.fixture
def shard(repo):
    repo.agence("^init")
    return repo


def test_a_folder_that_is_no_repository(tmp_path):
    message = said(Clone(tmp_path), "^init", code=3)
    assert "not a git repository" in message
    assert "--standalone" in message


def test_a_repository_that_joined_nothing(repo):
    assert "^init" in said(repo, "^learn", "something", code=3)


def test_a_bare_repository(tmp_path):
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "b"], check=True)
    assert "bare repository" in said(Clone(tmp_path / "b"), "^init", code=3)


def test_an_empty_repository_works(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path / "e"], check=True)
    clone = Clone(tmp_path / "e")
    clone.agence("^init")
    clone.agence("^learn", "the first lesson")
    clone.agence("^commit")
    assert clone.git("status", "--porcelain") == ""
    assert "the first lesson" in clone.agence("^lesson", "list")


def test_an_unknown_verb(shard):
    assert "^learn" in said(shard, "^lern", "x", code=2)
    assert "^learn" in said(shard, "learn", "x", code=2)


def test_a_misspelt_agent(shard):
    assert "ralph" in said(shard, "^handoff", "raplh", "please", code=2)


def test_no_git_identity(shard, monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_")):
            monkeypatch.delenv(name)
    nobody = tmp_path / "nobody"
    nobody.write_text("[user]\n\tuseConfigOnly = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(nobody))
    shard.agence("^learn", "kept without a name")
    before = shard.git("rev-parse", "HEAD")
    assert "user.name" in said(shard, "^commit", code=3)
    assert shard.git("rev-parse", "HEAD") == before
    assert shard.git("diff", "--cached", "--name-only") == ""


def test_an_id_that_fits_none_or_two(shard):
    ids = [shard.agence_json("^learn", f"lesson {n}")["data"]["id"] for n in range(2)]
    assert "there is no lesson" in said(shard, "^lesson", "show", "0" * 12, code=2)
    assert "4 digits or more" in said(shard, "^lesson", "show", ids[0][:2], code=2)


def test_a_prefix_that_fits_two_names_both():
    first, second = "abcd1" + "0" * 59, "abcd2" + "0" * 59
    with pytest.raises(Ambiguous) as caught:
        choose("abcd", [first, second], "lesson")
    assert "abcd1000" in caught.value.message
    assert "abcd2000" in caught.value.message
    assert choose("abcd1", [first, second], "lesson") == first


def test_a_file_that_is_not_there_or_no_text(shard, tmp_path):
    assert "no such file" in said(shard, "^doc", "add", "x", "--file", "absent.md", code=6)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in said(shard, "^doc", "add", "x", "--file", str(tmp_path / "bytes"), code=2)


def test_a_detached_head(shard):
    shard.git("checkout", "--quiet", "--detach")
    shard.agence("^learn", "kept while detached")
    assert "detached" in shard.agence("^commit")
    assert "detached" in said(shard, "^push", code=3)


def test_no_remote(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path / "alone"], check=True)
    alone = Clone(tmp_path / "alone")
    alone.agence("^init")
    assert "no remote" in said(alone, "^push", code=3)
    assert "no remote" in said(alone, "^pull", code=3)
    alone.agence("^save", "half way")
    assert "--file" in said(alone, "^handoff", "ralph", "go on", code=3)


def test_a_remote_that_is_gone(two_shards):
    ours, _ = two_shards
    ours.agence("^init")
    ours.agence("^learn", "kept though the remote is gone")
    ours.git("remote", "set-url", "origin", "/nowhere/at/all.git")
    assert "can't be pushed to" in said(ours, "^push", code=6)
    assert "can't be pulled from" in said(ours, "^pull", code=6)
    assert "going on" in ours.agence("^init")
    assert "kept though" in ours.agence("^lesson", "list")


def drop_rights(*words):
    """The words run as a user whom permissions bind, also where the tests are run by root."""
    if os.geteuid() != 0:
        return list(words)
    caps = "-dac_override,-dac_read_search,-fowner"
    return ["setpriv", f"--bounding-set={caps}", f"--inh-caps={caps}", *words]


@pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="root needs setpriv to obey modes"
)
def test_a_read_only_folder(shard):
    shard.agence("^learn", "written before")
    shard.agence("^recall", "written")
    nexus = shard.agence("^where", "nexus").strip()
    os.chmod(os.path.join(nexus, "own"), 0o500)
    for name in os.listdir(os.path.join(nexus, "own")):
        os.chmod(os.path.join(nexus, "own", name), 0o400)
    os.chmod(nexus, 0o500)
    try:
        done = shard.run(*drop_rights(*AGENCE, "^learn", "not written"), code=6)
        assert "read-only" in done.stderr
        assert "Traceback" not in done.stderr
        done = shard.run(*drop_rights(*AGENCE, "^recall", "written"))
        assert "written before" in done.stdout
    finally:
        os.chmod(nexus, 0o700)
        os.chmod(os.path.join(nexus, "own"), 0o700)


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk(small_disk):
    subprocess.run(["git", "init", "-q", small_disk / "r"], check=True)
    clone = Clone(small_disk / "r")
    clone.agence("^init")
    clone.agence("^learn", "written before")
    clone.agence("^recall", "written")
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    long = "z" * 9000
    for words in (("^learn", "y" * 100, "--body", long), ("^save", "half", "--task", long)):
        message = said(clone, *words, code=6)
        assert "no space" in message or "disk is full" in message
    said(clone, "^commit", code=6)
    assert clone.git("status", "--porcelain").splitlines() == ["?? .agence/"]
    filler.unlink()
    assert "written before" in clone.agence("^lesson", "list")
    clone.agence("^verify")
    clone.agence("^commit")
    assert clone.git("status", "--porcelain") == ""
