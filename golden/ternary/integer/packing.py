# SPDX-License-Identifier: Apache-2.0
"""Integer models as plain tensors: names, types and shapes; trits five to a byte, rows padded with zero trits."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.errors import InputError
from golden.tensor_files import Shape
from golden.ternary.config import BitNetConfig, layer_linears
from golden.ternary.integer.model import Layer, Linear, Rows
from golden.ternary.integer.scale import Scale
from golden.ternary.packing import LEGAL_BYTES, TRITS, pack_bytes, trit_table

NORMS = ("norm", "attention_norm", "mlp_norm", "product_norm")
LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
ROWS_AT_ONCE = 1024  # of a matrix that is packed or unpacked


@dataclass(frozen=True)
class Ends:
    """What stands outside the layers; as in `IntegerModel`."""

    residual_frac: int
    embedding: Rows
    final_norm: Tensor
    head_scale: Scale
    head: Rows | None


def packed_width(columns: int) -> int:
    """Bytes of a row of trits."""
    return -(-columns // TRITS)


def pack_rows(w: Tensor) -> Tensor:
    """Trits int8 [M, K] -> uint8 [M, ceil(K / 5)]."""
    fill = -w.shape[1] % TRITS
    return torch.cat([pack_bytes(pad(part, (0, fill))) for part in torch.split(w, ROWS_AT_ONCE)])


def unpack_rows(packed: Tensor, columns: int, name: str) -> Tensor:
    """Undo `pack_rows`. InputError naming the tensor where a byte is no five trits, or padding holds weights."""
    if packed.numel() and int(packed.max()) >= LEGAL_BYTES:
        raise InputError(f"{name}: found byte {int(packed.max())}, expected five trits, 0..{LEGAL_BYTES - 1}")
    w = torch.cat([trit_table()[part.int()].flatten(1) for part in torch.split(packed, ROWS_AT_ONCE)])
    if bool(w[:, columns:].any()):
        raise InputError(f"{name}: weights beyond column {columns - 1}, expected zero trits in the padding of a row")
    return w[:, :columns].contiguous()


def linear_sizes(c: BitNetConfig) -> dict[str, tuple[int, int]]:
    """Rows and columns of each linear layer of a layer."""
    return {name.split(".")[1]: shape for name, shape in layer_linears(c).items()}


def layer_shapes(c: BitNetConfig) -> dict[str, Shape]:
    """Type and shape of each tensor of a layer's file."""
    widths = (c.hidden_size, c.hidden_size, c.hidden_size, c.intermediate_size)
    shapes: dict[str, Shape] = {name: (torch.int16, (width,)) for name, width in zip(NORMS, widths, strict=True)}
    for name, (rows, columns) in linear_sizes(c).items():
        shapes[f"{name}.w"] = (torch.uint8, (rows, packed_width(columns)))
        shapes[f"{name}.scale"] = (torch.int32, (2,))
    return shapes | {"attention_frac": (torch.int32, ())}


def ends_shapes(c: BitNetConfig, head: str) -> dict[str, Shape]:
    """Type and shape of each tensor outside the layers; `head` is tied, int8 or ternary."""
    V, D = c.vocab_size, c.hidden_size
    shapes: dict[str, Shape] = {
        "embedding.w": (torch.int8, (V, D)),
        "embedding.scale": (torch.int32, (V, 2)),
        "final_norm": (torch.int16, (D,)),
        "head_scale": (torch.int32, (2,)),
        "residual_frac": (torch.int32, ()),
    }
    if head != "tied":
        ternary = (torch.uint8, (V, packed_width(D)))
        shapes |= {
            "head.w": ternary if head == "ternary" else shapes["embedding.w"],
            "head.scale": (torch.int32, (V, 2)),
        }
    return shapes


def scale_tensor(s: Scale) -> Tensor:
    """A scale as int32 [..., 2]: mantissa, exponent."""
    return torch.stack((s.m, s.e), -1).to(torch.int32)


def _scale(x: Tensor) -> Scale:
    return Scale(*x.to(torch.int64).unbind(-1))


def layer_tensors(layer: Layer) -> dict[str, Tensor]:
    """A layer as the tensors of `layer_shapes`."""
    tensors: dict[str, Tensor] = {name: getattr(layer, name) for name in NORMS}
    for name in LINEARS:
        linear: Linear = getattr(layer, name)
        tensors |= {f"{name}.w": pack_rows(linear.w), f"{name}.scale": scale_tensor(linear.scale)}
    return tensors | {"attention_frac": torch.tensor(layer.attention_frac, dtype=torch.int32)}


def layer_of(tensors: Mapping[str, Tensor], c: BitNetConfig, where: str) -> Layer:
    """Undo `layer_tensors`; `where` names the file in errors."""
    linears = {
        name: Linear(unpack_rows(tensors[f"{name}.w"], columns, f"{where}{name}"), _scale(tensors[f"{name}.scale"]))
        for name, (_, columns) in linear_sizes(c).items()
    }
    norms = {name: tensors[name] for name in NORMS}
    return Layer(attention_frac=int(tensors["attention_frac"]), **norms, **linears)  # type: ignore[arg-type]  # by name


def ends_tensors(ends: Ends, head: str) -> dict[str, Tensor]:
    """The ends as the tensors of `ends_shapes`."""
    tensors = {
        "embedding.w": ends.embedding.w,
        "embedding.scale": scale_tensor(ends.embedding.scale),
        "final_norm": ends.final_norm,
        "head_scale": scale_tensor(ends.head_scale),
        "residual_frac": torch.tensor(ends.residual_frac, dtype=torch.int32),
    }
    if ends.head is not None:
        tensors["head.w"] = pack_rows(ends.head.w) if head == "ternary" else ends.head.w
        tensors["head.scale"] = scale_tensor(ends.head.scale)
    return tensors


def ends_of(tensors: Mapping[str, Tensor], c: BitNetConfig, head: str, where: str) -> Ends:
    """Undo `ends_tensors`."""
    own = None
    if head != "tied":
        w = tensors["head.w"]
        w = unpack_rows(w, c.hidden_size, f"{where}head") if head == "ternary" else w
        own = Rows(w, _scale(tensors["head.scale"]))
    return Ends(
        residual_frac=int(tensors["residual_frac"]),
        embedding=Rows(tensors["embedding.w"], _scale(tensors["embedding.scale"])),
        final_norm=tensors["final_norm"],
        head_scale=_scale(tensors["head_scale"]),
        head=own,
    )
