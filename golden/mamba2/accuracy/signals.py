# SPDX-License-Identifier: Apache-2.0
"""Signal-to-quantization-noise ratio by layer and tensor: an integer model's taps against the float model's.

The float model is first brought into the integer model's basis (`basis.like`), in float64. Errors are measured in two
ways: running freely, where a layer sees what the layers before it made, and isolated, where it sees the float model's
input rounded to Q.residual_frac. The state is that after the last token.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from golden.mamba2.accuracy.records import Mode, SignalRow
from golden.mamba2.config import LayerState, Mamba2Config, ModelWeights
from golden.mamba2.integer import block
from golden.mamba2.integer.model import IntegerModel, IntegerState, initial_states
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.taps import Tap, checking
from golden.mamba2.model import forward

Progress = Callable[[int, int], None]
FRACS: Mapping[str, str] = {  # tensor -> its fraction bits in the profile, in the order of the block
    "norm": "residual_frac", "in_proj": "proj_frac", "conv": "proj_frac", "x": "act_frac", "B": "act_frac",
    "C": "act_frac", "dt": "dt_frac", "decay": "decay_frac", "state": "state_frac", "y": "y_frac", "z": "act_frac",
    "gate": "y_frac", "gate_norm": "y_frac", "out_proj": "residual_frac", "residual": "residual_frac",
}  # fmt: skip
END_FRACS: Mapping[str, str] = {"norm_f": "residual_frac", "logits": "proj_frac"}
WANTED = tuple(name for name in (*FRACS, *END_FRACS) if name != "state")  # the state is read from what a layer returns


@dataclass(frozen=True)
class Seen:
    """Real values, by name with the layer ("layers.0.conv"), float64."""

    values: Mapping[str, Tensor]

    def input_of(self, layer: int) -> Tensor:
        """Residual stream [B, L, D] before `layer`."""
        return self.values["embedding" if layer == 0 else f"layers.{layer - 1}.residual"]


def measure(
    model: IntegerModel, w: ModelWeights, tokens: Tensor, progress: Progress = lambda done, total: None
) -> tuple[SignalRow, ...]:
    """Compare `model` with float weights `w` in its basis on tokens int64 [B, L], running and isolated."""
    want = float_values(w, model.cfg, tokens, model.residual_scale)
    return (
        *_rows(model, want, running_values(model, tokens), "running"),
        *_rows(model, want, isolated_values(model, want, progress), "isolated"),
    )


def float_values(w: ModelWeights, cfg: Mamba2Config, tokens: Tensor, scale: float = 1.0) -> Seen:
    """Every tensor of the float model; those of the residual stream times `scale`."""
    values: dict[str, Tensor] = {"embedding": torch.nn.functional.embedding(tokens, w.embedding)}

    def see(name: str, x: Tensor) -> Tensor:
        values[name] = x
        return x

    with torch.no_grad():
        _, states = forward(tokens, w, cfg, tap=see)
        for i, (layer, state) in enumerate(zip(w.layers, states, strict=True)):
            values |= _derived(values, f"layers.{i}.", layer.A_log, state, cfg)
    stream = ("embedding", "out_proj", "residual")
    return Seen({name: x * scale if name.split(".")[-1] in stream else x for name, x in values.items()})


def _derived(
    values: Mapping[str, Tensor], prefix: str, A_log: Tensor, state: LayerState, cfg: Mamba2Config
) -> dict[str, Tensor]:
    """Tensors that the float block has no tap for: x, B, C, the decay, and the state as [B, N, I]."""
    widths = [cfg.d_inner, *2 * [cfg.ngroups * cfg.d_state]]
    x, B, C = torch.split(values[prefix + "silu"], widths, dim=-1)
    decay = torch.exp(values[prefix + "dt"] * -torch.exp(A_log))
    found = {"x": x, "B": B, "C": C, "decay": decay, "state": state.ssm.flatten(1, 2).transpose(1, 2)}
    return {prefix + name: tensor for name, tensor in found.items()}


def running_values(model: IntegerModel, tokens: Tensor) -> Seen:
    """Every tensor of the integer model on its own."""
    tap = checking(model, WANTED)
    _, states = block.forward(tokens, model, tap=tap)
    return _real(model.profile, tap, states)


def isolated_values(model: IntegerModel, want: Seen, progress: Progress = lambda done, total: None) -> Seen:
    """Every tensor of the integer model, each layer given the float model's residual stream."""
    tap, states = checking(model, WANTED), []
    unit = 2.0**model.profile.residual_frac
    for i, (layer, state) in enumerate(
        zip(model.layers, initial_states(model, len(want.values["embedding"])), strict=True)
    ):
        r = (want.input_of(i) * unit).round().to(torch.int64)
        states.append(block.block(r, layer, state, model, tap.below(f"layers.{i}."))[1])
        progress(i + 1, model.cfg.n_layer)
    block.head((want.input_of(model.cfg.n_layer) * unit).round().to(torch.int64), model, tap)
    return _real(model.profile, tap, states)


def _real(p: Mamba2Profile, tap: Tap, states: Iterable[IntegerState]) -> Seen:
    """Raw integers as real numbers."""
    raw = {name: kept[0] for name, kept in tap.kept.items() if name.rsplit(".")[-1] not in ("q", "s")}
    raw |= {f"layers.{i}.state": state.ssm.value for i, state in enumerate(states)}
    fracs = {**FRACS, **END_FRACS}
    return Seen({name: x.double() * 2.0 ** -getattr(p, fracs[name.rsplit(".")[-1]]) for name, x in raw.items()})


def _rows(model: IntegerModel, want: Seen, got: Seen, mode: Mode) -> Iterable[SignalRow]:
    row = SignalRow(model.profile.name, mode, 0, "", None, 0.0, 0.0)
    for i in range(model.cfg.n_layer):
        for name in FRACS:
            key = f"layers.{i}.{name}"
            yield compare(replace(row, layer=i, tensor=name), want.values[key], got.values[key])
    for name in END_FRACS:
        yield compare(replace(row, layer=-1, tensor=name), want.values[name], got.values[name])


def compare(row: SignalRow, want: Tensor, got: Tensor) -> SignalRow:
    """Fill in the ratio, the rms of `want` and the largest |error|."""
    error = got - want
    rms = float(want.square().mean().sqrt())
    return replace(row, sqnr_db=sqnr_db(want, got), reference_rms=rms, largest_error=float(error.abs().max()))


def sqnr_db(want: Tensor, got: Tensor) -> float | None:
    """10 log10(sum want^2 / sum (got - want)^2); None where nothing differs or `want` is zero throughout."""
    signal, noise = (float(x.double().square().sum()) for x in (want, got - want))
    if noise == 0 or signal == 0:
        return None
    return float(10 * torch.log10(torch.tensor(signal / noise, dtype=torch.float64)))
