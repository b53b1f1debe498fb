"""The history of one file: its newest versions that somebody can vouch for."""

import os
from collections.abc import Callable, Iterator, Sequence

from agence.git.objects import Found, read_many
from agence.git.repository import Repository
from agence.git.run import git

_MANY = 64  # versions that are read by one process


def newest(
    repo: Repository, path: str, starts: Sequence[str], agrees: Callable[[bytes], bool]
) -> list[bytes]:
    """On each line of history back from `starts` the newest version that `agrees` says yes to.

    Both sides of a merge are followed; a file that was renamed is not. The newest come first.
    """
    if "\n" in path:
        return []
    words = ("rev-list", "--topo-order", "--full-history", "--parents", *starts, "--", path)
    lines = git(*words, cwd=repo.work_tree, env={"GIT_LITERAL_PATHSPECS": "1"}, check=False)
    commits = {one: parents for one, *parents in (line.split() for line in _lines(lines))}
    wanted = set(commits).difference(*commits.values()) if commits else set()
    found: list[bytes] = []
    for commit, content in _versions(repo, path, list(commits)):
        if not wanted:
            break
        if commit not in wanted:
            continue
        wanted.discard(commit)
        if content is not None and agrees(content):
            found.append(content)
        else:
            wanted |= set(commits[commit])
    return found


def _lines(answer: bytes) -> list[str]:
    return os.fsdecode(answer).split("\n")[:-1]


def _versions(
    repo: Repository, path: str, commits: Sequence[str]
) -> Iterator[tuple[str, bytes | None]]:
    """Each commit with the bytes of the file in it, None where there is none."""
    for start in range(0, len(commits), _MANY):
        part = commits[start : start + _MANY]
        for commit, version in zip(
            part, read_many(repo, [f"{commit}:{path}" for commit in part]), strict=True
        ):
            yield commit, version.content if isinstance(version, Found) else None
