# SPDX-License-Identifier: Apache-2.0
"""How a model is quantized: the choices that no profile fixes."""

from dataclasses import dataclass
from typing import Literal, get_args

from golden.errors import InputError

Method = Literal["rtn", "mse", "gptq"]


@dataclass(frozen=True)
class Options:
    """Choices of the quantizer; the same options, model and calibration text give the same integers.

    Attributes:
        seed: of the rotation's signs.
        rotate: rotate the residual stream offline by a random-sign block Hadamard matrix.
        weights: rtn (scales from the largest weight, round to nearest), mse (scales of least squared error) or gptq
            (mse, then error compensation column by column with the calibration's second moments).
        damping: share of the mean second moment that is added to each input's, against overfitting.
        correct: aim at the float model's results rather than at the float weights (gptq only).
        fit: choose conv_bias, dt_bias and A so that the integer functions are right on average.
    """

    seed: int = 1
    rotate: bool = True
    weights: Method = "gptq"
    damping: float = 0.05
    correct: bool = True
    fit: bool = True

    def __post_init__(self) -> None:
        """Raise InputError for a choice out of its range."""
        if self.weights not in get_args(Method):
            raise InputError(f"quantize: weights is {self.weights!r}, expected one of {', '.join(get_args(Method))}")
        if not 0 < self.damping <= 1:
            raise InputError(f"quantize: damping is {self.damping}, expected above 0 and at most 1")
        if not 0 <= self.seed < 1 << 63:
            raise InputError(f"quantize: seed is {self.seed}, expected 0..2^63-1")
