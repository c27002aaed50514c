# SPDX-License-Identifier: Apache-2.0
"""Schemes and profiles on generated checkpoints with outlier channels, by how far they move the logits.

Random weights predict no text, so the measure is the distance to the float model's logits on random tokens.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from golden.mamba2 import fake
from golden.mamba2.accuracy.options import Named, Quantizer
from golden.mamba2.accuracy.records import Kind, Study, StudyRow
from golden.mamba2.accuracy.signals import sqnr_db
from golden.mamba2.config import LayerWeights, Mamba2Config, ModelWeights
from golden.mamba2.integer import block
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.model import forward
from golden.mamba2.names import EMBEDDING, HEAD, NORM_F, TENSORS, layer_name, tensor_shapes
from golden.mamba2.schemes import SCHEMES, Scheme
from golden.mamba2.statistics import Statistics
from golden.windows import Logits

Progress = Callable[[int, int], None]
Model = tuple[tuple[str, Kind, str], Logits]  # name, kind and description, and the logits
INTEGER_DOC = "every tensor in integers"
SMALL = Mamba2Config(d_model=256, n_layer=4, vocab_size=512, d_state=64, headdim=32, chunk_size=64)


def random_weights(cfg: Mamba2Config, seed: int) -> ModelWeights:
    """Weights in memory of the random checkpoint with outliers that `seed` stands for; see golden.mamba2.statistics."""
    model, tensors = Statistics(cfg, seed), {}
    for name, shape in tensor_shapes(cfg).items():
        tensors[name] = torch.empty(shape)
        model.fill(name, tensors[name])
    layers = []
    for i in range(cfg.n_layer):
        found = {ours: tensors[layer_name(i, ours)] for ours in TENSORS}
        layers.append(LayerWeights(**found | {"conv_weight": found["conv_weight"].squeeze(1)}))
    return ModelWeights(tensors[EMBEDDING], tuple(layers), tensors[NORM_F], tensors.get(HEAD, tensors[EMBEDDING]))


def outlier_study(
    cfg: Mamba2Config = SMALL,
    seeds: Sequence[int] = (1,),
    schemes: Sequence[Scheme] = SCHEMES,
    integers: Sequence[Named] = (),
    quantize: Quantizer | None = None,
    shape: tuple[int, int] = (4, 128),
    progress: Progress = lambda done, total: None,
) -> Study:
    """Compare schemes and integer profiles on random models of `seeds`, on `shape` = (texts, length) random tokens.

    A row is the mean over the seeds.
    """
    found: dict[tuple[str, Kind, str], list[StudyRow]] = {}
    total = len(seeds) * (len(schemes) + (len(integers) if quantize else 0))
    for seed in seeds:
        w = random_weights(cfg, seed)
        generator = torch.Generator().manual_seed(seed)
        sample, tokens = torch.randint(cfg.vocab_size, (2, *shape), generator=generator)
        models = [*_fakes(cfg, w, schemes, sample), *_integers(cfg, w, integers, quantize, sample)]
        with torch.no_grad():
            want = forward(tokens, w, cfg)[0]
            for key, logits in models:
                found.setdefault(key, []).append(compare(want, logits(tokens)))
                progress(sum(map(len, found.values())), total)
    rows = tuple(_mean(*key, rows) for key, rows in found.items())
    model = f"random, {cfg.n_layer} layers, d_model {cfg.d_model}, d_state {cfg.d_state}, vocabulary {cfg.vocab_size}"
    return Study(model, tuple(seeds), shape[0] * shape[1], rows)


def _fakes(cfg: Mamba2Config, w: ModelWeights, schemes: Sequence[Scheme], sample: Tensor) -> Iterator[Model]:
    for scheme in schemes:
        yield (scheme.name, "fake", scheme.doc), fake.prepare(w, cfg, scheme, sample).logits


def _integers(
    cfg: Mamba2Config, w: ModelWeights, integers: Sequence[Named], quantize: Quantizer | None, sample: Tensor
) -> Iterator[Model]:
    if quantize is None:
        return
    for each in integers:
        model = quantize(cfg, w, each.profile, sample).model
        yield (each.name, "integer", INTEGER_DOC), partial(integer_logits, model)


def integer_logits(model: IntegerModel, tokens: Tensor) -> Tensor:
    """Tokens int64 [B, L] -> logits float32 [B, L, V] of an integer model; every intermediate's width is checked."""
    return block.forward(tokens, model)[0].float() * 2.0**-model.profile.proj_frac


def compare(want: Tensor, got: Tensor) -> StudyRow:
    """Distance of logits `got` from `want` [B, L, V]; name, kind and doc stay empty."""
    p, q = (log_softmax(x.double(), dim=-1) for x in (want, got))
    kl = float((p.exp() * (p - q)).sum(-1).mean()) / math.log(2)
    agree = float((want.argmax(-1) == got.argmax(-1)).double().mean())
    ratio = sqnr_db(want, got)
    return StudyRow("", "fake", "", math.inf if ratio is None else ratio, kl, agree)


def _mean(name: str, kind: Kind, doc: str, rows: Sequence[StudyRow]) -> StudyRow:
    n = len(rows)
    return StudyRow(
        name, kind, doc, sum(r.sqnr_db for r in rows) / n, sum(r.kl_bits for r in rows) / n,
        sum(r.agree for r in rows) / n,
    )  # fmt: skip
