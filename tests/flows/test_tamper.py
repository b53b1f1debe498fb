"""Logs that were tampered with: `^verify` names each fault, and the other events still count."""

import json
import os
import shutil

import pytest

from agence.base.stamps import Stamp
from agence.events.event import LINE_LIMIT, Draft, read
from agence.shard.keyring import Keyring
from agence.shard.layout import Layout
from agence.shard.own_log import OwnLog
from tests.clone import Clone
from tests.conftest import make_history

TITLES = ["alpha", "bravo", "charlie", "delta", "echo"]
VICTIM = "charlie"
IN_2099 = 4_070_908_800_000


def replaced(old, new):
    def change(lines):
        at = victim_of(lines)
        assert old in lines[at]
        return [*lines[:at], lines[at].replace(old, new, 1), *lines[at + 1 :]]

    return change


def victim_of(lines):
    """The number, from 0, of the line that is tampered with."""
    return next(n for n, line in enumerate(lines) if f'"{VICTIM}"'.encode() in line)


def without(lines):
    at = victim_of(lines)
    return lines[:at] + lines[at + 1 :]


def swapped(lines):
    at = min(victim_of(lines), len(lines) - 2)
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


def twice(lines):
    at = victim_of(lines)
    return [*lines[: at + 1], lines[at], *lines[at + 1 :]]


def with_number_beyond(lines):
    at = victim_of(lines)
    seq = b'"seq":%d,' % json.loads(lines[at])["body"]["seq"]
    return replaced(seq, b'"seq":9007199254740993,')(lines)


def with_10_mb(lines):
    at = victim_of(lines)
    return [*lines[:at], lines[at].replace(b"charlie", b"x" * 10_000_000), *lines[at + 1 :]]


def at_the_victim(change):
    def whole(lines):
        at = victim_of(lines)
        return [*lines[:at], change(lines[at]), *lines[at + 1 :]]

    return whole


# What is done -> what is said of the line, or of the segment; and whether the line still counts.
LINES = {
    "edited data": (replaced(b'"charlie"', b'"chArlie"'), "the data is not that of the body"),
    "edited body": (replaced(b'"kind":"lesson"', b'"kind":"lessom"'), "the id is not that of"),
    "edited signature": (
        at_the_victim(lambda line: line[:-3] + (b"0" if line[-3:-2] != b"0" else b"1") + b'"}'),
        "the signature is not valid",
    ),
    "duplicate keys": (replaced(b'{"body":', b'{"body":{},"body":'), "a duplicate key: 'body'"),
    "duplicate inner keys": (replaced(b'"seq":', b'"seq":1,"seq":'), "a duplicate key: 'seq'"),
    "CRLF": (at_the_victim(lambda line: line + b"\r"), "ends in CRLF"),
    "BOM": (at_the_victim(lambda line: b"\xef\xbb\xbf" + line), "byte order mark"),
    "beyond 2^53": (with_number_beyond, "a number beyond 2^53"),
    "10 MB": (with_10_mb, "a line of 100"),
    "not JSON": (at_the_victim(lambda line: line[:-1]), "not JSON"),
    "an unsigned member": (replaced(b',"id":', b',"hint":"obey","id":'), "members other than"),
}


def with_lessons(path):
    """A shard at `path` whose own log holds one lesson for each title."""
    clone = Clone(path)
    os.mkdir(clone.path)
    clone.git("init", "--quiet")
    make_history(clone)
    clone.agence("^init")
    for title in TITLES:
        clone.agence("^learn", title)
    return clone


@pytest.fixture
def shard(tmp_path):
    return with_lessons(tmp_path / "shard")


@pytest.fixture(scope="module")
def lasting_shards(tmp_path_factory):
    """Two shards that are put back in order after each test: one not published, one published."""
    folder = tmp_path_factory.mktemp("lasting")
    own, published = with_lessons(folder / "own"), with_lessons(folder / "published")
    published.agence("^commit")
    return own, published


@pytest.fixture
def own(lasting_shards):
    """A shard that is not published; its own log is put back after the test."""
    clone, _ = lasting_shards
    with open(own_file(clone), "rb") as file:
        content = file.read()
    yield clone
    with open(own_file(clone), "wb") as file:
        file.write(content)
    forget_index(clone)


@pytest.fixture
def published(lasting_shards):
    """A shard with its events in one segment; its branch is put back after the test."""
    _, clone = lasting_shards
    head = clone.git("rev-parse", "HEAD")
    yield clone
    clone.git("reset", "--quiet", "--hard", head)
    clone.git("clean", "--quiet", "-d", "--force")
    forget_index(clone)


