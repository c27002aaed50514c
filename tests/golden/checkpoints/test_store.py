# SPDX-License-Identifier: Apache-2.0
"""Opened checkpoints: all containers read alike, only what is asked for is read, what is unsound is one InputError."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from golden.checkpoints import open_store, store
from golden.checkpoints.containers import mapped
from golden.errors import InputError

SHAPES: dict[str, tuple[int, ...]] = {"a": (37, 5), "b": (4,), "c": (6, 1, 3)}
PLACES = {"a": "1-of-2", "b": "2-of-2", "c": "2-of-2"}
KINDS = ("safetensors", "bin", "safetensors shards", "bin shards")


def tensors(dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randn(shape, generator=generator).to(dtype) for name, shape in SHAPES.items()}


def write(folder: Path, kind: str, found: dict[str, Any]) -> None:
    """Write `found` as a checkpoint directory of one of KINDS."""
    suffix, _, shards = kind.partition(" ")
    stem = "model" if suffix == "safetensors" else "pytorch_model"
    save: Callable[[dict[str, Any], Path], object] = save_file if suffix == "safetensors" else torch.save
    (folder / "config.json").write_text("{}")
    if not shards:
        save(found, folder / f"{stem}.{suffix}")
        return
    places = {name: f"{stem}-{PLACES[name]}.{suffix}" for name in found}
    for shard in set(places.values()):
        save({name: found[name] for name in found if places[name] == shard}, folder / shard)
    (folder / f"{stem}.{suffix}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_every_container_reads_alike(
    tmp_path: Path, kind: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shapes and types stand in the headers; what is read is what was written, in one part or in many."""
    want = tensors(dtype)
    write(tmp_path, kind, want)
    opened = open_store(tmp_path)
    opened.expect(SHAPES, optional={})
    assert {entry.dtype for entry in opened.entries.values()} == {dtype}
    for least in (1 << 20, 7, 64):
        monkeypatch.setattr(store, "MAPPED_LEAST", least)
        for result in (dtype, torch.float32, torch.float64):
            got = opened.read(SHAPES, result)
            assert all(torch.equal(got[name], want[name].to(result)) for name in SHAPES)
            assert {tensor.dtype for tensor in got.values()} == {result}


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_asked_for_is_read(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening touches no row of a tensor, reading touches each row of the tensors it names once, and no other's."""
    write(tmp_path, kind, tensors())
    touched: list[tuple[str, int, int]] = []

    class Spy:
        def __init__(self, file: Path) -> None:
            self.mapping = mapped(file)

        def __enter__(self) -> Callable[[str, int, int], Tensor]:
            rows = self.mapping.__enter__()
            return lambda name, start, stop: (touched.append((name, start, stop)), rows(name, start, stop))[1]

        def __exit__(self, *_: object) -> None:
            self.mapping.__exit__(None, None, None)

    monkeypatch.setattr(store, "mapped", Spy)
    monkeypatch.setattr(store, "MAPPED_LEAST", 200)
    opened = open_store(tmp_path)
    assert touched == []
    opened.read(["a"], torch.float32)
    assert {name for name, _, _ in touched} == {"a"}
    assert [start for _, start, _ in touched] == [0, *(stop for _, _, stop in touched[:-1])]
    assert touched[-1][2] == 37
    assert max((stop - start) * 5 * 4 for _, start, stop in touched) <= 200


def test_a_tensor_does_not_depend_on_its_file(tmp_path: Path) -> None:
    """What was read stays what it was when the file is overwritten in place, even soundly; more reading is refused."""
    write(tmp_path, "safetensors", tensors())
    opened = open_store(tmp_path)
    got = opened.read(["a"], torch.float32)["a"]
    file = tmp_path / "model.safetensors"
    zeros = tmp_path / "zeros"
    save_file({name: torch.zeros(shape) for name, shape in SHAPES.items()}, zeros)
    file.write_bytes(zeros.read_bytes())
    os.utime(file, ns=(1, 1))
    assert torch.equal(got, tensors()["a"])
    with pytest.raises(InputError, match=r"model.safetensors: changed or vanished since it was opened"):
        opened.read(["b"], torch.float32)
    file.unlink()
    with pytest.raises(InputError, match="changed or vanished"):
        opened.read(["b"], torch.float32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")], ids=str)
def test_numbers_that_are_not_finite_are_refused_where_they_are_read(tmp_path: Path, kind: str, bad: float) -> None:
    """NaN and both infinities name the file and the tensor, when this tensor is read and not before."""
    found = tensors(torch.bfloat16)
    found["c"][5, 0, 2] = bad
    write(tmp_path, kind, found)
    opened = open_store(tmp_path)
    opened.read(["a", "b"], torch.float32)
    with pytest.raises(InputError, match=r"model[-2of]*\.(bin|safetensors): tensor c holds NaN or infinity"):
        opened.read(["a", "c"], torch.float32)


def test_no_number_is_rounded_on_the_way(tmp_path: Path) -> None:
    """A type that cannot hold what is stored exactly is refused, with both types."""
    write(tmp_path, "safetensors", tensors(torch.bfloat16))
    with pytest.raises(InputError, match=r"tensor a holds torch.bfloat16, which torch.float16 cannot hold exactly"):
        open_store(tmp_path).read(["a"], torch.float16)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"b": None}, r"model.safetensors: tensor b is missing, expected shape \[4\]"),
        ({"b": torch.ones(3)}, r"model.safetensors: tensor b has shape \[3\], expected \[4\]"),
        ({"d": torch.ones(3)}, r"model.safetensors: unexpected tensor d"),
        ({"o": torch.ones(3)}, r"model.safetensors: tensor o has shape \[3\], expected \[2\]"),
    ],
)
def test_names_and_shapes_are_checked_unread(tmp_path: Path, change: dict[str, Tensor | None], says: str) -> None:
    """Missing, extra and misshapen tensors are known from the headers; optional ones may be there or not."""
    found = tensors()
    write(tmp_path, "safetensors", found)
    open_store(tmp_path).expect(SHAPES, optional={"o": (2,)})
    write(tmp_path, "safetensors", found | {"o": torch.ones(2)})
    open_store(tmp_path).expect(SHAPES, optional={"o": (2,)})
    write(tmp_path, "safetensors", {k: v for k, v in (found | change).items() if v is not None})
    with pytest.raises(InputError, match=says):
        open_store(tmp_path).expect(SHAPES, optional={"o": (2,)})


