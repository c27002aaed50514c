# SPDX-License-Identifier: Apache-2.0
"""Results of `krait formal`: written once, read back, a malformed one refused by its key; what counts as good."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.formal import record
from harness.formal.record import Formal, ProofResult
from harness.formal.sby import Outcome
from tests.harness.samples import PROVENANCE

PROVED = ProofResult(
    "strm_skid", "strm_skid", "a queue", "prove", {"DATA_W": 2},
    Outcome("proved", 3, 1.5, ""), Outcome("refuted", 4, 1.0, "formal_strm_skid.sv:70"),
)  # fmt: skip
BOUNDED = replace(PROVED, name="axi_rd_mover", mode="bmc", outcome=Outcome("bounded", 14, 9.0, ""))
FOUND = Formal(record.SCHEMA, PROVENANCE, (PROVED, BOUNDED))


def test_round_trip(tmp_path: Path) -> None:
    assert record.read(tmp_path / record.FILE) is None
    path = record.save(tmp_path / "new", FOUND)
    assert record.read(path) == FOUND


@pytest.mark.parametrize(("change", "named"), [({"schema": 9}, "schema: found 9"), ({"proofs": 1}, "proofs")])
def test_malformed(change: dict[str, object], named: str, tmp_path: Path) -> None:
    path = record.save(tmp_path, FOUND)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=named):
        record.read(path)
    path.write_text("{")
    with pytest.raises(InputError, match="run krait formal again"):
        record.read(path)


def test_an_unwritable_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        record.save(tmp_path / "file", FOUND)


def test_what_is_good() -> None:
    """A proof declared as one that is one; bounds where bounds were asked; never with a mutant that survives."""
    assert PROVED.good
    assert BOUNDED.good
    survives = Outcome("bounded", 8, 1.0, "")
    for bad in (
        replace(PROVED, outcome=Outcome("open", 3, 1.0, "")),
        replace(PROVED, outcome=Outcome("refuted", 2, 1.0, "x.sv:1")),
        replace(PROVED, mutant=survives),
        replace(BOUNDED, outcome=Outcome("refuted", 2, 1.0, "x.sv:1")),
        replace(BOUNDED, mutant=survives),
    ):
        assert not bad.good
    assert replace(PROVED, mutant=survives).mutant_said == "not refuted in 8 cycles"
    assert BOUNDED.said == "bounded to 14 cycles"
