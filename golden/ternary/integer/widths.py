# SPDX-License-Identifier: Apache-2.0
"""Range of every intermediate of the integer model, derived from its laws by interval arithmetic.

In the order of `block.py`, for parameters of any value that their formats hold and for vectors of any integers: nothing
is measured, the ranges hold for every input. What leaves int64, or float64's exact integers where a product runs in it,
is refused with its name, so no sum of the golden computation overflows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from golden.errors import InputError
from golden.fixed.interval import Interval
from golden.fixed.rsqrt import M_FRAC
from golden.fixed.wide import BITS as WIDE_BITS
from golden.ternary.config import BitNetConfig
from golden.ternary.integer.functions import DENOMINATOR, INVERSE, LEVELS, NO_EXPONENT, PROBABILITY, QUOTIENT, WORD
from golden.ternary.integer.profile import MAX_FEED, MAX_HEAD, MAX_POSITIONS, MAX_WIDTH, TernaryProfile
from golden.ternary.integer.scale import EXPONENT, LEFT, MANTISSA, RECIPROCAL

INT64, FLOAT64, FLOAT32 = 64, 54, 25
"""Signed bits that hold the golden computation's integers, and those that float64 and float32 hold exactly."""
ACTIVATION, ROW = Interval(-LEVELS, LEVELS), Interval(-LEVELS, LEVELS)
M = Interval(0, (1 << MANTISSA) - 1)
TRIT = Interval(-1, 1)


BUILD = (2560, 6912, 128, 4096)
BUILD_TEXT = "D up to {}, F up to {}, heads up to {} wide, up to {} positions".format(*BUILD)
"""Largest sizes of a build: those of the published 2B-4T; the 0.73B's lie within."""


@dataclass(frozen=True)
class Width:
    """An intermediate: its values lie in low .. high, in `bits` bits with their sign."""

    name: str
    low: int
    high: int
    bits: int
    doc: str


@dataclass(frozen=True)
class Notes:
    """The rows found so far, by name; a unit that is used again widens its rows."""

    rows: dict[str, Width] = field(default_factory=dict)

    def __call__(self, name: str, x: Interval, doc: str, bits: int = INT64) -> Interval:
        """Note `x` as `name`, with what stood there, and return it. InputError when it needs more than `bits`."""
        known = self.rows.get(name)
        x = x.union(Interval(known.low, known.high)) if known else x
        if x.bits > bits:
            raise InputError(
                f"profile ternary-b158: {name} needs {x.bits} bits, expected at most {bits}, which the golden "
                "computation has; choose a smaller model"
            )
        self.rows[name] = Width(name, x.low, x.high, x.bits, doc)
        return x


def build_widths(p: TernaryProfile) -> tuple[Width, ...]:
    """Every intermediate of every model within `BUILD`, for the headers of the RTL."""
    return derive(p, *BUILD)


@lru_cache
def limits(p: TernaryProfile, cfg: BitNetConfig) -> Mapping[str, tuple[int, int]]:
    """(least, greatest) raw integer of every intermediate by name, those of every tap of `block.py` among them."""
    return limits_up_to(p, cfg.hidden_size, cfg.intermediate_size, cfg.head_dim, cfg.max_position_embeddings)


def limits_up_to(p: TernaryProfile, *sizes: int) -> Mapping[str, tuple[int, int]]:
    """The same for the sizes that `derive` takes; the greatest where none are given."""
    return MappingProxyType({row.name: (row.low, row.high) for row in derive(p, *sizes)})


