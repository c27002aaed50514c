# SPDX-License-Identifier: Apache-2.0
"""Streamed writing: the files are those that torch and safetensors know, a shard at a time, whole or not at all."""

import json
from math import prod
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from golden.checkpoints import open_store, writer
from golden.checkpoints.containers import PACKED
from golden.errors import InputError, MachineError

SHAPES: dict[str, tuple[int, ...]] = {"a": (30, 5), "b": (4,), "c": (6, 1, 3), "d": (50, 5)}


def fill(name: str, out: Tensor) -> None:
    out.copy_(torch.arange(out.numel()).view(out.shape) + ord(name))


def want(name: str, dtype: torch.dtype) -> Tensor:
    out = torch.empty(SHAPES[name], dtype=dtype)
    fill(name, out)
    return out


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_a_streamed_bin_is_what_torch_reads(tmp_path: Path, dtype: torch.dtype) -> None:
    """torch.load gives every tensor, mapped or not; an alias is the same memory as its tensor."""
    writer.write_bin(tmp_path, SHAPES, {"e": "a"}, dtype, fill)
    for mmap in (False, True):
        found = torch.load(tmp_path / "pytorch_model.bin", weights_only=True, mmap=mmap)
        assert found.keys() == {*SHAPES, "e"}
        assert all(torch.equal(found[name], want(name, dtype)) for name in SHAPES)
        assert found["e"].data_ptr() == found["a"].data_ptr()


@pytest.mark.parametrize(("shard_bytes", "files"), [(1 << 20, 1), (1100, 2), (650, 3), (1, 4)])
def test_shards_are_as_large_as_allowed(
    tmp_path: Path, shard_bytes: int, files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each shard holds what fits, or one tensor that does not; it is written before the next one is filled."""
    written: list[Path] = []
    save_file = writer.save_file

    def save(tensors: dict[str, Tensor], file: Path, metadata: dict[str, str]) -> None:
        assert len(tensors) == 1 or sum(t.nbytes for t in tensors.values()) <= shard_bytes
        save_file(tensors, file, metadata=metadata)
        written.append(file)

    filled: list[int] = []
    monkeypatch.setattr(writer, "save_file", save)
    writer.write_safetensors(
        tmp_path, SHAPES, torch.float32, lambda n, t: (filled.append(len(written)), fill(n, t))[1], shard_bytes
    )
    assert len(written) == files
    assert sorted(set(filled)) == list(range(files))
    assert sorted(tmp_path.glob("*.safetensors")) == sorted(written)
    (tmp_path / "config.json").write_text("{}")
    opened = open_store(tmp_path)
    opened.expect(SHAPES, optional={})
    got = opened.read(SHAPES, torch.float32)
    assert all(torch.equal(got[name], want(name, torch.float32)) for name in SHAPES)
    if files > 1:
        index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
        numbers = sum(map(prod, SHAPES.values()))
        assert index["metadata"] == {"total_parameters": numbers, "total_size": 4 * numbers}
    else:
        assert load_file(tmp_path / "model.safetensors").keys() == SHAPES.keys()


def test_tensors_may_differ_in_type(tmp_path: Path) -> None:
    """Each tensor has the type asked for; shards and the index count its bytes; only a reader of bytes takes them."""
    types = {"a": torch.float32, "b": torch.uint8, "c": torch.bfloat16, "d": torch.uint8}
    size = sum(prod(SHAPES[name]) * types[name].itemsize for name in SHAPES)
    writer.write_safetensors(tmp_path, SHAPES, types, fill, shard_bytes=640)
    (tmp_path / "config.json").write_text("{}")
    assert writer.plan_shards(SHAPES, types, 640) == [["a", "b", "c"], ["d"]]
    assert json.loads((tmp_path / "model.safetensors.index.json").read_text())["metadata"]["total_size"] == size
    opened = open_store(tmp_path, PACKED)
    assert {name: entry.dtype for name, entry in opened.entries.items()} == types
    assert torch.equal(opened.read(["d"], torch.uint8)["d"], want("d", torch.uint8))
    with pytest.raises(InputError, match=r"tensor . holds U8, expected float16, bfloat16 or float32$"):
        open_store(tmp_path)


def test_a_directory_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """It is not there while it is written, nothing stays after a failure, an existing one is left alone."""
    target = tmp_path / "deep" / "model"
    with writer.new_directory(target) as folder:
        (folder / "x").write_text("")
        assert not target.exists()
        assert folder.parent == target.parent
    assert [p.name for p in target.parent.iterdir()] == ["model"]
    assert (target.stat().st_mode & 0o777, (target / "x").stat().st_mode & 0o777) == (0o755, 0o644)
    other = tmp_path / "other"
    with pytest.raises(KeyboardInterrupt), writer.new_directory(other):
        raise KeyboardInterrupt
    with pytest.raises(MachineError, match=r"other: cannot be written .*No space"), writer.new_directory(other):
        raise OSError(28, "No space left on device")
    assert [p.name for p in tmp_path.iterdir()] == ["deep"]
    with pytest.raises(InputError, match="model: exists already"), writer.new_directory(target):
        pass
    assert (target / "x").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"), writer.new_directory(tmp_path / "file" / "model"):
        pass
