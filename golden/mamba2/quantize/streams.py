# SPDX-License-Identifier: Apache-2.0
"""The calibration text on its way through both models: the float one, and the integer one as far as it is quantized."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.fixed.pot import Pot
from golden.mamba2.config import LayerState, LayerWeights, Mamba2Config
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.taps import Tap
from golden.mamba2.model import mixer, rms_norm, ssd_chunked

TOKENS_AT_ONCE = 2048
SLOWEST, FASTEST = 1e-12, 60.0  # least and greatest -log of a decay that the float recurrence sees


@dataclass(frozen=True)
class Reference:
    """What the float layer makes of its residual stream; the references of calibration. Float [B, L, ...]."""

    unit_in: Tensor  # [.., D] behind the norm, before its weight
    conv: Tensor  # [.., C] behind the convolution, before SiLU
    dt: Tensor  # [.., H]
    unit_out: Tensor  # [.., I] behind the gate's norm, before its weight
    residual: Tensor  # [.., D] after the layer


def by_texts(f: Callable[..., Tensor], *xs: Tensor) -> Tensor:
    """f(*xs) along the first axis [B, L, ...], some texts at a time, which bounds the memory that f takes."""
    texts = max(1, TOKENS_AT_ONCE // xs[0].shape[1])
    return torch.cat([f(*parts) for parts in zip(*(torch.split(x, texts) for x in xs), strict=True)])


def reference(r: Tensor, w: LayerWeights, cfg: Mamba2Config) -> Reference:
    """Run one float layer on the residual stream r [B, L, D], from an empty state."""
    texts = max(1, TOKENS_AT_ONCE // r.shape[1])
    parts = [vars(_reference(part, w, cfg)) for part in torch.split(r, texts)]
    return Reference(**{name: torch.cat([part[name] for part in parts]) for name in parts[0]})


def _reference(r: Tensor, w: LayerWeights, cfg: Mamba2Config) -> Reference:
    seen: dict[str, Tensor] = {}

    def tap(name: str, x: Tensor) -> Tensor:
        if name in ("conv", "dt", "gate"):
            seen[name] = x
        return x

    ones = torch.ones_like
    state = LayerState(
        r.new_zeros(len(r), cfg.d_conv - 1, cfg.conv_dim), r.new_zeros(len(r), cfg.nheads, cfg.headdim, cfg.d_state)
    )
    out, _ = mixer(rms_norm(r, w.norm, cfg.norm_eps), w, state, cfg, tap=tap)
    return Reference(
        unit_in=rms_norm(r, ones(w.norm), cfg.norm_eps),
        conv=seen["conv"],
        dt=seen["dt"],
        unit_out=rms_norm(seen["gate"], ones(w.gate_norm), cfg.norm_eps, cfg.ngroups),
        residual=r + out,
    )


def float_scan(
    x: Tensor, dt: Tensor, dA: Tensor, B: Tensor, C: Tensor, h: Pot, model: IntegerModel, tap: Tap
) -> tuple[Tensor, Pot]:
    """The recurrence of `block.scan` from the same integers, in float64 and in chunks; the state is not returned.

    Calibration needs the distribution of y, not its last bit: the state and dt B stay unquantized here. Decays are
    given to `ssd_chunked` as dt A with A = -1 and x divided accordingly.
    """
    cfg, p = model.cfg, model.profile
    rate = -(dA.double() * 2.0**-p.decay_frac).log().clamp(-FASTEST, -SLOWEST)  # [B, L, H]
    xs = (x.double() * 2.0**-p.act_frac).reshape(*x.shape[:-1], cfg.nheads, cfg.headdim)
    xs = xs * (dt.double() * 2.0**-p.dt_frac / rate).unsqueeze(-1)
    Bs, Cs = ((v.double() * 2.0**-p.act_frac).reshape(*v.shape[:-1], cfg.ngroups, cfg.d_state) for v in (B, C))
    start = xs.new_zeros(len(x), cfg.nheads, cfg.headdim, cfg.d_state)
    y, _ = ssd_chunked(xs, rate, -torch.ones(cfg.nheads, dtype=xs.dtype), Bs, Cs, start, cfg.chunk_size)
    return (y.flatten(-2) * 2.0**p.y_frac).floor().to(torch.int64), h
