# SPDX-License-Identifier: Apache-2.0
"""Mamba2 in floating point: the published model as pure functions on tensors.

Source: Dao and Gu, "Transformers are SSMs" (arXiv 2405.21060), section 6 and listing 1, and the reference path of
`mamba_ssm/modules/mamba2.py`. Letters as in `Mamba2Config`. Every function works in the dtype of its weights. A
sequence may be cut anywhere: each function takes the state before its first token and returns the state after its last.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch reader expects
from torch import Tensor

from golden.mamba2.config import LayerState, LayerWeights, Mamba2Config, ModelWeights
from golden.taps import Tap, below, untapped


class Scan(Protocol):
    """The state-space recurrence in one of its forms; see `ssd_recurrent` for the law."""

    def __call__(
        self, x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, h: Tensor, chunk: int
    ) -> tuple[Tensor, Tensor]:
        """Return the outputs [B, L, H, P] and the state [B, H, P, N] after the last token."""
        ...


def ssd_recurrent(
    x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, h: Tensor, chunk: int = 0
) -> tuple[Tensor, Tensor]:
    """State-space recurrence, token by token: h = exp(dt A) h + dt x B^T, y = h C (equation 2, discretized).

    x [B, L, H, P], dt [B, L, H] > 0, A [H] < 0, B and C [B, L, G, N], h [B, H, P, N]; chunk is not used.
    Returns y [B, L, H, P] and the state after the last token. Head i reads group i // (H/G) of B and C.
    """
    heads = x.shape[2] // B.shape[2]
    B, C = B.repeat_interleave(heads, dim=2), C.repeat_interleave(heads, dim=2)  # [B, L, H, N]
    dA = torch.exp(dt * A)  # [B, L, H], in (0, 1)
    y = []
    for t in range(x.shape[1]):
        dBx = torch.einsum("bh,bhp,bhn->bhpn", dt[:, t], x[:, t], B[:, t])
        h = dA[:, t, :, None, None] * h + dBx
        y.append(torch.einsum("bhpn,bhn->bhp", h, C[:, t]))
    return torch.stack(y, dim=1), h


def segsum(a: Tensor) -> Tensor:
    """Sums over segments: out[..., i, j] = a[..., j+1] + ... + a[..., i] for i >= j, and -inf above the diagonal.

    a [..., T] -> [..., T, T]. Summed directly, not as a difference of running sums, which would cancel (listing 1).
    """
    T = a.shape[-1]
    below = torch.ones(T, T, dtype=torch.bool, device=a.device).tril(-1)
    sums = a[..., None].expand(*a.shape, T).masked_fill(~below, 0).cumsum(dim=-2)
    return sums.masked_fill(below.T, -torch.inf)


def ssd_chunked(x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, h: Tensor, chunk: int) -> tuple[Tensor, Tensor]:
    """Equal `ssd_recurrent`, in chunks of `chunk` tokens: matrix products inside, a recurrence between (section 6).

    Einsum letters: b batch, c chunk, l and s token within a chunk, g group, m head within a group, p, n.
    """
    (batch, length, G, N), (H, P) = B.shape, x.shape[2:]
    pad = -length % chunk  # padded tokens have dt = 0: they leave the state alone
    x, B, C = (F.pad(v, (0, 0, 0, 0, 0, pad)) for v in (x * dt[..., None], B, C))
    a = F.pad(dt * A, (0, 0, 0, pad))
    x = x.reshape(batch, -1, chunk, G, H // G, P)  # [b, c, l, g, m, p]
    B, C = (v.reshape(batch, -1, chunk, G, N) for v in (B, C))  # [b, c, l, g, n]
    a = a.reshape(batch, -1, chunk, G, H // G).permute(0, 1, 3, 4, 2)  # [b, c, g, m, l]
    total = a.cumsum(dim=-1)

    # 1. Within a chunk: a causal attention, C B^T masked by the decay between the two tokens.
    scores = torch.einsum("bclgn,bcsgn->bcgls", C, B)
    y = torch.einsum("bcgmls,bcsgmp->bclgmp", scores.unsqueeze(3) * torch.exp(segsum(a)), x)

    # 2. What each chunk adds to the state at its end.
    to_end = torch.exp(total[..., -1:] - total).permute(0, 1, 4, 2, 3)  # [b, c, l, g, m]
    added = torch.einsum("bclgn,bclgmp->bcgmpn", B, x * to_end[..., None])

    # 3. Between chunks: the same recurrence over whole chunks gives the state before each, and the last one.
    states = torch.cat([h.reshape(batch, 1, G, H // G, P, N), added], dim=1)
    decay = torch.exp(segsum(F.pad(total[..., -1].permute(0, 2, 3, 1), (1, 0))))  # [b, g, m, c+1, c+1]
    states = torch.einsum("bgmzc,bcgmpn->bzgmpn", decay, states)

    # 4. What the state before a chunk adds to its outputs.
    from_start = torch.exp(total).permute(0, 1, 4, 2, 3)  # [b, c, l, g, m]
    y = y + torch.einsum("bclgn,bcgmpn->bclgmp", C, states[:, :-1]) * from_start[..., None]
    return y.flatten(3, 4).flatten(1, 2)[:, :length], states[:, -1].flatten(1, 2)


def causal_conv(x: Tensor, history: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Depthwise causal convolution: y[t] = bias + sum_j weight[:, j] x[t - (K-1) + j].

    x [B, L, C], history [B, K-1, C] the inputs before x, weight [C, K], bias [C].
    Returns y [B, L, C] and the new history.
    """
    x = torch.cat([history, x], dim=1)
    image = x.transpose(1, 2).unsqueeze(2)  # [B, C, 1, L]: conv2d knows channels-last, conv1d takes 2.6 times as long
    y = F.conv2d(image, weight[:, None, None], bias, groups=weight.shape[0]).squeeze(2).transpose(1, 2)
    return y, x[:, x.shape[1] - history.shape[1] :]


