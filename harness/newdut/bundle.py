# SPDX-License-Identifier: Apache-2.0
"""Bundles of a foreign design: what its inputs are given in each run, and what golden says of its outputs.

They are bundles of units (golden/vectors): a case is a run, a tensor the beats of a stream as memory holds them,
uint8 [beats, bytes of a place]. Boards differ in ports and clocks and not in these, so one bundle runs on all.
"""

import hashlib
import inspect
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from torch import Tensor

from golden import slots, vectors
from golden.errors import CheckError, InputError
from golden.vectors import Origin, UnitBundle, UnitCase
from harness.newdut.declaration import Declaration
from harness.newdut.ports import Interface
from harness.provenance import source_revision

Beats = Mapping[str, Sequence[int]]
PROFILE = "beats"


def noise(rng: random.Random, width: int, count: int) -> list[int]:
    """Return random beats of `width` bits, zeros and ones among them."""
    ends = (0, (1 << width) - 1)
    return [rng.choice(ends) if rng.random() < 0.1 else rng.getrandbits(width) if width else 0 for _ in range(count)]


def write(
    parent: Path,
    declared: Declaration,
    cases: Iterable[tuple[str, Beats]],
    expected: Callable[[Beats], Beats],
    seed: int,
) -> Path:
    """Write the bundle of named cases, the beats of every input each, below `parent` and return its path.

    Raises:
        InputError: a case or golden does not give just the streams that there are, or a beat that is too wide.
    """
    dut, tensors, found = declared.dut, {}, []
    for name, given in cases:
        sides = (("inputs", given, dut.inputs), ("outputs", expected(given), dut.outputs))
        roles: dict[str, dict[str, str]] = {}
        for side, beats, streams in sides:
            _check_names(f"case {name}: {side}", beats, [stream.name for stream in streams])
            roles[side] = {stream.name: f"{name}.{stream.name}" for stream in streams}
            for stream in streams:
                tensors[roles[side][stream.name]] = _packed(f"case {name}", stream.name, beats, stream.width)
        found.append(UnitCase(name, dut.module, "", dict(dut.parameters), roles["inputs"], roles["outputs"]))
    return vectors.write_units(
        parent,
        dut.module,
        family=declared.kernel,
        profile=PROFILE,
        choices=layout(dut),
        shape={},
        origin=_origin(dut, expected),
        seed=seed,
        revision=source_revision()[0],
        cases=found,
        tensors=tensors,
    )


def load(path: Path, declared: Declaration) -> UnitBundle:
    """Read a bundle and check that its beats are this design's. InputError: it is damaged, or another design's."""
    bundle = vectors.load_units(path)
    for key, found, wanted in (
        ("family", bundle.manifest.family, declared.kernel),
        ("choices", bundle.manifest.choices, layout(declared.dut)),
    ):
        if found != wanted:
            raise InputError(f"{path}: {key}: found {found}, expected {wanted}; write the bundle anew")
    return bundle


def layout(dut: Interface) -> dict[str, int | str]:
    """Return the bits of a beat of each stream."""
    return {stream.name: stream.width for stream in dut.streams}


def compare(where: str, stream: str, expected: Sequence[int], found: Sequence[int]) -> None:
    """Compare as many beats of an output as were found. CheckError names the first that is not golden's."""
    for at, (golden, beat) in enumerate(zip(expected, found, strict=False)):
        if golden != beat:
            raise CheckError(f"{where}: port {stream}, beat {at}: golden {golden:#x}, found {beat:#x}")


def _origin(dut: Interface, expected: Callable[[Beats], Beats]) -> Origin:
    """Return the origin of results: the file in which golden stands."""
    source = Path(inspect.getsourcefile(expected) or "")
    digest = hashlib.sha256(source.read_bytes() if source.is_file() else b"").hexdigest()
    return Origin(f"{dut.module} golden", digest, source.name)


def _check_names(what: str, beats: Beats, streams: Sequence[str]) -> None:
    if set(beats) != set(streams):
        raise InputError(f"{what}: found streams {', '.join(sorted(beats))}, expected {', '.join(sorted(streams))}")


def _packed(what: str, stream: str, beats: Beats, width: int) -> Tensor:
    try:
        return slots.pack(beats[stream], width)
    except InputError as error:
        raise InputError(f"{what}: {stream}: {error}") from error