def test_equality_is_checked_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stored tensor that differs in its last number from what it must equal is refused, across types."""
    found = tensors(torch.bfloat16)
    write(tmp_path, "bin", found)
    monkeypatch.setattr(store, "MAPPED_LEAST", 16)
    opened = open_store(tmp_path)
    other = found["a"].float()
    opened.expect_equal("a", other)
    other[-1, -1] += 1e-6
    with pytest.raises(InputError, match=r"pytorch_model.bin: tensor a differs from the embedding"):
        opened.expect_equal("a", other)


class Code:
    """Unpickled by the letter, this writes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.marker}",)


def truncate(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-40]) and None


def index(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        file = folder / "model.safetensors.index.json"
        content = json.loads(file.read_text())
        change(content)
        file.write_text(json.dumps(content))

    return apply


def place(**where: str) -> Callable[[Path], None]:
    return index(lambda content: content["weight_map"].update(where))


ONE, TWO = "model-1-of-2.safetensors", "model-2-of-2.safetensors"
UNSOUND: list[tuple[str, Callable[[Path], object], str]] = [
    ("safetensors", lambda f: (f / "model.safetensors").unlink(), "model.safetensors: missing, and so are"),
    ("safetensors", truncate("model.safetensors"), "model.safetensors: corrupt or truncated"),
    ("safetensors", lambda f: (f / "model.safetensors").write_bytes(b""), "corrupt or truncated"),
    ("safetensors", lambda f: torch.save({}, f / "pytorch_model.bin"), "holds .* and .*; expected one of them"),
    ("safetensors", lambda f: save_file({"a": torch.ones(1).int()}, f / "model.safetensors"), "tensor a holds I32"),
    ("safetensors", lambda f: save_file({"a": torch.ones(1).double()}, f / "model.safetensors"), "tensor a holds F64"),
    ("safetensors shards", truncate(TWO), f"{TWO}: corrupt or truncated"),
    ("safetensors shards", lambda f: (f / ONE).unlink(), f"{ONE}: missing, but model.safetensors.index.json names it"),
    ("safetensors shards", place(b=ONE), f"{ONE}: tensor b is missing, but .* says that it is here"),
    ("safetensors shards", index(lambda c: c["weight_map"].pop("c")), f"{TWO}: unexpected tensor c; .* does not place"),
    ("safetensors shards", place(d="model-3.safetensors"), "model-3.safetensors: missing"),
    ("safetensors shards", place(d="../up.safetensors"), "names the shard '../up.safetensors', expected the name"),
    (
        "safetensors shards",
        place(d="pytorch_model.bin"),
        "names the shard 'pytorch_model.bin', expected .* .safetensors",
    ),
    ("safetensors shards", index(lambda c: c.update(weight_map=[])), "weight_map is missing or malformed"),
    ("safetensors shards", index(lambda c: c["weight_map"].update(a=1)), "weight_map is missing or malformed"),
    ("safetensors shards", lambda f: (f / "model.safetensors.index.json").write_text("{"), "not readable as JSON"),
    ("bin", truncate("pytorch_model.bin"), "pytorch_model.bin: corrupt or truncated"),
    ("bin", lambda f: (f / "pytorch_model.bin").write_bytes(b"\xff" * 99), "pytorch_model.bin: no archive of torch"),
    (
        "bin",
        lambda f: torch.save({"a": Code(f / "ran")}, f / "pytorch_model.bin"),
        "refused, holds code .* posix.system",
    ),
    ("bin", lambda f: (f / "pytorch_model.bin").write_bytes(pickle.dumps(Code(f / "ran"))), "no archive of torch.save"),
    ("bin", lambda f: torch.save([1], f / "pytorch_model.bin"), "found a pickled list, expected a state_dict"),
    (
        "bin",
        lambda f: torch.save({"model": {"a": torch.ones(1)}}, f / "pytorch_model.bin"),
        "entry 'model' is str: dict",
    ),
    ("bin", lambda f: torch.save({3: torch.ones(1)}, f / "pytorch_model.bin"), "entry 3 is int: Tensor"),
    ("bin", lambda f: torch.save({"a": torch.ones(1).long()}, f / "pytorch_model.bin"), "tensor a holds torch.int64"),
    ("bin", lambda f: torch.save({"a": torch.eye(2).to_sparse()}, f / "pytorch_model.bin"), "layout torch.sparse_coo"),
    ("bin shards", truncate("pytorch_model-1-of-2.bin"), "pytorch_model-1-of-2.bin: corrupt or truncated"),
]


@pytest.mark.parametrize(("kind", "spoil", "says"), UNSOUND, ids=[says for _, _, says in UNSOUND])
def test_unsound_directories_are_refused(tmp_path: Path, kind: str, spoil: Callable[[Path], object], says: str) -> None:
    """Each is one line that names the file, before any tensor is read; code in a pickle does not run."""
    write(tmp_path, kind, tensors())
    open_store(tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError, match=says) as caught:
        open_store(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()
