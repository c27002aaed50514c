# SPDX-License-Identifier: Apache-2.0
"""Shape and weights of a Mamba2 language model: frozen data, validated where it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from torch import Tensor

from golden.errors import InputError


@dataclass(frozen=True)
class Mamba2Config:
    """Shape of a Mamba2 language model, under the names of the published code (state-spaces/mamba).

    Letters used in all docstrings: `B` batch, `L` tokens, `V` vocabulary, `D` = d_model, `I` = d_inner,
    `H` heads, `P` head width, `G` groups, `N` state, `K` convolution taps, `C` = conv_dim.
    """

    d_model: int
    n_layer: int
    vocab_size: int
    d_state: int = 128
    headdim: int = 64
    expand: int = 2
    ngroups: int = 1
    d_conv: int = 4
    chunk_size: int = 64
    norm_eps: float = 1e-5
    dt_limit: tuple[float, float] = (0.0, inf)
    tie_embeddings: bool = True

    def __post_init__(self) -> None:
        """Raise InputError for sizes that no Mamba2 model can have."""
        for name in ("d_model", "n_layer", "vocab_size", "d_state", "headdim", "expand", "ngroups", "chunk_size"):
            if getattr(self, name) < 1:
                raise InputError(f"mamba2 config: {name} is {getattr(self, name)}, expected at least 1")
        if self.d_conv < 2:
            raise InputError(f"mamba2 config: d_conv is {self.d_conv}, expected at least 2")
        if self.d_inner % self.headdim:
            raise InputError(f"mamba2 config: headdim {self.headdim} does not divide d_inner {self.d_inner}")
        if self.nheads % self.ngroups:
            raise InputError(f"mamba2 config: ngroups {self.ngroups} does not divide the {self.nheads} heads")

    @property
    def d_inner(self) -> int:
        """Width `I` of the gated inner path."""
        return self.expand * self.d_model

    @property
    def nheads(self) -> int:
        """Number of heads `H`, each `P` = headdim wide."""
        return self.d_inner // self.headdim

    @property
    def conv_dim(self) -> int:
        """Channels `C` of the convolution: x, B and C side by side."""
        return self.d_inner + 2 * self.ngroups * self.d_state

    @property
    def d_in_proj(self) -> int:
        """Rows of in_proj: z, x, B, C and dt."""
        return self.d_inner + self.conv_dim + self.nheads


@dataclass(frozen=True)
class LayerWeights:
    """Weights of one layer; one dtype throughout."""

    norm: Tensor  # [D] pre-norm
    in_proj: Tensor  # [2*I + 2*G*N + H, D], rows z | x | B | C | dt
    conv_weight: Tensor  # [C, K], the last tap multiplies the current token
    conv_bias: Tensor  # [C]
    dt_bias: Tensor  # [H]
    A_log: Tensor  # [H]
    D: Tensor  # [H]
    gate_norm: Tensor  # [I] norm after the gate
    out_proj: Tensor  # [D, I]


@dataclass(frozen=True)
class ModelWeights:
    """Weights of the whole model; a tied head is the same tensor as the embedding."""

    embedding: Tensor  # [V, D]
    layers: Sequence[LayerWeights]  # a checkpoint's are read one at a time, when they are used
    norm_f: Tensor  # [D]
    head: Tensor  # [V, D]


@dataclass(frozen=True)
class LayerState:
    """What a layer carries from one token to the next."""

    conv: Tensor  # [B, K-1, C] the last K-1 inputs of the convolution, oldest first
    ssm: Tensor  # [B, H, P, N]
