"""Refs change all together or not at all, and only from where they were."""

import pytest

from agence.git.refs import ZERO, HeadMove, Moved, for_each, update
from agence.git.run import GitFailed


@pytest.fixture
def two(checkout):
    """A repository, its first and second commit, HEAD at the second."""
    first = checkout.git("rev-parse", "HEAD")
    return checkout, first, checkout.commit("a", "a")


def test_refs_below_prefixes(two):
    checkout, first, second = two
    checkout.git("update-ref", "refs/agence/log", first)
    checkout.git("update-ref", "refs/agence/shared/log", first)
    checkout.git("update-ref", "refs/agencex/log", first)
    assert for_each(checkout.repo, "refs/agence", "refs/heads") == {
        "refs/agence/log": first,
        "refs/agence/shared/log": first,
        "refs/heads/main": second,
    }
    assert for_each(checkout.repo, "refs/nothing") == {}


def test_a_transaction_is_done_whole(two):
    checkout, first, second = two
    repo = checkout.repo
    update(repo, [("refs/agence/a", first, ZERO), ("refs/agence/b", first, None)])
    update(repo, [("refs/agence/a", second, first), ("refs/agence/b", ZERO, first)], "join")
    assert for_each(repo, "refs/agence") == {"refs/agence/a": second}


@pytest.mark.parametrize("lost", ["other value", "is there", "is not there"])
def test_a_transaction_that_lost_changes_nothing(two, lost):
    checkout, first, second = two
    repo = checkout.repo
    update(repo, [("refs/agence/a", first, ZERO)])
    change = {
        "other value": ("refs/agence/a", second, second),
        "is there": ("refs/agence/a", second, ZERO),
        "is not there": ("refs/agence/c", second, first),
    }[lost]
    with pytest.raises(Moved) as raised:
        update(repo, [("refs/agence/b", second, ZERO), change])
    assert raised.value.exit_code == 3
    assert for_each(repo, "refs/agence") == {"refs/agence/a": first}


def test_what_is_no_lost_race_is_gits_failure(two):
    checkout, _, _ = two
    with pytest.raises(GitFailed):
        update(checkout.repo, [("refs/agence/a", "1" * 40, ZERO)])


def test_head_is_locked_while_it_moves(two):
    checkout, first, second = two
    repo = checkout.repo
    with HeadMove(repo, first, second, "back") as move:
        checkout.git("-c", "core.filesRefLockTimeout=0", "update-ref", "HEAD", first, check=False)
        assert checkout.git("rev-parse", "HEAD") == second
        move.commit()
    assert checkout.git("rev-parse", "main") == first
    assert checkout.git("reflog", "-1", "--format=%gs") == "back"


def test_head_stays_without_commit(two):
    checkout, first, second = two
    with HeadMove(checkout.repo, first, second, "back"):
        pass
    with pytest.raises(KeyError), HeadMove(checkout.repo, first, second, "back"):
        raise KeyError
    assert checkout.git("rev-parse", "HEAD") == second
    checkout.git("update-ref", "HEAD", first)  # no lock was left


def test_head_moved_by_somebody_else(two):
    checkout, first, _ = two
    with pytest.raises(Moved), HeadMove(checkout.repo, first, first, "back"):
        pytest.fail("HEAD is not at that commit")
