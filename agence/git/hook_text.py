"""The text of git's hooks as agence puts it into files: bytes in, bytes out.

What goes into a place that others own is a marked block that runs this clone's own script where
there is one. It is the same on every machine, so that it may be committed, and silent where nobody
asked for hooks.
"""

import os

HOOKS = ("pre-commit", "pre-push")
LEFTHOOK_LOCAL = "lefthook-local.yml"
KEPT = ".before-agence"  # behind the name of a hook that takes no block
_OPEN = "# >>> agence ^hooks >>>\n"
_OWN = "# >>> agence ^hooks >>> all of this file\n"
_CLOSE = "# <<< agence ^hooks <<<\n"
_SHEBANG = "#!/bin/sh\n"
_SHELLS = (b"sh", b"bash", b"dash", b"ash", b"ksh", b"zsh")
_CALLS = {
    "pre-commit": """\
agence_hook="$(git rev-parse --git-common-dir)/agence/nexus/hooks/pre-commit"
if [ -x "$agence_hook" ]; then "$agence_hook" "$@" || exit $?; fi
""",
    # its input is read once, and given to both
    "pre-push": """\
agence_hook="$(git rev-parse --git-common-dir)/agence/nexus/hooks/pre-push"
agence_input="$(cat)"
if [ -x "$agence_hook" ]; then
    printf '%s\\n' "$agence_input" | "$agence_hook" "$@" || exit $?
fi
if [ -n "$agence_input" ]; then
    exec <<agence_input
$agence_input
agence_input
else
    exec </dev/null
fi
""",
}
_THEN = """\
agence_kept="$(dirname "$0")/{hook}{kept}"
if [ -x "$agence_kept" ]; then exec "$agence_kept" "$@"; fi
"""
_LEFTHOOK = """\
{hook}:
  commands:
    agence:
      run: sh -c 'h="$(git rev-parse --git-common-dir)/agence/nexus/hooks/{hook}"; \
[ ! -x "$h" ] || "$h" "$@"' agence {{0}}
"""
_RUN = """\
#!/bin/sh
# Written by `agence ^hooks install git`, taken away by `agence ^hooks remove git`.
agence={program}
if [ ! -x "$agence" ]; then
    echo "agence: its {hook} hook checked nothing: '$agence' is not there any more" >&2
    exit 0
fi
"$agence" '^hooks' run {hook} "$@"
code=$?
if [ "$code" -eq 5 ]; then exit 1; fi
if [ "$code" -ne 0 ]; then
    echo "agence: its {hook} hook checked nothing: it ended with code $code" >&2
fi
{then}exit 0
"""
_ADOPT = """\
if [ "$(git config --type=bool agence.adopt)" = true ]; then
    "$agence" '^adopt' || echo "agence: ^adopt ended with code $?: no draft was signed" >&2
fi
"""


def script(program: str, hook: str) -> bytes:
    """What this clone's own script says: it refuses what agence refuses, and never by accident."""
    quoted = "'" + program.replace("'", "'\\''") + "'"
    then = _ADOPT if hook == "pre-commit" else ""
    return os.fsencode(_RUN.format(program=quoted, hook=hook, then=then))


def takes_block(content: bytes) -> bool:
    """Whether a block can stand in this script: it is one of a shell."""
    first, newline, _ = content.partition(b"\n")
    if not first.startswith(b"#!"):
        return b"\0" not in content
    words = first.removeprefix(b"#!").split()
    if words and os.path.basename(words[0]) == b"env":
        words = [word for word in words[1:] if not word.startswith(b"-")]
    return bool(newline and words) and os.path.basename(words[0]) in _SHELLS


def with_block(content: bytes, hook: str) -> bytes:
    """A script with the block in front, so that nothing in it can end before."""
    first, newline, rest = content.partition(b"\n")
    if first.startswith(b"#!"):
        return first + newline + _block(hook) + rest
    return _block(hook) + content


def own_file(hook: str) -> bytes:
    """A hook where there was none that takes a block: ours, then the one that was set aside."""
    then = _THEN.format(hook=hook, kept=KEPT)
    return f"{_SHEBANG}{_OWN}{_CALLS[hook]}{then}{_CLOSE}".encode()


def has_block(content: bytes) -> bool:
    """Whether a block of ours stands in a file, of this version or another."""
    return _span(content) is not None


def without(content: bytes) -> bytes:
    """The file without our block: every other byte as it was; b"" where all of it was ours."""
    span = _span(content)
    if span is None:
        return content
    start, end = span
    rest = content[:start] + content[end:]
    own = content.startswith(_OWN.encode(), start)
    return b"" if own and rest == _SHEBANG.encode() else rest


def lefthook_lines(hook: str) -> str:
    """The lines of a local file that run a hook.

    lefthook calls no pre-push while the branch that is checked out has nothing to push.
    """
    return _LEFTHOOK.format(hook=hook) + ("      use_stdin: true\n" if hook == "pre-push" else "")


def lefthook_file() -> bytes:
    """A whole local file of ours."""
    lines = "".join(lefthook_lines(hook) for hook in HOOKS)
    return f"{_OWN}{lines}{_CLOSE}".encode()


def _block(hook: str) -> bytes:
    return f"{_OPEN}{_CALLS[hook]}{_CLOSE}".encode()


def _span(content: bytes) -> tuple[int, int] | None:
    starts = [content.find(mark.encode()) for mark in (_OPEN, _OWN)]
    start = max(starts)
    end = content.find(_CLOSE.encode(), start)
    return (start, end + len(_CLOSE)) if start >= 0 and end >= 0 else None
