# SPDX-License-Identifier: Apache-2.0
"""Records of `krait synth`: written once, read back, a malformed one refused by its key."""

import json
from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.synth import record
from harness.synth.record import SynthRecord, Used
from tests.harness.samples import PROVENANCE

CELLS = (Used("lut", 1000.0, 4000), Used("bram36", 2.5, None))
MADE = SynthRecord(
    record.SCHEMA, "mamba2_accel", "u280", "00ff", "u280", "own", CELLS, 7, "m2_ssm", 8, PROVENANCE
)  # fmt: skip


def test_round_trip(tmp_path: Path) -> None:
    """A configuration's record replaces the one before; folders beside it are no records."""
    record.save(tmp_path, MADE)
    record.save(tmp_path, MADE)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "leaf.json").write_text("{}")
    assert record.read_all(tmp_path) == (MADE,)
    assert [path.name for path in tmp_path.glob("*.json")] == ["mamba2_accel_u280.json"]
    assert record.read_all(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("change", "named"), [({"schema": 9}, "schema: found 9"), ({"levels": "x"}, "levels"), ({"more": 1}, "more")]
)
def test_malformed(change: dict[str, object], named: str, tmp_path: Path) -> None:
    record.save(tmp_path, MADE)
    path = tmp_path / "mamba2_accel_u280.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=named):
        record.read_all(tmp_path)
    path.write_text("{")
    with pytest.raises(InputError, match="run krait synth again"):
        record.read_all(tmp_path)


def test_an_unwritable_place(tmp_path: Path) -> None:
    (tmp_path / "none").touch()
    with pytest.raises(MachineError, match="cannot be written"):
        record.save(tmp_path / "none", MADE)
