# SPDX-License-Identifier: Apache-2.0
"""Width of every intermediate of the integer block, derived from its laws by interval arithmetic.

The laws of `laws.py` run on intervals instead of tensors, in the order of `block.py`, from what parameters may be
(`parameters.py`) and from states and residuals of any value that their formats hold. Nothing is measured: the ranges
hold for every input. Letters as in `Mamba2Config`.

No int64 of the golden computation overflows and no float64 sum of `linear` leaves the exact integers: every
intermediate is a row of `derive` (partial sums are included, because every summed interval holds 0), and `derive`
raises where a row needs more than 64 bits, or a linear layer's sum more than 54.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from golden.fixed import norm_range
from golden.fixed.hadamard import scale_shift
from golden.fixed.interval import Interval, image
from golden.fixed.norm_tables import RS_FRAC, WEIGHT_FRAC, NormTable, rms1_table, rms2_table
from golden.fixed.rsqrt import M_FRAC, U_FRAC
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import functions, laws
from golden.mamba2.integer.parameters import EMBEDDING, EPS_SUM, MULTIPLIER, SCALE, norm_weight, parameter
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.rows import FLOAT64, Rows, Size, Width

SPAN = (-32, 104)
"""Outside these reals SiLU and softplus are monotone: tables end at 103, sigmoid and NAU saturate at +-16 and 23."""


@lru_cache
def limits(profile: Mamba2Profile, cfg: Mamba2Config) -> Mapping[str, tuple[int, int]]:
    """(least, greatest) raw integer of every intermediate by name, those of every tap of `block.py` among them."""
    return MappingProxyType({row.name: (row.low, row.high) for row in derive(profile, cfg)})


@lru_cache
def derive(profile: Mamba2Profile, *shapes: Mamba2Config) -> tuple[Width, ...]:
    """Every intermediate, in the order of the computation, with a range that holds for each of the shapes.

    `x_q` is a product of quantized integers, `x_wide` the same quantity as `x` before the shift or the saturation that
    gives x. Raises InputError when an intermediate would not fit the golden computation, which names it.
    """
    note, p = Rows(profile, shapes), profile
    _parameters(note)
    value = Interval.signed(p.value_bits)
    u = _residual_norm(note, "norm", value, "Residual stream, normalized.")
    a = _activation(note, "in", u, _d_model, p.residual_frac, p.hadamard == "both")
    zxbcdt = _linear(note, "in_proj", a, _d_model, p.residual_frac, p.proj_frac)
    y = _mixer(note, zxbcdt)
    a = _activation(note, "out", y, _d_inner, p.y_frac, p.hadamard != "off")
    out = _linear(note, "out_proj", a, _d_inner, p.y_frac, p.residual_frac)
    wide = note("residual_wide", value + out, p.residual_frac, "Residual stream plus out_proj.")
    note("residual", wide.saturate(p.value_bits), p.residual_frac, "Residual stream, saturated.")
    u = _residual_norm(note, "norm_f", value, "Input of the head.")
    a = _activation(note, "head", u, _d_model, p.residual_frac, p.hadamard == "both")
    _linear(note, "logits", a, _d_model, p.residual_frac, p.proj_frac)
    return tuple(note.rows)


def _d_model(cfg: Mamba2Config) -> int:
    return cfg.d_model


def _d_inner(cfg: Mamba2Config) -> int:
    return cfg.d_inner


def _state_group(cfg: Mamba2Config) -> int:
    return cfg.d_inner // cfg.ngroups


def _parameters(note: Rows) -> None:
    p = note.p
    note("embedding", EMBEDDING, p.residual_frac, "Embedding.")
    note("norm_weight", norm_weight(p), p.norm_weight_frac, "Weight of a norm.")
    note("conv_weight", parameter("conv_weight", p), p.param_frac, "Weight of a tap.")
    note("conv_bias", parameter("conv_bias", p), p.proj_frac + p.param_frac, "Bias of the convolution.")
    note("dt_bias", parameter("dt_bias", p), p.proj_frac, "Bias of dt.")
    note("A", parameter("A", p), p.param_frac, "A, at most 0.")
    note("D", parameter("D", p), p.param_frac, "D.")


def _residual_norm(note: Rows, name: str, x: Interval, doc: str) -> Interval:
    p = note.p
    y = (_table_norm if p.norm == "table" else _rsqrt_norm)(note, name, x, p.residual_frac, _d_model)
    return note(name, y.saturate(p.value_bits), p.residual_frac, doc)


def _gated_norm(note: Rows, x: Interval) -> Interval:
    p = note.p
    y = (_table_norm if p.norm == "table" else _rsqrt_norm)(note, "gate_norm", x, p.y_frac, _state_group)
    return note("gate_norm", y.saturate(p.value_bits), p.y_frac, "Gated y, normalized over each state group.")


def _table_norm(note: Rows, name: str, x: Interval, frac: int, width: Size) -> Interval:
    def each(law: Callable[[NormTable], Interval]) -> Interval:
        tables = rms2_table if name == "gate_norm" else rms1_table
        return note.each(lambda cfg: law(tables(width(cfg))))

    exact = each(lambda table: Interval(0, min(x.magnitude, table.root) ** 2).sum(table.width))
    note(f"{name}_sum_exact", exact, 2 * frac, "Sum of clamped squares before it saturates (golden only).")
    total = each(lambda table: norm_range.table_sum(x, table))
    note(f"{name}_sum", total, 2 * frac, "Sum of squares, saturated at the last table entry.")
    note(f"{name}_reciprocal", each(norm_range.table_reciprocal), RS_FRAC, "1/rms from the tables.")
    wide = each(lambda table: norm_range.table_scaled(x, table))
    note(f"{name}_scaled_wide", wide, frac + RS_FRAC, "x times 1/rms.")
    scaled = note(f"{name}_scaled", wide >> RS_FRAC, frac, f"The same, {RS_FRAC} bits dropped.")
    product = scaled * norm_weight(note.p)
    return note(f"{name}_wide", product, frac + WEIGHT_FRAC, "Times the weight.") >> WEIGHT_FRAC


def _rsqrt_norm(note: Rows, name: str, x: Interval, frac: int, width: Size) -> Interval:
    p, m = note.p, Interval(1 << (M_FRAC - 1), 1 << M_FRAC)
    total = note.each(lambda cfg: Interval(0, x.magnitude**2).sum(width(cfg))) + EPS_SUM
    note(f"{name}_sum", Interval(0, total.high), 2 * frac, "Sum of squares and C eps, from 0 on.")
    note(f"{name}_reciprocal", m, M_FRAC, f"m of 1/sqrt(sum) = m 2^-{M_FRAC} 2^-e.")
    wide = (x * m) << (U_FRAC - M_FRAC)
    note(f"{name}_scaled_wide", wide, frac + U_FRAC, f"x m 2^{U_FRAC - M_FRAC}, before the shift by e.")
    scaled = note(f"{name}_scaled", norm_range.rsqrt_scaled(), U_FRAC, "x over the root of the sum.")
    product = note(f"{name}_wide", scaled * norm_weight(p), U_FRAC + p.norm_weight_frac, "Times the weight.")
    return product.round_shift(U_FRAC + p.norm_weight_frac - frac)


def _activation(note: Rows, name: str, x: Interval, width: Size, frac: int, rotate: bool) -> Interval:
    p = note.p
    where = "the head" if name == "head" else f"{name}_proj"

    def block(cfg: Mamba2Config) -> int:
        return p.block(width(cfg)) if rotate else 1

    def rotated(cfg: Mamba2Config) -> Interval:
        return x.hadamard(block(cfg)).round_shift(scale_shift(block(cfg)))

    total = note.each(lambda cfg: x.hadamard(block(cfg)))
    note(f"{name}_hadamard", total, frac, f"Input of {where}, " + ("Hadamard sums." if rotate else "not rotated."))
    scaled = note(f"{name}_rotated", note.each(rotated), frac, "The same, scaled.")
    return note(f"{name}_act", scaled.quantize(p.act_bits, p.max_shift), frac, "The same, quantized.")


def _linear(note: Rows, name: str, a: Interval, width: Size, frac_in: int, frac_out: int) -> Interval:
    p, w = note.p, Interval.signed(note.p.weight_bits)
    short = "head" if name == "logits" else name
    if p.weight_scale == "additive_pot":
        frac = frac_in + p.weight_frac
        acc = note.each(lambda cfg: (a * w * SCALE).sum(width(cfg)))
        note(f"{short}_acc", acc, frac, "Sum over the inputs, weights shifted.", FLOAT64)
        y = laws.shift(acc, frac - frac_out)
    else:
        acc = note.each(lambda cfg: (a * w).sum(width(cfg)))
        note(f"{short}_acc", acc, frac_in, "Sum over the inputs.", FLOAT64)
        y = note(f"{short}_scaled", acc * MULTIPLIER, frac_in, "Times the row's multiplier.").round_shift(1)
    return note(name, y.saturate(p.value_bits), frac_out, f"Result of {short}, saturated.")


@lru_cache
def _silu(p: Mamba2Profile, x: Interval) -> Interval:
    return image(lambda t: functions.silu(t, p), x, _span(p.proj_frac))


@lru_cache
def _softplus(p: Mamba2Profile, x: Interval) -> Interval:
    return image(lambda t: functions.softplus(t, p), x, _span(p.proj_frac))


@lru_cache
def _exponential(p: Mamba2Profile, x: Interval) -> Interval:
    window = Interval(-32 << p.exp_in_frac, 0) if p.nonlinear == "table" else Interval(0, 0)  # the NAU is monotone
    return image(lambda t: functions.exponential(t, p), x, window)


def _span(frac: int) -> Interval:
    return Interval(SPAN[0] << frac, SPAN[1] << frac)


def _mixer(note: Rows, zxbcdt: Interval) -> Interval:
    p = note.p

    def pot(name: str, x: Interval, frac: int, doc: str, bits: int = p.ssm_bits) -> Interval:
        return note(name, x.quantize(bits, p.max_shift), frac, doc)

    silu = _convolve(note, pot("xBC", zxbcdt, p.proj_frac, "Input of the convolution and its history."))
    x = pot("x", silu, p.act_frac, "x after SiLU.")
    z = pot("z", _silu(p, zxbcdt), p.act_frac, "SiLU of the gate.")
    b, c = (pot(name, silu, p.act_frac, f"{name} after SiLU.", p.bc_bits) for name in "BC")
    dt, decay = _steps(note, zxbcdt)
    readout = _scan(note, x, dt, decay, b, c)
    d = parameter("D", p)
    note("skip_q", x.saturate(p.ssm_bits) * Interval.signed(p.ssm_bits), p.act_frac + p.param_frac, "Integers x D.")
    note("skip_wide", x * d, p.act_frac + p.param_frac, "x D.")
    skip = note("skip", laws.skip(x, d, p), p.y_frac, "x D.")
    total = note("y_sum_wide", readout + skip, p.y_frac, "C h + x D.")
    y = pot("y", note("y_sum", total.saturate(p.value_bits), p.y_frac, "The same, saturated."), p.y_frac, "y.")
    note("gate_q", y.saturate(p.ssm_bits) * z.saturate(p.ssm_bits), p.y_frac + p.act_frac, "Integers y SiLU(z).")
    note("gate_wide", y * z, p.y_frac + p.act_frac, "y SiLU(z).")
    gate = note("gate", laws.gate(y, z, p).saturate(p.value_bits), p.y_frac, "y SiLU(z), saturated.")
    return _gated_norm(note, gate)


def _convolve(note: Rows, xbc: Interval) -> Interval:
    """Convolution and SiLU of x, B and C."""
    p = note.p
    frac = p.proj_frac + p.param_frac
    note("conv_product_q", xbc.saturate(p.ssm_bits) * Interval.signed(p.ssm_bits), frac, "Integers of one tap.")
    product = note("conv_product", laws.conv_product(xbc, parameter("conv_weight", p)), frac, "One tap.")
    acc, bias = note.each(lambda cfg: product.sum(cfg.d_conv)), parameter("conv_bias", p)
    note("conv_acc", acc + bias, frac, "Sum over taps, and bias.")
    conv = note("conv", laws.conv(acc, bias, p).saturate(p.value_bits), p.proj_frac, "Convolution, saturated.")
    return note("silu", _silu(p, conv), p.act_frac, "SiLU of the convolution.")


def _steps(note: Rows, dt_raw: Interval) -> tuple[Interval, Interval]:
    """Quantized dt and exp(dt A)."""
    p = note.p
    dt_in = note("dt_in", dt_raw + parameter("dt_bias", p), p.proj_frac, "dt and its bias.")
    soft = note("softplus", _softplus(p, dt_in), p.dt_frac, "Softplus of dt.")
    dt = note("dt", soft.quantize(p.ssm_bits, p.max_shift), p.dt_frac, "The same, quantized.")
    a, frac = parameter("A", p), p.dt_frac + p.param_frac
    note("decay_exponent_q", dt.saturate(p.ssm_bits) * Interval.signed(p.a_bits), frac, "Integers dt A.")
    note("decay_exponent_wide", dt * a, frac, "dt A.")
    t = note("decay_exponent", laws.decay_exponent(dt, a, p), p.exp_in_frac, "dt A, at most 0.")
    exp = note("exp", _exponential(p, t), p.decay_frac, "exp(dt A).")
    return dt, note("decay", exp.quantize(p.ssm_bits, p.max_shift), p.decay_frac, "The same, quantized.")


def _scan(note: Rows, x: Interval, dt: Interval, decay: Interval, b: Interval, c: Interval) -> Interval:
    """Recurrence; returns the readout C h."""
    p = note.p

    def pot(name: str, value: Interval, frac: int, doc: str) -> Interval:
        return note(name, value.quantize(p.ssm_bits, p.max_shift), frac, doc)

    def q(value: Interval, bits: int = p.ssm_bits) -> Interval:
        return value.saturate(bits)

    note("dt_b_q", q(dt) * q(b, p.bc_bits), p.dt_frac + p.act_frac, "Integers dt B.")
    note("dt_b_wide", dt * b, p.dt_frac + p.act_frac, "dt B.")
    dt_b = note("dt_b", laws.dt_b(dt, b, p).saturate(p.state_bits), p.db_frac, "dt B, saturated.")
    db = pot("dB", dt_b, p.db_frac, "dt B, quantized.")
    note("dt_b_x_q", q(db) * q(x), p.db_frac + p.act_frac, "Integers dt B x.")
    note("dt_b_x_wide", db * x, p.db_frac + p.act_frac, "dt B x.")
    dt_b_x = note("dt_b_x", laws.dt_b_x(db, x, p), p.state_frac, "dt B x.")
    h = Interval.signed(p.state_bits).quantize(p.ssm_bits, p.max_shift)  # any state that the format holds
    note("decayed_q", q(decay) * q(h), p.decay_frac + p.state_frac, "Integers exp(dt A) h.")
    note("decayed_wide", decay * h, p.decay_frac + p.state_frac, "exp(dt A) h.")
    decayed = note("decayed", laws.decayed(decay, h, p), p.state_frac, "exp(dt A) h.")
    total = note("state_sum_wide", decayed + dt_b_x, p.state_frac, "New state.")
    new = note("state_sum", total.saturate(p.state_bits), p.state_frac, "The same, saturated.")
    pot("state", new, p.state_frac, "The same, quantized along the channels: what is kept.")
    read = pot("state_read", new, p.state_frac, "The same, quantized along N: what C reads.")
    frac = p.state_frac + p.act_frac
    note("readout_product_q", q(read) * q(c, p.bc_bits), frac, "Integers C h, one of N.")
    product = note("readout_product", laws.readout_product(read, c), frac, "C h, one of N.")
    acc = note("readout_acc", note.each(lambda cfg: product.sum(cfg.d_state)), frac, "C h, summed over N.")
    return note("readout", laws.readout(acc, p), p.y_frac, "C h.")
