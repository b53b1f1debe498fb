"""A view says what its kind has, in one order, and is TOML that a plain parser reads."""

import tomllib

import pytest

from agence.fold.front_matter import put_together, take_apart
from agence.fold.state import fold
from agence.fold.view import above, footer, is_draft, render
from agence.schema.effects import add_member, delete, set_field
from agence.schema.kinds import KINDS
from tests.core.test_fold import made
from tests.core.values import SEEDS, event

SAMPLES = {"line": 'a "line"', "number": 3, "flag": True, "id": "f" * 64, "text": "more\nlines"}


def effects_for(kind):
    """One effect on each field of a kind, that the front matter has a place for."""
    effects = []
    for name, field in kind.fields.items():
        value = SAMPLES.get(field.type)
        if field.rule == "lattice":
            value = field.order[-1]
        if value is not None and field.operations == ("set",):
            effects.append(set_field(name, value))
        elif field.operations == ("add", "remove"):
            effects.append(add_member(name, str(value)))
    return effects


def created(kind, effects):
    first = event({"effects": effects})
    return next(iter(fold([rekinded(first, kind)]).values()))


def rekinded(first, kind):
    return first._replace(body=first.body | {"kind": kind})


SHOWN = [kind for kind in KINDS.values() if kind.folder and kind.name != "codex"]


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.name)
def test_the_front_matter_says_every_field_of_the_table_in_its_order(kind):
    view = render(created(kind.name, effects_for(kind)))
    front = above(view).split(b"+++\n")[1].decode()
    said = tomllib.loads(front)
    wanted = [name for name, field in kind.fields.items() if field.front]
    assert set(said) == {"id", "kind", *wanted}
    assert [name for name in said if name in wanted] == wanted
    assert said["title"] == 'a "line"'
    taken = take_apart(above(view))
    assert taken.fields is not None
    assert put_together(taken.fields, taken.body) == above(view)


def test_a_deleted_entity_has_a_line_and_what_it_was_rendered_from():
    first = made([set_field("title", "Never heal\npaths")])
    gone = made([delete()], over=first, seed=SEEDS[1])
    entity = fold([first, gone])[first.id]
    view = render(entity)
    assert len(view.splitlines()) == 2
    assert b"Never heal paths" in view
    assert not is_draft(view)
    said = footer(view)
    assert said is not None
    assert said.heads == (gone.id,)
    assert entity.name.endswith(first.id[:8])


def test_the_front_matter_names_an_open_conflict():
    first = made([set_field("title", "a"), set_field("body", "x")])
    one = made([set_field("body", "y")], over=first, seed=SEEDS[1])
    other = made([set_field("body", "z")], over=first, seed=SEEDS[2])
    view = render(fold([first, one, other])[first.id])
    assert b'contested = ["body"]' in view
    both = made([set_field("body", "z")], over=first, parents=[one.id, other.id])
    assert b"contested" not in render(fold([first, one, other, both])[first.id])
