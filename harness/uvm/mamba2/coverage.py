# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the starts of `mamba2_accel`: shapes, cuts of the text, paths of states, extreme numbers."""

from collections.abc import Callable, Mapping

import torch
import vsc
from pyuvm import uvm_component, uvm_subscriber
from torch import Tensor

from golden.fixed.rounding import limits
from golden.mamba2.integer.block import forward
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.taps import checking
from golden.spec import Mamba2AccelConfig
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm.coverage import named, names_of, numbers
from harness.uvm.mamba2.items import Stimulus
from harness.uvm.mamba2.knobs import ILLEGAL_NAMES, KINDS, PARTS, PLACES, STYLES
from harness.uvm.model_knobs import ZOO
from harness.uvm.model_start import WHOLE, Action, ModelItem
from harness.uvm.stalls import StallKind

VALUES = ("in_proj", "out_proj", "residual", "gate", "logits")
"""Taps of value_bits that saturate."""
ACTS = ("in_act", "out_act", "head_act")
SSM = ("x", "z", "B", "C", "dt", "decay", "dB", "state", "state_read", "y", "xBC")
WANTED = (*VALUES, *ACTS, *SSM, "state_sum")
EXTREMES = ("value_saturated", "state_saturated", "act_shift_0", "act_shift_large", "ssm_shift_0", "ssm_shift_large")
LARGE = 10
"""A shift from which on one counts as large; the greatest one is the profile's max_shift."""
FAULTS = ("e_read", "tok_read", "p_read", "w_read", "s_read", "out_write", "tap_write", "s_write")
"""Regions in which an access is answered with an error."""
NOWHERE = 255
"""In no bin."""
Predicate = Callable[[Tensor], bool]
SAMPLED = (
    *("d_model", "headdim", "d_state", "ngroups", "layers", "part", "prompt", "chunks", "generate", "place", "kind"),
    *("style", "tap", "chunk_heads", "stalls", "action", "error", "illegal", "fault", "port"),
    *EXTREMES,
)


@vsc.covergroup
class ModelCoverage:
    """What a start looked like, and which extreme numbers golden met in it.

    Shapes and texts count for starts whose results are compared whole.
    """

    def __init__(self, t_cols: int, ports: int) -> None:
        self.with_sample({name: vsc.uint8_t() for name in SAMPLED})
        sizes = {"least": vsc.bin([1, 16]), "small": vsc.bin([17, 40]), "large": vsc.bin([41, 254])}
        self.cp_d_model = vsc.coverpoint(self.d_model, bins=dict(sizes))
        self.cp_headdim = vsc.coverpoint(
            self.headdim, bins={"8": vsc.bin(8), "16": vsc.bin(16), "more": vsc.bin([17, 255])}
        )
        self.cp_d_state = vsc.coverpoint(
            self.d_state, bins={"8": vsc.bin(8), "16": vsc.bin(16), "more": vsc.bin([17, 255])}
        )
        self.cp_ngroups = vsc.coverpoint(self.ngroups, bins=numbers(1, 2))
        self.cp_layers = vsc.coverpoint(self.layers, bins=numbers(1, 2, 3))
        self.cp_part = vsc.coverpoint(self.part, bins=named(PARTS))
        self.cp_prompt = vsc.coverpoint(self.prompt, bins=numbers(*range(t_cols)))
        self.cp_chunks = vsc.coverpoint(self.chunks, bins={"1": vsc.bin(1), "2": vsc.bin(2), "more": vsc.bin([3, 254])})
        self.cp_generate = vsc.coverpoint(self.generate, bins=numbers(0, 1, 2, 3, 4))
        self.cp_place = vsc.coverpoint(self.place, bins=named(PLACES))
        self.cp_kind = vsc.coverpoint(self.kind, bins=named(KINDS))
        self.cp_style = vsc.coverpoint(self.style, bins=named((*STYLES, ZOO)))
        self.cp_tap = vsc.coverpoint(self.tap, bins=named(_TAPS))
        self.cp_stalls = vsc.coverpoint(self.stalls, bins=named(names_of(StallKind)))
        self.cp_action = vsc.coverpoint(self.action, bins=named(names_of(Action)))
        self.cp_error = vsc.coverpoint(self.error, bins={code.name: vsc.bin(int(code)) for code in ErrorCode})
        self.cp_illegal = vsc.coverpoint(self.illegal, bins=named(ILLEGAL_NAMES))
        self.cp_fault = vsc.coverpoint(self.fault, bins=named(FAULTS))
        self.cp_port = vsc.coverpoint(self.port, bins=numbers(*range(ports)))
        self.cp_chunk_heads = vsc.coverpoint(self.chunk_heads, bins=numbers(1, 2, 4, 8))
        self.cp_value_saturated = vsc.coverpoint(self.value_saturated, bins={"seen": vsc.bin(1)})
        self.cp_state_saturated = vsc.coverpoint(self.state_saturated, bins={"seen": vsc.bin(1)})
        self.cp_act_shift_0 = vsc.coverpoint(self.act_shift_0, bins={"seen": vsc.bin(1)})
        self.cp_act_shift_large = vsc.coverpoint(self.act_shift_large, bins={"seen": vsc.bin(1)})
        self.cp_ssm_shift_0 = vsc.coverpoint(self.ssm_shift_0, bins={"seen": vsc.bin(1)})
        self.cp_ssm_shift_large = vsc.coverpoint(self.ssm_shift_large, bins={"seen": vsc.bin(1)})
        self.boundary = vsc.cross([self.cp_prompt, self.cp_generate])
        self.part_x_kind = vsc.cross([self.cp_part, self.cp_kind])
        self.place_x_kind = vsc.cross([self.cp_place, self.cp_kind])
        self.place_x_stalls = vsc.cross([self.cp_place, self.cp_stalls])
        self.action_x_stalls = vsc.cross([self.cp_action, self.cp_stalls])
        self.fault_x_port = vsc.cross([self.cp_fault, self.cp_port])


