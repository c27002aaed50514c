# SPDX-License-Identifier: Apache-2.0
"""Bundles: what is written is read, what is damaged is refused with file, field and reason, nothing is half-written."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from golden import vectors
from golden.errors import CheckError, InputError, MachineError
from golden.spec.configs import load_config
from golden.ternary import bundles
from golden.ternary.matvec import matvec
from golden.ternary.packing import unpack_weights, unpack_x

CFG = load_config("tern_matvec", "sim")


def make(parent: Path, seed: int = 3, config: str = "sim") -> Path:
    cfg = load_config("tern_matvec", config)
    products = bundles.random_products(19, 50, count=2, vectors_each=5, seed=seed)
    return bundles.write(parent, "tiny", products, cfg, bundles.random_origin(19, 50, seed), seed, "revision")


def edit_manifest(path: Path, **changes: object) -> None:
    manifest = json.loads((path / vectors.MANIFEST).read_text())
    (path / vectors.MANIFEST).write_text(json.dumps(manifest | changes))


class TestRoundTrip:
    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        """A loaded bundle holds each case's packed operands and the golden product, five vectors as 4 + 1."""
        bundle = vectors.load(make(tmp_path), CFG)
        assert [case.vectors for case in bundle.manifest.cases] == [4, 1, 4, 1]
        products = bundles.random_products(19, 50, count=2, vectors_each=5, seed=3)
        for index, case in enumerate(bundle.manifest.cases):
            product = products[index // 2]
            assert torch.equal(unpack_weights(bundle.tensors[case.weights], 19, 50, CFG), product.w)
            part = product.x[:, :4] if index % 2 == 0 else product.x[:, 4:]
            assert torch.equal(unpack_x(bundle.tensors[case.x], 50, case.vectors, CFG), part)
            assert torch.equal(bundle.tensors[case.y], matvec(product.w, part))

    def test_name_is_the_content(self, tmp_path: Path) -> None:
        """The same content has the same name and is written once; other content has another name."""
        first, again, other = make(tmp_path), make(tmp_path), make(tmp_path, seed=4)
        assert first == again != other
        assert len(list(tmp_path.iterdir())) == 2

    def test_results_are_golden(self, tmp_path: Path) -> None:
        """A bundle whose hashes are right but whose result is wrong is found by computing it anew."""
        bundle = vectors.load(make(tmp_path), CFG)
        bundles.check_results(bundle, CFG)
        wrong = dict(bundle.tensors) | {
            "random.1.4.y": bundle.tensors["random.1.4.y"] + torch.eye(19, 1, dtype=torch.int32)
        }
        with pytest.raises(CheckError, match=r"random.1.4.y: row 0, vector 0"):
            bundles.check_results(replace(bundle, tensors=wrong), CFG)

    def test_diff_names_the_first_difference(self, tmp_path: Path) -> None:
        """Equal bundles differ in nothing; different ones are told apart tensor by tensor, with position and values."""
        a, b = (vectors.load(make(tmp_path, seed)) for seed in (3, 4))
        assert vectors.diff(a, a) == []
        lines = vectors.diff(a, b)
        assert any(line.startswith("tensor random.0.0.y") and "first at [0, 0]" in line for line in lines)


class TestRefusal:
    @pytest.mark.parametrize(
        ("name", "keep", "reason"),
        [
            (vectors.TENSORS, 0.5, "corrupt or truncated"),
            (vectors.MANIFEST, 0.5, "not readable as JSON"),
        ],
    )
    def test_truncated_file(self, tmp_path: Path, name: str, keep: float, reason: str) -> None:
        """A truncated file is refused by its name."""
        path = make(tmp_path)
        data = (path / name).read_bytes()
        (path / name).write_bytes(data[: int(len(data) * keep)])
        with pytest.raises(InputError, match=reason) as error:
            vectors.load(path)
        assert name in str(error.value)

    @pytest.mark.parametrize("name", [vectors.TENSORS, vectors.MANIFEST])
    def test_missing_file(self, tmp_path: Path, name: str) -> None:
        """A bundle without one of its files is refused."""
        path = make(tmp_path)
        (path / name).unlink()
        with pytest.raises(InputError, match=name):
            vectors.load(path)

    def test_flipped_bit(self, tmp_path: Path) -> None:
        """One flipped bit in any tensor is found by its sha256."""
        path = make(tmp_path)
        data = bytearray((path / vectors.TENSORS).read_bytes())
        data[-3] ^= 1
        (path / vectors.TENSORS).write_bytes(data)
        with pytest.raises(InputError, match="sha256"):
            vectors.load(path)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"schema": 99}, "schema: found 99, expected 1"),
            ({"seed": "three"}, "seed"),
            ({"surprise": 1}, "surprise"),
            ({"seed": 5}, "content hash"),
            ({"tolerance": {"y": "roughly"}}, "tolerance.y"),
            ({"cases": []}, "cases: found none"),
        ],
    )
    def test_edited_manifest(self, tmp_path: Path, change: dict[str, object], reason: str) -> None:
        """An edited manifest is refused, and the message names the field."""
        path = make(tmp_path)
        edit_manifest(path, **change)
        with pytest.raises(InputError, match=reason):
            vectors.load(path)

    def test_foreign_configuration(self, tmp_path: Path) -> None:
        """A bundle packed for another configuration is refused; the message says how to make one."""
        path = make(tmp_path, config="sim512")
        with pytest.raises(InputError, match=r"made for configuration 'sim512'.*--config sim"):
            vectors.load(path, CFG)

    def test_unwritable_target(self, tmp_path: Path) -> None:
        """Where nothing can be written, nothing is left and the message names the place."""
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(MachineError, match="cannot write bundle"):
            make(tmp_path / "file")
