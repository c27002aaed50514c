# SPDX-License-Identifier: Apache-2.0
"""Directories of integer models: a round trip is exact, unsound and unfinished ones are refused."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from golden import tensor_files
from golden.errors import InputError, MachineError
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import packing, profile, store, synthetic
from golden.mamba2.integer.manifest import identify, read_manifest, write_manifest
from golden.mamba2.integer.model import IntegerModel, Layer

CFG = Mamba2Config(d_model=24, n_layer=2, vocab_size=20, d_state=8, headdim=8, ngroups=2)
PROFILES = [profile.load(name) for name in profile.NAMES]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return synthetic.write(tmp_path / "model", CFG, PROFILES[0])


def same_layer(a: Layer, b: Layer) -> bool:
    p = PROFILES[0] if a.in_proj.scale.__class__.__name__ == "AdditiveScale" else PROFILES[1]
    left, right = packing.layer_tensors(a, p), packing.layer_tensors(b, p)
    return left.keys() == right.keys() and all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.parametrize("width", [1, 2, 7, 8])
def test_packing_is_undone_exactly(width: int) -> None:
    """Every pair of 4-bit integers survives packing; the input with the lower index is the low nibble."""
    pairs = torch.cartesian_prod(torch.arange(-8, 8), torch.arange(-8, 8)).to(torch.int8)
    w = pairs.repeat(1, 4)[:, :width]
    assert torch.equal(packing.unpack(packing.pack(w), width), w)
    assert packing.pack(torch.tensor([[1, -2]], dtype=torch.int8)).tolist() == [[0xE1]]


@pytest.mark.parametrize("p", PROFILES, ids=lambda p: p.name)
def test_what_is_written_is_loaded(tmp_path: Path, p: profile.Mamba2Profile) -> None:
    """A model written layer by layer is loaded with the same integers, shape, profile and scale, resident or not."""
    first = store.load(synthetic.write(tmp_path / "first", CFG, p))
    identity = identify(CFG, p, "test", "none", {"seed": 1})
    manifest = replace(store.begin(tmp_path / "second", identity), residual_scale=0.5)
    for i, layer in enumerate(first.layers):
        manifest = store.write_layer(tmp_path / "second", manifest, i, layer)
    store.write_ends(tmp_path / "second", manifest, packing.Ends(first.embedding, first.norm_f, first.head))
    for resident in (False, True):
        second = store.load(tmp_path / "second", resident)
        assert (second.cfg, second.profile, second.residual_scale) == (CFG, p, 0.5)
        assert torch.equal(first.embedding, second.embedding)
        assert torch.equal(first.head.w, second.head.w)
        assert all(same_layer(a, b) for a, b in zip(first.layers, second.layers, strict=True))


def test_layers_are_read_when_taken(folder: Path) -> None:
    """A layer is read each time it is taken; a resident model reads it once."""
    lazy, resident = store.load(folder), store.load(folder, resident=True)
    kept = resident.layers[1]
    (folder / store.layer_file(1)).unlink()
    assert resident.layers[1] is kept
    with pytest.raises(InputError, match=r"layer-00001\.safetensors: corrupt or truncated"):
        lazy.layers[-1]
    assert len(lazy.layers[:1]) == 1


def edit(name: str, change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    """Change a file's tensors, and its hash in the manifest with them."""

    def apply(folder: Path) -> None:
        tensors = load_file(folder / name)
        change(tensors)
        save_file(tensors, folder / name)
        manifest = read_manifest(folder / "manifest.json")
        hashed = replace(manifest.files[name], sha256=tensor_files.sha256(folder / name))
        write_manifest(folder / "manifest.json", replace(manifest, files=manifest.files | {name: hashed}))

    return apply


def manifest_change(*path: str, value: object) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        data = json.loads((folder / "manifest.json").read_text())
        inner = data
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        (folder / "manifest.json").write_text(json.dumps(data))

    return apply


def flip(folder: Path) -> None:
    file = folder / "layer-00000.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def truncate(folder: Path) -> None:
    file = folder / "ends.safetensors"
    file.write_bytes(file.read_bytes()[:-4])


def extra(folder: Path) -> None:
    (folder / "layer-00002.safetensors").write_bytes(b"")


