# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the starts of `ternary_accel`: shapes, texts, cached positions, cuts of the text, extremes."""

from collections.abc import Mapping
from dataclasses import replace

import torch
import vsc
from torch import Tensor

from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel.arguments import build_of
from golden.ternary.integer.block import decode, prefill
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.taps import checking
from harness.uvm.coverage import named, numbers
from harness.uvm.model_coverage import (
    NOWHERE,
    STATUS,
    ModelCoverage,
    at_an_end,
    cover_seen,
    cover_status,
    cover_texts,
    some,
    tap,
    tap_names,
)
from harness.uvm.model_knobs import ZOO
from harness.uvm.ternary.items import Stimulus
from harness.uvm.ternary.knobs import BATCHES, CACHED, HEADS, ILLEGAL_NAMES, SHARES, STYLES
from harness.uvm.ternary.stimuli import cache_fits

VALUES = ("embedding", "branch", "residual")
MADE = ("q_exponent", "k_exponent", "v_exponent")
CACHED_EXPONENT = "cached_exponent"
"""One at an end: no model with scales within `golden.ternary.integer.scale.EXPONENT` makes it at these widths."""
EXPONENTS = (*MADE, CACHED_EXPONENT)
WANTED = (*VALUES, *MADE, "logits", "attention", "score", "product")
EXTREMES = (
    *("value_saturated", "logit_saturated", "attention_saturated", "score_saturated"),
    *("exponent_at_end", "head_of_zeros", "product_of_zeros"),
)
ZERO_HEAD, MOST_EXPONENT = -128, 127
POSITIONS = ("none", "inside", "tile", "block_less_1", "block", "block_and_1")
"""Where the positions of a part of the cache end, by tiles of keys and blocks of exponents."""
FAULTS = ("tok_read", "w_read", "h_read", "k_read", "e_read", "a_read", "out_write", "k_write", "tap_write")
"""Regions in which an access is answered with an error."""
LOOKS = (
    *("d_model", "width", "share", "kv_heads", "feed", "layers", "vocab", "batch", "prefix", "own", "ends", "room"),
    *("context", "grows", "rows"),
    *("prompt", "chunks", "generate", "head", "cached", "style", "tap"),
)
"""Counted for starts whose results are compared whole."""


@vsc.covergroup
class TernaryCoverage:
    """What a start looked like, and which extreme numbers golden met in it.

    Shapes, caches and texts count for starts whose results are compared whole.
    """

    def __init__(self, t_cols: int, ports: int) -> None:
        self.with_sample({name: vsc.uint8_t() for name in (*LOOKS, *STATUS, *EXTREMES)})
        sizes = {"least": vsc.bin(32), "small": vsc.bin([33, 96]), "large": vsc.bin([97, 254])}
        self.cp_d_model = vsc.coverpoint(self.d_model, bins=sizes)
        self.cp_width = vsc.coverpoint(self.width, bins=numbers(32, 64, 96, 128))
        self.cp_share = vsc.coverpoint(self.share, bins=numbers(*SHARES))
        self.cp_kv_heads = vsc.coverpoint(self.kv_heads, bins={**numbers(1, 2), "more": vsc.bin([3, 254])})
        self.cp_feed = vsc.coverpoint(self.feed, bins={"least": vsc.bin([1, 16]), "more": vsc.bin([17, 254])})
        self.cp_vocab = vsc.coverpoint(self.vocab, bins=named(("whole_beat", "one_more", "one_less", "inside")))
        self.cp_batch = vsc.coverpoint(self.batch, bins=numbers(*BATCHES))
        self.cp_prefix = vsc.coverpoint(self.prefix, bins=named(POSITIONS))
        self.cp_own = vsc.coverpoint(self.own, bins=named(POSITIONS))
        self.cp_ends = vsc.coverpoint(self.ends, bins=named(POSITIONS[1:]))
        self.cp_room = vsc.coverpoint(self.room, bins=named(("full", "some_left")))
        self.cp_context = vsc.coverpoint(self.context, bins=named(("short", "longest")))
        self.cp_grows = vsc.coverpoint(self.grows, bins=named(("in_a_tile", "in_a_block", "into_a_block")))
        self.cp_rows = vsc.coverpoint(self.rows, bins=named(("part", "group", "groups_and_part", "groups")))
        self.cp_head = vsc.coverpoint(self.head, bins=named(HEADS))
        self.cp_cached = vsc.coverpoint(self.cached, bins=named(CACHED))
        cover_texts(self, t_cols, (*STYLES, ZOO), tap_names("vector"))
        cover_status(self, ports, ErrorCode, ILLEGAL_NAMES, FAULTS)
        cover_seen(self, EXTREMES)
        self.batch_x_generate = vsc.cross([self.cp_batch, self.cp_generate])
        self.batch_x_prefix = vsc.cross([self.cp_batch, self.cp_prefix])
        self.batch_x_share = vsc.cross([self.cp_batch, self.cp_share])
        self.batch_x_stalls = vsc.cross([self.cp_batch, self.cp_stalls])