def joined(clone, tmp_path):
    """A fresh clone of `clone` that joined its shard."""
    other = Clone(tmp_path / "other")
    clone.git("clone", "--quiet", clone.path, other.path)
    other.agence("^init")
    return other


def own_file(clone):
    folder = clone.agence("^where", "own").strip()
    (name,) = [name for name in os.listdir(folder) if name.endswith(".jsonl")]
    return os.path.join(folder, name)


def segment_file(clone):
    top = os.path.join(clone.path, ".agence", "log")
    (found,) = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(top)
        for name in names
        if name.endswith(".jsonl")
    ]
    return found


def tamper(path, change):
    """Change the lines of a file; return the number, from 1, of the line that holds the victim."""
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")[:-1]
    changed = change(lines)
    assert changed != lines
    with open(path, "wb") as file:
        file.write(b"".join(line + b"\n" for line in changed))
    return victim_of(lines) + 1


def problems(clone, code=4):
    found = clone.agence_json("^verify", code=code)["data"]["problems"]
    said = clone.agence("^verify", code=code)
    assert all(f"{one['where']}: {one['what']}" in said for one in found)
    return found


def titles(clone):
    return sorted(one["title"] for one in clone.agence_json("^lesson", "list")["data"]["items"])


def forget_index(clone):
    nexus = clone.agence("^where", "nexus").strip()
    for name in os.listdir(nexus):
        if name.startswith("index.db"):
            os.unlink(os.path.join(nexus, name))


def assert_named(found, where, what):
    fitting = [one for one in found if where in one["where"] and what in one["what"]]
    assert fitting, f"nothing says '{what}' of '{where}': {found}"


OTHERS = [title for title in TITLES if title != VICTIM]


@pytest.mark.parametrize("name", LINES)
def test_a_line_of_the_own_log(own, name):
    change, what = LINES[name]
    path = own_file(own)
    number = tamper(path, change)
    assert_named(problems(own), f"{path}:{number}", what)
    assert set(OTHERS) <= set(titles(own))
    forget_index(own)
    assert titles(own) == OTHERS
    assert_named(problems(own), f"{path}:{number}", what)
    own.agence("^learn", "foxtrot")
    assert titles(own) == [*OTHERS, "foxtrot"]


@pytest.mark.parametrize("name", LINES)
def test_a_line_of_a_segment(published, tmp_path, name):
    change, what = LINES[name]
    path = segment_file(published)
    number = tamper(path, change)
    published.git("commit", "--quiet", "--all", "--message", "Tidy up")
    below = os.path.relpath(path, os.path.join(published.path, ".agence", "log"))
    for clone, left in ((published, TITLES), (joined(published, tmp_path), OTHERS)):
        found = problems(clone)
        assert_named(found, f"{below}:{number}", what)
        assert_named(found, below, "not those its name stands for")
        assert titles(clone) == left


ORDERS = {
    "missing": (without, "missing before this line: numbers", "not those its name stands for"),
    "reordered": (swapped, "reordered or repeated: number", "reordered or repeated"),
    "repeated": (twice, "reordered or repeated: number", "reordered or repeated"),
}


@pytest.mark.parametrize("name", ORDERS)
def test_the_lines_of_the_own_log(own, name):
    change, what, _ = ORDERS[name]
    path = own_file(own)
    tamper(path, change)
    left = OTHERS if name == "missing" else TITLES
    assert_named(problems(own), path, what)
    assert set(left) <= set(titles(own))
    forget_index(own)
    assert titles(own) == left
    assert_named(problems(own), path, what)


@pytest.mark.parametrize("name", ORDERS)
def test_the_lines_of_a_segment(published, tmp_path, name):
    change, _, what = ORDERS[name]
    path = segment_file(published)
    tamper(path, change)
    published.git("commit", "--quiet", "--all", "--message", "Tidy up")
    below = os.path.relpath(path, os.path.join(published.path, ".agence", "log"))
    left = OTHERS if name == "missing" else TITLES
    for clone, kept in ((published, TITLES), (joined(published, tmp_path), left)):
        assert_named(problems(clone), below, what)
        assert titles(clone) == kept


def test_a_segment_edited_and_not_committed(published):
    path = segment_file(published)
    tamper(path, without)
    assert_named(problems(published), os.path.basename(path), "not those its name stands for")
    assert titles(published) == TITLES
    published.git("checkout", "--quiet", "--", ".agence")
    assert problems(published, code=0) == []


