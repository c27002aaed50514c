# SPDX-License-Identifier: Apache-2.0
"""Bundles of Mamba2 units: complete, narrow, the same each time, and judged by computing every case anew."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from golden import vectors
from golden.errors import CheckError, InputError
from golden.mamba2.integer import profile as profiles
from golden.mamba2.vectors import bundles, make
from golden.mamba2.vectors.adversarial import POTS, VALUES
from golden.mamba2.vectors.units import UNITS
from golden.vectors import UnitBundle, UnitCase
from harness.paths import ROOT
from tests.golden.mamba2 import vector_bundles

each_profile = pytest.mark.parametrize("profile", profiles.NAMES)

NARROW = (torch.int8, torch.int16, torch.int32)
FRESH = """
import sys
from pathlib import Path
import torch
from tests.golden.mamba2 import vector_bundles
torch.set_num_threads(1)
print(vector_bundles.write(Path(sys.argv[1]), sys.argv[2]).name)
"""


@each_profile
def test_every_unit_has_cases(profile: str) -> None:
    """Every unit has a case from the text and an adversarial one; each generator is used."""
    cases = vector_bundles.bundle(profile).manifest.cases
    for unit in UNITS:
        names = [case.name.removeprefix(f"{unit}.") for case in cases if case.unit == unit]
        assert unit in {"m2_topk", "m2_scale"} or any(name.startswith("text") for name in names), unit
        assert any(not name.startswith("text") for name in names), unit
    for generator in (*VALUES, *POTS):
        assert any(case.name.endswith(f".{generator}") for case in cases), generator
    assert all(case.note for case in cases)


@each_profile
def test_results_are_golden(profile: str) -> None:
    """Every case of a fresh bundle is what its unit computes."""
    bundles.check_results(vector_bundles.bundle(profile))


@each_profile
def test_rebuilding_changes_nothing(profile: str, tmp_path: Path) -> None:
    """A second run, in a process of its own with another number of threads, writes a bundle of the same name."""
    command = [sys.executable, "-c", FRESH, str(tmp_path), profile]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == vector_bundles.bundle(profile).name


@each_profile
def test_tensors_are_as_narrow_as_they_can_be(profile: str) -> None:
    """Shifts are unsigned bytes; every other tensor is in the narrowest signed type that holds it."""
    bundle = vector_bundles.bundle(profile)
    for case in bundle.manifest.cases:
        for role, name in (case.inputs | case.outputs).items():
            x = bundle.tensors[name]
            if role.rpartition(".")[2] in bundles.SHIFTS:
                assert x.dtype == torch.uint8, name
                continue
            low, high = int(x.min()), int(x.max())
            fits = [
                t
                for t in (torch.int8, torch.int16, torch.int32)
                if torch.iinfo(t).min <= low <= high <= torch.iinfo(t).max
            ]
            assert x.dtype == (fits or [torch.int64])[0], name


@pytest.mark.parametrize(("bits", "dtype"), [(8, torch.int8), (16, torch.int16), (32, torch.int32), (64, torch.int64)])
def test_narrow_at_the_ends_of_a_type(bits: int, dtype: torch.dtype) -> None:
    """Both ends of a type fit it, one beyond either does not; no value changes."""
    ends = torch.tensor([-(1 << (bits - 1)), (1 << (bits - 1)) - 1])
    assert bundles.narrow("x", ends).dtype == dtype
    assert torch.equal(bundles.narrow("x", ends).long(), ends)
    if bits < 64:
        assert bundles.narrow("x", ends[:1] - 1).dtype != dtype
        assert bundles.narrow("x", ends[1:] + 1).dtype != dtype


def test_an_input_is_no_output() -> None:
    """Two tensors of one case cannot share a name: the second would be lost."""
    store = bundles.Store()
    store.put("case", {"x": torch.tensor([1])})
    with pytest.raises(ValueError, match=r"case\.x"):
        store.put("case", {"x": torch.tensor([2])})


@pytest.mark.parametrize("unit", UNITS)
def test_a_wrong_result_is_found(unit: str) -> None:
    """One element off by one in any output of any unit: the case, tensor, index, golden and bundle value are named."""
    bundle = vector_bundles.only(vector_bundles.bundle("fastmamba-w8a8"), lambda name: name == unit)
    case = bundle.manifest.cases[-1]
    bundle = replace(bundle, manifest=replace(bundle.manifest, cases=(case,)))
    for role, name in case.outputs.items():
        good = bundle.tensors[name]
        wrong = good.clone().long()
        wrong.view(-1)[-1] += 1
        at = [size - 1 for size in good.shape]
        broken = replace(bundle, tensors={**bundle.tensors, name: wrong})
        if name in case.inputs.values():  # the same numbers went in: the case is another one now
            continue
        with pytest.raises(CheckError) as error:
            bundles.check_results(broken)
        assert f"case {case.name}: tensor {name}: index {at}: golden " in str(error.value), role
        assert str(error.value).endswith(f"golden {int(wrong.view(-1)[-1]) - 1}, bundle {int(wrong.view(-1)[-1])}")


def change_case(**changes: object) -> Callable[[UnitBundle], UnitBundle]:
    """Change the first quantizer case."""

    def change(bundle: UnitBundle) -> UnitBundle:
        first = next(case for case in bundle.manifest.cases if case.unit == "m2_quant")
        case = replace(first, **{key: value(first) if callable(value) else value for key, value in changes.items()})
        return replace(bundle, manifest=replace(bundle.manifest, cases=(case,)))

    return change


def change_manifest(**changes: object) -> Callable[[UnitBundle], UnitBundle]:
    return lambda bundle: replace(bundle, manifest=replace(bundle.manifest, **changes))


def without(roles: str, name: str) -> Callable[[UnitCase], dict[str, object]]:
    return lambda case: {key: value for key, value in getattr(case, roles).items() if key != name}


def with_one(roles: str, **more: object) -> Callable[[UnitCase], dict[str, object]]:
    return lambda case: {**getattr(case, roles), **more}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_case(unit="m2_nosuch"), ["unit: found 'm2_nosuch'", "m2_quant"]),
        (change_case(inputs={"y": "m2_norm.random.saturation.x"}), ["case m2_quant", "input x: found none"]),
        (change_case(parameters=without("parameters", "bits")), ["parameter bits: found None"]),
        (change_case(parameters=with_one("parameters", bits="four")), ["parameter bits: found 'four'"]),
        (change_case(parameters=with_one("parameters", bits=99)), ["bits 99"]),
        (change_case(parameters=with_one("parameters", wide=1)), ["found parameter or input 'wide'"]),
        (change_case(inputs=with_one("inputs", z="m2_norm.random.saturation.x")), ["found parameter or input 'z'"]),
        (change_case(outputs=without("outputs", "q")), ["output 'q' is unknown or missing"]),
        (change_manifest(family="attention"), ["family: found 'attention', expected 'mamba2'"]),
        (change_manifest(profile="nosuch"), ["profile: found 'nosuch'"]),
        (change_manifest(choices={}), ["choices:", "unknown or missing"]),
        (change_manifest(shape={"d_model": 48}), ["this key to be given"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_foreign_case_is_refused(change: Callable[[UnitBundle], UnitBundle], words: list[str]) -> None:
    """What no unit, profile or shape of this version can be is the input's fault, and one line says what."""
    with pytest.raises(InputError) as error:
        bundles.check_results(change(vector_bundles.bundle("fastmamba-w8a8")))
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_shapes_that_do_not_fit_together_are_refused() -> None:
    """A matrix with other columns than the activations: the unit is named, in one line."""
    bundle = vector_bundles.only(vector_bundles.bundle("fastmamba-w8a8"), lambda name: name == "m2_linear")
    case = bundle.manifest.cases[0]
    tensors = {**bundle.tensors, case.inputs["w"]: bundle.tensors[case.inputs["w"]][:, :-1].contiguous()}
    with pytest.raises(InputError, match=rf"case {case.name}: m2_linear: inputs do not fit together") as error:
        bundles.check_results(replace(bundle, tensors=tensors))
    assert "\n" not in str(error.value)