@lru_cache
def derive(
    p: TernaryProfile, D: int = MAX_WIDTH, F: int = MAX_FEED, P: int = MAX_HEAD, N: int = MAX_POSITIONS
) -> tuple[Width, ...]:
    """Every intermediate in the order of the computation, for models up to these sizes.

    `x_wide` is the same quantity as `x` before the shift or the saturation that gives x.
    """
    note = Notes()
    value = Interval.signed(p.value_bits)
    note("mantissa", M, "Mantissa of a scale.")
    _scales(note, D, p)
    note("scale_product", M * M, "Product of two mantissas, before it is cut off.")
    note("embedding_wide", ROW * M, "Element of an embedding times its row's mantissa, before the shift.")
    note("embedding", value, "Embedding in the residual stream's format.")
    _norm(note, "attention_act", value, D, "Input of q_proj, k_proj and v_proj", p)
    sums = _linear(note, ("q_proj", "k_proj", "v_proj"), D)
    _heads(note, sums, p)
    _attention(note, P, N, p)
    _norm(note, "o_act", value, D, "Input of o_proj", p)
    _branch(note, _linear(note, ("o_proj",), D), value, p)
    _norm(note, "mlp_act", value, D, "Input of gate_proj and up_proj", p)
    _product(note, _linear(note, ("gate_proj", "up_proj"), D), p)
    _norm(note, "down_act", value, F, "Input of down_proj", p)
    _branch(note, _linear(note, ("down_proj",), F), value, p)
    _norm(note, "head_act", value, D, "Input of the head", p)
    _head(note, D, p)
    return tuple(note.rows.values())


