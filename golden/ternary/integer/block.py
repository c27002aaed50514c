# SPDX-License-Identifier: Apache-2.0
"""BitNet in integers: what the RTL computes, bit for bit.

Reads like the data flow of the accelerator: a unit a line. `tap` sees every intermediate by name, asserts that it keeps
the width that `widths.py` derives, and returns it. Tokens are columns of the linear layers, T together; only attention
knows which request and position a column belongs to.

Letters: T tokens, D hidden, F feed-forward, H query heads, J key/value heads, P head width, V vocabulary, N positions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed import saturate
from golden.fixed.wide import Wide
from golden.ternary.integer import functions, linear
from golden.ternary.integer.attention import Part, attend
from golden.ternary.integer.model import Cache, IntegerModel, Layer, LayerCache, Linear, Requests, empty_cache
from golden.ternary.integer.scale import Scale, apply
from golden.ternary.integer.taps import Tap, checking

MAX_BATCH = 4


@dataclass(frozen=True)
class Vector:
    """Quantized input of linear layers: q int64 [T, K], -127..127, its scale [T], sum |q| [T] (bounds sums)."""

    q: Tensor
    scale: Scale
    total: Tensor


@dataclass(frozen=True)
class Sums:
    """Result of a ternary linear layer: exact sums int64 [T, M], and what one stands for, [T]."""

    acc: Tensor
    scale: Scale


@dataclass(frozen=True)
class Text:
    """The columns of one request: which rows of T they are, and its cache so far, in parts (a prefix may be shared)."""

    columns: slice
    parts: tuple[LayerCache, ...]

    @property
    def length(self) -> int:
        """Positions in the cache."""
        return sum(map(len, self.parts))


def prefill(
    tokens: Tensor, model: IntegerModel, cache: Cache | None = None, tap: Tap | None = None
) -> tuple[Tensor, Cache]:
    """One request: tokens int64 [L] behind `cache` -> logits int64 [L, V] Q.logit_frac, and the cache with them in it.

    A text may be cut anywhere: the same integers come out.

    Raises:
        InputError: a token is not in the vocabulary, or the cache would exceed the model's positions.
        CheckError: an intermediate leaves its derived width, which names it (a fault of the specification).
    """
    before = empty_cache(model) if cache is None else cache
    after, logits = _forward(tokens, [tuple((each,) for each in before)], len(tokens), model, tap)
    return logits, tuple(old.join(new) for old, new in zip(before, after[0], strict=True))


def decode(tokens: Tensor, model: IntegerModel, requests: Requests, tap: Tap | None = None) -> tuple[Tensor, Requests]:
    """One token of each of up to four requests: int64 [B] -> logits int64 [B, V], and the requests with them in it.

    The shared prefix is one part of every request's cache: its keys and values are read once for all of them.

    Raises:
        InputError: more than four requests, or as many tokens as there are not; and as `prefill`.
        CheckError: as `prefill`.
    """
    if not 1 <= len(requests) <= MAX_BATCH or len(tokens) != len(requests):
        raise InputError(f"decode: {len(tokens)} tokens of {len(requests)} requests, expected as many, 1..{MAX_BATCH}")
    caches = [tuple(zip(requests.prefix, own, strict=True)) for own in requests.own]
    after, logits = _forward(tokens, caches, 1, model, tap)
    joined = [
        tuple(old.join(new) for old, new in zip(own, added, strict=True))
        for own, added in zip(requests.own, after, strict=True)
    ]
    return logits, replace(requests, own=tuple(joined))


def _forward(
    tokens: Tensor,
    caches: Sequence[tuple[tuple[LayerCache, ...], ...]],
    length: int,
    model: IntegerModel,
    tap: Tap | None,
) -> tuple[list[Cache], Tensor]:
    """`length` tokens of each request, whose caches are parts of every layer -> what joins each cache, and logits."""
    tap = tap or checking(model)
    _check(tokens, [sum(map(len, each[0])) + length for each in caches], model)
    added: list[list[LayerCache]] = [[] for _ in caches]
    x = embed(tokens, model, tap)
    for index, layer in enumerate(model.layers):
        parts = [tuple(part for part in each[index] if len(part)) for each in caches]
        texts = [Text(slice(i * length, (i + 1) * length), each) for i, each in enumerate(parts)]
        x, new = block(x, layer, texts, model, tap.below(f"layers.{index}."))
        for kept, cache in zip(added, new, strict=True):
            kept.append(cache)
    return [tuple(each) for each in added], head(x, model, tap)


def embed(tokens: Tensor, model: IntegerModel, tap: Tap) -> Tensor:
    """Rows of the embedding in the residual stream's format: int64 [T] -> [T, D] Q.residual_frac."""
    q, s = model.embedding.w[tokens].to(torch.int64), model.embedding.scale[tokens]
    return tap("embedding", saturate(apply(q, _each(s), model.residual_frac), model.profile.value_bits))