def rms_norm(x: Tensor, weight: Tensor, eps: float, groups: int = 1) -> Tensor:
    """Root-mean-square norm over the last axis, or over each of `groups` equal parts of it: x [..., D], weight [D]."""
    parts = x.reshape(*x.shape[:-1], groups, -1)
    return weight * (parts * torch.rsqrt(parts.square().mean(-1, keepdim=True) + eps)).flatten(-2)


def mixer(
    u: Tensor,
    w: LayerWeights,
    state: LayerState,
    cfg: Mamba2Config,
    scan: Scan = ssd_chunked,
    tap: Tap = untapped,
) -> tuple[Tensor, LayerState]:
    """Mamba2 mixer (figure 6, right): projection, convolution, recurrence, gate, norm, projection.

    u [B, L, D] -> [B, L, D] and the state after the last token. `tap` sees what the integer block's taps see.
    """
    zxBCdt = tap("in_proj", F.linear(tap("in_act", u), w.in_proj))
    z, xBC, dt = torch.split(zxBCdt, [cfg.d_inner, cfg.conv_dim, cfg.nheads], dim=-1)
    xBC, conv = causal_conv(xBC, state.conv, w.conv_weight, w.conv_bias)
    xBC = tap("silu", F.silu(tap("conv", xBC)))
    x, B, C = torch.split(xBC, [cfg.d_inner, *2 * [cfg.ngroups * cfg.d_state]], dim=-1)
    x = x.reshape(*x.shape[:2], cfg.nheads, cfg.headdim)
    B, C = (v.reshape(*v.shape[:2], cfg.ngroups, cfg.d_state) for v in (B, C))
    dt = tap("dt", F.softplus(dt + w.dt_bias).clamp(*cfg.dt_limit))  # [B, L, H]
    y, ssm = scan(x, dt, -torch.exp(w.A_log), B, C, state.ssm, cfg.chunk_size)
    y = tap("y", (y + w.D[:, None] * x).flatten(-2))  # [B, L, I]
    y = tap("gate", y * tap("z", F.silu(z)))
    y = tap("gate_norm", rms_norm(y, w.gate_norm, cfg.norm_eps, cfg.ngroups))
    return tap("out_proj", F.linear(tap("out_act", y), w.out_proj)), LayerState(conv, ssm)


def forward(
    tokens: Tensor,
    w: ModelWeights,
    cfg: Mamba2Config,
    states: Sequence[LayerState] | None = None,
    scan: Scan = ssd_chunked,
    tap: Tap = untapped,
) -> tuple[Tensor, tuple[LayerState, ...]]:
    """Language model: tokens [B, L] integers below V -> logits [B, L, V], and each layer's state after the last token.

    `states` None starts a text. Prefill is a long call, decode a call with L = 1 and `scan=ssd_recurrent`.
    """
    r = F.embedding(tokens, w.embedding)  # [B, L, D] residual stream
    after = []
    for i, (layer, state) in enumerate(zip(w.layers, states or initial_states(w, cfg, tokens.shape[0]), strict=True)):
        inner = below(tap, f"layers.{i}.")
        out, state = mixer(inner("norm", rms_norm(r, layer.norm, cfg.norm_eps)), layer, state, cfg, scan, inner)
        r = inner("residual", r + out)
        after.append(state)
    u = tap("norm_f", rms_norm(r, w.norm_f, cfg.norm_eps))
    return tap("logits", F.linear(tap("head_act", u), w.head)), tuple(after)


def initial_states(w: ModelWeights, cfg: Mamba2Config, batch: int) -> tuple[LayerState, ...]:
    """All-zero states before the first token of `batch` texts, in the dtype and on the device of the weights."""
    conv = w.embedding.new_zeros(batch, cfg.d_conv - 1, cfg.conv_dim)
    ssm = w.embedding.new_zeros(batch, cfg.nheads, cfg.headdim, cfg.d_state)
    return (LayerState(conv, ssm),) * cfg.n_layer
