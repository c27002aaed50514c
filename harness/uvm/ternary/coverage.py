# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the starts of `ternary_accel`: shapes, texts, cached positions, cuts of the text, extremes."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
import vsc
from pyuvm import uvm_component, uvm_subscriber
from torch import Tensor

from golden.fixed.rounding import limits
from golden.spec import TernAccelConfig
from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel.arguments import build_of
from golden.ternary.integer.block import decode, prefill
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.taps import checking
from harness.uvm.coverage import named, names_of, numbers
from harness.uvm.model_knobs import GENERATE, ZOO
from harness.uvm.model_start import WHOLE, Action, ModelItem
from harness.uvm.stalls import StallKind
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
TAPS = (
    *("nothing", "linear_of_all", "residual_of_all", "vector_of_all"),
    *("linear_of_one", "residual_of_one", "vector_of_one"),
)
NOWHERE = 255
"""In no bin."""
Predicate = Callable[[Tensor], bool]
LOOKS = (
    *("d_model", "width", "share", "kv_heads", "feed", "layers", "vocab", "batch", "prefix", "own", "ends", "room"),
    *("context", "grows", "rows"),
    *("prompt", "chunks", "generate", "head", "cached", "style", "tap"),
)
"""Counted for starts whose results are compared whole."""
SAMPLED = (*LOOKS, "stalls", "action", "error", "illegal", "fault", "port", *EXTREMES)


@vsc.covergroup
class TernaryCoverage:
    """What a start looked like, and which extreme numbers golden met in it.

    Shapes, caches and texts count for starts whose results are compared whole.
    """

    def __init__(self, t_cols: int, ports: int) -> None:
        self.with_sample({name: vsc.uint8_t() for name in SAMPLED})
        sizes = {"least": vsc.bin(32), "small": vsc.bin([33, 96]), "large": vsc.bin([97, 254])}
        self.cp_d_model = vsc.coverpoint(self.d_model, bins=sizes)
        self.cp_width = vsc.coverpoint(self.width, bins=numbers(32, 64, 96, 128))
        self.cp_share = vsc.coverpoint(self.share, bins=numbers(*SHARES))
        self.cp_kv_heads = vsc.coverpoint(self.kv_heads, bins={**numbers(1, 2), "more": vsc.bin([3, 254])})
        self.cp_feed = vsc.coverpoint(self.feed, bins={"least": vsc.bin([1, 16]), "more": vsc.bin([17, 254])})
        self.cp_layers = vsc.coverpoint(self.layers, bins=numbers(1, 2, 3))
        self.cp_vocab = vsc.coverpoint(self.vocab, bins=named(("whole_beat", "one_more", "one_less", "inside")))
        self.cp_batch = vsc.coverpoint(self.batch, bins=numbers(*BATCHES))
        self.cp_prefix = vsc.coverpoint(self.prefix, bins=named(POSITIONS))
        self.cp_own = vsc.coverpoint(self.own, bins=named(POSITIONS))
        self.cp_ends = vsc.coverpoint(self.ends, bins=named(POSITIONS[1:]))
        self.cp_room = vsc.coverpoint(self.room, bins=named(("full", "some_left")))
        self.cp_context = vsc.coverpoint(self.context, bins=named(("short", "longest")))
        self.cp_grows = vsc.coverpoint(self.grows, bins=named(("in_a_tile", "in_a_block", "into_a_block")))
        self.cp_rows = vsc.coverpoint(self.rows, bins=named(("part", "group", "groups_and_part", "groups")))
        self.cp_prompt = vsc.coverpoint(self.prompt, bins=numbers(*range(t_cols)))
        self.cp_chunks = vsc.coverpoint(self.chunks, bins={"1": vsc.bin(1), "2": vsc.bin(2), "more": vsc.bin([3, 254])})
        self.cp_generate = vsc.coverpoint(self.generate, bins=numbers(*GENERATE))
        self.cp_head = vsc.coverpoint(self.head, bins=named(HEADS))
        self.cp_cached = vsc.coverpoint(self.cached, bins=named(CACHED))
        self.cp_style = vsc.coverpoint(self.style, bins=named((*STYLES, ZOO)))
        self.cp_tap = vsc.coverpoint(self.tap, bins=named(TAPS))
        self.cp_stalls = vsc.coverpoint(self.stalls, bins=named(names_of(StallKind)))
        self.cp_action = vsc.coverpoint(self.action, bins=named(names_of(Action)))
        self.cp_error = vsc.coverpoint(self.error, bins={code.name: vsc.bin(int(code)) for code in ErrorCode})
        self.cp_illegal = vsc.coverpoint(self.illegal, bins=named(ILLEGAL_NAMES))
        self.cp_fault = vsc.coverpoint(self.fault, bins=named(FAULTS))
        self.cp_port = vsc.coverpoint(self.port, bins=numbers(*range(ports)))
        self.cp_value_saturated = vsc.coverpoint(self.value_saturated, bins={"seen": vsc.bin(1)})
        self.cp_logit_saturated = vsc.coverpoint(self.logit_saturated, bins={"seen": vsc.bin(1)})
        self.cp_attention_saturated = vsc.coverpoint(self.attention_saturated, bins={"seen": vsc.bin(1)})
        self.cp_score_saturated = vsc.coverpoint(self.score_saturated, bins={"seen": vsc.bin(1)})
        self.cp_exponent_at_end = vsc.coverpoint(self.exponent_at_end, bins={"seen": vsc.bin(1)})
        self.cp_head_of_zeros = vsc.coverpoint(self.head_of_zeros, bins={"seen": vsc.bin(1)})
        self.cp_product_of_zeros = vsc.coverpoint(self.product_of_zeros, bins={"seen": vsc.bin(1)})
        self.boundary = vsc.cross([self.cp_prompt, self.cp_generate])
        self.batch_x_generate = vsc.cross([self.cp_batch, self.cp_generate])
        self.batch_x_prefix = vsc.cross([self.cp_batch, self.cp_prefix])
        self.batch_x_share = vsc.cross([self.cp_batch, self.cp_share])
        self.batch_x_stalls = vsc.cross([self.cp_batch, self.cp_stalls])
        self.action_x_stalls = vsc.cross([self.cp_action, self.cp_stalls])
        self.fault_x_port = vsc.cross([self.cp_fault, self.cp_port])


