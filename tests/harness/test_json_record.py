# SPDX-License-Identifier: Apache-2.0
"""Results as JSON files: what is written comes back, what is not whole is refused in one line."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness import json_record


@dataclass(frozen=True)
class Sample:
    schema: int
    names: tuple[str, ...]
    share: float | None


SAMPLE = Sample(2, ("a", "ü"), None)


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    """All of it, from a folder that was made for it; without a file there is nothing."""
    path = tmp_path / "new" / "results.json"
    assert json_record.read_if_any(Sample, path, 2, "krait x") is None
    assert json_record.write(path, SAMPLE) == path
    assert json_record.read(Sample, path, 2, "krait x") == SAMPLE
    assert json_record.read_if_any(Sample, path, 2, "krait x") == SAMPLE
    assert [each.name for each in path.parent.iterdir()] == ["results.json"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"{", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b'{"schema": 1, "names": [], "share": null}', "schema: found 1, expected 2"),
        (b'{"schema": 2, "names": [], "share": "x"}', "share"),
        (b'{"schema": 2, "names": []}', "share"),
    ],
)
def test_what_is_malformed_is_refused(text: bytes, words: str, tmp_path: Path) -> None:
    """The line names the file and what is wrong."""
    path = tmp_path / "results.json"
    path.write_bytes(text)
    with pytest.raises(InputError, match=words) as found:
        json_record.read(Sample, path, 2, "krait x")
    assert str(path) in str(found.value)
    assert "\n" not in str(found.value)


def test_the_command_to_run_again(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run krait x again"):
        json_record.read(Sample, tmp_path / "missing.json", 2, "krait x")


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A file in the folder's place: the machine's fault, with what to do, and the file stays."""
    (tmp_path / "file").write_text("kept")
    with pytest.raises(MachineError, match=r"cannot be written .*; choose another --out"):
        json_record.write(tmp_path / "file" / "results.json", SAMPLE, "choose another --out")
    assert (tmp_path / "file").read_text() == "kept"
