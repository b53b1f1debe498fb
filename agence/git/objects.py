"""Objects of git: blobs and commits in bulk, each kind of question in one process.

Paths are relative to the top, with `/`; bytes that are no UTF-8 are kept as os.fsdecode does.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from agence.base.errors import OutsideError, ShardError
from agence.git.repository import Repository
from agence.git.run import GitFailed, git
from agence.git.talk import Talk

_OID = 40  # hex digits
_WORDS_OF_AN_ANSWER = 3
_UNKNOWN_PERSON = ("tell me who you are", "ident name", "auto-detect")


class Found(NamedTuple):
    """An object as asked for by `name` ("HEAD:.agence/agence.toml", an id, a ref)."""

    name: str
    oid: str
    kind: str  # "blob", "tree", "commit" or "tag"
    content: bytes


class Missing(NamedTuple):
    """`name` names no object that is here."""

    name: str


class Entry(NamedTuple):
    """A line of a tree: mode "100644", "100755", "120000", "040000" or "160000"."""

    mode: str
    kind: str  # "blob", "tree" or "commit" (a submodule)
    oid: str


def read_many(repo: Repository, names: Sequence[str]) -> Iterator[Found | Missing]:
    """Read the objects called `names`, in that order, one in memory at a time.

    Raises ValueError for a name with a line break, GitFailed when an object is damaged.
    """
    if not names:
        return
    with Talk("cat-file", "--batch", "--buffer", cwd=repo.work_tree) as talk:
        talk.feed(_lines(names))
        for name in names:
            head = _parse(talk.line())
            if head is None:
                yield Missing(name)
            else:
                oid, kind, size = head
                content = talk.read(size)
                talk.read(1)
                yield Found(name, oid, kind, content)


def resolve_many(repo: Repository, names: Sequence[str]) -> dict[str, tuple[str, str] | None]:
    """Each name to `(oid, kind)`, or to None when it names nothing that is here."""
    if not names:
        return {}
    with Talk("cat-file", "--batch-check", "--buffer", cwd=repo.work_tree) as talk:
        talk.feed(_lines(names))
        heads = [_parse(talk.line()) for _ in names]
    return {
        name: None if head is None else head[:2] for name, head in zip(names, heads, strict=True)
    }


def list_tree(
    repo: Repository, tree: str, *, under: str = "", recursive: bool = True
) -> dict[str, Entry]:
    """Paths to entries of a tree-ish, without folders when `recursive`.

    `under` leaves only that path, or what is below it when it ends in `/`. Raises GitFailed when
    `tree` names no tree.
    """
    words = ["ls-tree", "-z", "--full-tree", *(["-r"] if recursive else []), tree]
    listed = git(*words, *(["--", under] if under else []), cwd=repo.work_tree)
    entries = {}
    for record in listed.split(b"\0")[:-1]:
        head, _, path = record.partition(b"\t")
        mode, kind, oid = head.decode().split(" ")
        entries[os.fsdecode(path)] = Entry(mode, kind, oid)
    return entries


def write_blobs(repo: Repository, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Write one blob for each value, exactly these bytes; return key to object id.

    Raises OutsideError when the disk doesn't take them.
    """
    folder = os.path.join(repo.nexus, "tmp", os.urandom(8).hex())
    paths = [os.path.join(folder, str(number)) for number in range(len(contents))]
    try:
        os.makedirs(folder, mode=0o700)
        for path, content in zip(paths, contents.values(), strict=True):
            with open(path, "xb") as file:
                file.write(content)
        return dict(zip(contents, write_files(repo, paths), strict=True))
    except OSError as error:
        raise OutsideError(f"can't write in '{folder}': {error.strerror}") from error
    finally:
        remove_folder(folder)


def write_files(repo: Repository, paths: Sequence[str]) -> list[str]:
    """Write the content of each file as a blob, unfiltered; return the object ids in order."""
    words = ("hash-object", "-w", "--no-filters", "--stdin-paths")
    feed = b"".join(os.fsencode(path) + b"\n" for path in paths)
    return git(*words, cwd=repo.work_tree, feed=feed).decode().split()


def remove_folder(folder: str) -> None:
    """Remove a flat folder of ours, as far as it is there."""
    with suppress(OSError):
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)


def commit_tree(
    repo: Repository, tree: str, parents: Sequence[str], message: str, *, sign: bool
) -> str:
    """Write a commit by the user that git is configured for, moving nothing; return its id.

    Raises ShardError when git doesn't know who that is, OutsideError when signing fails.
    """
    words = ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, "-F", "-"]
    words += [word for parent in parents for word in ("-p", parent)]
    words.append("--gpg-sign" if sign else "--no-gpg-sign")
    feed = (message.rstrip("\n") + "\n").encode()
    try:
        return git(*words, cwd=repo.work_tree, feed=feed).decode().strip()
    except GitFailed as failure:
        if any(words in failure.stderr for words in _UNKNOWN_PERSON):
            hint = "set `git config user.name` and `git config user.email`"
            raise ShardError("git does not know who commits here", hint) from failure
        if not sign:
            raise
        said = " ".join(failure.stderr.split())
        hint = "see `git config user.signingkey` and `gpg.format`, or unset `commit.gpgsign`"
        raise OutsideError(f"signing the commit failed: {said}", hint) from failure


def _lines(names: Sequence[str]) -> list[bytes]:
    if any("\n" in name for name in names):
        raise ValueError("an object's name holds a line break")
    return [os.fsencode(name) + b"\n" for name in names]


def _parse(head: bytes) -> tuple[str, str, int] | None:
    """Oid, kind and size of what `cat-file` found; None for "NAME missing" and its like."""
    words = head.split(b" ")
    if len(words) != _WORDS_OF_AN_ANSWER or len(words[0]) != _OID or not words[2].isdigit():
        return None
    return words[0].decode(), words[1].decode(), int(words[2])
