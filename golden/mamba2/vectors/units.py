# SPDX-License-Identifier: Apache-2.0
"""The units by the names that their RTL modules have, and what each returns."""

from collections.abc import Callable, Mapping

from torch import Tensor

from golden.errors import InputError
from golden.mamba2.integer import functions
from golden.mamba2.vectors import elements, recurrence
from golden.mamba2.vectors.context import Given

UNITS: Mapping[str, Callable[[Given], dict[str, Tensor]]] = {
    "m2_quant": elements.quantizer,
    "m2_hadamard": elements.hadamard,
    "m2_linear": elements.linear_unit,
    "m2_scale": elements.scale_unit,
    "m2_norm": elements.norm,
    "m2_gated_norm": elements.gated_norm,
    "m2_conv": recurrence.conv,
    "m2_silu": elements.function(functions.silu),
    "m2_softplus": elements.function(functions.softplus),
    "m2_exp": elements.function(functions.exponential),
    "m2_decay": elements.decay,
    "m2_dt_b": recurrence.dt_b,
    "m2_ssm": recurrence.ssm,
    "m2_gate": elements.gate,
    "m2_residual": elements.residual,
    "m2_topk": elements.select,
    "m2_head": recurrence.head,
    "m2_layer": recurrence.layer,
    "m2_model": recurrence.model,
}


def compute(unit: str, given: Given) -> dict[str, Tensor]:
    """Return the outputs of `unit` by role, int64.

    Raises:
        InputError: no such unit; a parameter or input is missing, of the wrong shape, or not the unit's.
        CheckError: an intermediate leaves the width that is derived for it.
    """
    if unit not in UNITS:
        raise InputError(f"unit: found {unit!r}, expected one of {', '.join(UNITS)}")
    try:
        outputs = UNITS[unit](given)
    except (RuntimeError, IndexError, ValueError) as error:
        raise InputError(f"{unit}: inputs do not fit together ({str(error).splitlines()[0]})") from None
    if unread := given.unread():
        raise InputError(f"{unit}: found parameter or input {unread[0]!r}, which it has not")
    return outputs
