"""What the door prints, where, and with which exit code."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.base.version import VERSION
from agence.cli import render
from agence.cli.main import main
from agence.cli.prefixes import Flags
from agence.commands.contract import Report


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AGENCE_AGENT", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def told(made_up_verbs, capsys):
    """Carry out a line; its exit code, standard output and standard error."""

    def tell(*words):
        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    return tell


def test_an_answer_is_text_on_standard_output(told):
    assert told("^keep", "x") == (0, "Kept x\n", "")


def test_an_answer_for_programs_is_one_line(told):
    code, out, err = told("~keep", "é", "--tag", "t", "--json", "--as", "ralph")
    assert (code, err, out.count("\n")) == (0, "", 1)
    answer = json.loads(out)
    assert out == json.dumps(answer, ensure_ascii=False, sort_keys=True) + "\n"
    assert (answer["ok"], answer["verb"]) == (True, "keep")
    assert answer["data"]["text"] == "é"
    assert answer["data"]["tag"] == ["t"]
    assert answer["data"]["scope"] == "private"
    assert answer["data"]["speaker"] == "ralph"


def test_the_speaker_is_the_environment_s_unless_the_line_says(told, monkeypatch):
    monkeypatch.setenv("AGENCE_AGENT", "sonya")
    assert '"speaker": "sonya"' in told("^keep", "x", "--json")[1]
    assert '"speaker": "ralph"' in told("@ralph", "^keep", "x", "--json")[1]


FAILURES = [
    ("^refuse", 5, "refused"),
    ("^distrust", 4, "trust"),
    ("^crash", 70, "bug"),
    ("^recurse", 70, "bug"),
    ("^run-out", 70, "bug"),
    ("^fill", 6, "outside"),
    ("^broken-pipe", 6, "outside"),
    ("^keep", 2, "usage"),
    ("^nothing", 2, "usage"),
    ("hello", 2, "usage"),
    ("-x", 2, "usage"),
]


@pytest.mark.parametrize(("word", "code", "name"), FAILURES)
def test_a_failure_is_a_message_and_a_hint_on_standard_error(told, word, code, name):
    got, out, err = told(word)
    assert (got, out) == (code, "")
    assert err.startswith("agence: ")
    assert "Traceback" not in err
    assert not {"\x1b", "\x07"} & set(err)
    assert all(line.startswith("  hint: ") for line in err.splitlines()[1:])


@pytest.mark.parametrize(("word", "code", "name"), FAILURES)
def test_a_failure_for_programs_is_an_envelope_on_standard_output(told, word, code, name):
    for words in (["--json", word], [word, "--json"]):
        got, out, err = told(*words)
        assert (got, err, out.count("\n")) == (code, "", 1)
        answer = json.loads(out)
        assert answer["ok"] is False
        assert answer["error"]["code"] == name
        assert set(answer["error"]) == {"code", "message", "hint"}


def test_a_whole_line_may_ask_for_the_envelope(told):
    code, out, err = told("^refuse --json")
    assert (code, json.loads(out)["ok"], err) == (5, False, "")
    assert '"text": "x"' in told("^keep x --json")[1]


def test_behind_two_dashes_a_verb_gets_words_and_no_options(told):
    assert told("--json", "--", "^keep", "--tag") == told("--json", "^keep", "--", "--tag")
    assert json.loads(told("--json", "--", "^keep", "--tag")[1])["data"]["text"] == "--tag"


def test_bad_news_is_an_answer_with_a_code(told):
    assert told("^bad-news") == (4, "two chains are torn\n", "")
    code, out, _ = told("^bad-news", "--json")
    assert (code, json.loads(out)) == (4, {"data": {"torn": 2}, "ok": True, "verb": "bad-news"})


def test_an_interruption_is_quiet(told):
    assert told("^interrupt") == (130, "", "\n")


def test_a_full_disk_names_the_file(told):
    assert "no space left on device: '/own/log'" in told("^fill")[2]


def test_a_bug_leaves_a_file_without_the_words(told, home):
    code, _, err = told("^crash")
    assert code == 70
    assert "agence: a bug of ours: LookupError: the secret words\n" in err
    path = err.rpartition("please attach ")[2].strip()
    assert path.startswith(str(home / ".local/state/agence/faults"))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert "Traceback" in text
    assert f"agence {VERSION}" in text
    assert "crash" not in text.partition("Traceback")[0]
    assert os.stat(path).st_mode & 0o077 == 0
    assert os.stat(os.path.dirname(path)).st_mode & 0o077 == 0


def test_a_bug_in_a_shard_is_kept_there(told, repo, monkeypatch):
    os.makedirs(os.path.join(repo.path, ".git", "agence"))
    repo.git("worktree", "add", "--quiet", "../linked")
    for folder in (repo.path, os.path.join(repo.path, "src"), os.path.join(repo.path, "../linked")):
        monkeypatch.chdir(folder)
        path = told("^crash")[2].rpartition("please attach ")[2].strip()
        faults = os.path.join(repo.path, ".git", "agence", "nexus", "faults")
        assert os.path.realpath(os.path.dirname(path)) == os.path.realpath(faults)


def test_a_bug_that_can_not_be_logged_is_still_told(told, home):
    home.write_text("not a folder")
    code, _, err = told("^crash")
    assert code == 70
    assert "could not be logged" in err


def test_control_characters_are_shown_and_not_obeyed(told):
    assert told("^spell")[1] == "a\\x1b[2Jb\\x9b1m\tc\nd\\x00\n"
    out = told("^spell", "--json")[1]
    assert not {"\x1b", "\x9b", "\x7f"} & set(out)
    assert json.loads(out)["data"]["text"] == "a\x1b[2J\x9b\x7f é"


@given(st.text())
def test_shown_text_has_no_control_character_but_lines_and_tabs(text):
    assert not [
        c for c in render.shown(text) if c not in "\n\t" and (c < " " or "\x7f" <= c < "\xa0")
    ]
    assert render.shown(render.shown(text)) == render.shown(text)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.lists(st.text())))
def test_the_envelope_is_read_back_as_it_was(data):
    line = render._line({"ok": True, "verb": "x", "data": data})
    assert line.count("\n") == 1
    assert json.loads(line) == {"ok": True, "verb": "x", "data": data}


@pytest.mark.parametrize(
    ("wanted", "terminal", "environment", "colour"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(wanted, terminal, environment, colour, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal, raising=False)
    assert render.colourful(wanted, stream) is colour


def test_an_error_is_coloured_on_demand(capsys):
    code = render.failure(UsageError("no", "do\nthis"), Flags(color="always"))
    assert code == 2
    assert capsys.readouterr().err == (
        "\x1b[1;31magence:\x1b[0m no\n\x1b[2m  hint: do\x1b[0m\n\x1b[2m  hint: this\x1b[0m\n"
    )


def test_a_character_that_the_stream_lacks_is_shown_by_its_number(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    render.report("x", Report("é ✓"), Flags())
    assert raw.getvalue() == b"\\xe9 \\u2713\n"


def test_the_version_needs_no_shard(told):
    assert told("--version") == (0, f"agence {VERSION}\n", "")
    data = json.loads(told("--version", "--json")[1])
    assert data == {"data": {"version": VERSION}, "ok": True, "verb": "version"}


def test_another_folder_is_worked_in(told, tmp_path):
    (tmp_path / "there").mkdir()
    assert told("-C", "there", "^keep", "x")[0] == 0
    assert os.path.realpath(os.getcwd()) == os.path.realpath(tmp_path / "there")
    code, _, err = told("-C", "nowhere", "^keep", "x")
    assert code == 2
    assert "'-C nowhere' leads nowhere" in err


def test_a_folder_that_is_gone_is_told(told, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    code, _, err = told("^keep", "x")
    assert code == 6
    assert "not there any more" in err


def agence(*words, **options):
    program = [sys.executable, "-m", "agence", *words]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(program, stderr=subprocess.PIPE, env=buffered, **options)


def ended(process):
    return process.stderr.read().decode(), process.wait()


def test_a_reader_that_goes_away_is_no_failure():
    reader, writer = os.pipe()
    os.close(reader)
    process = agence("help", stdout=writer)
    os.close(writer)
    assert ended(process) == ("", 141)


def test_a_full_disk_is_told_with_what_was_done():
    with open("/dev/full", "wb") as full:
        said, code = ended(agence("help", stdout=full))
    assert code == 6
    assert "was carried out" in said
    assert "no space left" in said
    assert said.count("\n") == 1


def test_a_closed_standard_output_is_told():
    process = agence("help", preexec_fn=lambda: os.close(1))
    said, code = ended(process)
    assert code == 6
    assert "bad file descriptor" in said


def test_a_closed_standard_error_hurts_nobody():
    program = [sys.executable, "-m", "agence", "hello"]
    done = subprocess.run(program, preexec_fn=lambda: os.close(2), check=False)
    assert done.returncode == 2


def test_ctrl_c_ends_a_line_that_waits(tmp_path):
    script = (
        "import sys, time; from agence.cli import table; from agence.cli.main import main\n"
        "def slow(context): print('on', flush=True); time.sleep(60)\n"
        "table.function_of = lambda row: slow\n"
        "sys.exit(main(['^where']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"on\n"
    process.send_signal(signal.SIGINT)
    assert ended(process) == ("\n", 130)
    process.stdout.close()


@pytest.mark.parametrize(("environment", "person"), [({}, True), ({"CI": "1"}, False)])
def test_a_person_is_at_hand_at_a_terminal_and_not_in_ci(environment, person, tmp_path):
    script = (
        "import sys; from agence.cli import table; from agence.cli.main import main\n"
        "from agence.commands.contract import Report\n"
        "def asks(context):\n"
        "    said = context.ask('name?'), context.edit('text')\n"
        "    return Report(str((context.interactive, *said)))\n"
        "table.function_of = lambda row: asks\n"
        "sys.exit(main(['^where']))\n"
    )
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf " and more" >> "$1"\n')
    editor.chmod(0o755)
    terminal, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=inner,
        stdout=subprocess.PIPE,
        stderr=inner,
        env={
            **{k: v for k, v in os.environ.items() if k != "CI"},
            **environment,
            "EDITOR": str(editor),
        },
    )
    os.close(inner)
    assert process.stdout
    os.write(terminal, b" Ada \n")
    out = process.stdout.read().decode()
    time.sleep(0.05)
    said = os.read(terminal, 10_000).decode()
    os.close(terminal)
    process.stdout.close()
    assert process.wait() == (0 if person else 2)
    assert out == ("(True, 'Ada', 'text and more')\n" if person else "")
    assert ("name? " if person else "nobody is at the terminal") in said


@pytest.mark.parametrize("mark", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_what_turns_a_line_round_is_shown_and_never_obeyed(mark, capsys):
    assert render.shown(f"a{chr(mark)}b") == f"a\\u{mark:04x}b"
    render.report("x", Report("", {"said": f"a{chr(mark)}b"}), Flags(json=True))
    out = capsys.readouterr().out
    assert chr(mark) not in out
    assert json.loads(out)["data"]["said"] == f"a{chr(mark)}b"
