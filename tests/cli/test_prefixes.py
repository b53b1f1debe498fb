"""The router is total: every line has exactly one mode, or is an error of usage."""

import itertools
import shlex
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agence.base.errors import UsageError
from agence.cli.prefixes import MODES, TWINS, split
from agence.cli.table import ROWS, heads

ROUTES = [
    # line, mode, words, speaker
    ("", "help", (), ""),
    ("--json", "help", (), ""),
    ("@", "help", (), ""),
    ("@ralph", "help", (), "ralph"),
    ("as ralph", "help", (), "ralph"),
    ("^learn x", "shared", ("learn", "x"), ""),
    ("^ learn x", "shared", ("learn", "x"), ""),
    ("'^learn x y'", "shared", ("learn", "x", "y"), ""),
    ("'^learn \"x y\"'", "shared", ("learn", "x y"), ""),
    ("'^save half way' --json", "shared", ("save", "half", "way"), ""),
    ("' ^learn x'", "shared", ("learn", "x"), ""),
    ("shared learn x", "shared", ("learn", "x"), ""),
    ("shared 'learn x'", "shared", ("learn", "x"), ""),
    ("^lern x", "shared", ("lern", "x"), ""),
    ("^learn -- --json", "shared", ("learn", "--", "--json"), ""),
    ("^learn x --json --tag y", "shared", ("learn", "x", "--tag", "y"), ""),
    ("^learn ''", "shared", ("learn", ""), ""),
    ("~learn x", "private", ("learn", "x"), ""),
    ("'~note' idea", "private", ("note", "idea"), ""),
    ("private learn x", "private", ("learn", "x"), ""),
    ("/git-status", "external", ("git-status",), ""),
    ("'/git status'", "external", ("git", "status"), ""),
    ("/git log --json --help -C x", "external", ("git", "log", "--json", "--help", "-C", "x"), ""),
    ("//git-status", "external", ("git-status",), ""),
    ("/ git status", "external", ("git", "status"), ""),
    ("/usr/bin/git status", "external", ("usr/bin/git", "status"), ""),
    ("run git-status", "external", ("git-status",), ""),
    ("run 'git status'", "external", ("git", "status"), ""),
    ("'C:/Program Files/Git/git-status'", "external", ("git-status",), ""),
    ("'C:/Program Files/Git/git status' -s", "external", ("git", "status", "-s"), ""),
    ("c:/msys64/git-log/x", "external", ("git-log/x",), ""),
    ("'D:\\PortableGit\\git-status'", "external", ("git-status",), ""),
    ("@ralph C:/msys64/git-status", "external", ("git-status",), "ralph"),
    ("!bash", "system", ("bash",), ""),
    ("!aider --model x", "system", ("aider", "--model", "x"), ""),
    ("! bash", "system", ("bash",), ""),
    ("system bash", "system", ("bash",), ""),
    ("+refactor auth", "plan", ("refactor", "auth"), ""),
    ('"+don\'t break auth"', "plan", ("don't break auth",), ""),
    ("+ x", "plan", ("x",), ""),
    ("plan refactor auth --json", "plan", ("refactor", "auth"), ""),
    ("'how do I configure TLS'", "ask", ("how do I configure TLS",), ""),
    ("how do I configure TLS", "ask", ("how", "do", "I", "configure", "TLS"), ""),
    ("'learn from this'", "ask", ("learn from this",), ""),
    ("'it's\"'\"'s' late", "ask", ("its's", "late"), ""),
    ("'¿cómo se hace?' --json", "ask", ("¿cómo se hace?",), ""),
    ("¿cómo se hace?", "ask", ("¿cómo", "se", "hace?"), ""),
    ("do we rebase", "ask", ("do", "we", "rebase"), ""),
    ("have we rotated it", "ask", ("have", "we", "rotated", "it"), ""),
    ("not sure", "ask", ("not", "sure"), ""),
    ("ask hello", "ask", ("hello",), ""),
    ("ask --limit 3 hello", "ask", ("--limit", "3", "hello"), ""),
    ("-- '-x y'", "ask", ("-x y",), ""),
    ("@ralph ^save x", "shared", ("save", "x"), "ralph"),
    ("'@ralph ^save x'", "shared", ("save", "x"), "ralph"),
    ("as ralph ^save", "shared", ("save",), "ralph"),
    ("as @ralph ~learn x", "private", ("learn", "x"), "ralph"),
    ("@ralph shared save", "shared", ("save",), "ralph"),
    ("@ralph 'what is next'", "ask", ("what is next",), "ralph"),
    ('"@ralph don\'t do this"', "ask", ("don't do this",), "ralph"),
    ("@ ^save", "shared", ("save",), ""),
    ("'@ ^save x'", "shared", ("save", "x"), ""),
    ("as @ ^save", "shared", ("save",), ""),
    ("--as ralph ^save", "shared", ("save",), "ralph"),
    ("--as=ralph ^save", "shared", ("save",), "ralph"),
    ("^save --as ralph", "shared", ("save",), "ralph"),
    ("^save --as=@ralph x", "shared", ("save", "x"), "ralph"),
    ("@ralph ^save --as ralph", "shared", ("save",), "ralph"),
    ("^handoff @sonya", "shared", ("handoff", "@sonya"), ""),
    ("--help", "help", (), ""),
    ("-h", "help", (), ""),
    ("help", "help", (), ""),
    ("help learn", "help", ("learn",), ""),
    ("help ^learn", "help", ("^", "learn"), ""),
    ("help shared learn", "help", ("^", "learn"), ""),
    ("help plan add", "help", ("plan", "add"), ""),
    ("^learn --help", "help", ("^", "learn"), ""),
    ("~lesson add -h", "help", ("~", "lesson", "add"), ""),
    ("--help learn", "help", ("learn",), ""),
    ("^ --help", "help", ("^",), ""),
    ("/ --help", "help", ("/",), ""),
    ("ask --help", "help", ("ask",), ""),
    ("how do I --help", "help", ("ask",), ""),
    ("shell-init --help", "help", ("shell-init",), ""),
    ("--version", "version", (), ""),
    ("--json --version x", "version", (), ""),
    ("shell-init bash", "shell-init", ("bash",), ""),
    ("shell-init bash --json", "shell-init", ("bash",), ""),
    (
        "complete --shell bash -- ^le",
        "complete",
        ("--shell", "bash", "--", "^le"),
        "",
    ),
    ("complete --shell zsh -- --json ''", "complete", ("--shell", "zsh", "--", "--json", ""), ""),
]
ERRORS = [
    # line, what the message and the hint hold
    ("''", "empty"),
    ("' '", "empty"),
    ("'' ''", "empty"),
    ("-", "no command is called '-'"),
    ("./x", "no command is called './x'"),
    ("./x y", "no command is called './x'"),
    ("..", "no command is called"),
    ("hello", "agence ask 'hello'"),
    ("hello --json", "agence ask 'hello'"),
    ("hello --as ralph ''", "no command is called 'hello'"),
    ("lern x", "did you mean ^learn"),
    ("leran 'a lesson'", "did you mean ^learn"),
    ("satus", "did you mean ^status"),
    ("learn x", "did you mean ^learn"),
    ("learn x", "agence shared learn"),
    ("learn", "'learn' needs a prefix"),
    ("Learn x", "did you mean ^learn"),
    ("status", "did you mean ^status"),
    ("where do we keep it", "agence ask"),
    ("lessons from it", "did you mean ^lesson"),
    ("hlep", "did you mean help"),
    ("^", "nothing stands behind '^'"),
    ("~", "nothing stands behind '~'"),
    ("/", "nothing stands behind '/'"),
    ("!", "nothing stands behind '!'"),
    ("+", "nothing stands behind '+'"),
    ("'^ '", "nothing stands behind '^'"),
    ("^ ''", "nothing stands behind '^'"),
    ("shared", "nothing stands behind '^'"),
    ("run", "nothing stands behind '/'"),
    ("'C:/Program Files/Git/'", "nothing stands behind '/'"),
    ("ask", "nothing was asked"),
    ("ask ' '", "nothing was asked"),
    ("as", "'as' needs a name"),
    ("--as", "'--as' needs a value"),
    ("--as= ^save", "'--as' needs a name"),
    ("^save --as", "'--as' needs a value"),
    ("--as ' ' ^save", "can't be a name"),
    ("@a/b ^save", "can't be a name"),
    ("@../x ^save", "can't be a name"),
    ("@a @b ^save", "'a' and for 'b'"),
    ("@a ^save --as b", "'a' and for 'b'"),
    ("-x", "'-x' is no option"),
    ("--jsn ^status", "'--jsn' is no option"),
    ("-x how do I", "'-x' is no option"),
    ("^ -x learn", "'-x' is no option"),
    ("--json=1 ^status", "takes no value"),
    ("^status --json=1", "takes no value"),
    ("--color", "'--color' needs a value"),
    ("--color blue ^status", "'blue'"),
    ("-C", "'-C' needs a value"),
    ("-C '' ^status", "'-C' needs a folder"),
    ('"^learn it\'s late"', "quote is not closed"),
    ("'/git \"'", "quote is not closed"),
    ("C:/x/y", "no command is called"),
    ("C:/msys64", "no command is called"),
    ("^learn a\udce9", "not valid UTF-8"),
    ("^learn 'a\0b'", "NUL"),
    ("@ralph hello", "no command is called 'hello'"),
]


