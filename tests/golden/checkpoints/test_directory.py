# SPDX-License-Identifier: Apache-2.0
"""Checkpoint directories: exact round trips, one InputError for everything unsound, nothing half-written."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from golden import checkpoints
from golden.errors import InputError, MachineError

SHAPES: dict[str, tuple[int, ...]] = {"a": (2, 3), "b": (4,)}


def write(folder: Path, **change: torch.Tensor) -> None:
    tensors = {name: torch.ones(shape) for name, shape in SHAPES.items()} | change
    checkpoints.save(folder, {"model_type": "none"}, tensors)


def test_round_trip(tmp_path: Path) -> None:
    """Config and tensors come back as they were written, and no temporary file stays."""
    write(tmp_path, a=torch.arange(6.0).view(3, 2).T)
    found = checkpoints.load(tmp_path)
    assert found.config == {"model_type": "none"}
    assert found.tensors["a"].tolist() == [[0, 2, 4], [1, 3, 5]]
    checkpoints.expect(found, SHAPES)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.json", "model.safetensors"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": torch.ones(3, 2)}, r"model.safetensors: tensor a has shape \[3, 2\], expected \[2, 3\]"),
        ({"c": torch.ones(1)}, "unexpected tensor c"),
        ({"b": torch.ones(4, dtype=torch.int32)}, "tensor b holds torch.int32"),
        ({"b": torch.tensor([1.0, float("nan"), 1.0, 1.0])}, "tensor b holds NaN"),
    ],
)
def test_foreign_tensors_are_refused(tmp_path: Path, change: dict[str, torch.Tensor], message: str) -> None:
    """Wrong shape, extra tensor, wrong type and NaN name the file, the tensor, what was found and expected."""
    write(tmp_path, **change)
    with pytest.raises(InputError, match=message):
        checkpoints.expect(checkpoints.load(tmp_path), SHAPES)


def test_missing_tensor_is_named(tmp_path: Path) -> None:
    """A tensor that is not there is named with the shape it should have."""
    checkpoints.save(tmp_path, {}, {"a": torch.ones(2, 3)})
    with pytest.raises(InputError, match=r"tensor b is missing, expected shape \[4\]"):
        checkpoints.expect(checkpoints.load(tmp_path), SHAPES)


def truncate(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-5])


def garble(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 200)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (truncate, "model.safetensors: corrupt or truncated"),
        (garble, "model.safetensors: corrupt or truncated"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors: missing"),
        (lambda f: (f / "config.json").unlink(), "config.json: missing"),
        (lambda f: (f / "config.json").write_text('{"a": '), "config.json: not readable as JSON"),
        (lambda f: (f / "config.json").write_bytes(b"\xff\xfe"), "config.json: not readable as JSON"),
        (lambda f: (f / "config.json").write_text("[1]"), "config.json: found a JSON list"),
    ],
)
def test_corrupt_files_are_refused(tmp_path: Path, spoil: Callable[[Path], object], message: str) -> None:
    """Truncated, garbled, missing or malformed files are one InputError that names the file."""
    write(tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        checkpoints.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_unwritable_folder_is_the_machines_fault(tmp_path: Path) -> None:
    """Where no folder can be made, saving is a MachineError."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        write(tmp_path / "file" / "folder")
