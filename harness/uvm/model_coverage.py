# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of accelerators of whole models: what any start is sampled for, and what its taps are asked."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Any, ClassVar

import vsc
from pyuvm import uvm_component, uvm_subscriber
from torch import Tensor

from golden.fixed.rounding import limits
from harness.uvm.abstract import AbstractComponent
from harness.uvm.coverage import named, names_of, numbers
from harness.uvm.model_knobs import GENERATE, LAYERS
from harness.uvm.model_start import WHOLE, Action, ModelItem, ModelStimulus
from harness.uvm.stalls import StallKind

NOWHERE = 255
"""In no bin."""
STATUS = ("stalls", "action", "error", "illegal", "fault", "port")
"""Sampled of every start, whatever becomes of it."""
Predicate = Callable[[Tensor], bool]


def tap_names(vector: str) -> tuple[str, ...]:
    """Names of what the tap point copies, by what the second linear layer gets."""
    points = ("linear", "residual", vector)
    return ("nothing", *(f"{point}_of_{layers}" for layers in ("all", "one") for point in points))


def tap(s: ModelStimulus) -> int:
    """Which of `tap_names` a start copies."""
    point: int = s.legal.tap_point
    return point if point == 0 or s.legal.tap_all else point + 3


def cover_texts(group: Any, t_cols: int, styles: tuple[str, ...], taps: tuple[str, ...]) -> None:
    """Declare the points of layers, text, style and tap in a covergroup."""
    group.cp_layers = vsc.coverpoint(group.layers, bins=numbers(*LAYERS))
    group.cp_prompt = vsc.coverpoint(group.prompt, bins=numbers(*range(t_cols)))
    group.cp_chunks = vsc.coverpoint(group.chunks, bins={**numbers(1, 2), "more": vsc.bin([3, 254])})
    group.cp_generate = vsc.coverpoint(group.generate, bins=numbers(*GENERATE))
    group.cp_style = vsc.coverpoint(group.style, bins=named(styles))
    group.cp_tap = vsc.coverpoint(group.tap, bins=named(taps))
    group.boundary = vsc.cross([group.cp_prompt, group.cp_generate])


def cover_status(
    group: Any, ports: int, errors: type[IntEnum], illegal: tuple[str, ...], faults: tuple[str, ...]
) -> None:
    """Declare the points of `STATUS` in a covergroup, and their crosses."""
    group.cp_stalls = vsc.coverpoint(group.stalls, bins=named(names_of(StallKind)))
    group.cp_action = vsc.coverpoint(group.action, bins=named(names_of(Action)))
    group.cp_error = vsc.coverpoint(group.error, bins={code.name: vsc.bin(int(code)) for code in errors})
    group.cp_illegal = vsc.coverpoint(group.illegal, bins=named(illegal))
    group.cp_fault = vsc.coverpoint(group.fault, bins=named(faults))
    group.cp_port = vsc.coverpoint(group.port, bins=numbers(*range(ports)))
    group.action_x_stalls = vsc.cross([group.cp_action, group.cp_stalls])
    group.fault_x_port = vsc.cross([group.cp_fault, group.cp_port])


def cover_seen(group: Any, names: tuple[str, ...]) -> None:
    """Declare a point with one bin for each name in a covergroup."""
    for name in names:
        setattr(group, f"cp_{name}", vsc.coverpoint(getattr(group, name), bins={"seen": vsc.bin(1)}))


class ModelCoverage(uvm_subscriber, metaclass=AbstractComponent):
    """Samples every finished item; looks and extremes count where all results are compared.

    A kernel's own names its covergroup, and says what of a start is sampled.
    """

    GROUP: ClassVar[type[Any]]
    LOOKS: ClassVar[tuple[str, ...]]
    EXTREMES: ClassVar[tuple[str, ...]]
    ILLEGAL: ClassVar[tuple[str, ...]]
    FAULTS: ClassVar[tuple[str, ...]]

    def __init__(self, name: str, parent: uvm_component, cfg: Any) -> None:
        super().__init__(name, parent)
        self.group = self.GROUP(cfg.t_cols, cfg.ports)

    @abstractmethod
    def looks(self, s: Any) -> tuple[int, ...]:
        """Return what a start looks like, by `LOOKS`."""

    @abstractmethod
    def extremes(self, s: Any) -> tuple[bool, ...]:
        """Return which of `EXTREMES` golden meets."""

    def write(self, item: ModelItem) -> None:
        """Sample one item."""
        s: ModelStimulus = item.stimulus
        whole = s.action in WHOLE
        self.group.sample(
            *(self.looks(s) if whole else (NOWHERE,) * len(self.LOOKS)),
            s.stalls.kind.value,
            s.action.value,
            int(item.outcome.error) if item.outcome is not None else 0,
            self.ILLEGAL.index(s.illegal) if s.illegal else NOWHERE,
            self.FAULTS.index(s.hit) if s.hit else NOWHERE,
            s.fault.port if s.fault is not None else NOWHERE,
            *(map(int, self.extremes(s)) if whole else (0,) * len(self.EXTREMES)),
        )


def some(kept: Mapping[str, list[Tensor]], names: Iterable[str], test: Predicate) -> bool:
    """Whether a kept tap of one of these names, in any layer, passes."""
    wanted = set(names)
    return any(test(x) for name, xs in kept.items() if _of_layer(name) in wanted for x in xs)


def _of_layer(name: str) -> str:
    """The name of a tap without its layer."""
    return name.split(".", 2)[2] if name.startswith("layers.") else name


def at_an_end(bits: int) -> Predicate:
    """Whether a value of so many bits is the least or the greatest."""
    low, high = limits(bits)
    return lambda x: bool(((x == low) | (x == high)).any())
