# SPDX-License-Identifier: Apache-2.0
"""Mamba2 as a trainable module whose `state_dict` is a Hugging Face checkpoint: only parameters, no arithmetic."""

import math

import torch
from torch import Tensor, nn

from golden.mamba2.config import LayerWeights, Mamba2Config, ModelWeights
from golden.mamba2.model import forward


class Mixer(nn.Module):
    """Parameters of one mixer, under their Hugging Face names, initialized as published."""

    def __init__(self, cfg: Mamba2Config) -> None:
        super().__init__()
        self.in_proj = nn.Linear(cfg.d_model, cfg.d_in_proj, bias=False)
        self.conv1d = nn.Conv1d(cfg.conv_dim, cfg.conv_dim, cfg.d_conv, groups=cfg.conv_dim)
        self.dt_bias = nn.Parameter(initial_dt_bias(cfg.nheads))
        self.A_log = nn.Parameter(torch.empty(cfg.nheads).uniform_(1, 16).log())
        self.D = nn.Parameter(torch.ones(cfg.nheads))
        self.norm = nn.RMSNorm(cfg.d_inner)
        self.out_proj = nn.Linear(cfg.d_inner, cfg.d_model, bias=False)
        with torch.no_grad():
            self.out_proj.weight /= math.sqrt(cfg.n_layer)


class Layer(nn.Module):
    """Parameters of one layer: pre-norm and mixer."""

    def __init__(self, cfg: Mamba2Config) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(cfg.d_model)
        self.mixer = Mixer(cfg)

    def weights(self) -> LayerWeights:
        """View the parameters as the record that the pure functions take."""
        m = self.mixer
        assert m.conv1d.bias is not None
        return LayerWeights(
            norm=self.norm.weight,
            in_proj=m.in_proj.weight,
            conv_weight=m.conv1d.weight[:, 0],
            conv_bias=m.conv1d.bias,
            dt_bias=m.dt_bias,
            A_log=m.A_log,
            D=m.D,
            gate_norm=m.norm.weight,
            out_proj=m.out_proj.weight,
        )


class Backbone(nn.Module):
    """Embedding, layers and final norm."""

    def __init__(self, cfg: Mamba2Config) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(cfg.vocab_size, cfg.d_model)
        nn.init.normal_(self.embeddings.weight, std=0.02)
        self.layers = nn.ModuleList(Layer(cfg) for _ in range(cfg.n_layer))
        self.norm_f = nn.RMSNorm(cfg.d_model)


class Mamba2Model(nn.Module):
    """Trainable Mamba2 language model: tokens [B, L] -> logits [B, L, V], in the chunked form.

    Initialized from torch's global generator as `mamba_ssm` does: A uniform in [1, 16], dt log-uniform in
    [1e-3, 1e-1], D = 1, out_proj divided by sqrt(layers), embedding with standard deviation 0.02.
    """

    def __init__(self, cfg: Mamba2Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.backbone = Backbone(cfg)
        self.lm_head = nn.Linear(cfg.d_model, cfg.vocab_size, bias=False)
        if cfg.tie_embeddings:
            self.lm_head.weight = self.backbone.embeddings.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of every next token, each text from an empty state."""
        return forward(tokens, self.weights(), self.cfg)[0]

    def weights(self) -> ModelWeights:
        """View the parameters as the record that the pure functions take."""
        layers = [layer.weights() for layer in self.backbone.layers if isinstance(layer, Layer)]
        embedding, norm_f = self.backbone.embeddings.weight, self.backbone.norm_f.weight
        return ModelWeights(embedding, tuple(layers), norm_f, self.lm_head.weight)


def initial_dt_bias(heads: int, dt_min: float = 1e-3, dt_max: float = 1e-1) -> Tensor:
    """Biases [heads] whose softplus is log-uniform between dt_min and dt_max, time constants of 10 to 1000 tokens."""
    dt = torch.exp(torch.rand(heads) * math.log(dt_max / dt_min) + math.log(dt_min))
    return dt + torch.log(-torch.expm1(-dt))  # inverse of softplus
