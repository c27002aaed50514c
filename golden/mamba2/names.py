# SPDX-License-Identifier: Apache-2.0
"""Names and shapes of the tensors of a Mamba2 checkpoint. The two published layouts differ in one name."""

from golden.mamba2.config import Mamba2Config

TENSORS = {  # ours -> theirs, below backbone.layers.<i>.
    "norm": "norm.weight",
    "in_proj": "mixer.in_proj.weight",
    "conv_weight": "mixer.conv1d.weight",
    "conv_bias": "mixer.conv1d.bias",
    "dt_bias": "mixer.dt_bias",
    "A_log": "mixer.A_log",
    "D": "mixer.D",
    "gate_norm": "mixer.norm.weight",
    "out_proj": "mixer.out_proj.weight",
}
EMBEDDING, NORM_F, HEAD = "backbone.embeddings.weight", "backbone.norm_f.weight", "lm_head.weight"
EMBEDDING_ORIGINAL = "backbone.embedding.weight"
"""The embedding's name in the layout of state-spaces/mamba; `EMBEDDING` is that of transformers."""


def layer_name(layer: int, ours: str) -> str:
    """Name in the checkpoint of the field `ours` of LayerWeights."""
    return f"backbone.layers.{layer}.{TENSORS[ours]}"


def layer_shapes(cfg: Mamba2Config) -> dict[str, tuple[int, ...]]:
    """Shapes in the checkpoint of the fields of LayerWeights; the convolution has an axis more there."""
    D, inner, C, H = cfg.d_model, cfg.d_inner, cfg.conv_dim, cfg.nheads
    return {
        "norm": (D,), "in_proj": (cfg.d_in_proj, D), "conv_weight": (C, 1, cfg.d_conv), "conv_bias": (C,),
        "dt_bias": (H,), "A_log": (H,), "D": (H,), "gate_norm": (inner,), "out_proj": (D, inner),
    }  # fmt: skip


def tensor_shapes(cfg: Mamba2Config, embedding: str = EMBEDDING) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors, from the embedding to the head; of a tied head there is none."""
    D = cfg.d_model
    shapes: dict[str, tuple[int, ...]] = {embedding: (cfg.vocab_size, D)}
    for i in range(cfg.n_layer):
        shapes |= {layer_name(i, ours): shape for ours, shape in layer_shapes(cfg).items()}
    return shapes | {NORM_F: (D,)} | ({} if cfg.tie_embeddings else {HEAD: (cfg.vocab_size, D)})
