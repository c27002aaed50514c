# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the starts of `mamba2_accel`: shapes, cuts of the text, paths of states, extreme numbers."""

from collections.abc import Mapping

import torch
import vsc
from torch import Tensor

from golden.mamba2.integer.block import forward
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.taps import checking
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm.coverage import named, numbers
from harness.uvm.mamba2.items import Stimulus
from harness.uvm.mamba2.knobs import ILLEGAL_NAMES, KINDS, PARTS, PLACES, STYLES
from harness.uvm.model_coverage import (
    NOWHERE,
    STATUS,
    ModelCoverage,
    at_an_end,
    cover_seen,
    cover_status,
    cover_texts,
    some,
    tap,
    tap_names,
)
from harness.uvm.model_knobs import ZOO

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
LOOKS = (
    *("d_model", "headdim", "d_state", "ngroups", "layers", "part", "prompt", "chunks", "generate", "place", "kind"),
    *("style", "tap", "chunk_heads"),
)
"""Counted for starts whose results are compared whole."""


@vsc.covergroup
class Mamba2Coverage:
    """What a start looked like, and which extreme numbers golden met in it.

    Shapes and texts count for starts whose results are compared whole.
    """

    def __init__(self, t_cols: int, ports: int) -> None:
        self.with_sample({name: vsc.uint8_t() for name in (*LOOKS, *STATUS, *EXTREMES)})
        sizes = {"least": vsc.bin([1, 16]), "small": vsc.bin([17, 40]), "large": vsc.bin([41, 254])}
        self.cp_d_model = vsc.coverpoint(self.d_model, bins=sizes)
        self.cp_headdim = vsc.coverpoint(self.headdim, bins={**numbers(8, 16), "more": vsc.bin([17, 255])})
        self.cp_d_state = vsc.coverpoint(self.d_state, bins={**numbers(8, 16), "more": vsc.bin([17, 255])})
        self.cp_ngroups = vsc.coverpoint(self.ngroups, bins=numbers(1, 2))
        self.cp_part = vsc.coverpoint(self.part, bins=named(PARTS))
        self.cp_place = vsc.coverpoint(self.place, bins=named(PLACES))
        self.cp_kind = vsc.coverpoint(self.kind, bins=named(KINDS))
        self.cp_chunk_heads = vsc.coverpoint(self.chunk_heads, bins=numbers(1, 2, 4, 8))
        cover_texts(self, t_cols, (*STYLES, ZOO), tap_names("gate"))
        cover_status(self, ports, ErrorCode, ILLEGAL_NAMES, FAULTS)
        cover_seen(self, EXTREMES)
        self.part_x_kind = vsc.cross([self.cp_part, self.cp_kind])
        self.place_x_kind = vsc.cross([self.cp_place, self.cp_kind])
        self.place_x_stalls = vsc.cross([self.cp_place, self.cp_stalls])


def _place(s: Stimulus) -> int:
    """Where the layers of the run keep their state."""
    in_memory = len(s.state_layers)
    return 0 if not in_memory else 1 if in_memory == s.legal.layer_count else 2


def _part(s: Stimulus) -> int:
    """Which layers the run takes, of `PARTS`."""
    a = s.legal
    return (a.layer_end < a.model_layers) + 2 * (a.layer_first > 0)


def extremes(s: Stimulus) -> tuple[bool, ...]:
    """Return which of `EXTREMES` golden meets while it reads the start's prompt."""
    kept = checking(s.part, WANTED)
    forward(torch.tensor([list(s.read_tokens)]), s.part, s.states, kept)
    return meets(kept.kept, s.model.profile)


def meets(kept: Mapping[str, list[Tensor]], p: Mamba2Profile) -> tuple[bool, ...]:
    """Return which of `EXTREMES` are among kept taps."""
    acts, ssm = ([f"{name}.s" for name in names] for names in (ACTS, SSM))
    return (
        some(kept, VALUES, at_an_end(p.value_bits)),
        some(kept, ("state_sum",), at_an_end(p.state_bits)),
        some(kept, acts, lambda x: bool((x == 0).any())),
        some(kept, acts, lambda x: bool((x >= LARGE).any())),
        some(kept, ssm, lambda x: bool((x == 0).any())),
        some(kept, ssm, lambda x: bool((x >= LARGE).any())),
    )


class Coverage(ModelCoverage):
    """Of `mamba2_accel`."""

    GROUP, LOOKS, EXTREMES, ILLEGAL, FAULTS = Mamba2Coverage, LOOKS, EXTREMES, ILLEGAL_NAMES, FAULTS

    def looks(self, s: Stimulus) -> tuple[int, ...]:
        """Return what a start looks like."""
        a, t_cols = s.legal, s.cfg.t_cols
        return (
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
            tap(s),
            a.chunk_heads,
        )

    def extremes(self, s: Stimulus) -> tuple[bool, ...]:
        """Return which extremes golden meets."""
        return extremes(s)