def position(count: int, wide_bytes: int) -> int:
    """Which of `POSITIONS` a number of positions is."""
    tile, block = wide_bytes // 32, wide_bytes // 2
    if not count:
        return 0
    at_block = {block - 1: 3, 0: 4, 1: 5}.get(count % block)
    return at_block or (1 if count % tile else 2)


def _vocab(rows: int, wide_bytes: int) -> int:
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


def _tap(s: Stimulus) -> int:
    point = s.legal.tap_point
    return point if point == 0 or s.legal.tap_all else point + 3


def extremes(s: Stimulus) -> tuple[bool, ...]:
    """Return which of `EXTREMES` golden meets while it reads the start's prompt, cached exponents included."""
    tap, tokens = checking(s.model, WANTED), torch.tensor(s.read_tokens)
    if s.legal.batch > 1:
        decode(tokens, s.model, s.before, tap)
    else:
        before = tuple(prefix.join(own) for prefix, own in zip(s.before.prefix, s.before.own[0], strict=True))
        prefill(tokens, s.model, before, tap)
    found = [half for part in (s.before.prefix, *s.before.own) for layer in part for half in (layer.k_exp, layer.v_exp)]
    return meets({**tap.kept, CACHED_EXPONENT: found}, s.model.profile)


def meets(kept: Mapping[str, list[Tensor]], p: TernaryProfile) -> tuple[bool, ...]:
    """Return which of `EXTREMES` are among kept taps."""

    def some(names: tuple[str, ...], test: Predicate) -> bool:
        return any(test(x) for name, xs in kept.items() if _of_layer(name) in names for x in xs)

    return (
        some(VALUES, _at_an_end(p.value_bits)),
        some(("logits",), _at_an_end(p.logit_bits)),
        some(("attention",), _at_an_end(p.value_bits)),
        some(("score",), _at_an_end(p.score_bits)),
        some(EXPONENTS, lambda x: bool((x.long().abs() == MOST_EXPONENT).any())),
        some(EXPONENTS, lambda x: bool((x == ZERO_HEAD).any())),
        some(("product",), lambda x: bool((x == 0).all(-1).any())),
    )


def _of_layer(name: str) -> str:
    """The name of a tap without its layer."""
    return name.split(".", 2)[2] if name.startswith("layers.") else name


def _at_an_end(bits: int) -> Predicate:
    low, high = limits(bits)
    return lambda x: bool(((x == low) | (x == high)).any())


def looks(s: Stimulus) -> tuple[int, ...]:
    """The values of `LOOKS`."""
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
        _vocab(a.vocab, wide),
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
        _tap(s),
    )


class Coverage(uvm_subscriber):
    """Samples every finished item."""

    def __init__(self, name: str, parent: uvm_component, cfg: TernAccelConfig) -> None:
        super().__init__(name, parent)
        self.group = TernaryCoverage(cfg.t_cols, cfg.ports)

    def write(self, item: ModelItem) -> None:
        """Sample one item."""
        s: Stimulus = item.stimulus
        error = int(item.outcome.error) if item.outcome is not None else 0
        whole = s.action in WHOLE
        self.group.sample(
            *(looks(s) if whole else (NOWHERE,) * len(LOOKS)),
            s.stalls.kind.value,
            s.action.value,
            error,
            ILLEGAL_NAMES.index(s.illegal) if s.illegal else NOWHERE,
            FAULTS.index(s.hit) if s.hit else NOWHERE,
            s.fault.port if s.fault is not None else NOWHERE,
            *(map(int, extremes(s)) if whole else (0,) * len(EXTREMES)),
        )
