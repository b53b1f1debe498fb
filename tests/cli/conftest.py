"""A table of made-up verbs in place of the real one."""

import pytest

from agence.cli import table
from agence.cli.table import Row
from tests.cli import made_up

NAMES = [
    *("bad_news", "refuse", "distrust", "crash", "recurse", "run_out", "interrupt", "fill"),
    *("broken_pipe", "spell", "flood", "must"),
]


@pytest.fixture
def made_up_verbs(monkeypatch):
    """`^keep` and `~keep`, and a verb for each thing that can go wrong."""
    monkeypatch.setattr(made_up, "__doc__", made_up.DOCSTRING)
    rows = (
        Row("keep", "keep", "^~", "Knowledge", "keep a thing"),
        *(Row(name.replace("_", "-"), name, "^", "Trust", "do wrong") for name in NAMES),
    )
    monkeypatch.setattr(table, "ROWS", (*rows, *table.ROWS))
    real = table.function_of
    monkeypatch.setattr(
        table, "function_of", lambda row: getattr(made_up, row.module, None) or real(row)
    )
