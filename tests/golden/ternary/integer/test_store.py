# SPDX-License-Identifier: Apache-2.0
"""Integer BitNet models as files: what is written comes back, and nothing else is read."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from golden import tensor_files
from golden.errors import InputError, MachineError
from golden.ternary.integer import packing, profile, store, synthetic
from golden.ternary.integer.block import prefill
from golden.ternary.integer.model import IntegerModel
from tests.golden.ternary.integer.models import SHAPES, random_model, ternary_head

TOKENS = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6])
Spoil = Callable[[Path], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store.write(tmp_path_factory.mktemp("models") / "m", random_model("squared-relu"), "test")


def same(a: IntegerModel, b: IntegerModel) -> bool:
    return torch.equal(prefill(TOKENS, a)[0], prefill(TOKENS, b)[0])


@pytest.mark.parametrize("shape", [*SHAPES, "ternary-head"])
def test_round_trip(tmp_path: Path, shape: str) -> None:
    """Every tensor, number and choice comes back, with tied, int8 and ternary heads; logits are the same integers."""
    model = ternary_head(random_model("squared-relu")) if shape == "ternary-head" else random_model(shape)
    found = store.load(store.write(tmp_path / "m", model, "test", "abc"))
    assert (found.cfg, found.profile, found.residual_frac) == (model.cfg, model.profile, model.residual_frac)
    assert found.ternary_head == (shape == "ternary-head")
    for ours, theirs in zip(model.layers, found.layers, strict=True):
        a, b = packing.layer_tensors(ours), packing.layer_tensors(theirs)
        assert a.keys() == b.keys()
        assert all(torch.equal(a[name], b[name]) for name in a)
    assert same(model, found)
    assert same(model, store.resident(found))
    assert store.read_manifest(tmp_path / "m" / "manifest.json").revision == "abc"


def test_changed_choices_come_back(tmp_path: Path) -> None:
    model = random_model("swiglu", changes={"cache_bits": 16})
    assert store.load(store.write(tmp_path / "m", model, "test")).profile == profile.load({"cache_bits": 16})


@pytest.mark.parametrize("columns", range(1, 12))
def test_rows_of_trits(columns: int) -> None:
    """Five to a byte, the rest of a row zero trits: 121 = 1 + 3 + 9 + 27 + 81 is five of them."""
    w = torch.randint(-1, 2, (7, columns), generator=torch.Generator().manual_seed(columns)).to(torch.int8)
    packed = packing.pack_rows(w)
    assert packed.shape == (7, -(-columns // 5))
    assert torch.equal(packing.unpack_rows(packed, columns, "w"), w)
    assert packing.pack_rows(torch.zeros(1, columns, dtype=torch.int8)).unique().tolist() == [121]


def edited(**change: object) -> Spoil:
    def apply(path: Path) -> None:
        data = json.loads((path / "manifest.json").read_text())
        for key, value in change.items():
            where, _, last = key.rpartition("__")
            target = data
            for part in where.split("__") if where else ():
                target = target[part]
            target[last] = value
        (path / "manifest.json").write_text(json.dumps(data))

    return apply


def removed(name: str) -> Spoil:
    return lambda path: (path / name).unlink()


def rewritten(name: str, **tensors: Tensor) -> Spoil:
    """Other tensors in a file, which the manifest then vouches for."""

    def apply(path: Path) -> None:
        found = load_file(path / name) | {key.replace("__", "."): x for key, x in tensors.items()}
        save_file(found, path / name)
        data = json.loads((path / "manifest.json").read_text())
        data["files"][name]["sha256"] = tensor_files.sha256(path / name)
        entries = data["files"][name]["tensors"]
        for key, x in found.items():
            entries[key] = {"dtype": str(x.dtype).removeprefix("torch."), "shape": list(x.shape)}
        (path / "manifest.json").write_text(json.dumps(data))

    return apply


LAYER, ENDS = "layer-00001.safetensors", "ends.safetensors"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (removed("manifest.json"), "manifest.json: missing"),
        (lambda path: (path / "manifest.json").write_text("{"), "not readable as JSON"),
        (edited(schema=7), "found schema 7, profile 'ternary-b158', expected 1"),
        (edited(profile="w4a4"), "profile 'w4a4', expected 1 and 'ternary-b158'"),
        (edited(surprise=1), "surprise: found 1, expected no such key"),
        (edited(head="huge"), "head: found 'huge', expected one of 'tied', 'int8', 'ternary'"),
        (edited(choices__cache_bits=12), "cache_bits: found 12"),
        (edited(choices={"cache_bits": 8}), "choice 'value_bits' is missing"),
        (edited(config__hidden_size=33), "hidden_size 33 makes no 4 even heads"),
        (edited(config__intermediate_size=50), r"gate_proj.w: found uint8 \[48, 7\], expected uint8 \[50, 7\]"),
        (edited(config__num_hidden_layers=3), "names no layer-00002"),
        (edited(config__num_hidden_layers=1), "layer-00001.safetensors: unexpected"),
        (removed(LAYER), "layer-00001.safetensors: missing"),
        (lambda path: shutil.copy(path / ENDS, path / "more.safetensors"), "more.safetensors: unexpected"),
        (lambda path: (path / LAYER).write_bytes((path / LAYER).read_bytes()[:-3]), "corrupt or truncated"),
        (rewritten(ENDS, extra=torch.zeros(1)), r"extra: found float32 \[1\], expected nothing"),
        (rewritten(ENDS, embedding__w=torch.full((40, 32), -128, dtype=torch.int8)), "embedding.w: found raw"),
        (rewritten(ENDS, residual_frac=torch.tensor(40, dtype=torch.int32)), "residual_frac: found raw integers 40"),
        (rewritten(ENDS, head_scale=torch.tensor([5, 0], dtype=torch.int32)), "head_scale: mantissa: found raw"),
    ],
)
def test_unsound_models_are_refused(folder: Path, tmp_path: Path, spoil: Spoil, message: str) -> None:
    """One line that names the file, what was found and what was expected."""
    path = shutil.copytree(folder, tmp_path / "m")
    spoil(path)
    with pytest.raises(InputError, match=message) as found:
        store.load(path)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (rewritten(LAYER, k_proj__w=torch.full((16, 7), 243, dtype=torch.uint8)), "k_proj: found byte 243, expected"),
        (rewritten(LAYER, k_proj__w=torch.full((16, 7), 242, dtype=torch.uint8)), "weights beyond column 31"),
        (rewritten(LAYER, norm=torch.full((32,), -32768, dtype=torch.int16)), "norm: found raw integers -32768"),
        (rewritten(LAYER, o_proj__scale=torch.tensor([40000, 999], dtype=torch.int32)), "o_proj.scale: exponent"),
        (rewritten(LAYER, attention_frac=torch.tensor(-1, dtype=torch.int32)), "attention_frac: found raw integers -1"),
    ],
)
def test_unsound_layers_are_refused_when_taken(folder: Path, tmp_path: Path, spoil: Spoil, message: str) -> None:
    """A layer is read late, and named by its file then."""
    path = shutil.copytree(folder, tmp_path / "m")
    spoil(path)
    model = store.load(path)
    assert model.layers[0] is not None
    with pytest.raises(InputError, match=rf"{LAYER}: .*{message}"):
        model.layers[1]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    """A folder that holds something, a parameter out of its bounds, a file in the folder's place."""
    model = random_model("squared-relu")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").write_text("")
    with pytest.raises(InputError, match="holds note; expected a new or empty folder"):
        store.write(tmp_path / "full", model, "test")
    with pytest.raises(InputError, match="residual_frac: found raw integers 30"):
        store.write(tmp_path / "m", replace(model, residual_frac=30), "test")
    with pytest.raises(MachineError, match="cannot be written"):
        store.write(tmp_path / "full" / "note", model, "test")