def forget(folder: Path) -> None:
    manifest = read_manifest(folder / "manifest.json")
    files = {name: file for name, file in manifest.files.items() if name != "ends.safetensors"}
    write_manifest(folder / "manifest.json", replace(manifest, files=files))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json: missing; expected the directory"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json: not readable as JSON"),
        (lambda folder: (folder / "layer-00001.safetensors").unlink(), "layer-00001.safetensors: missing"),
        (manifest_change("schema", value=9), "schema: found 9, expected 1"),
        (manifest_change("hello", value=9), "hello: found 9, expected no such key"),
        (manifest_change("identity", "profile", value="w2a2"), "profile: found 'w2a2', expected one of lightmamba"),
        (manifest_change("identity", "choices", value={}), "profile lightmamba-w4a4: choice 'a_bits' is missing"),
        (manifest_change("identity", "choices", "act_bits", value=5), "act_bits: found 5, expected"),
        (
            manifest_change("identity", "config", "d_model", value=32),
            r"A.q: found int16 \[6\], expected int16 \[8\]",
        ),
        (manifest_change("identity", "config", "n_layer", value=1), "layer-00001.safetensors: unexpected"),
        (manifest_change("identity", "config", "n_layer", value=3), "names no layer-00002.safetensors"),
        (flip, "layer-00000.safetensors: corrupt or truncated: its sha256"),
        (truncate, "ends.safetensors: corrupt or truncated: its sha256"),
        (extra, "layer-00002.safetensors: unexpected; a model of this config has 3 files"),
        (forget, "manifest.json: names no ends.safetensors"),
        (edit("ends.safetensors", lambda t: t.pop("norm_f")), r"tensor norm_f: found nothing, expected int32 \[24\]"),
        (
            edit("ends.safetensors", lambda t: t.update(x=torch.zeros(1))),
            r"x: found float32 \[1\], expected nothing",
        ),
        (edit("layer-00001.safetensors", lambda t: t["in_proj.s1"].fill_(8)), "in_proj.s1: found raw integers 8 .. 8"),
        (edit("layer-00001.safetensors", lambda t: t["A.q"].fill_(1)), "A: found raw integers 1 .. 1"),
    ],
)
def test_unsound_directories_are_refused(folder: Path, spoil: Callable[[Path], None], says: str) -> None:
    """A model that is not exactly the one written is refused, at the latest when its layers are taken, in one line."""
    spoil(folder)
    with pytest.raises(InputError, match=says) as caught:
        list(store.load(folder).layers)
    assert "\n" not in str(caught.value)


def test_an_unfinished_directory_is_no_model_and_can_be_finished(tmp_path: Path, folder: Path) -> None:
    """Until its last file stands, loading refuses a folder, and `begin` says what is there without files gone bad."""
    model, other = store.load(folder), tmp_path / "other"
    identity = identify(CFG, model.profile, "test", "none", {})
    manifest = replace(store.begin(other, identity), residual_scale=1.0)
    for i, layer in enumerate(model.layers):
        manifest = store.write_layer(other, manifest, i, layer)
    with pytest.raises(InputError, match="incomplete, 2 of 3 files are written; repeat the command"):
        store.load(other)
    (other / "layer-00001.safetensors").write_bytes(b"gone bad")
    again = store.begin(other, identity)
    assert set(again.files) == {"layer-00000.safetensors"}
    assert again.residual_scale == 1.0
    again = store.write_layer(other, again, 1, model.layers[1])
    store.write_ends(other, again, packing.Ends(model.embedding, model.norm_f, model.head))
    assert len(store.load(other).layers) == 2
    assert not (other / "incomplete.json").exists()


def test_a_folder_with_something_else_is_refused(tmp_path: Path, folder: Path) -> None:
    """Writing goes into a new or empty folder, or on with the same inputs; what differs is named."""
    wanted = read_manifest(folder / "manifest.json").identity
    assert len(store.begin(folder, wanted).files) == 3
    for changed, says in [
        (replace(wanted, source="abc"), "source 'synthetic', not 'abc'"),
        (replace(wanted, options={"seed": 2}), "options.seed 1, not 2"),
        (replace(wanted, config=replace(CFG, n_layer=3)), "another config"),
        (identify(CFG, profile.load("lightmamba-w4a4", {"hadamard": "off"}), "synthetic", "none", {"seed": 1}),
         "choices.hadamard 'out_proj', not 'off'"),
    ]:  # fmt: skip
        with pytest.raises(InputError, match=f"holds a model of {says}; name another folder"):
            store.begin(folder, changed)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match=r"holds thesis\.txt and no manifest"):
        store.begin(tmp_path / "mine", wanted)
    with pytest.raises(MachineError, match="cannot be written"):
        store.begin(tmp_path / "mine" / "thesis.txt", wanted)


def test_parameters_out_of_bounds_are_not_written(tmp_path: Path, folder: Path) -> None:
    """A layer whose parameters leave the bounds that widths are derived from is refused before anything is written."""
    model = store.load(folder)
    layer = replace(model.layers[0], norm=model.layers[0].norm * 10000)
    manifest = store.begin(tmp_path / "new", identify(CFG, model.profile, "test", "none", {}))
    with pytest.raises(InputError, match=r"layers\.0\.norm: found raw integers"):
        store.write_layer(tmp_path / "new", manifest, 0, layer)
    assert not list((tmp_path / "new").iterdir())


def test_the_identity_names_every_choice(folder: Path) -> None:
    """The manifest holds all choices of the profile, and the same inputs give the same bytes."""
    manifest = read_manifest(folder / "manifest.json")
    assert {"name": manifest.identity.profile, **manifest.identity.choices} == asdict(PROFILES[0])
    again = synthetic.write(folder.parent / "again", CFG, PROFILES[0])
    assert (again / "manifest.json").read_bytes() == (folder / "manifest.json").read_bytes()
    assert isinstance(store.load(again), IntegerModel)
