"""The reference is written from the table, and says when it is stale or a command is missing."""

import re

import pytest

from agence.base.errors import ShardError
from agence.cli import reference, table
from agence.cli.table import Row


@pytest.fixture
def page(monkeypatch, tmp_path):
    path = tmp_path / "commands.md"
    monkeypatch.setattr(reference, "PATH", str(path))
    return path


def test_what_was_written_is_fresh_until_something_changes(
    page, made_up_verbs, monkeypatch, capsys
):
    monkeypatch.setattr(table, "ROWS", table.ROWS[:1])
    assert reference.main(["--check"]) == 3
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    page.write_text(page.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert reference.main(["--check"]) == 3
    assert capsys.readouterr().err.count("docs/commands.md is not what the code says") == 2


def test_a_command_s_section_holds_what_its_docstring_says(made_up_verbs, monkeypatch):
    monkeypatch.setattr(table, "ROWS", table.ROWS[:1])
    text = reference.reference()
    assert "### `^keep`\n\nKeep a thing.\n\n```sh\nagence ^keep" in text
    assert "| `--tag, -t TAG` | a topic |" in text
    assert "| `--limit, -n N` | how many (default 5) |" in text
    assert "What is kept stays.\n" in text


def test_the_whole_table_is_in_it():
    text = reference.reference()
    for row in table.ROWS:
        assert f"`{row.label()}`" in text
    assert not re.search(r"\n\n\n", text)


def test_a_row_without_a_command_is_named(monkeypatch):
    monkeypatch.setattr(table, "ROWS", (Row("gone", "gone", "^", "Trust", "be gone"),))
    with pytest.raises(ShardError, match="the row 'gone' has no command"):
        reference.reference()
