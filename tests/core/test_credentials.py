"""Credentials are seen before they are shared: the cheap test first, then the scan."""

import string
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.guard.credential_scan import Finding, scan
from agence.guard.credentials import looks_like_credential

# Put together at run time, so that no scanner takes this file for a leak.
A36 = "a1" * 18
SHAPES = {
    "AWS": "AKIA" + "ABCDEFGHIJKLMNOP",
    "AWS in a sentence": "it used ASIA" + "ABCDEFGHIJKLMNOP, see above",
    "AWS secret": "aws_secret_access_key " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "GitHub": "ghp_" + "a" * 36,
    "GitHub OAuth": "gho_" + "a" * 36,
    "GitHub fine": "github_pat_" + "a" * 51,
    "GitLab": "glpat-" + "abcdefghij1234567890",
    "Slack bot": "xoxb-" + "1234-abcd",
    "Slack user": "xoxp-" + "1234-abcd",
    "Slack hook": "https://hooks.slack.com/services/" + "T0000/B0000/abcdefgh",
    "Anthropic": "sk-ant-" + "api03-" + "a" * 24,
    "OpenAI": "sk-" + A36,
    "Stripe": "sk_live_" + "a1" * 12,
    "Google": "AIza" + "a" * 35,
    "npm": "npm_" + "a" * 36,
    "Hugging Face": "hf_" + "a" * 34,
    "PyPI": "pypi-" + "AgEIcHlwaS5vcmc" + "a" * 70,
    "SendGrid": "SG." + "a" * 22 + "." + "b" * 43,
    "JWT": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0.abc",
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "OpenSSH key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "PKCS8": "-----BEGIN " + "PRIVATE KEY-----",
    "URL": "postgres://u:" + "p@h/db",
    "URL without user": "redis://:" + "hunter2@cache:6379",
    "header": "Authorization: " + "Bearer abc.def",
    "assignment": "API_KEY=" + "abc123",
    "capitals": "export TOKEN: " + "xyz",
    "said": "password " + "hunter2",
    "said nicely": "the password is " + "hunter22",
    "YAML": "db_password: " + "hunter2",
    "JSON": '{"client_secret": ' + '"abcdef"}',
    "arrow": "secret => " + "'s3cr3t'",
    "shell": "export DB_PASSWORD='" + "correct horse'",
    "Azure": "AccountKey=" + "a" * 86 + "==",
}
PROSE = [
    "the authentication token expired",
    "git push origin main",
    "mail bob@example.org now",
    "Never auto-heal paths",
    "max_tokens=4096",
    "token_count: 100",
    "Token: a unit of text",
    "the password policy is strict",
    "password: never share it",
    "password=<your password>",
    "PASSWORD=$DB_PASSWORD",
    "PASSWORD: ${{ secrets.DB }}",
    "api_key = os.environ['KEY']",
    "token = next(stream)",
    "secretary: Bob",
    "tokenizer: bpe",
    "bearer tokens expire after 1 hour",
    "a task-based and risk-aware disk-usage plan for sk-learn-like-interfaces",
    "git@github.com:owner/repository.git",
    "ssh://git@host:22/path",
    "https://user:<password>@host/",
    "https://example.org:8443/a?b=c@d",
    "keep keys in hermetic, rotate access keys every 90 days",
    "Shamir splits a secret into 5 shares",
]


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_a_credential_is_found_wherever_it_stands(text):
    for whole, line in ((text, 1), (f"first line\nthen {text}", 2), (f"a\r\n({text})\r\nb", 2)):
        assert looks_like_credential(whole)
        assert {finding.line for finding in scan(whole)} == {line}


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_let_be(text):
    assert scan(text) == []


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_the_value_is_never_told(text):
    for finding in scan(text):
        assert isinstance(finding, Finding)
        assert not any(character.isdigit() for character in finding.kind)
        assert not any(word in finding.kind for word in ("hunter", "abc", "correct horse"))


pieces = st.sampled_from(
    [
        *SHAPES.values(),
        *PROSE,
        " ",
        "\n",
        "=",
        ":",
        " := ",
        '"',
        "'",
        "_",
        "-",
        ".",
        "password",
        "TOKEN",
        "Secret",
        "api_key",
        "access-key",
        "authorization",
        "Bearer",
        "sk-",
        "hf_",
        "SG.",
        "eyJ",
        "://",
        "@",
        "a1b2c3d4",
        "aws_",
        A36,
        "is ",
        "   ",
    ],
) | st.text(alphabet=string.printable, max_size=30)


@given(st.lists(pieces, max_size=12).map("".join))
def test_the_cheap_test_misses_nothing_that_the_scan_finds(text):
    if scan(text):
        assert looks_like_credential(text)


def test_the_cheap_test_is_cheap_and_loads_nothing():
    text = ("A validator never repairs broken symlinks; token budgets stay small. " * 40)[:2048]
    fastest = min(_seconds(text) for _ in range(20))
    assert fastest < 0.001
    script = (
        "import sys; before = set(sys.modules); import agence.guard.credentials;"
        "print(set(sys.modules) - before)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "detect_secrets" not in loaded.stdout
    assert "'re'" not in loaded.stdout


def _seconds(text: str) -> float:
    began = time.perf_counter()
    looks_like_credential(text)
    return time.perf_counter() - began


@pytest.mark.parametrize(
    "text",
    [
        "a.b-" * 16_000,
        "token_" * 10_000 + "=",
        "password " * 8_000,
        "://:" * 16_000,
        "eyJa" * 16_000,
        "sk-" * 20_000,
    ],
)
def test_a_long_line_takes_no_long_time(text):
    began = time.process_time()
    scan(text)
    assert time.process_time() - began < 2
