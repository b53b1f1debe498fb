"""--set, --link and --opposes: fields beyond the text, and what points to what."""

import pytest

from agence.base.errors import AgenceError, UsageError
from agence.commands.knowledge.add import add
from agence.commands.knowledge.edit import edit


def entity(desk, identity):
    found = desk("^lesson list").shard.index("shared").entity(identity)
    assert found is not None
    return found


def test_a_field_is_set_and_set_again(context):
    said = add(context("^skill add"), ["Rotate the keys"], set_=["confidence=70"])
    identity = said.data["id"]
    edit(context("^skill edit"), identity, set_=["confidence = 90"])
    assert entity(context, identity).fields["confidence"] == 90
    again = edit(context("^skill edit"), identity, set_=["confidence=90"])
    assert again.data["changed"] == []


@pytest.mark.parametrize("word", ["confidence", "confidence=101", "confidence=-1", "confidence=x"])
def test_what_does_not_fit_a_field_is_refused_and_nothing_is_kept(context, word):
    before = len(context.events())
    with pytest.raises(UsageError):
        add(context("^skill add"), ["x"], set_=[word])
    with pytest.raises(UsageError):
        add(context("^skill add"), ["x"], set_=["title=y"])
    assert len(context.events()) == before


def test_entities_point_to_each_other_until_they_no_longer_do(context):
    one, other = context.keep("one"), context.keep("other")
    third = add(context("^lesson add"), ["third"], link=[one[:8]], opposes=[other[:8]]).data["id"]
    fields = entity(context, third).fields
    assert (fields["links"], fields["opposes"]) == ([one], [other])
    edit(context("^lesson edit"), third, unlink=[other[:8]], link=[other[:8]])
    fields = entity(context, third).fields
    assert fields["opposes"] == []
    assert sorted(fields["links"]) == sorted([one, other])
    with pytest.raises(AgenceError):
        edit(context("^lesson edit"), third, link=["f" * 12])
