# SPDX-License-Identifier: Apache-2.0
"""BitNet checkpoints: three layouts, master or ternary weights, one file or shards; read when used.

Layouts differ in `config.json` and in names, forms in how projections are stored; see `golden.ternary.config` and
README.md, "Checkpoints". Whatever they are, a model has the names of `transformers`' BitNet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from golden.checkpoints import Store, open_store
from golden.checkpoints.containers import PACKED
from golden.checkpoints.directory import CONFIG
from golden.errors import InputError
from golden.ternary import two_bit
from golden.ternary.config import (
    EMBEDDING,
    FINAL_NORM,
    HEAD,
    BitNetConfig,
    Description,
    Form,
    Layout,
    describe,
    linear_shapes,
    tensor_shapes,
)
from golden.ternary.quant import TernaryMatrix
from golden.ternary.weights import BitNet

RENAMED: Mapping[Layout, tuple[tuple[str, str], ...]] = {  # parts of names, ours and theirs
    "bitnet": (),
    "1bitllm": ((".attn_sub_norm.", ".inner_attn_ln."), (".ffn_sub_norm.", ".ffn_layernorm.")),
    "llama": (),
}
KEPT = (EMBEDDING, FINAL_NORM, HEAD)


def stored_name(name: str, layout: Layout) -> str:
    """What `layout` calls the tensor `name`."""
    for ours, theirs in RENAMED[layout]:
        name = name.replace(ours, theirs)
    return name


def stored_shapes(c: BitNetConfig, form: Form, layout: Layout = "bitnet") -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors in the files; ternary ones are packed, with a scale each.

    Raises InputError where a projection has rows that two-bit packing cannot hold.
    """
    shapes = tensor_shapes(c)
    if form != "online":
        for name, (rows, columns) in linear_shapes(c).items():
            shapes |= {f"{name}.weight": (two_bit.packed_rows(rows), columns), f"{name}.weight_scale": (1,)}
    return {stored_name(name, layout): shape for name, shape in shapes.items()}


def open_model(path: Path) -> tuple[Store, Description]:
    """Open the checkpoint directory `path` and check names, shapes and types of its tensors; none is read."""
    store = open_store(path, PACKED)
    source = path / CONFIG
    found = describe(store.config, str(source))
    c = found.config
    try:
        shapes = stored_shapes(c, found.form, found.layout)
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    if found.form == "autobitlinear":  # transformers takes ternary weights in floating point too
        for name, shape in linear_shapes(c).items():
            entry = store.entries.get(f"{name}.weight")
            if entry and entry.shape == shape and entry.dtype.is_floating_point:
                shapes[f"{name}.weight"] = shape
    store.expect(shapes, optional={HEAD: shapes[EMBEDDING]} if c.tie_word_embeddings else {})
    for name, entry in store.entries.items():
        packed = found.form != "online" and name.endswith("_proj.weight") and entry.shape != tensor_shapes(c)[name]
        if (entry.dtype == torch.uint8) != packed:
            expected = "uint8, four weights a byte" if packed else "floating point"
            kind = str(entry.dtype).removeprefix("torch.")
            raise InputError(f"{entry.file}: tensor {name} holds {kind}, expected {expected}")
    return store, found


def load(path: Path, dtype: torch.dtype = torch.float32) -> BitNet:
    """Model of the checkpoint directory `path`, its float tensors as `dtype`, each read when it is used.

    Embedding, final norm and head are kept from their first use on, everything else is read anew. Raises InputError
    here when it is no sound BitNet checkpoint, and at the use of a tensor that holds NaN or infinity or that `dtype`
    cannot hold exactly, of ternary weights with other values, of a scale that is not positive, of a head that is not
    the embedding it is tied to, and of a file changed meanwhile.
    """
    store, found = open_model(path)
    packed = LazyMatrices(store, found, dtype) if found.form != "online" else {}
    return BitNet(found.config, LazyTensors(store, found, dtype), packed)


def in_memory(model: BitNet) -> BitNet:
    """The same model, all read: for small models, and for decoding, which uses every layer at every token."""
    return BitNet(model.config, dict(model.tensors), dict(model.packed))


def verify(model: BitNet) -> None:
    """Use every tensor once, so that InputError comes now or not at all; one at a time is in memory."""
    for part in (model.tensors, model.packed):
        for name in part:
            part[name]


@dataclass(frozen=True)
class LazyTensors(Mapping[str, Tensor]):
    """The tensors of a checkpoint that are used in floating point, by our names. Taking one reads it."""

    store: Store
    found: Description
    dtype: torch.dtype
    kept: dict[str, Tensor] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Tensor:
        """Read one tensor; a stored head that is tied must then equal the embedding."""
        if name not in self:
            raise KeyError(name)
        if name in self.kept:
            return self.kept[name]
        stored = stored_name(name, self.found.layout)
        tensor = self.store.read([stored], self.dtype)[stored]
        if name == EMBEDDING and self.found.config.tie_word_embeddings and HEAD in self.store.entries:
            self.store.expect_equal(HEAD, tensor)
        if name in KEPT:
            self.kept[name] = tensor
        return tensor

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> dict[str, tuple[int, ...]]:
        shapes = tensor_shapes(self.found.config)
        if self.found.form == "online":
            return shapes
        return {name: shape for name, shape in shapes.items() if not name.endswith("_proj.weight")}


@dataclass(frozen=True)
class LazyMatrices(Mapping[str, TernaryMatrix]):
    """The ternary projections of a checkpoint, by their names without `.weight`. Taking one reads and unpacks it."""

    store: Store
    found: Description
    dtype: torch.dtype

    def __getitem__(self, name: str) -> TernaryMatrix:
        """Read one projection."""
        if name not in self:
            raise KeyError(name)
        return TernaryMatrix(self._weights(f"{name}.weight"), self._scale(f"{name}.weight_scale"), self.found.form)

    def __contains__(self, name: object) -> bool:
        return name in linear_shapes(self.found.config)

    def __iter__(self) -> Iterator[str]:
        return iter(linear_shapes(self.found.config))

    def __len__(self) -> int:
        return len(linear_shapes(self.found.config))

    def _weights(self, name: str) -> Tensor:
        """Ternary weights int8 [M, K]."""
        entry = self.store.entries[name]
        if entry.dtype != torch.uint8:
            return _as_ternary(self.store.read([name], torch.float32)[name], f"{entry.file}: tensor {name}")
        try:
            return two_bit.unpack(self.store.read([name], torch.uint8)[name])
        except InputError as error:
            if str(entry.file) in str(error):
                raise
            raise InputError(f"{entry.file}: tensor {name}: {error}") from None

    def _scale(self, name: str) -> Tensor:
        """The stored scale [] as floating point."""
        scale = self.store.read([name], self.dtype)[name][0]
        if float(scale) <= 0:
            raise InputError(f"{self.store.entries[name].file}: tensor {name} is {float(scale)}, expected above 0")
        return scale


def _as_ternary(weights: Tensor, what: str) -> Tensor:
    """Int8 of floating-point weights that must be -1, 0 and 1."""
    q = weights.to(torch.int8)
    wrong = (q != weights) | (q.abs() > 1)
    if bool(wrong.any()):
        row, column = (int(i) for i in wrong.nonzero()[0])
        value = float(weights[row, column])
        raise InputError(f"{what}: row {row}, column {column} is {value:g}, expected -1, 0 or 1 in ternary weights")
    return q
