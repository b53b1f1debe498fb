"""The table of kinds and its JSON Schema agree: with each other, and with what the fold makes."""

import jsonschema
import pytest

from agence.fold.state import fold
from agence.schema.documents import json_schema, page
from agence.schema.effects import add_member, delete, increment, remove_member, restore, set_field
from agence.schema.kinds import KINDS
from tests.core.test_fold import made
from tests.core.test_view import effects_for, rekinded
from tests.core.values import event

SCHEMA = json_schema()


def fits(kind, data):
    validator = jsonschema.Draft202012Validator(SCHEMA | {"$ref": f"#/$defs/{kind}"})
    return validator.is_valid(data)


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["$defs"]) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_fits_the_schema_folds_to_its_fields(kind):
    effects = effects_for(kind)
    effects += [increment(n, 2) for n, f in kind.fields.items() if f.operations == ("increment",)]
    assert fits(kind.name, {"effects": effects})
    first = rekinded(event({"effects": effects}), kind.name)
    fields = fold([first])[first.id].fields
    assert set(fields) == {one["field"] for one in effects}
    assert all(value not in (None, [], 0) for value in fields.values())


@pytest.mark.parametrize(
    "effect",
    [
        {"op": "set", "field": "unheard_of", "value": 1},
        {"op": "add", "field": "title", "value": "x"},
        {"op": "set", "field": "tags", "value": "x"},
        {"op": "remove", "field": "tags", "value": "x"},
        {"op": "set", "field": "state", "value": "somewhere"},
        {"op": "set", "field": "priority", "value": "high"},
        {"op": "increment", "field": "votes", "value": "1"},
        {"op": "delete", "field": "title"},
        {"op": "set", "field": "title", "value": "x", "more": 1},
    ],
)
def test_what_this_version_would_never_write_does_not_fit(effect):
    assert not fits("task", {"effects": [effect]})


def test_deletes_restores_and_removals_fit():
    first = made([add_member("tags", "x"), set_field("body", {"blob": "a" * 64, "bytes": 9})])
    effects = [delete(), restore(), remove_member("tags", "x", [first])]
    assert fits("task", {"effects": effects, "undoes": first.id})
    assert fits("task", first.data)
    answer = {"op": "set", "field": f"answer:{'b' * 64}", "value": {"strategy": "both"}}
    assert fits("lesson", {"effects": [answer]})


def test_the_page_names_every_kind_field_and_rule():
    text = page()
    for kind in KINDS.values():
        section = text.split(f"\n## {kind.name}\n")[1].split("\n## ")[0]
        assert all(f"| `{name}` | {field.rule}" in section for name, field in kind.fields.items())
        assert all(field.summary for field in kind.fields.values())
