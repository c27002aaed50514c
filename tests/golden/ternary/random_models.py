# SPDX-License-Identifier: Apache-2.0
"""Random BitNet models of several shapes, and the same models in `transformers`."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from golden.ternary.config import BitNetConfig, tensor_shapes

SHAPES = {
    "squared-relu": BitNetConfig(40, 32, 48, 2, 4, 2, 1e4, 256),
    "swiglu": BitNetConfig(31, 48, 80, 3, 4, 4, 1e4, 256, hidden_act="silu"),
    "one-kv-head": BitNetConfig(64, 96, 64, 2, 6, 1, 5e5, 256, rms_norm_eps=1e-6, tie_word_embeddings=False),
    "five-to-one": BitNetConfig(50, 80, 120, 2, 10, 2, 5e5, 256),
    "llama": BitNetConfig(40, 32, 64, 2, 4, 2, 1e6, 256, hidden_act="silu", tie_word_embeddings=False, sub_norms=False),
}


def random_tensors(c: BitNetConfig, seed: int) -> dict[str, Tensor]:
    """Float32 tensors of a random model in which no norm is neutral and each matrix has a scale of its own."""
    generator = torch.Generator().manual_seed(seed)

    def draw(name: str, shape: tuple[int, ...]) -> Tensor:
        x = torch.randn(shape, generator=generator)
        if len(shape) == 1:
            return 1 + 0.3 * x
        scale = float(torch.rand((), generator=generator)) * 0.2 + 0.02
        return x if "embed" in name else x * scale

    return {name: draw(name, shape) for name, shape in tensor_shapes(c).items()}


def theirs(path: Path, dtype: torch.dtype) -> Any:
    """The checkpoint `path` as `transformers` loads it, in evaluation mode; every tensor was used, none is missing."""
    from transformers import AutoModelForCausalLM
    from transformers.integrations.bitnet import BitLinear

    network, report = AutoModelForCausalLM.from_pretrained(
        path, dtype=dtype, attn_implementation="eager", output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    for module in network.modules():  # unpacked weights stay float32 otherwise
        if isinstance(module, BitLinear):
            module.dtype = dtype
    return network.to(dtype).eval()