def test_text_shorter_than_the_cases_is_refused() -> None:
    """One token too few: what was found and what is expected."""
    model, short = vector_bundles.model("lightmamba-w4a4"), vector_bundles.tokens()[:-1]
    with pytest.raises(InputError, match=f"{len(short)} tokens, expected at least {make.LENGTH}"):
        next(make.samples(model, short, 1))


def test_without_hadamard_there_is_no_such_unit() -> None:
    """The profile without a transform (LightMamba's released model) has vectors of every other unit."""
    model = vector_bundles.model("lightmamba-w4a4")
    off = replace(model, profile=profiles.load("lightmamba-w4a4", {"hadamard": "off"}))
    units = {sample.unit for sample in make.samples(off, vector_bundles.tokens(), 1)}
    assert units == UNITS.keys() - {"m2_hadamard"}


def test_manifest_states_profile_and_shape(tmp_path: Path) -> None:
    """Profile with every choice, sizes of the model, seed and origin stand in the manifest, as plain JSON."""
    path = vector_bundles.write(tmp_path, "quamba-w4a8")
    raw = json.loads((path / vectors.MANIFEST).read_text(), parse_constant=lambda name: pytest.fail(name))
    assert (raw["kind"], raw["family"], raw["profile"]) == ("units", "mamba2", "quamba-w4a8")
    assert raw["choices"]["bc_group"] == 0
    assert (raw["shape"]["d_model"], raw["shape"]["residual_scale"]) == (48, 1.0)
    assert raw["tolerance"] == {"outputs": "exact"}


def test_the_readme_names_everything() -> None:
    """Every unit, its parameters and its roles, and every generator stand in the README's tables."""
    text = (ROOT / "golden" / "mamba2" / "vectors" / "README.md").read_text()
    rows = {unit: line for line in text.splitlines() for unit in UNITS if line.startswith("|") and f"`{unit}`" in line}
    assert rows.keys() == UNITS.keys()
    assert all(f"`{name}`" in text for name in (*VALUES, *POTS))
    for profile in profiles.NAMES:
        for case in vector_bundles.bundle(profile).manifest.cases:
            if case.unit in ("m2_layer", "m2_model"):
                continue
            for role in (*case.parameters, *case.inputs, *case.outputs):
                stem = role.removesuffix(".q").removesuffix(".s")
                named = (f"`{role}`", f"`{stem}*`", f"`{role.split('.')[0]}.`")
                assert any(each in rows[case.unit] for each in named) or role in ("mult", "shift", "s1", "s2"), (
                    case.unit,
                    role,
                )