def position(count: int, wide_bytes: int) -> int:
    """Which of `POSITIONS` a number of positions is."""
    tile, block = wide_bytes // 32, wide_bytes // 2
    if not count:
        return 0
    at_block = {block - 1: 3, 0: 4, 1: 5}.get(count % block)
    return at_block or (1 if count % tile else 2)


def vocab_class(rows: int, wide_bytes: int) -> int:
    """Whether the rows fill up beats of scales, leave one over, lack one, or none of that."""
    marked = wide_bytes // 4
    return {0: 0, 1: 1, marked - 1: 2}.get(rows % marked, 3)


def _context(s: Stimulus) -> int:
    """Whether a tile more in front of it would be refused."""
    a, tile = s.legal, s.cfg.wide_bytes // 32
    return int(not cache_fits(replace(a, prefix=a.prefix + tile, prefix_room=a.prefix_room + tile), build_of(s.cfg)))


def _grows(s: Stimulus) -> int:
    """Whether the new positions of the longest text lie in one tile of keys, one block of exponents, or in several."""
    first, last = max(s.legal.texts), max(s.legal.texts) + s.legal.added - 1
    tile, block = s.cfg.wide_bytes // 32, s.cfg.wide_bytes // 2
    return int(first // tile != last // tile) + int(first // block != last // block)


def _rows(s: Stimulus) -> int:
    """Whether the rows that read a head of keys, of the prompt's last tokens, fill up their groups."""
    tokens = s.legal.batch if s.legal.batch > 1 else (s.legal.prompt - 1) % s.cfg.t_cols + 1
    rows = tokens * s.counts.share
    return 2 * int(rows > s.cfg.q_par) + int(rows % s.cfg.q_par == 0)


def extremes(s: Stimulus) -> tuple[bool, ...]:
    """Return which of `EXTREMES` golden meets while it reads the start's prompt, cached exponents included."""
    kept, tokens = checking(s.model, WANTED), torch.tensor(s.read_tokens)
    if s.legal.batch > 1:
        decode(tokens, s.model, s.before, kept)
    else:
        before = tuple(prefix.join(own) for prefix, own in zip(s.before.prefix, s.before.own[0], strict=True))
        prefill(tokens, s.model, before, kept)
    found = [half for part in (s.before.prefix, *s.before.own) for layer in part for half in (layer.k_exp, layer.v_exp)]
    return meets({**kept.kept, CACHED_EXPONENT: found}, s.model.profile)


def meets(kept: Mapping[str, list[Tensor]], p: TernaryProfile) -> tuple[bool, ...]:
    """Return which of `EXTREMES` are among kept taps."""
    return (
        some(kept, VALUES, at_an_end(p.value_bits)),
        some(kept, ("logits",), at_an_end(p.logit_bits)),
        some(kept, ("attention",), at_an_end(p.value_bits)),
        some(kept, ("score",), at_an_end(p.score_bits)),
        some(kept, EXPONENTS, lambda x: bool((x.long().abs() == MOST_EXPONENT).any())),
        some(kept, EXPONENTS, lambda x: bool((x == ZERO_HEAD).any())),
        some(kept, ("product",), lambda x: bool((x == 0).all(-1).any())),
    )


class Coverage(ModelCoverage):
    """Of `ternary_accel`."""

    GROUP, LOOKS, EXTREMES, ILLEGAL, FAULTS = TernaryCoverage, LOOKS, EXTREMES, ILLEGAL_NAMES, FAULTS

    def looks(self, s: Stimulus) -> tuple[int, ...]:
        """Return what a start looks like."""
        a, t_cols, wide = s.legal, s.cfg.t_cols, s.cfg.wide_bytes
        own = max(a.texts)
        one_text = a.batch == 1
        return (
            min(a.d_model, NOWHERE - 1),
            8 * s.counts.p8,
            s.counts.share,
            a.kv_heads,
            min(a.feed, NOWHERE - 1),
            a.model_layers,
            vocab_class(a.vocab, wide),
            a.batch,
            position(a.prefix, wide),
            position(own, wide),
            position(own + a.added, wide) - 1,
            int(a.own_room > own + a.added),
            _context(s),
            _grows(s),
            _rows(s),
            a.prompt % t_cols if one_text else NOWHERE,
            min(-(-a.prompt // t_cols), NOWHERE - 1) if one_text else NOWHERE,
            min(a.generate, NOWHERE - 1),
            0 if s.model.head is None else 1 + s.model.ternary_head,
            CACHED.index(s.cached),
            (*STYLES, ZOO).index(s.style),
            tap(s),
        )

    def extremes(self, s: Stimulus) -> tuple[bool, ...]:
        """Return which extremes golden meets."""
        return extremes(s)
