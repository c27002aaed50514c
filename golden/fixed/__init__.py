# SPDX-License-Identifier: Apache-2.0
"""Fixed point: the laws of the `fxp_` modules and the integer functions of the accelerators, on int64 tensors.

`rsqrt` and `sigmoid` stay the names of their modules here: golden.fixed.rsqrt.rsqrt, golden.fixed.sigmoid.sigmoid.
"""

from golden.fixed.hadamard import block_of, transform
from golden.fixed.nau import nau_exp, nau_softplus
from golden.fixed.norm_tables import NormTable, reciprocal, rms1_table, rms2_table, rms_norm
from golden.fixed.pot import Pot, quantize
from golden.fixed.rounding import (
    FLOOR,
    HALF_EVEN,
    HALF_UP,
    bit_length,
    limits,
    round_saturate,
    round_shift,
    saturate,
    sum_tree,
)
from golden.fixed.rsqrt import rms_norm_rsqrt
from golden.fixed.sigmoid import silu
from golden.fixed.tables import ActivationTable, exp_table, lookup, silu_table, softplus_table

__all__ = [
    "FLOOR",
    "HALF_EVEN",
    "HALF_UP",
    "ActivationTable",
    "NormTable",
    "Pot",
    "bit_length",
    "block_of",
    "exp_table",
    "limits",
    "lookup",
    "nau_exp",
    "nau_softplus",
    "quantize",
    "reciprocal",
    "rms1_table",
    "rms2_table",
    "rms_norm",
    "rms_norm_rsqrt",
    "round_saturate",
    "round_shift",
    "saturate",
    "silu",
    "silu_table",
    "softplus_table",
    "sum_tree",
    "transform",
]