@pytest.mark.parametrize(("typed", "mode", "words", "speaker"), ROUTES)
def test_a_line_has_its_mode(typed, mode, words, speaker):
    line = split(shlex.split(typed))
    assert (line.mode, line.words, line.speaker) == (mode, words, speaker)
    assert line.scope == ("private" if mode == "private" or words[:1] == ("~",) else "shared")


@pytest.mark.parametrize(("typed", "said"), ERRORS)
def test_what_has_no_mode_is_an_error(typed, said):
    with pytest.raises(UsageError) as raised:
        split(shlex.split(typed))
    assert said in f"{raised.value.message} {raised.value.hint}"
    assert raised.value.message[0].islower() or raised.value.message[0] in "'-"
    assert not raised.value.message.endswith(".")


VERBS = [row.name for row in ROWS if "^" in row.doors]
GENERATED = list(
    itertools.product(VERBS, ("glued", "apart", "twin", "whole"), ("", "@ralph", "as"))
)


def test_the_table_of_cases_is_long_enough():
    assert len(GENERATED) + len(ROUTES) + len(ERRORS) >= 300


@pytest.mark.parametrize(("verb", "form", "spoken"), GENERATED)
def test_every_verb_in_every_form_is_one_line(verb, form, spoken):
    row = next(row for row in ROWS if row.name == verb)
    for prefix in row.doors:
        twin = next(twin for twin, door in TWINS.items() if door == prefix)
        head = {
            "glued": f"{prefix}{verb}".split(),
            "apart": [prefix, *verb.split()],
            "twin": [twin, *verb.split()],
            "whole": [f"{prefix}{verb} some words"],
        }[form]
        before = {"": [], "@ralph": ["@ralph"], "as": ["as", "ralph"]}[spoken]
        line = split([*before, *head, *([] if form == "whole" else ["some", "words"])])
        assert line.mode == MODES[prefix]
        assert line.scope == ("private" if prefix == "~" else "shared")
        assert line.words == (*verb.split(), "some", "words")
        assert line.speaker == ("ralph" if spoken else "")


