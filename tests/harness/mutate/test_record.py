# SPDX-License-Identifier: Apache-2.0
"""Results of `krait mutate`: written once, read back, a malformed one refused by its key; the score."""

import json
from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.mutate import record
from tests.harness.mutate.toys import BAD, FIFO, FOUND


def test_round_trip(tmp_path: Path) -> None:
    assert record.read(tmp_path / record.FILE) is None
    path = record.save(tmp_path / "new", FOUND)
    assert record.read(path) == FOUND


@pytest.mark.parametrize(("change", "named"), [({"schema": 9}, "schema: found 9"), ({"units": 1}, "units")])
def test_malformed(change: dict[str, object], named: str, tmp_path: Path) -> None:
    path = record.save(tmp_path, FOUND)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=named):
        record.read(path)
    path.write_text("{")
    with pytest.raises(InputError, match="run krait mutate again"):
        record.read(path)


def test_an_unwritable_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        record.save(tmp_path / "file", FOUND)


def test_score() -> None:
    """Killed and timed out are seen; what is proved equivalent counts nowhere; of nothing there is no score."""
    assert record.score((FIFO,)) == 75
    assert record.score((FIFO, BAD)) == 75
    assert record.score((BAD,)) is None
    assert [each.number for each in FIFO.survivors] == [8]
    assert FIFO.seconds == 7.5
    assert FOUND.judged == 5