@pytest.mark.parametrize("head", ["tied", "int8", "ternary"])
@pytest.mark.parametrize("shape", SHAPES)
def test_synthetic_models_are_whole_and_repeatable(tmp_path: Path, shape: str, head: store.Head) -> None:
    """A seed stands for one model of any shape; another for another; its residual stream grows to about 8."""
    first = store.load(synthetic.write(tmp_path / "a", SHAPES[shape], seed=4, head=head))
    again = store.load(synthetic.write(tmp_path / "b", SHAPES[shape], seed=4, head=head))
    other = store.load(synthetic.write(tmp_path / "c", SHAPES[shape], seed=5, head=head))
    assert same(first, again)
    assert not same(first, other)
    assert (first.head is not None) == (head != "tied")
    files = {name: each.sha256 for name, each in store.read_manifest(tmp_path / "a" / "manifest.json").files.items()}
    assert files == {n: f.sha256 for n, f in store.read_manifest(tmp_path / "b" / "manifest.json").files.items()}
    logits = prefill(TOKENS, first)[0].double() / 2.0**12
    assert 0.5 < float(logits.square().mean().sqrt()) < 4


def test_synthetic_layers_do_not_depend_on_their_number(tmp_path: Path) -> None:
    """The first layers of a deeper model differ in the branches' scales alone: trits and norms are theirs by name."""
    shape = SHAPES["swiglu"]
    one = store.load(synthetic.write(tmp_path / "a", replace(shape, num_hidden_layers=1))).layers[0]
    many = store.load(synthetic.write(tmp_path / "b", shape)).layers[0]
    assert torch.equal(one.down_proj.w, many.down_proj.w)
    assert torch.equal(one.mlp_norm, many.mlp_norm)
    assert int(one.q_proj.scale.m) == int(many.q_proj.scale.m)