_TAPS = (
    "nothing",
    "linear_of_all",
    "residual_of_all",
    "gate_of_all",
    "linear_of_one",
    "residual_of_one",
    "gate_of_one",
)


def _tap(s: Stimulus) -> int:
    point = s.legal.tap_point
    return point if point == 0 or s.legal.tap_all else point + 3


def _place(s: Stimulus) -> int:
    """Where the layers of the run keep their state."""
    in_memory = len(s.state_layers)
    return 0 if not in_memory else 1 if in_memory == s.legal.layer_count else 2


def _part(s: Stimulus) -> int:
    """Which layers the run takes, of `PARTS`."""
    a = s.legal
    return (a.layer_end < a.model_layers) + 2 * (a.layer_first > 0)


def _fault(s: Stimulus) -> int:
    """Where an access is answered with an error: the region that begins last in front of it."""
    if s.fault is None:
        return NOWHERE
    offsets = {name: getattr(s.legal, f"{name.split('_')[0]}_off") for name in FAULTS}
    offsets |= {"tok_read": -1} if s.legal.raw else {}
    among = [name for name in FAULTS if name.endswith(s.fault.access.value) and offsets[name] <= s.fault.start]
    return FAULTS.index(max(among, key=lambda name: offsets[name]))


def extremes(s: Stimulus) -> tuple[bool, ...]:
    """Return which of `EXTREMES` golden meets while it reads the start's prompt."""
    tap = checking(s.part, WANTED)
    forward(torch.tensor([list(s.read_tokens)]), s.part, s.states, tap)
    return meets(tap.kept, s.model.profile)


def meets(kept: Mapping[str, list[Tensor]], p: Mamba2Profile) -> tuple[bool, ...]:
    """Return which of `EXTREMES` are among kept taps."""

    def some(names: tuple[str, ...], suffix: str, test: Predicate) -> bool:
        wanted = {name + suffix for name in names}
        return any(test(x) for name, xs in kept.items() if _of_layer(name) in wanted for x in xs)

    return (
        some(VALUES, "", _at_an_end(p.value_bits)),
        some(("state_sum",), "", _at_an_end(p.state_bits)),
        some(ACTS, ".s", lambda x: bool((x == 0).any())),
        some(ACTS, ".s", lambda x: bool((x >= LARGE).any())),
        some(SSM, ".s", lambda x: bool((x == 0).any())),
        some(SSM, ".s", lambda x: bool((x >= LARGE).any())),
    )


def _of_layer(name: str) -> str:
    """The name of a tap without its layer."""
    return name.split(".", 2)[2] if name.startswith("layers.") else name


def _at_an_end(bits: int) -> Predicate:
    low, high = limits(bits)
    return lambda x: bool(((x == low) | (x == high)).any())


class Coverage(uvm_subscriber):
    """Samples every finished item."""

    def __init__(self, name: str, parent: uvm_component, cfg: Mamba2AccelConfig) -> None:
        super().__init__(name, parent)
        self.group = ModelCoverage(cfg.t_cols, cfg.ports)

    def write(self, item: ModelItem) -> None:
        """Sample one item."""
        s = item.stimulus
        a, t_cols = s.legal, s.cfg.t_cols
        error = int(item.outcome.error) if item.outcome is not None else 0
        whole = s.action in WHOLE
        looks = (
            min(a.d_model, NOWHERE - 1),
            a.headdim,
            a.d_state,
            a.ngroups,
            a.model_layers,
            _part(s),
            a.prompt % t_cols,
            min(-(-a.prompt // t_cols), NOWHERE - 1),
            min(a.generate, 5),
            _place(s),
            KINDS.index("raw" if a.raw else "continued" if a.keep else "tokens"),
            (*STYLES, ZOO).index(s.style),
            _tap(s),
            a.chunk_heads,
        )
        self.group.sample(
            *(looks if whole else (NOWHERE,) * len(looks)),
            s.stalls.kind.value,
            s.action.value,
            error,
            ILLEGAL_NAMES.index(s.illegal) if s.illegal else NOWHERE,
            _fault(s),
            s.fault.port if s.fault is not None else NOWHERE,
            *(map(int, extremes(s)) if whole else (0,) * len(EXTREMES)),
        )
