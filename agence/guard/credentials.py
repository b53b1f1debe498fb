"""The cheap test for credentials: whether a text is worth a real scan.

Only containment, no patterns: it runs before every write, and the scan that follows it costs more
than the write. It may fire for nothing; it stays silent for nothing that the scan would find.
"""

_MARKS = (
    "AKIA", "ASIA", "ABIA", "ACCA", "A3T", "aws_", "AWS_",
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
    "xox", "hooks.slack.com",
    "sk_live_", "sk_test_", "rk_live_", "rk_test_", "sq0csp-", "T3BlbkFJ",
    "AIza", "ya29.",
    "glpat-", "gldt-", "glrt-", "glsoat-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-",
    "glffct-", "gloas-", "GR1348941",
    "npm_", "pypi-", "dckr_pat_", "SG.", "shpat_", "dop_v1_", "_authToken",
    "eyJ", "PRIVATE KEY", "PuTTY-User-Key-File", "AccountKey=",
)  # fmt: skip
_WORD_MARKS = ("sk-", "hf_")  # only where a word begins: `task-`, `shf_` are none
_NAMES = (
    "password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "authorization",
    "bearer", "api_key", "apikey", "api-key", "access_key", "accesskey", "access-key",
    "private_key", "privatekey", "private-key", "auth_key", "authkey", "auth-key",
)  # fmt: skip
_NEAR = 48  # how many characters behind a name what gives its value away may lie


def looks_like_credential(text: str) -> bool:
    """Whether `text` holds a known beginning of a token, a URL with a login, or name and value."""
    if any(mark in text for mark in _MARKS) or any(_begins_word(text, m) for m in _WORD_MARKS):
        return True
    if _has_url_login(text):
        return True
    folded = text.casefold()
    return any(_has_value(folded, name) for name in _NAMES if name in folded)


def _begins_word(text: str, mark: str) -> bool:
    return any(not piece[-1:].isalnum() for piece in text.split(mark)[:-1])


def _has_url_login(text: str) -> bool:
    """`scheme://user:password@host`, anywhere."""
    return any("@" in part and ":" in part.partition("@")[0] for part in text.split("://")[1:])


def _has_value(folded: str, name: str) -> bool:
    """Whether what follows `name` somewhere can give it a value: `=`, `:` or a digit."""
    return any(_gives_value(piece[:_NEAR]) for piece in folded.split(name)[1:])


def _gives_value(after: str) -> bool:
    return "=" in after or ":" in after or any(character.isdigit() for character in after)
