"""Let a person edit a text in their own editor, and never lose what they typed."""

import os
import shlex
import shutil
import subprocess
import tempfile

from agence.base.errors import OutsideError


def edit(text: str, editor: str, suffix: str = ".md") -> str:
    """Open `text` in the command `editor` (it may have arguments) and return what it became.

    The file is the person's alone (mode 0600, folder 0700) and goes away once it has been read.
    Raises OutsideError when there is no such editor, or when it fails or leaves something that is
    not text; the file is then kept, and the error says where.
    """
    command = _words(editor)
    folder = tempfile.mkdtemp(prefix="agence-")
    path = os.path.join(folder, "text" + suffix)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode())
    try:
        done = subprocess.run([*command, path], check=False)
    except OSError as error:
        raise OutsideError(
            f"'{editor}' could not be started: {error.strerror}", _kept(path)
        ) from error
    if done.returncode != 0:
        raise OutsideError(f"'{editor}' ended with code {done.returncode}", _kept(path))
    try:
        with open(path, encoding="utf-8", newline="") as file:
            edited = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise OutsideError(f"what '{editor}' left is not a text in UTF-8", _kept(path)) from error
    shutil.rmtree(folder, ignore_errors=True)
    return edited


def _words(editor: str) -> list[str]:
    hint = "set EDITOR to the command of yours, such as 'vim' or 'code --wait'"
    try:
        words = shlex.split(editor)
    except ValueError as error:
        raise OutsideError(f"the editor '{editor}' has quotes that are not closed", hint) from error
    if not words:
        raise OutsideError("no editor is set", hint)
    if shutil.which(words[0]) is None:
        raise OutsideError(f"the editor '{words[0]}' was not found", hint)
    return words


def _kept(path: str) -> str:
    return f"the text is kept in {path}"