def test_a_segment_in_another_place(published):
    path = segment_file(published)
    log = os.path.join(published.path, ".agence", "log")
    moved = os.path.join(log, "1999-01", *path.split(os.sep)[-2:])
    os.makedirs(os.path.dirname(moved))
    os.rename(path, moved)
    shutil.copy(moved, os.path.join(log, "stray.jsonl"))
    os.symlink("stray.jsonl", os.path.join(log, "link.jsonl"))
    found = problems(published)
    assert_named(found, "1999-01/", "not in its place")
    assert_named(found, "stray.jsonl", "another writer than the folder's")
    assert_named(found, "link.jsonl", "a link")
    assert titles(published) == TITLES


def test_a_log_cut_off_before_its_end(shard):
    """A tail that nobody else saw can't be missed by the log alone: the index remembers it."""
    titles(shard)
    tamper(own_file(shard), lambda lines: lines[:-1])
    assert_named(problems(shard), "event ", "in no log and no ref any more")


def test_a_clock_in_the_future(shard):
    common = os.path.join(shard.path, ".git")
    layout = Layout(common)
    log = OwnLog(layout.own("shared"), "shared", Keyring(layout, common, os.urandom))
    identity = shard.git("config", "agence.shard")
    effects = [{"op": "set", "field": "title", "value": "zulu"}]
    draft = Draft("lesson", "", {"effects": effects}, identity, f"collective:{identity}", "ada")
    (made,) = log.append([draft], IN_2099, os.urandom, [])
    assert made.stamp == Stamp(IN_2099, 0)

    (found,) = problems(shard)
    assert found["where"].startswith(own_file(shard))
    assert "minutes in the future" in found["what"]
    assert titles(shard) == [*TITLES, "zulu"]

    after = shard.agence_json("^learn", "yankee")["data"]["id"]
    with open(own_file(shard), "rb") as file:
        last = read(file.read().split(b"\n")[-2])
    assert last.id == after
    assert last.stamp.ms < IN_2099 - 1_000_000
    assert len(problems(shard)) == 1
    assert titles(shard) == [*TITLES, "yankee", "zulu"]


@pytest.mark.parametrize(
    "tail",
    [b'{"body":{"by":"ada"', b"\x00" * 50, b'"', b"x" * (LINE_LIMIT + 50), b""],
    ids=["half", "zeros", "one", "long", "whole line"],
)
def test_a_torn_last_line_is_noted_and_set_aside(shard, tail):
    path = own_file(shard)
    with open(path, "rb+") as file:
        content = file.read()
        if not tail:  # all of a line but its newline
            file.truncate(len(content) - 1)
            tail = content[content[:-1].rfind(b"\n") + 1 : -1]
            content = content[: -len(tail) - 1]
        else:
            file.write(tail)
    said = shard.agence_json("^verify")["data"]
    assert said["problems"] == []
    assert f"a torn last line of {len(tail)} bytes" in said["notes"][0]["what"]
    before = titles(shard)

    shard.agence("^learn", "foxtrot")

    with open(path, "rb") as file:
        now = file.read()
    assert now.startswith(content)
    assert [read(line).seq for line in now.split(b"\n")[:-1]]
    with open(f"{path}.torn-{len(content)}", "rb") as file:
        assert file.read() == tail
    assert problems(shard, code=0) == []
    assert titles(shard) == sorted({*before, "foxtrot"})
    forget_index(shard)
    assert set(titles(shard)) == {"foxtrot", *before}


def test_a_damaged_last_line_is_never_built_on(shard):
    path = own_file(shard)
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(content.replace(b'"echo"', b'"ecHo"'))
    shard.agence("^learn", "foxtrot")
    with open(path, "rb") as file:
        assert file.read() == content.replace(b'"echo"', b'"ecHo"')
    assert_named(problems(shard), path, "the data is not that of the body")
    notes = shard.agence_json("^verify", code=4)["data"]["notes"]
    assert any("can't be continued" in one["what"] for one in notes)
    assert "foxtrot" in titles(shard)


def test_a_key_that_others_can_read(shard):
    keys = os.path.join(shard.agence("^where", "hermetic").strip(), "keys")
    (name,) = os.listdir(keys)
    assert os.stat(os.path.join(keys, name)).st_mode & 0o777 == 0o600
    os.chmod(os.path.join(keys, name), 0o644)
    assert_named(problems(shard), name, "can be read by others")


def test_a_key_file_that_holds_another_seed(shard):
    keys = os.path.join(shard.agence("^where", "hermetic").strip(), "keys")
    (name,) = os.listdir(keys)
    with open(os.path.join(keys, name), encoding="ascii") as file:
        record = json.load(file)
    record["seed"] = "00" * 32
    with open(os.path.join(keys, name), "w", encoding="ascii") as file:
        json.dump(record, file)
    assert_named(problems(shard), "keys", "holds no key")
    shard.agence("^learn", "foxtrot", code=4)
    assert titles(shard) == TITLES


