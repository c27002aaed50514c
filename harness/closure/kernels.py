# SPDX-License-Identifier: Apache-2.0
"""The kernels whose coverage is closed: configurations, starts of a job, and what leads to their bins."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from golden.errors import InputError
from golden.spec.configs import load_config
from harness.uvm.steer import Bin, Setting, Steering

Values = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Kernel:
    """What closure knows of a kernel.

    Attributes:
        configs: the first is taken where a bin may be met on any.
        starts: of one simulation, at most.
        steering: what leads to the bins, on a configuration.
        values: number of a knob -> all of its values, as text; those with numbers of a span are left out.
        weights: of the first values, as the random test draws them; `frugal` those of starts that cost least.
        modest: what a led start takes of knobs that it does not need, where they have too many values for weights.
    """

    name: str
    configs: tuple[str, ...]
    starts: int
    steering: Callable[[str], Steering] = field(hash=False)
    values: Values = field(default_factory=dict, hash=False)
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict, hash=False)
    frugal: Mapping[str, tuple[int, ...]] = field(default_factory=dict, hash=False)
    modest: Setting = field(default_factory=dict, hash=False)

    @property
    def bins(self) -> tuple[Bin, ...]:
        """The bins of all configurations, each once."""
        return tuple(dict.fromkeys(each for config in self.configs for each in self.steering(config).bins))

    def setting(self, wanted: Bin) -> Setting | None:
        """Return what leads to a bin on the first configuration on which anything does."""
        found = (self.steering(config).setting(wanted) for config in self.configs)
        return next((each for each in found if each is not None), None)


_KNOWN: dict[str, tuple[str, tuple[str, ...], int]] = {
    "tern_matvec": ("harness.uvm.steering", ("sim",), 16),
    "mamba2_accel": ("harness.uvm.mamba2.steering", ("sim", "sim_w8a8"), 12),
    "ternary_accel": ("harness.uvm.ternary.steering", ("sim", "sim_silu"), 12),
}
"""Kernel -> module that says what leads to its bins, configurations, starts of a job."""
NAMES = tuple(_KNOWN)


def load(name: str) -> Kernel:
    """Return a kernel. InputError: there is none of that name whose coverage is closed."""
    from harness.uvm import draws

    if name not in _KNOWN:
        raise InputError(f"--kernel: found {name!r}, expected one of {', '.join(NAMES)}")
    path, configs, starts = _KNOWN[name]
    module = importlib.import_module(path)

    @cache
    def steering(config: str) -> Steering:
        found: Steering = module.steering(load_config(name, config))
        return found

    numbers = draws.numbers(module.KNOBS)
    values = {each: tuple(map(draws.text, which.values)) for each, which in numbers.items() if which.span is None}
    return Kernel(name, configs, starts, steering, values, module.DEFAULT, module.FRUGAL, module.MODEST)