def _scales(note: Notes, D: int, p: TernaryProfile) -> None:
    """Exponents; a product of mantissas is cut by 15 or 16 bits. A mantissa of 0 has the exponent 0."""
    cut, zero, model = Interval(MANTISSA - 1, MANTISSA), Interval(0, 0), Interval(-EXPONENT, EXPONENT)

    def times(a: Interval, b: Interval) -> Interval:
        return a + b + cut

    longest = p.value_bits + p.norm_weight_bits - 1  # bits of the greatest weighted element, without its sign
    moved = Interval(1, longest) - Interval(MANTISSA, MANTISSA)  # s
    root = Interval(0, WIDE_BITS // 2)  # e
    token = moved - root + Interval(-M_FRAC, -M_FRAC) + Interval(MANTISSA - 2, MANTISSA)  # of 15 or 16 by 15 bits
    linear = note("linear_exponent", times(token, model).union(token).union(zero), "Exponent of a token, and of a sum.")
    drop = Interval(0, 3 * (LEVELS * D).bit_length() - WORD + 1)
    relu2 = times(times(linear, linear), linear) + drop
    silu = times(linear, linear) + drop + Interval(-p.sigmoid_frac, p.sigmoid_frac)
    product = note("product_exponent", relu2.union(silu).union(zero), "Exponent of the MLP's product.")
    inverse = -times(product, product) + Interval(-RECIPROCAL, 1 - RECIPROCAL)
    eps = note("eps_exponent", times(inverse, model).union(zero), "Exponent of eps over its square.")
    note("exponent", linear.union(product).union(eps).union(model), "Exponent of any scale.")


def _norm(note: Notes, name: str, x: Interval, width: int, doc: str, p: TernaryProfile) -> None:
    weight = Interval.signed(p.norm_weight_bits)
    square = Interval(0, x.magnitude**2)
    note("square", square, "Square of an element.")
    note("square_sum", square.sum(width), "Their sum, before eps joins it.", WIDE_BITS + 1)
    note("weighted", x * weight, "An element times its norm's weight.")
    top = Interval(-1 << MANTISSA, 1 << MANTISSA)
    note("weighted_normal", top, "The same, shifted so that the vector's greatest magnitude is 2^15..2^16.")
    r = note("reciprocal", Interval(0, (LEVELS << QUOTIENT) >> MANTISSA - 1), "127 over the greatest magnitude, Q.32.")
    note("quotient", top * r, "Their product.")
    note(name, ACTIVATION, f"{doc}, quantized.")
    note(f"{name}_sum", Interval(0, LEVELS).sum(width), "Sum of its magnitudes: bounds every sum over it.")


def _linear(note: Notes, names: tuple[str, ...], width: int) -> Interval:
    sums = (ACTIVATION * TRIT).sum(width)
    for name in names:
        note(name, sums, f"Sums of {name}.", FLOAT32)
    return sums


def _heads(note: Notes, sums: Interval, p: TernaryProfile) -> None:
    unit = Interval(-1 << p.rope_frac, 1 << p.rope_frac)
    turned = note("rotated_wide", (sums * unit).sum(2), "Two products of the rotary embedding.")
    rotated = turned.round_shift(p.rope_frac - p.rope_guard)
    for name, bits in (("q", p.query_bits), ("k", p.cache_bits), ("v", p.cache_bits)):
        x = note(f"{name}_rotated", rotated if name != "v" else sums << p.rope_guard, f"{name}, rotated but for v.")
        scaled = note(f"{name}_scaled_wide", x * M, "The same times the token's mantissa.").round_shift(MANTISSA)
        note(f"{name}_scaled", scaled, "The same in units of 2^16.", 32)
        note(name, Interval.signed(bits), f"{name}, quantized by heads.")
        note(f"{name}_exponent", Interval(NO_EXPONENT, 127), "Its exponent.")


def _attention(note: Notes, P: int, N: int, p: TernaryProfile) -> None:
    q, k = Interval.signed(p.query_bits), Interval.signed(p.cache_bits)
    note("score_acc", (q * k).sum(P), "q k, summed over a head.", FLOAT64)
    note("score_wide", (q * k).sum(P) << LEFT, "The same, shifted as far left as it may be.")
    note("score", Interval.signed(p.score_bits), "Score, in powers of two.")
    share = Interval(0, (1 << PROBABILITY) - 1)
    for name in ("softmax", "softmax_weight"):
        note(name, share, "Exponential, Q.23; of the weight with V's exponent.")
    note("softmax_sum", Interval(1 << PROBABILITY - 1, share.high * N), "Sum of a row.")
    acc = note("attention_acc", (share * k).sum(N), "V, weighted and summed.", FLOAT64) >> (p.cache_bits - 8)
    inverse = note("inverse", Interval(1 << DENOMINATOR - 1, 1 << INVERSE - DENOMINATOR + 1), "2^31 over the sum.")
    note("attention_wide", acc * inverse, "Their product; 16-bit values drop 8 bits before.")
    note("attention", Interval.signed(WORD), "Output of attention, saturated.")


def _branch(note: Notes, sums: Interval, value: Interval, p: TernaryProfile) -> None:
    note("branch_wide", sums * M, "A sum times its scale's mantissa, before the shift.")
    branch = note("branch", value, "What joins the residual stream, saturated.")
    note("residual_wide", value + branch, "Residual stream and branch.")
    note("residual", value, "Residual stream, saturated.")


def _product(note: Notes, sums: Interval, p: TernaryProfile) -> None:
    note("gate_squared", Interval(0, sums.magnitude**2), "Square of the gate's sum.")
    note("squared_relu_wide", Interval(0, sums.magnitude**2) * sums, "The same times up's sum.")
    note("gate_argument_wide", sums * M, "The gate's sum times its scale's mantissa: the sigmoid's argument.")
    s = note("sigmoid", Interval(0, 1 << p.sigmoid_frac), "Sigmoid of the gate.")
    note("silu_product_wide", sums * s * sums, "Gate's sum, sigmoid and up's sum.")
    note("product", Interval.signed(WORD), "The MLP's product in 32 bits: the bound on the sums fixes the shift.")


def _head(note: Notes, D: int, p: TernaryProfile) -> None:
    acc = note("head_sum", (ACTIVATION * ROW).sum(D), "Sums of the head.", FLOAT64)
    scaled = note("head_scaled", acc * M, "The same times the row's mantissa.")
    note("logits_wide", scaled * M, "The same times the token's.")
    note("logits", Interval.signed(p.logit_bits), "Logits, saturated.")
