# SPDX-License-Identifier: Apache-2.0
"""Runs of adversarial integer models, and the range of what their taps see."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from golden.fixed.interval import Interval
from golden.fixed.pot import Pot
from golden.mamba2.integer.block import block, forward, head, mixer
from golden.mamba2.integer.model import IntegerState
from golden.mamba2.integer.parameters import check_model
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.taps import Tap, checking
from golden.mamba2.integer.widths import limits
from tests.golden.mamba2.integer_models import SMALL, STYLES, Maker, Style, make

SILU_LEAST = -1.28
"""SiLU has its minimum here: the only way to a negative B, C or x that is not small beside its group."""


def tokens(seed: int) -> Tensor:
    return torch.randint(0, SMALL.vocab_size, (2, 5), generator=torch.Generator().manual_seed(seed))


def mixed(p: Mamba2Profile, seed: int, tap: Tap | None = None, tokens: int = 3) -> Tap:
    """Run `mixer` on inputs and states from a few adversarial values, behind a convolution that copies its input."""
    generator = torch.Generator().manual_seed(seed)
    model = make(p, "signs", seed)
    one, silent = torch.zeros(SMALL.d_conv, SMALL.conv_dim, dtype=torch.int64), Maker(p, "zero", generator)
    one[-1] = 1 << (p.param_frac - 6)
    copy = Pot(one, torch.full((SMALL.d_conv, SMALL.conv_dim // p.ssm_group), 6), p.ssm_group)
    layer = replace(model.layers[0], conv_weight=copy, conv_bias=silent.pot("conv_bias", SMALL.conv_dim))
    values = Interval(*limits(p, SMALL)["in_proj"])
    palette = [values.low, values.high, 0, int(SILU_LEAST * (1 << p.proj_frac)), int(8.0 * (1 << p.proj_frac)), 1, -1]
    chosen = torch.tensor(palette)[torch.randint(0, len(palette), (3,), generator=generator)]
    x = chosen[torch.randint(0, 3, (2, tokens, SMALL.d_in_proj), generator=generator)]
    tap = tap or checking(model, ("*",))
    mixer(x, layer, extreme_state(p, generator), model, tap)
    return tap


def extreme_state(p: Mamba2Profile, generator: torch.Generator) -> IntegerState:
    """Histories and states at either end of what their format holds."""

    def pot(*shape: int) -> Pot:
        q = torch.where(
            torch.rand(shape, generator=generator) < 0.5, -(1 << (p.ssm_bits - 1)), (1 << (p.ssm_bits - 1)) - 1
        )
        s = torch.full((*shape[:-1], shape[-1] // p.ssm_group), min(p.max_shift, p.value_bits - p.ssm_bits))
        return Pot(q, s, p.ssm_group)

    return IntegerState(pot(2, SMALL.d_conv - 1, SMALL.conv_dim), pot(2, SMALL.d_state, SMALL.d_inner))


def ran(p: Mamba2Profile, style: Style, seed: int) -> Tap:
    """Run a whole model, in two pieces, and then a layer and the head on residual streams at their limits."""
    model = make(p, style, seed)
    check_model(model)
    tap = checking(model, ("*",))
    text = tokens(seed)
    _, states = forward(text[:, :3], model, tap=tap)
    logits, states = forward(text[:, 3:], model, states, tap)
    assert logits.shape == (2, 2, SMALL.vocab_size)
    value = Interval.signed(p.value_bits)
    ends = torch.tensor([value.low, value.high])
    r = ends[torch.randint(0, 2, (2, 2, SMALL.d_model), generator=torch.Generator().manual_seed(seed))]
    for each in (r, torch.eye(SMALL.d_model, dtype=torch.int64).unsqueeze(1)[:2] * ends[1]):
        block(each, model.layers[0], states[0], model, tap)
        head(each, model, tap)
    return tap


def extremes(taps: Iterator[Tap]) -> dict[str, Interval]:
    """Least and greatest value that each tap saw, by its name without its layer; X.q are the integers of tap X."""
    found: dict[str, Interval] = {}
    for tap in taps:
        for key, values in tap.kept.items():
            name = key.removeprefix(key[: key.rfind("layers.") + len("layers.0.")]) if "layers." in key else key
            seen = Interval(min(int(x.min()) for x in values), max(int(x.max()) for x in values))
            found[name] = found.get(name, seen).union(seen)
    return found


def taps(ranges: dict[str, Interval]) -> dict[str, Interval]:
    return {name: x for name, x in ranges.items() if not name.endswith((".q", ".s"))}


@cache
def seen(p: Mamba2Profile) -> dict[str, Interval]:
    runs = (ran(p, style, seed) for style in STYLES for seed in range(2))
    return extremes(tap for many in (runs, (mixed(p, seed) for seed in range(60))) for tap in many)