def block(x: Tensor, w: Layer, texts: Sequence[Text], model: IntegerModel, tap: Tap) -> tuple[Tensor, list[LayerCache]]:
    """One layer: residual stream [T, D] -> the same, and the keys and values that join each request's cache."""
    a = normalized(x, w.norm, Wide.of(model.eps(model.residual_frac)), "attention_act", tap)
    q, k, v = (product(a, getattr(w, f"{name}_proj"), f"{name}_proj", tap) for name in "qkv")
    y, added = attention(q, k, v, w, texts, model, tap)
    a = normalized(y, w.attention_norm, Wide.of(model.eps(w.attention_frac)), "o_act", tap)
    x = residual(x, product(a, w.o_proj, "o_proj", tap), model, tap)
    a = normalized(x, w.mlp_norm, Wide.of(model.eps(model.residual_frac)), "mlp_act", tap)
    gate, up = (product(a, getattr(w, f"{name}_proj"), f"{name}_proj", tap) for name in ("gate", "up"))
    h, s = gated(gate, up, a.total, model, tap)
    a = normalized(h, w.product_norm, functions.product_eps(model.product_eps, s), "down_act", tap)
    return residual(x, product(a, w.down_proj, "down_proj", tap), model, tap), added


def normalized(x: Tensor, weight: Tensor, eps: Wide, name: str, tap: Tap) -> Vector:
    """RMSNorm and absmax quantizer: x [T, C] -> the input of the linear layers behind it."""
    q, s, total = functions.norm_quantize(x, weight.to(torch.int64), eps)
    return Vector(tap(name, q), tap.scale(f"{name}_scale", s), tap(f"{name}_sum", total))


def product(a: Vector, w: Linear, name: str, tap: Tap) -> Sums:
    """Ternary linear layer: exact sums, and one scale for each token."""
    return Sums(tap(name, linear.ternary(a.q, w)), tap.scale(f"{name}_scale", a.scale * w.scale))


def residual(x: Tensor, y: Sums, model: IntegerModel, tap: Tap) -> Tensor:
    """Add the result of a linear layer to the residual stream [T, D] Q.residual_frac; both saturate."""
    bits = model.profile.value_bits
    out = tap("branch", saturate(apply(y.acc, _each(y.scale), model.residual_frac), bits))
    return tap("residual", saturate(x + out, bits))


def gated(gate: Sums, up: Sums, total: Tensor, model: IntegerModel, tap: Tap) -> tuple[Tensor, Scale]:
    """Squared ReLU or SiLU of the gate, times up: [T, F] in 32 bits, and the scale [T] of it."""
    if model.cfg.hidden_act == "relu2":
        h, s = functions.squared_relu(gate.acc, up.acc, total, gate.scale, up.scale)
    else:
        h, s, sigmoid = functions.silu_product(gate.acc, up.acc, total, gate.scale, up.scale, model.profile)
        tap("sigmoid", sigmoid)
    return tap("product", h), tap.scale("product_scale", s, "product")


