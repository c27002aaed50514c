# SPDX-License-Identifier: Apache-2.0
"""Bundles of Mamba2 unit cases: computed by the golden units, written narrow, and computed anew to be checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from golden import vectors
from golden.errors import CheckError, InputError
from golden.mamba2.vectors.context import Context, Given
from golden.mamba2.vectors.sample import Sample
from golden.mamba2.vectors.units import compute
from golden.vectors import Origin, UnitBundle, UnitCase, describe

FAMILY = "mamba2"
_SIGNED = (torch.int8, torch.int16, torch.int32, torch.int64)
SHIFTS = ("s", "s1", "s2", "shift")
"""Last parts of the roles of shifts, which are unsigned bytes."""


def narrow(role: str, x: Tensor) -> Tensor:
    """Return integers in the narrowest type that holds them: uint8 for shifts, else int8, int16, int32 or int64."""
    if role.rpartition(".")[2] in SHIFTS:
        return x.to(torch.uint8)
    low, high = (int(v) for v in torch.aminmax(x))
    for dtype in _SIGNED[:-1]:
        if torch.iinfo(dtype).min <= low and high <= torch.iinfo(dtype).max:
            return x.to(dtype)
    return x.to(torch.int64)


@dataclass(frozen=True)
class Store:
    """Tensors by name; the same content is stored once, under the name that it had first."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    names: dict[vectors.TensorEntry, str] = field(default_factory=dict)

    def put(self, case: str, roles: Mapping[str, Tensor]) -> dict[str, str]:
        """Store the tensors of a case; return the name of each role's."""
        found = {}
        for role, tensor in roles.items():
            small, name = narrow(role, tensor), f"{case}.{role}"
            entry = describe(small)
            if entry not in self.names:
                if name in self.tensors:
                    raise ValueError(f"{name} is an input and an output; give the roles different names")
                self.names[entry], self.tensors[name] = name, small
            found[role] = self.names[entry]
        return found


def write(
    parent: Path, stem: str, samples: Iterable[Sample], ctx: Context, origin: Origin, seed: int, revision: str
) -> Path:
    """Compute every sample and write the bundle below `parent`; return its directory.

    Raises:
        CheckError: an intermediate leaves its derived width (a fault of the specification); the case is named.
    """
    store = Store()
    cases = []
    for sample in samples:
        outputs = _compute(sample.full_name, sample.unit, ctx, sample.parameters, sample.inputs)
        given, returned = store.put(sample.full_name, sample.inputs), store.put(sample.full_name, outputs)
        parameters = dict(sample.parameters)
        cases.append(UnitCase(sample.full_name, sample.unit, sample.note, parameters, given, returned))
    return vectors.write_units(
        parent,
        stem,
        family=FAMILY,
        profile=ctx.profile.name,
        choices=ctx.choices,
        shape=ctx.shape,
        origin=origin,
        seed=seed,
        revision=revision,
        cases=cases,
        tensors=store.tensors,
    )


def _compute(
    name: str, unit: str, ctx: Context, parameters: Mapping[str, int | str], inputs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    given = Given(ctx, parameters, {role: tensor.to(torch.int64) for role, tensor in inputs.items()})
    try:
        return compute(unit, given)
    except (InputError, CheckError) as error:
        raise type(error)(f"case {name}: {error}") from None


def check_results(bundle: UnitBundle) -> None:
    """Compute every case anew from its inputs.

    Raises:
        CheckError: a result differs: names case, tensor, index, the golden value and the bundle's.
        InputError: the bundle is of another family, or a case can't be computed from what it holds.
    """
    manifest = bundle.manifest
    if manifest.family != FAMILY:
        raise InputError(f"{bundle.path}: family: found {manifest.family!r}, expected {FAMILY!r}")
    ctx = Context.decode(manifest.profile, manifest.choices, manifest.shape, bundle.path)
    for case in manifest.cases:
        inputs = {role: bundle.tensors[name] for role, name in case.inputs.items()}
        outputs = _compute(case.name, case.unit, ctx, case.parameters, inputs)
        if wrong := sorted(outputs.keys() ^ case.outputs.keys()):
            raise InputError(f"{bundle.path}: case {case.name}: output {wrong[0]!r} is unknown or missing")
        for role, golden in outputs.items():
            _compare(f"{bundle.path}: case {case.name}", case.outputs[role], golden, bundle.tensors[case.outputs[role]])


def _compare(where: str, name: str, golden: Tensor, found: Tensor) -> None:
    if golden.shape != found.shape:
        raise CheckError(f"{where}: tensor {name}: golden has shape {list(golden.shape)}, bundle {list(found.shape)}")
    different = (golden != found).nonzero()
    if len(different):
        at = tuple(int(i) for i in different[0])
        values = f"golden {int(golden[at])}, bundle {int(found[at])}"
        raise CheckError(f"{where}: tensor {name}: index {list(at)}: {values}")
