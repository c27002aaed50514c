# SPDX-License-Identifier: Apache-2.0
"""Mamba2 with quantizers at the inputs and weights of its linear layers, in floating point: the fake-quantized rung.

The model is `golden.mamba2.model` itself: `prepare` changes its weights, and taps on the inputs of linear layers
quantize them. Tensors stay in the published basis; where a scheme quantizes in another one (divided by SmoothQuant's
scales, Hadamard transformed), values are taken there, quantized, and brought back, which equals a layer that
multiplies in that basis. Letters as in `Mamba2Config`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from golden.fixed.hadamard import block_of, transform
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.model import forward
from golden.mamba2.schemes import Format, Scheme
from golden.taps import Tap, untapped

SIGN_SEED = 20  # of the residual rotation's signs; fixed, so that a scheme is the same on every run
LEAST_PEAK = 1e-12  # scale of a group of zeros


@dataclass(frozen=True)
class Basis:
    """Basis in which the input of a linear layer is quantized: x -> H (x / smooth), H orthogonal in blocks.

    smooth [K] > 0 or None; block is the width of the Hadamard blocks, 1 for none. Weights go by `smooth` inverted.
    """

    smooth: Tensor | None = None
    block: int = 1

    def into(self, x: Tensor) -> Tensor:
        """Input x [..., K] in this basis."""
        return self._rotate(x if self.smooth is None else x / self.smooth)

    def back(self, x: Tensor) -> Tensor:
        """Undo `into`."""
        return self._rotate(x) if self.smooth is None else self._rotate(x) * self.smooth

    def for_weights(self) -> "Basis":
        """Return the basis for the weights [M, K] that multiply an input in this basis: W' x' = W x."""
        return self if self.smooth is None else replace(self, smooth=1 / self.smooth)

    def _rotate(self, x: Tensor) -> Tensor:
        return transform(x, self.block) * self.block**-0.5 if self.block > 1 else x


@dataclass(frozen=True)
class Fake:
    """A fake-quantized model: published block, changed weights, and the tap that quantizes inputs."""

    weights: ModelWeights
    cfg: Mamba2Config
    tap: Tap

    def logits(self, tokens: Tensor, tap: Tap = untapped) -> Tensor:
        """Tokens int64 [B, L] -> logits [B, L, V]; `tap` sees inputs of linear layers after quantization."""
        return forward(tokens, self.weights, self.cfg, tap=lambda name, x: tap(name, self.tap(name, x)))[0]


def prepare(w: ModelWeights, cfg: Mamba2Config, scheme: Scheme, sample: Tensor) -> Fake:
    """Quantize `w` by `scheme`. `sample` int64 [B, L] are calibration tokens, for schemes that need some."""
    w = rotate_residual(w) if scheme.rotate_residual else w
    bases = _bases(w, cfg, scheme, sample)
    peaks = {name: peak.amax() for name, peak in _peaks(w, cfg, sample, bases).items()} if scheme.act.static else {}

    def weight(name: str, matrix: Tensor) -> Tensor:
        basis = bases[name].for_weights()
        return basis.back(quantize(basis.into(matrix), scheme.weight))

    def tap(name: str, x: Tensor) -> Tensor:
        basis = bases.get(name)
        if basis is None:
            return x
        block = block_of(x.shape[-1], scheme.hadamard_limit)
        return basis.back(quantize(basis.into(x), scheme.act, block, peaks.get(name)))

    return Fake(map_linears(w, weight), cfg, tap)


def quantize(x: Tensor, form: Format, block: int = 1, peak: Tensor | None = None) -> Tensor:
    """Round x [..., K] to the values that `form` has; `peak` is a static largest magnitude instead of each group's.

    `block` is the group's width where the format says "block". The last group may be short.
    """
    width = x.shape[-1]
    size = form.group if isinstance(form.group, int) else block if form.group == "block" else width
    groups = torch.nn.functional.pad(x, (0, -width % size)).reshape(*x.shape[:-1], -1, size)
    largest = groups.abs().amax(-1, keepdim=True) if peak is None else peak
    return _ROUND[form.scale](groups, largest.clamp(min=LEAST_PEAK), form).flatten(-2)[..., :width]


def _absmax(x: Tensor, peak: Tensor, form: Format) -> Tensor:
    """Symmetric: the largest magnitude becomes 2^(bits-1) - 1, ties round to even."""
    top = (1 << (form.bits - 1)) - 1
    unit = peak / top
    return (x / unit).round().clamp(-top, top) * unit


def _pot(x: Tensor, peak: Tensor, form: Format) -> Tensor:
    """`golden.fixed.pot.quantize` without a least unit: the smallest power of two under which the peak fits."""
    half = 1 << (form.bits - 1)
    unit = torch.exp2(torch.ceil(torch.log2(peak))) / half
    return (x / unit + 0.5).floor().clamp(-half, half - 1) * unit


def _additive_pot(x: Tensor, peak: Tensor, form: Format) -> Tensor:
    """Each group takes the unit (2^s1 + 2^s2) 2^-frac, s1 and s2 in 0..7, that leaves the least squared error."""
    best, least = torch.zeros_like(x), torch.full_like(peak, torch.inf)
    half = 1 << (form.bits - 1)
    for scale in sorted({2**a + 2**b for a in range(8) for b in range(8)}):
        unit = scale * 2.0**-form.frac
        tried = (x / unit).round().clamp(-half, half - 1) * unit
        error = (tried - x).square().sum(-1, keepdim=True)
        best, least = torch.where(error < least, tried, best), torch.minimum(error, least)
    return best


_ROUND: Mapping[str, Callable[[Tensor, Tensor, Format], Tensor]] = {
    "absmax": _absmax,
    "pot": _pot,
    "additive_pot": _additive_pot,
}


def map_linears(w: ModelWeights, change: Callable[[str, Tensor], Tensor]) -> ModelWeights:
    """Replace the matrices of all linear layers; `change` gets the name of the input and the matrix [M, K]."""
    layers = tuple(
        replace(
            layer,
            in_proj=change(f"layers.{i}.in_act", layer.in_proj),
            out_proj=change(f"layers.{i}.out_act", layer.out_proj),
        )
        for i, layer in enumerate(w.layers)
    )
    return ModelWeights(w.embedding, layers, w.norm_f, change("head_act", w.head))


def rotate_residual(w: ModelWeights) -> ModelWeights:
    """Fold a rotation of the residual stream and the norms' weights into the matrices: the same function.

    Signs, then Hadamard blocks, as QuaRot and LightMamba do; RMSNorm without weight commutes with it.
    """
    width = w.norm_f.shape[0]
    coin = torch.randint(2, (width,), generator=torch.Generator().manual_seed(SIGN_SEED))
    rotation = Basis((2 * coin - 1).to(w.norm_f), block_of(width))
    one = torch.ones_like(w.norm_f)
    layers = tuple(
        replace(
            layer,
            norm=one,
            in_proj=rotation.into(layer.in_proj * layer.norm),
            out_proj=rotation.into(layer.out_proj.T).T,
        )
        for layer in w.layers
    )
    return ModelWeights(rotation.into(w.embedding), layers, one, rotation.into(w.head * w.norm_f))


def _bases(w: ModelWeights, cfg: Mamba2Config, scheme: Scheme, sample: Tensor) -> dict[str, Basis]:
    """Basis of each input of a linear layer, by its name."""
    widths: dict[str, Tensor] = {}
    map_linears(w, lambda name, matrix: widths.setdefault(name, matrix))
    rotated = {"off": (), "out_proj": ("out_act",), "both": ("in_act", "out_act", "head_act")}[scheme.hadamard]
    blocks = {
        name: block_of(matrix.shape[1], scheme.hadamard_limit) if name.split(".")[-1] in rotated else 1
        for name, matrix in widths.items()
    }
    if scheme.smooth is None:
        return {name: Basis(None, block) for name, block in blocks.items()}
    seen = _peaks(w, cfg, sample, {name: Basis() for name in widths})
    return {name: Basis(_smooth(seen[name], widths[name], scheme.smooth), block) for name, block in blocks.items()}


def _smooth(peak: Tensor, matrix: Tensor, alpha: float) -> Tensor:
    """SmoothQuant's scale of each input channel (its equation 4): max|x|^alpha / max|W|^(1 - alpha)."""
    weight = matrix.abs().amax(0).clamp(min=LEAST_PEAK)
    return (peak.clamp(min=LEAST_PEAK) ** alpha / weight ** (1 - alpha)).clamp(min=1e-5)


def _peaks(w: ModelWeights, cfg: Mamba2Config, sample: Tensor, bases: Mapping[str, Basis]) -> dict[str, Tensor]:
    """Largest magnitude of each channel of each input in its basis, over the calibration tokens."""
    peaks: dict[str, Tensor] = {}

    def see(name: str, x: Tensor) -> Tensor:
        if name in bases:
            peaks[name] = bases[name].into(x).abs().flatten(0, 1).amax(0)
        return x

    with torch.no_grad():
        forward(sample, w, cfg, tap=see)
    return peaks
