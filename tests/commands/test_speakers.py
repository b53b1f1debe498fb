"""A name that is one slip away from one that is known here signs nothing."""

from collections.abc import Callable

import pytest

from agence.base.errors import UsageError
from agence.commands.contract import Report
from agence.commands.knowledge.add import add
from agence.commands.tasks.add import add as add_task
from agence.commands.tasks.claim import claim
from agence.commands.tasks.done import done
from agence.commands.tasks.release import release
from agence.commands.tasks.renew import renew
from agence.commands.tasks.start import start
from agence.commands.tasks.takeover import takeover
from tests.commands.desk import Desk


@pytest.fixture
def desk(context: Desk) -> Desk:
    add_task(context("^task add"), ["Ship it"], id_="ship")
    return context


VERBS: dict[str, Callable[..., Report]] = {
    "claim": claim,
    "renew": renew,
    "release": release,
    "takeover": takeover,
    "start": start,
    "done": lambda context, task: done(context, [task]),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_misspelt_agent_writes_nothing_to_a_task(desk, verb):
    before = desk.events()
    with pytest.raises(UsageError) as raised:
        VERBS[verb](desk(f"^task {verb}", speaker="raplh"), "ship")
    assert "did you mean ralph?" in raised.value.hint
    assert desk.events() == before


@pytest.mark.parametrize("line", ["^lesson add", "~note add"])
def test_whatever_is_signed_is_refused(desk, line):
    before = desk.events(), desk.events("hermetic")
    for typed in ("raplh", "Ralph", "ralp"):
        with pytest.raises(UsageError, match=typed):
            add(desk(line, speaker=typed), ["x"], None, [])
    assert (desk.events(), desk.events("hermetic")) == before


def test_a_known_name_and_a_new_one_sign_and_are_known_from_then_on(desk):
    for typed in ("ralph", "copilot", "ralph2", "Dana"):
        add(desk("^lesson add", speaker=typed), ["x"], None, [])
        assert desk.events()[-1]["body"]["by"] == typed
    with pytest.raises(UsageError, match="as 'coplot'"):
        add(desk("^lesson add", speaker="coplot"), ["x"], None, [])


def test_who_wrote_in_another_clone_is_known(desks, send):
    ours, theirs = desks
    add(ours("^lesson add", speaker="copilot"), ["x"], None, [])
    send()
    with pytest.raises(UsageError, match="as 'coplot'"):
        add(theirs("^lesson add", speaker="coplot"), ["x"], None, [])