@pytest.mark.parametrize("verb", heads("^"))
def test_a_verb_without_prefix_is_never_a_question(verb):
    if verb in TWINS or verb == "where":  # `agence where nexus` needs no prefix: see below
        return
    for words in ([verb], [verb, "x"], [verb, "do", "we", "go"], [verb[:-1], "x", "y"]):
        if len(words[0]) < 4 and words[0] != verb:
            continue
        with pytest.raises(UsageError):
            split(words)


def test_global_options_are_read_before_the_verb():
    for words in (
        ["--json", "--color", "never", "-C", "a", "-C", "b", "^status"],
        ["^", "--json", "--no-color", "-C", "a/b", "status"],
        ["@", "--color=never", "-C", "a/b", "^status", "--json"],
    ):
        flags = split(words).flags
        assert (flags.json, flags.color, flags.folder) == (True, "never", "a/b")
    assert split(["-C", "a", "-C", "/b", "^status"]).flags.folder == "/b"


def test_behind_two_dashes_nothing_is_an_option():
    line = split(["--", "^learn", "--json", "--as", "x"])
    assert line.words == ("learn", "--json", "--as", "x")
    assert line.flags.sealed
    assert not line.flags.json


def test_the_words_of_another_program_are_sealed():
    assert split(["/git", "log"]).flags.sealed
    assert split(["!aider"]).flags.sealed
    assert not split(["^learn", "x"]).flags.sealed


PIECES = [
    *(
        "^",
        "~",
        "/",
        "!",
        "+",
        "@",
        "-",
        "--",
        "'",
        '"',
        "\\",
        " ",
        "\t",
        "\n",
        "\0",
        "\udce9",
        "=",
    ),
    *("--json", "--as", "--help", "-h", "--version", "-C", "--color", "never", "learn", "lesson"),
    *("add", "shared", "private", "run", "system", "plan", "ask", "as", "help", "complete"),
    *("shell-init", "ralph", "x", "é", "\u3000", "C:/msys64/", "\x1b[31m", "x" * 300),
]
WORDS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
    st.text(max_size=12),
    st.text(alphabet=string.printable, max_size=12),
)


def routed(words):
    """The line, or None where it is an error of usage; anything else that is raised is a bug."""
    try:
        return split(words)
    except UsageError:
        return None


@given(st.lists(WORDS, max_size=6))
@example(["x" * 1_000_000])
@example(["^" + "x " * 10_000])
def test_any_line_is_routed_or_an_error_of_usage(words):
    before = list(words)
    line = routed(words)
    if line:
        assert line.mode in {*MODES.values(), "ask", "help", "version", "complete", "shell-init"}
        assert line.scope == "private" or (line.scope == "shared" and line.mode != "private")
        assert line.words or line.mode in ("help", "version", "complete", "shell-init")
        assert all(isinstance(word, str) for word in line.words)
    assert words == before


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_a_private_prefix_never_gets_a_shared_scope(words):
    line = routed(["~", *words])
    if line:
        assert line.scope == "private"
        assert line.mode in ("private", "help")


@pytest.mark.parametrize("words", [("where",), ("where", "nexus"), ("where", "--json", "nexus")])
def test_where_needs_no_prefix(words):
    line = split(words)
    assert (line.mode, line.scope, line.words[0]) == ("shared", "shared", "where")
    with pytest.raises(UsageError):
        split(["where", "do", "we", "go"])
