"""The real scan for credentials: what kind on which line, never the value.

Tokens of a known shape are left to detect-secrets; rules of our own cover what it leaves out and
assignments in prose, which its keyword rule reports far too often. Its rules that take seconds on a
line of 64 KiB (web tokens, npm, OpenAI) are done here instead. Importing this costs a tenth of a
second: only `looks_like_credential` leads here.
"""

import re
from typing import NamedTuple

from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector

_DETECTORS = tuple(
    detector()
    for detector in (
        PrivateKeyDetector, GitHubTokenDetector, GitLabTokenDetector, SlackDetector, StripeDetector,
        PypiTokenDetector, SendGridDetector, SquareOAuthDetector, AzureStorageKeyDetector,
    )
)  # fmt: skip

_PHRASE = r"(?:passw(?:or)?d|passphrase|pwd|secret)"
_KEY = r"(?:token|credential|(?:api|access|private|auth)[_-]?key)"
_CAPITALS = r"(?:PASSW(?:OR)?D|SECRET|TOKEN|(?:API|ACCESS|PRIVATE)_?KEY)(?:_[A-Z0-9_]{0,20})?"
_TAIL = r"(?:[_.-][\w.-]{0,20}|\d{0,4})[\"'`]?\s{0,3}"
_REAL = (
    r"(?![<\[{$%*]|\.\.\.|x{3}|(?:os|env|process|none|null|true|false|self)\b)"  # no placeholder
)
_VALUE = r"[^\s\"'`(){}<>,;]{3,}+(?!\()"  # not a call
_DIGIT = r"(?=\S{0,30}\d)"
_RULES = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("private key", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"),
        ("AWS access key", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[0-9A-Z]{16}"),
        ("AWS secret key", r"(?ai)aws_\w{0,30}[\"']?\W{1,4}[a-z0-9/+]{40}(?![a-z0-9/+])"),
        ("GitHub token", r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{20,}"),
        ("GitLab token", r"gl(?:pat|dt|rt|soat|cbt|ptt|ft|imt|agent|ffct)-[\w-]{16,}"),
        ("Slack token", r"xox[a-z]-(?=[\w-]{0,30}\d)[\w-]{6,}"),
        ("API key", r"(?<!\w)sk-(?=[\w-]{0,60}\d)[\w-]{20,}"),
        ("Stripe key", r"[sr]k_(?:live|test)_\w{16,}"),
        ("Google API key", r"AIza[\w-]{30,}|ya29\.[\w-]{20,}"),
        ("package token", r"npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|dckr_pat_[\w-]{16,}"),
        ("npm token", r":_authToken\s?=\s?(?![<${])\S{8,}"),
        ("cloud token", r"shpat_[a-f0-9]{16,}|dop_v1_[a-f0-9]{30,}|(?<!\w)hf_[A-Za-z0-9]{30,}"),
        ("web token", r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"),
        (
            "authorization header",
            r"(?ai)authorization\s?[:=]\s?[\"']?(?:bearer|basic|token)\s[^\s<{$]{4,}",
        ),
        ("bearer token", rf"(?ai)\bbearer\s{_DIGIT}[\w.~+/-]{{16,}}"),
        ("password in a URL", r"\w://[^\s/:@]*:(?![<{$])[^\s/@]+@"),
        ("assigned secret", rf"(?ai){_PHRASE}{_TAIL}(?::=|=>|==?)\s{{0,3}}[\"'`]?{_REAL}{_VALUE}"),
        (
            "assigned key",
            rf"(?ai){_KEY}{_TAIL}(?::=|=>|==?)\s{{0,3}}[\"'`]?(?!\d+\b){_REAL}{_VALUE}",
        ),
        (
            "assigned secret",
            rf"(?ai)(?:{_PHRASE}|{_KEY}){_TAIL}:\s{{0,3}}[\"']{_REAL}{_VALUE}[\"']",
        ),
        ("assigned secret", rf"(?ai){_PHRASE}{_TAIL}:\s{{0,3}}{_REAL}{_DIGIT}{_VALUE}"),
        ("assigned key", rf"(?ai){_KEY}{_TAIL}:\s{{0,3}}(?!\d+\b){_REAL}{_DIGIT}{_VALUE}"),
        ("assigned secret", rf"{_CAPITALS}:\s{{0,3}}(?!\d+\b){_REAL}{_VALUE}"),
        (
            "password",
            rf"(?ai)\b(?:password|passwd|passphrase|pwd)\s(?:is\s|was\s)?{_DIGIT}\S{{6,}}",
        ),
    )
)


class Finding(NamedTuple):
    """What kind of credential, and on which line, counted from 1. The value is not in it."""

    kind: str
    line: int


def scan(text: str) -> list[Finding]:
    """All credentials in `text`, one finding for each kind on each line, in the order of lines."""
    return [
        Finding(kind, number)
        for number, line in enumerate(text.split("\n"), start=1)
        for kind in _kinds(line)
    ]


def _kinds(line: str) -> list[str]:
    """The kinds found on a line, our own rules first; detect-secrets only adds what they miss."""
    ours = list(dict.fromkeys(kind for kind, pattern in _RULES if pattern.search(line)))
    return ours or [
        detector.secret_type
        for detector in _DETECTORS
        if any(True for _ in detector.analyze_string(line))
    ]
