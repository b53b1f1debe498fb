"""The bytes of format 1: the code, `tests/vectors/golden.json` and `docs/formats.md` say the same.

A difference here is a difference to what people have signed and published. It can't be mended by
changing the golden bytes.
"""

import json
import os
import re
import subprocess
import sys

import pytest

from agence.base.canonical import encode
from agence.base.stamps import Stamp
from agence.events.blob import reference
from agence.events.event import Draft, Event, read, write
from agence.events.segment import pack
from agence.events.signature import public_key
from agence.fold.footer import is_draft
from agence.fold.state import cut_name, fold, state_hash
from agence.fold.view import render
from agence.schema.effects import add_member, remove_member, set_field
from tests.conftest import ROOT

DOC = os.path.join(ROOT, "docs", "formats.md")
GOLDEN = os.path.join(ROOT, "tests", "vectors", "golden.json")

SEED = bytes(range(32))
SALT = bytes(range(16))
START = Stamp(1_767_225_600_000, 0)  # 2026-01-01 00:00 UTC


def signed(drafts):
    """One chain: a second between events, all with the same salt."""
    events: list[Event] = []
    for seq, make in enumerate(drafts, 1):
        draft = make(events)
        prev = events[-1].id if events else ""
        stamp = Stamp(START.ms + 1000 * (seq - 1), START.counter)
        events.append(write(draft, SEED, seq, prev, stamp, SALT))
    return events


def about(events, kind, effects, entity="", parents=()):
    shard = events[0].id
    data = {"effects": effects}
    return Draft(kind, entity, data, shard, f"collective:{shard}", "Ada Example", parents)


def genesis(_):
    effects = [set_field("name", "shop"), set_field("nonce", "00" * 16), set_field("root", "")]
    return Draft("shard", "", {"effects": effects}, "", "collective:", "Ada Example")


def lesson(events):
    effects = [
        set_field("title", "Never auto-heal paths"),
        set_field(
            "body", 'A validator never repairs "broken" symlinks.\nIt names them: é, 漢, 😀.'
        ),
        add_member("tags", "paths"),
        add_member("tags", "safety"),
    ]
    return about(events, "lesson", effects)


def edit(events):
    first = events[1]
    effects = [
        set_field("title", "Never heal paths unasked"),
        remove_member("tags", "safety", [first]),
    ]
    return about(events, "lesson", effects, first.id, (first.id,))


def bytes_of_today():
    """Everything that is golden, as the code makes it now."""
    events = signed([genesis, lesson, edit])
    outer = json.loads(events[1].line)
    erased = encode({name: outer[name] for name in ("body", "id", "sig")})
    (segment,) = pack(events)
    state = fold(events)
    return {
        "seed": SEED.hex(),
        "writer": public_key(SEED).hex(),
        "salt": SALT.hex(),
        "ids": [event.id for event in events],
        "lines": [event.line.decode() for event in events],
        "erased": erased.decode(),
        "segment": segment.path,
        "cut": cut_name(event.id for event in events),
        "state": state_hash(state.values()),
        "entity": encode(state[events[1].id].as_json()).decode(),
        "view_name": state[events[1].id].name,
        "view": render(state[events[1].id]).decode(),
        "blob": encode(reference(b"A long text. " * 10_000)).decode(),
    }


@pytest.fixture(scope="module")
def golden():
    with open(GOLDEN, encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture(scope="module")
def doc():
    with open(DOC, encoding="utf-8") as file:
        return file.read()


def test_the_code_makes_the_golden_bytes(golden):
    assert bytes_of_today() == golden


def test_the_golden_bytes_are_read(golden):
    for line, identity in zip(golden["lines"], golden["ids"], strict=True):
        assert read(line.encode()).id == identity
    assert read(golden["erased"].encode()).data is None
    assert not is_draft(golden["view"].encode())


def strings(value):
    if isinstance(value, str):
        yield value
    else:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def test_the_document_shows_each_of_them(golden, doc):
    shown = set(doc.split("\n"))
    for one in strings({name: golden[name] for name in golden if name != "view"}):
        assert one in shown, f"not a line of its own in docs/formats.md: {one[:80]}"
    assert f"```\n{golden['view']}```\n" in doc


def test_the_document_names_each_domain(doc):
    """Every purpose that is hashed or signed in the code, and no other."""
    found = set()
    for folder, _, names in os.walk(os.path.join(ROOT, "agence")):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found |= set(re.findall(r'"(agence/[a-z]+/[0-9])(?:\\0)?"', file.read()))
    assert found == set(re.findall(r"\bagence/[a-z]+/[0-9]\b", doc))


@pytest.fixture(scope="module")
def verifier(doc, tmp_path_factory):
    """The program in the document, as somebody would copy it out."""
    (program,) = re.findall(r"^```python\n(.*?)^```$", doc, re.MULTILINE | re.DOTALL)
    assert "import agence" not in program
    assert "from agence" not in program
    assert len([line for line in program.split("\n") if line]) <= 52
    path = tmp_path_factory.mktemp("verifier") / "verify.py"
    path.write_text(program, encoding="utf-8")
    return path


def run(verifier, folder):
    return subprocess.run(
        [sys.executable, "-I", verifier, folder],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd="/",
    )


@pytest.fixture
def log(repo):
    """The log folder of a real shard with two segments and an erased event."""
    repo.agence("^init")
    repo.agence("^learn", "Never auto-heal paths", "--tag", "paths")
    repo.agence("^commit")
    repo.agence("^learn", "Pin the compiler: é, 漢, 😀")
    repo.agence("^commit")
    return os.path.join(repo.path, ".agence", "log")


def test_the_program_in_the_document_verifies_a_real_log(verifier, log):
    done = run(verifier, log)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^\d+ events of 1 writers in 2 segments: all of it verifies$", done.stdout)


def test_the_program_in_the_document_verifies_the_golden_segment(verifier, golden, tmp_path):
    path = tmp_path / golden["segment"]
    path.parent.mkdir(parents=True)
    order = sorted(zip(golden["ids"], golden["lines"], strict=True))
    path.write_text("".join(line + "\n" for _, line in order), encoding="utf-8")
    assert run(verifier, tmp_path).returncode == 0
    erased = "".join(
        (golden["erased"] if one == golden["ids"][1] else line) + "\n" for one, line in order
    )
    path.write_text(erased, encoding="utf-8")
    assert run(verifier, tmp_path).returncode == 0


CHANGES = {
    "edited": lambda lines: [lines[0].replace(b'"op":"set"', b'"op":"Set"', 1), *lines[1:]],
    "body": lambda lines: [lines[0].replace(b'"v":1', b'"v":2', 1), *lines[1:]],
    "signature": lambda lines: [
        lines[0][:-3] + (b"1" if lines[0][-3:-2] == b"0" else b"0") + b'"}',
        *lines[1:],
    ],
    "missing": lambda lines: lines[1:],
    "reordered": lambda lines: [lines[1], lines[0], *lines[2:]],
    "CRLF": lambda lines: [lines[0] + b"\r", *lines[1:]],
    "duplicate keys": lambda lines: [
        lines[0].replace(b'{"body":', b'{"body":1,"body":', 1),
        *lines[1:],
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_program_in_the_document_finds_what_was_changed(verifier, golden, tmp_path, name):
    order = [line.encode() for _, line in sorted(zip(golden["ids"], golden["lines"], strict=True))]
    changed = CHANGES[name](order)
    assert changed != order
    path = tmp_path / golden["segment"]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(line + b"\n" for line in changed))
    assert run(verifier, tmp_path).returncode == 1
