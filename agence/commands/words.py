"""What a person typed, made into fields, and looked at before it is shared."""

import os

from agence.base.errors import OutsideError, Refusal, UsageError
from agence.base.lazy import load
from agence.commands.contract import Context
from agence.guard.credentials import looks_like_credential

TITLE_LIMIT = 200  # characters
STATUSES = ("open", "doing", "done", "dropped")


def title_and_body(text: str, body: str | None) -> tuple[str, str]:
    """The title (the first line) and the body. Raises UsageError for an empty or overlong title."""
    first, _, rest = clean(text).partition("\n")
    title = " ".join(first.split())
    if not title:
        raise UsageError("there is no title", "put it in quotes after the verb")
    if len(title) > TITLE_LIMIT:
        raise UsageError(
            f"a title of {len(title)} characters; {TITLE_LIMIT} is the most",
            "keep the title short and put the rest into --body, or into --file - from a pipe",
        )
    return title, "\n\n".join(part for part in (clean(rest), clean(body or "")) if part)


def clean(text: str) -> str:
    """`text` with LF line ends, without control characters and blank ends."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in plain):
        raise UsageError("the text is not valid UTF-8", "convert it, for instance with iconv")
    return "".join(c for c in plain if c in "\n\t" or ord(c) >= 32).strip("\n")


def tags_of(tags: list[str] | None) -> list[str]:
    """Tags as they are kept: trimmed, lower case, each once, sorted; `a,b` is two of them."""
    parts = (part for tag in tags or [] for part in tag.split(","))
    return sorted({" ".join(clean(part).lower().split()) for part in parts} - {""})


def read_file(context: Context, path: str) -> str:
    """The text of a file, or of standard input for "-"."""
    if path == "-":
        return context.read_input()
    whole = os.path.join(context.cwd, path)
    try:
        with open(whole, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise UsageError(f"'{path}' is not text in UTF-8") from error
    except OSError as error:
        raise OutsideError(
            f"'{path}' can't be read: {(error.strerror or '').lower()}",
            "check its name and its mode",
        ) from error


def check_status(status: str | None) -> None:
    """Raises UsageError for a status that is none."""
    if status is not None and status not in STATUSES:
        raise UsageError(f"'{status}' is no status", f"one of {', '.join(STATUSES)}")


def refuse_credentials(text: str, *, allowed: bool) -> None:
    """Raises Refusal where `text` looks as if it held a credential, unless that is allowed."""
    if allowed or not looks_like_credential(text):
        return
    findings = load("agence.guard.credential_scan").scan(text)
    if findings:
        seen = ", ".join(sorted({f"{one.kind} (line {one.line})" for one in findings}))
        raise Refusal(
            f"this looks as if it held a credential: {seen}",
            "nothing was kept; take it out, keep it with `~` instead of `^`, or say --allow-secret",
        )
