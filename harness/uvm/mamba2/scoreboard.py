# SPDX-License-Identifier: Apache-2.0
"""How starts of `mamba2_accel` are compared: its counters, and the states that it leaves in memory."""

from collections.abc import Iterator, Mapping

from golden.fixed.pot import Pot
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm.mamba2.items import Stimulus
from harness.uvm.mamba2.streams import segments, traffic
from harness.uvm.model_compare import share, values
from harness.uvm.model_scoreboard import Comparison, ModelPredictor, ModelScoreboard


def states(s: Stimulus) -> dict[int, Pot]:
    """The states of the layers that have theirs in memory, by layer."""
    return {layer: one(s.golden.states[layer - s.legal.layer_first].ssm) for layer in s.state_layers}


def one(state: Pot) -> Pot:
    """The state of the only text, q [N, I]."""
    return Pot(state.q[0], state.s[0], state.group)


def divergences(s: Stimulus, expected: Mapping[int, Pot], found: Mapping[int, Pot]) -> Iterator[str | None]:
    """Yield a line for each layer whose state differs."""
    return (state_divergence(s, layer, state, found[layer]) for layer, state in expected.items())


def state_divergence(s: Stimulus, layer: int, expected: Pot, found: Pot) -> str | None:
    """Return one line about the first number or shift of a layer's state that differs, None if none does."""
    heads = s.model.cfg.headdim
    different = (expected.q != found.q).nonzero()
    if len(different):
        n, channel = (int(i) for i in different[0])
        frac = s.model.profile.state_frac
        golden, rtl = expected.value[n, channel], found.value[n, channel]
        place = f"state of layer {layer}, head {channel // heads}, n {n}, row {channel}"
        numbers = f"golden {int(expected.q[n, channel])}, RTL {int(found.q[n, channel])}"
        return f"{place}: {numbers}; with shifts {values(golden, rtl, frac)}; {share(different, expected.q)}"
    different = (expected.s != found.s).nonzero()
    if not len(different):
        return None
    n, group = (int(i) for i in different[0])
    shifts = f"golden {int(expected.s[n, group])}, RTL {int(found.s[n, group])}"
    return f"shift of state of layer {layer}, n {n}, channel group {group}: {shifts}; {share(different, expected.s)}"


COMPARISON = Comparison(
    errors=ErrorCode,
    refused=("WEIGHT_BEATS", "WINDOW", "SSM_BEATS", "TOKENS_DONE", "TOKENS_RUN", "LAYERS_DONE", "TAP_BEATS"),
    bounded=("STALL_STATE", "SSM_BEATS"),
    segments=segments,
    traffic=traffic,
    kept=states,
    divergences=divergences,
)


class Predictor(ModelPredictor):
    """Of `mamba2_accel`."""

    COMPARISON = COMPARISON


class Scoreboard(ModelScoreboard):
    """Of `mamba2_accel`."""

    COMPARISON = COMPARISON