def copied(clone, name):
    path = os.path.join(os.path.dirname(clone.path), name)
    shutil.copytree(clone.path, path, symlinks=True)
    return Clone(path)


def writers(clone):
    folder = clone.agence("^where", "own").strip()
    return sorted(name for name in os.listdir(folder) if name.endswith(".jsonl"))


def test_a_copied_clone_says_so_and_takes_a_new_writer(shard):
    copy = copied(shard, "copy")
    (found,) = problems(copy)
    assert "belongs to another clone, of which this is a copy" in found["what"]
    assert problems(shard, code=0) == []

    copy.agence("^learn", "foxtrot")
    shard.agence("^learn", "golf")

    assert problems(copy, code=0) == []
    assert problems(shard, code=0) == []
    assert len(writers(copy)) == 2
    assert len(writers(shard)) == 1
    assert titles(copy) == [*TITLES, "foxtrot"]
    assert titles(shard) == [*TITLES, "golf"]


def bind_here(clone):
    """Make the copied key sign in the copy: what a careless restore of a whole disk does."""
    common = os.path.join(clone.path, ".git")
    ring = Keyring(Layout(common), common, os.urandom)
    (key,) = ring.keys("shared")
    path = ring.path(key)
    with open(path, "w", encoding="ascii") as file:
        json.dump({**key._asdict(), "seed": key.seed.hex(), "bound": ring.binding()}, file)
    os.chmod(path, 0o600)


def test_a_fork_is_named_both_branches_stay_and_the_next_write_has_a_new_writer(shard):
    shard.agence("^commit")
    copy = copied(shard, "copy")
    bind_here(copy)
    copy.agence("^learn", "foxtrot")
    shard.agence("^learn", "golf")
    assert writers(copy) == writers(shard)
    copy.agence("^commit")
    shard.git("remote", "add", "copy", copy.path)
    shard.git("fetch", "--quiet", "copy")

    found = problems(shard)
    (fork,) = [one for one in found if "forked" in one["what"]]
    number = len(TITLES) + 1
    assert f"forked at number {number + adopted(shard)}: " in fork["what"]
    assert fork["what"].endswith("are both signed")

    shard.agence("^commit")
    branch = shard.git("symbolic-ref", "--short", "HEAD")
    shard.git("merge", "--quiet", "--no-edit", f"copy/{branch}")
    assert titles(shard) == [*TITLES, "foxtrot", "golf"]

    shard.agence("^learn", "hotel")
    assert len(writers(shard)) == 2
    assert titles(shard) == [*TITLES, "foxtrot", "golf", "hotel"]
    assert any("forked" in one["what"] for one in problems(shard))
    notes = shard.agence_json("^verify", code=4)["data"]["notes"]
    assert any("another copy of this clone wrote with it" in one["what"] for one in notes)
    shard.agence("^learn", "india")
    assert len(writers(shard)) == 2


def adopted(clone):
    """How many events `^init` wrote before the first lesson."""
    with open(own_file(clone), "rb") as file:
        kinds = [read(line).kind for line in file.read().split(b"\n")[:-1]]
    return kinds.index("lesson")


def holds_text(path, text):
    with open(path, encoding="utf-8") as file:
        return file.read().strip() == text.strip()


def test_a_large_text_edited_in_the_tree_or_in_the_own_log(shard):
    text = "A long text. " * 10_000
    shard.agence("^learn", "foxtrot", "--file", "-", feed=text)
    folder = os.path.join(shard.agence("^where", "own").strip(), "blobs")
    (name,) = [one for one in os.listdir(folder) if holds_text(os.path.join(folder, one), text)]
    path = os.path.join(folder, name)
    problems(shard, code=0)
    with open(path, "r+b") as file:
        file.write(b"B")
    found = problems(shard)
    assert_named(found, path, "the text is not the one its name stands for")
    assert_named(found, own_file(shard), "that it refers to is not here")
    with open(path, "r+b") as file:
        file.write(b"A")
    shard.agence("^commit")
    problems(shard, code=0)
    shard.write(f".agence/log/blobs/{name}", text + "!")
    assert_named(problems(shard), f"blobs/{name}", "the text is not the one its name stands for")


def test_local_state_is_for_its_owner_only(shard):
    shard.agence("~learn", "private")
    shard.agence("^save", "halfway")
    root = os.path.join(shard.path, ".git", "agence")
    for below in ("nexus", "hermetic"):
        for folder, _, names in os.walk(os.path.join(root, below)):
            within = os.path.relpath(folder, root)
            if within != "nexus/tmp":
                assert os.stat(folder).st_mode & 0o777 == 0o700, within
            for name in names:
                if name != "INDEX.md":
                    assert os.stat(os.path.join(folder, name)).st_mode & 0o77 == 0, name
