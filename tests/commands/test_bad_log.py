"""^sync meets something on the remote that is no log."""

from collections.abc import Callable

import pytest

from agence.base.errors import OutsideError
from agence.commands.pull import pull
from agence.commands.status import status
from agence.commands.sync import sync
from tests.clone import Clone

LOG = "refs/agence/shared/log"


def made(remote, *words, feed=""):
    """What git says to these words in the remote, given this to read."""
    return remote.run("sh", "-c", 'printf "$0" | git "$@"', feed, *words).stdout.strip()


def commit_with(remote, entry):
    tree = made(remote, "mktree", "--missing", feed=f"{entry}\\tlog\\n")
    return remote.git("commit-tree", "-m", "x", tree)


BAD: dict[str, Callable[[Clone], str]] = {
    "blob": lambda remote: made(remote, "hash-object", "-w", "--stdin", feed="junk"),
    "tree": lambda remote: remote.git("rev-parse", "main^{tree}"),
    "tag": lambda remote: (
        remote.git("tag", "-a", "-m", "x", "v1", "main") or remote.git("rev-parse", "refs/tags/v1")
    ),
    "no folder": lambda remote: remote.git("rev-parse", "main"),
    "file": lambda remote: commit_with(remote, f"100644 blob {BAD['blob'](remote)}"),
    "link": lambda remote: commit_with(remote, f"120000 blob {BAD['blob'](remote)}"),
    "submodule": lambda remote: commit_with(remote, f"160000 commit {BAD['no folder'](remote)}"),
}


BRANCH = "refs/heads/agence/refs"  # git keeps nothing but commits there
CASES = [(what, LOG) for what in BAD] + [(what, BRANCH) for what in list(BAD)[3:]]


@pytest.mark.parametrize(("what", "ref"), CASES)
def test_what_is_no_log_is_named_and_gone_when_it_is_taken_away(desks, what, ref):
    ours, _ = desks
    ours.keep("x")
    remote = Clone(ours.clone.git("remote", "get-url", "origin"))
    remote.git("update-ref", ref, BAD[what](remote))
    for _ in range(2):
        with pytest.raises(OutsideError, match=f"'{ref}' of 'origin' is no log of a shard") as said:
            sync(ours("^sync"))
        assert "takes it away" in said.value.hint
    with pytest.raises(OutsideError, match=f"'{ref}' of 'origin' is no log of a shard"):
        pull(ours("^pull"))
    assert status(ours("^status")).data["drafts"] == []
    remote.git("update-ref", "-d", ref)
    assert sync(ours("^sync")).data["sent"] > 0
    assert remote.git("rev-parse", f"{LOG}:log")
