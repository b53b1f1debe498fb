"""^episode add keeps what happened, under the name that everybody calls it."""

from agence.commands.episodes.add import add as tell
from tests.commands.test_fields import entity


def test_an_episode_goes_by_its_name(context):
    said = tell(context("^episode add"), "release 1.4", when="friday", body="Rolled back once.")
    fields = entity(context, said.data["id"]).fields
    wanted = {"episode": "release 1.4", "when": "friday", "body": "Rolled back once."}
    assert wanted.items() <= fields.items()
