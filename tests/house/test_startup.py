"""A door imports what its line needs, and no more. Time is not measured: modules are exact."""

import pytest

from tests.house import bill


@pytest.mark.parametrize("name", bill.DOORS)
def test_a_door_imports_nothing_heavy(name, tmp_path):
    door = bill.DOORS[name]
    lines = bill.imported(door, str(tmp_path))
    assert door.program in {line.module for line in lines}
    assert not bill.forbidden(door, lines)


def test_the_bill_sees_a_heavy_module(tmp_path):
    (tmp_path / "slow.py").write_text("import dataclasses, json.decoder\ndef entry(): return 3\n")
    door = bill.Door("slow", (), bill.HEAVY, code=3)
    assert set(bill.forbidden(door, bill.imported(door, str(tmp_path)))) >= {
        "dataclasses",
        "inspect",
    }
