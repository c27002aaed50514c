# SPDX-License-Identifier: Apache-2.0
"""Random BitNet checkpoints of any shape, as master weights or packed: stand in for published ones that cannot be had.

Written a shard at a time, so that a model of any size can be made in the memory of its largest tensor or shard.
"""

from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from golden.checkpoints.generated import Dtype, Progress, check_wishes, counted
from golden.checkpoints.writer import new_directory, write_config, write_safetensors
from golden.ternary import two_bit
from golden.ternary.checkpoint import stored_shapes
from golden.ternary.config import BitNetConfig, Form, hf_config, linear_shapes
from golden.ternary.quant import quantize_weight
from golden.ternary.statistics import Statistics


def write(
    path: Path,
    cfg: BitNetConfig,
    seed: int,
    dtype: Dtype = "float32",
    form: Form = "online",
    shard_bytes: int = 512 << 20,
    progress: Progress | None = None,
) -> None:
    """Write the random model that `seed` stands for as the new checkpoint directory `path`.

    `model.safetensors`, in shards of about `shard_bytes` bytes if it is larger; `dtype` is that of master weights,
    embedding, norms and scales. The same seed gives the same bytes; a packed form holds what the float32 masters
    quantize to. Raises InputError for an existing path or what a form cannot say, MachineError when `path` cannot be
    written; nothing partial remains.
    """
    check_wishes(shard_bytes, dtype=(dtype, Dtype), form=(form, Form))
    shapes = stored_shapes(cfg, form)
    linear = linear_shapes(cfg)
    dtypes: dict[str, torch.dtype] = dict.fromkeys(shapes, getattr(torch, dtype))
    if form != "online":
        dtypes |= {f"{name}.weight": torch.uint8 for name in linear}
    fill = counted(_Filler(Statistics(cfg, seed), form, linear).fill, sum(map(prod, shapes.values())), progress)
    with new_directory(path) as folder:
        write_safetensors(folder, shapes, dtypes, fill, shard_bytes)
        write_config(folder, hf_config(cfg, form, dtype))


@dataclass
class _Filler:
    """Fills tensors of one form by name."""

    model: Statistics
    form: Form
    linear: dict[str, tuple[int, int]]
    scales: dict[str, Tensor] = field(default_factory=dict)  # of the matrices quantized so far

    def fill(self, name: str, out: Tensor) -> None:
        """Write the values of the tensor `name`."""
        if name.endswith(".weight_scale"):
            out.fill_(self._scale(name.removesuffix(".weight_scale")))
        elif out.dtype == torch.uint8:
            out.copy_(two_bit.pack(self._quantize(name.removesuffix(".weight"))))
        else:
            self.model.fill(name, out)

    def _quantize(self, name: str) -> Tensor:
        """Ternary weights int8 [M, K]; their scale is kept."""
        q, scale = quantize_weight(self.model.master(name, self.linear[name]))
        self.scales[name] = 1 / scale if self.form == "autobitlinear" else scale
        return q

    def _scale(self, name: str) -> float:
        """The scale of the matrix `name` as its form stores it."""
        if name not in self.scales:
            self._quantize(name)
        return float(self.scales[name])
