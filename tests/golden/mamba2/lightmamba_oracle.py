# SPDX-License-Identifier: Apache-2.0
"""LightMamba's integer model of one Mamba-2 layer and its host tail, in plain Python integers, one token at a time.

Written from the description of the released model (LightMamba, arXiv 2502.15260) alone, without a look at the golden
integer model, so that the two can judge each other. Slow and explicit on purpose; one group of B and C.

Letters: D d_model, I d_inner, H heads, P headdim, N d_state, C = I + 2N convolved channels, M = 2I + 2N + H rows.
Numbers are raw integers; Q.f is a unit of 2^-f. A quantized vector is (q, s): value q << s, one s per 8 neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, pairwise
from operator import mul

from tests.golden.mamba2.lightmamba_layers import (
    RELEASED,
    Dims,
    LayerArrays,
    OracleLayer,
    digest,
    random_arrays,
    random_inputs,
    random_layer,
)
from tests.golden.mamba2.lightmamba_tables import (
    GROUP,
    Ints,
    Quantized,
    RootLut,
    exp_lut,
    fit,
    quantize,
    rms1_lut,
    rms2_lut,
    silu_lut,
    softplus_lut,
)

__all__ = [
    "RELEASED",
    "Dims",
    "LayerArrays",
    "OracleLayer",
    "OracleState",
    "Trace",
    "argmax",
    "digest",
    "embed",
    "final_norm",
    "logits",
    "penalize",
    "random_arrays",
    "random_inputs",
    "random_layer",
    "step",
]

WEIGHT_GROUP = 128
"""Inputs that share one additive power-of-two weight scale."""


@dataclass
class OracleState:
    """What a layer keeps: the last three (q, s) before the convolution, and (q, s) of h for each n, over channels."""

    conv: list[Quantized]
    h: list[Quantized]

    @classmethod
    def zero(cls, dims: Dims) -> OracleState:
        """The state at reset: all values and all shifts zero."""

        def zeros(n: int) -> Quantized:
            return [0] * n, [0] * -(-n // GROUP)

        return cls([zeros(dims.conv) for _ in range(3)], [zeros(dims.d_inner) for _ in range(dims.d_state)])


@dataclass
class Trace:
    """Every named intermediate of one token, flat in C order; h and db are [N][...], g is [I][N]."""

    values: dict[str, Ints] = field(default_factory=dict)

    def put(self, name: str, values: Iterable[int]) -> Ints:
        """Record a vector under its name and give it back."""
        self.values[name] = list(values)
        return self.values[name]

    def quantized(self, name: str, *pairs: Quantized) -> Quantized:
        """Record q and s of one or several quantized vectors, one after another."""
        q = self.put(f"{name}_q", chain.from_iterable(pair[0] for pair in pairs))
        return q, self.put(f"{name}_s", chain.from_iterable(pair[1] for pair in pairs))


def each(s: Ints, n: int) -> Ints:
    """The shift of each of n elements."""
    return [s[i // GROUP] for i in range(n)]


def rms_norm(x: Ints, w: Ints, table: RootLut, bits: int) -> Ints:
    """Q.f to Q.f; weights Q.8 of `bits` bits."""
    root = table(sum(v * v for v in x))
    return [(((v * root) >> 12) * fit(u, bits)) >> 8 for v, u in zip(x, w, strict=True)]


def linear(w: list[Ints], s1: list[Ints], s2: list[Ints], act: Quantized, out_shift: int) -> Ints:
    """Each row of W, of scale 2^s1 + 2^s2 per 128 inputs, times the int4 activations, >> out_shift."""
    q, s = act
    parts = [(k, k + GROUP, q[k : k + GROUP], s[k // GROUP], k // WEIGHT_GROUP) for k in range(0, len(q), GROUP)]
    result = []
    for row, a1, a2 in zip(w, s1, s2, strict=True):
        acc = 0
        for start, stop, part, shift, block in parts:
            p = sum(map(mul, part, row[start:stop]))
            acc = fit(acc + (p << (shift + a1[block])) + (p << (shift + a2[block])), 34)
        result.append(fit(acc >> out_shift, 32))
    return result


def convolve(layer: OracleLayer, window: list[Quantized]) -> Ints:
    """Four quantized tokens, oldest first, to Q.10."""
    result = []
    for c, (w, b) in enumerate(zip(layer.conv_w, layer.conv_b, strict=True)):
        g = c // GROUP
        acc = b << layer.conv_bs[g]
        for tap, (q, s) in enumerate(window):
            acc = fit(acc + ((q[c] * w[tap]) << (s[g] + layer.conv_ws[g][tap])), 34)
        result.append(fit(acc >> 10, 32))
    return result


def step_size(layer: OracleLayer, raw: Ints) -> Quantized:
    """dt = softplus(raw + bias), Q.10, quantized over 8 heads."""
    bias = [b << s for b, s in zip(layer.dt_bias, each(layer.dt_bias_s, len(raw)), strict=True)]
    return quantize([softplus_lut()(fit(v + b, 32)) for v, b in zip(raw, bias, strict=True)], 8)


def decay(layer: OracleLayer, dt: Quantized, t: Trace) -> Quantized:
    """dA = exp(dt A), Q.6, quantized over 8 heads."""
    q, s = dt
    heads = range(len(q))
    product = (fit((q[h] * layer.A[h]) << (s[h // 8] + layer.A_s[h // 8]), 34) for h in heads)
    return quantize([exp_lut()(v) for v in t.put("dta", (fit(p >> 10, 32) for p in product))], 8)


def drive(dt: Quantized, b: Quantized, t: Trace) -> list[Quantized]:
    """dB[n] = dt B[n], Q.20, quantized over 8 heads for each n."""
    (dt_q, dt_s), (b_q, b_s) = dt, b
    heads = range(len(dt_q))
    rows = [quantize([(dt_q[h] * v) << (dt_s[h // 8] + s) for h in heads], 8) for v, s in zip(b_q, b_s, strict=True)]
    t.quantized("db", *rows)
    return rows


def renew(da: Quantized, db: list[Quantized], x: Quantized, h: list[Quantized], width: int) -> list[Ints]:
    """h = dA h + dB x, [N][I] in Q.19; one dA and one dB[n] for each `width` channels; x with element-wise shifts."""
    result = []
    for (b_q, b_s), (h_q, h_s) in zip(db, h, strict=True):
        line = []
        for i, (v, s) in enumerate(zip(*x, strict=True)):
            head = i // width
            kept = fit((da[0][head] * h_q[i]) << (da[1][head // 8] + h_s[i // 8]), 34) >> 6
            added = fit((b_q[head] * v) << (b_s[head // 8] + s), 37) >> 11
            line.append(fit(fit(kept, 32) + fit(added, 32), 32))
        result.append(line)
    return result


def read_out(copies: list[Quantized], c: Quantized) -> Ints:
    """Sum over n of h C, Q.12, from the copy quantized over n; C with element-wise shifts."""
    result = []
    for q, s in copies:
        acc = 0
        for n, (v, shift) in enumerate(zip(*c, strict=True)):
            acc += (q[n] * v) << (s[n // 8] + shift)
            if n % 8 == 7:
                fit(acc, 38)
        result.append(fit(fit(acc, 38) >> 17, 32))
    return result


def scan(layer: OracleLayer, dims: Dims, parts: list[Quantized], dt: Quantized, state: OracleState, t: Trace) -> Ints:
    """y [I] in Q.12 of one token; `parts` are x, B and C with element-wise shifts; the state is renewed."""
    x, b, c = parts
    da = t.quantized("da", decay(layer, dt, t))
    h_new = renew(da, drive(dt, b, t), x, state.h, dims.headdim)
    t.put("h_new", chain.from_iterable(h_new))
    state.h = [quantize(line, 8) for line in h_new]
    copies = [quantize(list(column), 8) for column in zip(*h_new, strict=True)]
    t.quantized("h", *state.h)
    t.quantized("g", *copies)
    heads = [i // dims.headdim for i in range(dims.d_inner)]
    skip = [fit((v * layer.D[k]) << (s + layer.D_s[k // 8]), 34) >> 8 for v, s, k in zip(*x, heads, strict=True)]
    read = t.put("htc", read_out(copies, c))
    return t.put("y", (fit(u + v, 32) for u, v in zip(read, t.put("xd", skip), strict=True)))


def step(layer: OracleLayer, dims: Dims, r: Ints, state: OracleState) -> Trace:
    """One token through one layer.

    Args:
        layer: the weights.
        dims: the widths.
        r: residual stream [D], int32 Q.10.
        state: renewed in place.

    Returns:
        All intermediates; `residual` is the new residual stream.

    Raises:
        OverflowError: a value beyond a width that the release asserts.
    """
    t = Trace()
    n_in, n_state = dims.d_inner, dims.d_state
    act = t.quantized("rms1", quantize(t.put("rms1", rms_norm(r, layer.norm_w, rms1_lut(dims.d_model), 11)), 4))
    rows = t.put("zxbcdt", linear(layer.in_w, layer.in_s1, layer.in_s2, act, 10))
    z, xbc, raw_dt = rows[:n_in], rows[n_in : n_in + dims.conv], rows[n_in + dims.conv :]
    window = [*state.conv, t.quantized("xbc", quantize(xbc, 8))]
    state.conv = window[1:]
    mixed = t.put("conv", convolve(layer, window))
    q, s = t.quantized("silu", quantize([silu_lut()(v) for v in mixed + z], 8))
    s = each(s, len(q))
    cuts = (0, n_in, n_in + n_state, dims.conv, dims.conv + n_in)
    *parts, gate = [(q[i:j], s[i:j]) for i, j in pairwise(cuts)]
    dt = t.quantized("dt", step_size(layer, raw_dt))
    y, y_s = t.quantized("y", quantize(scan(layer, dims, parts, dt, state, t), 8))
    gated = zip(y, each(y_s, n_in), *gate, strict=True)
    yz = t.put("yz", (fit(fit((u * v) << (us + vs), 34) >> 10, 32) for u, us, v, vs in gated))
    act = t.quantized("rms2", quantize(t.put("rms2", rms_norm(yz, layer.gate_w, rms2_lut(n_in), 13)), 4))
    out = t.put("out", linear(layer.out_w, layer.out_s1, layer.out_s2, act, 12))
    t.put("residual", (fit(u + v, 32) for u, v in zip(out, r, strict=True)))
    return t


# --- the host's tail, in IEEE doubles in this order ------------------------------------------------------------------


def embed(row: list[float]) -> Ints:
    """A row of the embedding in Q.10, toward zero."""
    return [int(v * 1024.0) for v in row]


def final_norm(r: Ints, w: list[float]) -> list[float]:
    """RMSNorm of the residual stream, without eps."""
    x = [v / 1024.0 for v in r]
    total = 0.0
    for v in x:
        total += v * v
    root = math.sqrt(total / len(x))
    return [v * u / root for v, u in zip(x, w, strict=True)]


def logits(x: list[float], head: list[list[float]]) -> list[float]:
    """Head rows [V][D] times x, summed from left to right."""
    result = []
    for row in head:
        total = 0.0
        for v, u in zip(row, x, strict=True):
            total += v * u
        result.append(total)
    return result


def penalize(scores: list[float], seen: Ints, penalty: float = 1.2) -> list[float]:
    """Repetition penalty, once for each occurrence of a token: a token seen twice is penalized twice."""
    scores = list(scores)
    for token in seen:
        scores[token] = scores[token] * penalty if scores[token] < 0 else scores[token] / penalty
    return scores


def argmax(scores: list[float]) -> int:
    """The first of the largest."""
    return scores.index(max(scores))
