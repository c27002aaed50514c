# SPDX-License-Identifier: Apache-2.0
"""Bundles of both kinds: what is written is read, what is damaged is refused with file, field and reason."""

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
from golden.vectors import Origin, UnitCase

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


UNIT = UnitCase("adder.0", "adder", "one case", {"width": 8, "mode": "wrap"}, {"a": "x", "b": "x"}, {"y": "y"})
TENSORS = {"x": torch.tensor([1, 2], dtype=torch.int8), "y": torch.tensor([2, 4], dtype=torch.int16)}


def make_units(parent: Path, seed: int = 3, cases: tuple[UnitCase, ...] = (UNIT,), **tensors: torch.Tensor) -> Path:
    return vectors.write_units(
        parent,
        "adders",
        family="toy",
        profile="plain",
        choices={"bits": 8},
        shape={"size": 2, "eps": 0.5},
        origin=Origin("nowhere", "0" * 64, ""),
        seed=seed,
        revision="revision",
        cases=cases,
        tensors=TENSORS | tensors,
    )


class TestUnits:
    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        """A loaded bundle of units holds the same cases, choices, sizes and tensors; inputs may share a tensor."""
        path = make_units(tmp_path)
        bundle = vectors.load_units(path)
        assert vectors.is_units(path)
        assert bundle.manifest.cases == (UNIT,)
        assert (bundle.manifest.family, bundle.manifest.profile) == ("toy", "plain")
        assert (bundle.manifest.choices, bundle.manifest.shape) == ({"bits": 8}, {"size": 2, "eps": 0.5})
        assert all(torch.equal(bundle.tensors[name], tensor) for name, tensor in TENSORS.items())

    def test_name_is_the_content(self, tmp_path: Path) -> None:
        """The same content has the same name and is written once; each change of content changes the name."""
        first = make_units(tmp_path)
        assert first == make_units(tmp_path)
        others = [
            make_units(tmp_path, seed=4),
            make_units(tmp_path, cases=(replace(UNIT, note="another"),)),
            make_units(tmp_path, cases=(replace(UNIT, parameters={"width": 9, "mode": "wrap"}),)),
            make_units(tmp_path, y=TENSORS["y"] + 1),
            make_units(tmp_path, y=TENSORS["y"].int()),
        ]
        assert len({first, *others}) == 1 + len(others) == len(list(tmp_path.iterdir()))

    @pytest.mark.parametrize(
        ("case", "reason"),
        [
            (replace(UNIT, outputs={"y": "z"}), "case adder.0: outputs.y: no tensor 'z'"),
            (replace(UNIT, inputs={"a": "z"}), "case adder.0: inputs.a: no tensor 'z'"),
            (replace(UNIT, inputs={}), "case adder.0: inputs: found none"),
            (replace(UNIT, outputs={}), "case adder.0: outputs: found none"),
            (replace(UNIT, outputs={"y": "x"}), "tensors: 'y' belongs to no case"),
            (replace(UNIT, outputs={"a": "y"}), "case adder.0: role 'a' is an input and an output"),
        ],
    )
    def test_loose_references_are_refused(self, tmp_path: Path, case: UnitCase, reason: str) -> None:
        """Every role names a tensor, every tensor serves a case, and nothing of a wrong bundle is written."""
        with pytest.raises(InputError, match=reason):
            make_units(tmp_path, cases=(case,))
        assert list(tmp_path.iterdir()) == []

    def test_a_name_for_two_cases_is_refused(self, tmp_path: Path) -> None:
        """Names of cases are unique, and there is at least one."""
        with pytest.raises(InputError, match=r"'adder\.0' appears twice"):
            make_units(tmp_path, cases=(UNIT, UNIT))
        with pytest.raises(InputError, match="cases: found none"):
            make_units(tmp_path, cases=())

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"schema": 99}, "schema: found 99, expected 1"),
            ({"kind": "vectors"}, "kind: found 'vectors', expected one of 'units'"),
            ({"seed": 5}, "content hash"),
            ({"surprise": 1}, "surprise"),
            ({"choices": {"bits": 8.5}}, "choices.bits: found 8.5"),
            ({"choices": {"bits": True}}, "choices.bits: found True"),
            ({"tolerance": {"outputs": "roughly"}}, "tolerance.outputs"),
        ],
    )
    def test_edited_manifest(self, tmp_path: Path, change: dict[str, object], reason: str) -> None:
        """An edited manifest is refused, and the message names the field."""
        path = make_units(tmp_path)
        edit_manifest(path, **change)
        with pytest.raises(InputError, match=reason):
            vectors.load_units(path)

    @pytest.mark.parametrize("name", [vectors.TENSORS, vectors.MANIFEST])
    def test_damaged_files(self, tmp_path: Path, name: str) -> None:
        """Half a file, no file, a flipped bit: refused by the file's name."""
        data = bytearray((make_units(tmp_path / "whole") / name).read_bytes())
        flipped = bytearray(data)
        flipped[-3] ^= 1
        for index, content in enumerate((data[: len(data) // 2], flipped, None)):
            path = make_units(tmp_path / str(index))
            (path / name).unlink()
            if content is not None:
                (path / name).write_bytes(content)
            with pytest.raises(InputError, match=name):
                vectors.load_units(path)

    def test_a_bundle_of_the_other_kind_is_refused(self, tmp_path: Path) -> None:
        """Units are no kernel starts and the reverse; each loader says what it found, and `load_any` takes both."""
        starts, units = make(tmp_path), make_units(tmp_path)
        with pytest.raises(InputError, match="kind: found 'units', expected a bundle of kernel starts"):
            vectors.load(units)
        with pytest.raises(InputError, match="kind: found none, expected 'units'"):
            vectors.load_units(starts)
        assert isinstance(vectors.load_any(units).manifest, vectors.UnitManifest)
        assert isinstance(vectors.load_any(starts).manifest, vectors.Manifest)

    def test_diff(self, tmp_path: Path) -> None:
        """Units differ by key, case, and tensor with its position; from kernel starts by kind."""
        a = vectors.load_units(make_units(tmp_path))
        b = vectors.load_units(
            make_units(
                tmp_path, seed=4, cases=(replace(UNIT, note="new"),), y=TENSORS["y"] + torch.tensor([0, 1]).short()
            )
        )
        assert vectors.diff(a, a) == []
        lines = vectors.diff(a, b)
        assert [line.split(":")[0] for line in lines] == ["seed", "case adder.0", "tensor y"]
        assert lines[-1].endswith("1 of 2 elements differ, first at [1]: 4 != 5")
        assert vectors.diff(vectors.load(make(tmp_path)), a) == ["kind: starts of tern_matvec != units of toy"]