def attention(
    q: Sums, k: Sums, v: Sums, w: Layer, texts: Sequence[Text], model: IntegerModel, tap: Tap
) -> tuple[Tensor, list[LayerCache]]:
    """Rotate and quantize by heads, write keys and values, attend: -> [T, D] Q.attention_frac, and what is written."""
    c, p = model.cfg, model.profile
    positions = torch.cat([each.length + torch.arange(each.columns.stop - each.columns.start) for each in texts])
    cos, sin = (table[positions].to(torch.int64) for table in model.rope)
    q8, q_exp = heads(functions.rotate(_heads(q, c.head_dim), cos, sin, p), q.scale, p.query_bits, "q", model, tap)
    k8, k_exp = heads(functions.rotate(_heads(k, c.head_dim), cos, sin, p), k.scale, p.cache_bits, "k", model, tap)
    v8, v_exp = heads(_heads(v, c.head_dim) << p.rope_guard, v.scale, p.cache_bits, "v", model, tap)
    added = [_written(p.cache_bits, *(x[each.columns] for x in (k8, k_exp, v8, v_exp))) for each in texts]
    rows = functions.rows_of(q8, q_exp, c.num_key_value_heads)
    y = attend(*rows, visible(texts, added, c.num_attention_heads // c.num_key_value_heads), w.attention_frac, p, tap)
    return functions.columns_of(y, len(q8)), added


def visible(texts: Sequence[Text], added: Sequence[LayerCache], groups: int) -> list[Part]:
    """Each part of the caches once, whoever shares it, and which rows see it.

    A column sees all of its request's parts, and of the positions that join now its own and what stands before. Rows
    are the columns of each of `groups` query heads in turn.
    """
    T = texts[-1].columns.stop
    found: dict[int, Part] = {}
    for text, new in zip(texts, added, strict=True):
        for cache in (*text.parts, new):
            seen = found[id(cache)].seen if id(cache) in found else torch.zeros(T, len(cache), dtype=torch.bool)
            seen[text.columns] = True if cache is not new else torch.ones(len(new), len(new), dtype=torch.bool).tril()
            found[id(cache)] = Part(cache, seen)
    return [Part(part.cache, part.seen.repeat(groups, 1)) for part in found.values()]


def heads(x: Tensor, s: Scale, bits: int, name: str, model: IntegerModel, tap: Tap) -> tuple[Tensor, Tensor]:
    """Quantize each head of [T, heads, P] with a power of two."""
    q, exponent = functions.quantize_heads(tap(f"{name}_rotated", x), s, bits, model.profile)
    return tap(name, q), tap(f"{name}_exponent", exponent)


def head(x: Tensor, model: IntegerModel, tap: Tap) -> Tensor:
    """Final norm and LM head: residual stream [T, D] -> logits int64 [T, V] Q.logit_frac."""
    p = model.profile
    a = normalized(x, model.final_norm, Wide.of(model.eps(model.residual_frac)), "head_act", tap)
    acc = tap("head_sum", linear.rows(a.q, model.head_rows))
    s = _each(tap.scale("head_scale", a.scale * model.head_scale))
    rows = model.head_rows.scale
    scaled = tap("head_scaled", acc * rows.m)
    return tap("logits", saturate(apply(scaled, Scale(s.m, s.e + rows.e), p.logit_frac), p.logit_bits))


def _each(s: Scale) -> Scale:
    """The scale of a token for each of its elements."""
    return Scale(s.m.unsqueeze(-1), s.e.unsqueeze(-1))


def _heads(x: Sums, width: int) -> Tensor:
    """[T, heads * P] -> [T, heads, P]."""
    return x.acc.reshape(len(x.acc), -1, width)


def _written(bits: int, k: Tensor, k_exp: Tensor, v: Tensor, v_exp: Tensor) -> LayerCache:
    """Keys and values [L, J, P], exponents [L, J] as the cache holds them."""
    kind = torch.int8 if bits <= 8 else torch.int16
    return LayerCache(
        k.transpose(0, 1).to(kind), k_exp.T.to(torch.int8), v.transpose(0, 1).to(kind), v_exp.T.to(torch.int8)
    )


def _check(tokens: Tensor, lengths: Sequence[int], model: IntegerModel) -> None:
    if not len(tokens) or int(tokens.min()) < 0 or int(tokens.max()) >= model.cfg.vocab_size:
        found = f"{int(tokens.min())} .. {int(tokens.max())}" if len(tokens) else "none"
        raise InputError(f"tokens: found {found}, expected one or more, 0..{model.cfg.vocab_size - 1}")
    if max(lengths) > model.cfg.max_position_embeddings:
        raise InputError(
            f"cache: {max(lengths)} positions, expected at most {model.cfg.max_position_embeddings}, the model's; "
            "shorten the text"
        )
