# SPDX-License-Identifier: Apache-2.0
"""Which knobs lead to which bin of `coverage.Mamba2Coverage`: the starts of `mamba2_accel`."""

from collections.abc import Callable
from dataclasses import replace

from golden.mamba2.accel.arguments import Build, argument_error, build_of
from golden.mamba2.accel.layout import state_shapes
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.extremes import STYLES as EXTREME_STYLES
from golden.spec import Mamba2AccelConfig
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm.mamba2.coverage import EXTREMES, FAULTS
from harness.uvm.mamba2.knobs import ILLEGAL, KINDS, PLACES, STYLES, WEIGHTS, Knobs, Shape, shapes
from harness.uvm.mamba2.stimuli import plain
from harness.uvm.model_start import WHOLE, Action
from harness.uvm.model_steering import CROSSES, listed, seen, status, texts
from harness.uvm.steer import Point, Setting, Steering, by, needs

KNOBS, DEFAULT = Knobs, WEIGHTS
FRUGAL = {"layers": (8, 2, 1), "vocab": (4, 2, 1, 1), "prompt": (4, 2, 2, 2, 1, 1, 1), "generate": (2, 4, 1, 1, 1)}
"""What a start is like where no empty bin asks for more: longer ones only cost time."""
LEAST = 24
"""Shapes that led starts take where nothing else is asked for: the first ones are the least."""
SOME = 6
MODEST = needs(shape=tuple(range(LEAST)))
FRESH = ("tokens", "raw")
"""Starts that go on from none: those that do are not restarted, reset or refused."""
PLAIN_READS = ("e_read", "tok_read", "p_read", "w_read")
WRITES = ("out_write", "tap_write", "s_write")
"""Regions by the number that the knob has for a start of a prompt; with all of them written, the states come last."""


def steering(cfg: Mamba2AccelConfig) -> Steering:
    """Return what leads to the bins of a configuration."""
    points = {
        **_shape_points(cfg),
        **texts(cfg.t_cols, STYLES, "gate"),
        "part": _parts(),
        "place": {
            "chip": needs(place="chip", layers=1, shape=tuple(range(LEAST)), action=WHOLE),
            "memory": needs(place="memory", action=WHOLE),
            "mixed": needs(
                place="mixed", layers=3, part=("whole", "front", "back"), shape=tuple(range(LEAST)), action=WHOLE
            ),
        },
        "kind": by("kind", KINDS, action=WHOLE),
        **status(cfg.ports, ErrorCode, refusals(build_of(cfg)), {"BAD_TOKEN": {}}, _faults()),
        **seen(EXTREMES, {"value_saturated": _extreme(), "state_saturated": _extreme()}),
    }
    points["generate"] = {
        name: None if setting is None else {**setting, **(needs(kind=("tokens", "continued")) if int(name) > 1 else {})}
        for name, setting in points["generate"].items()
    }
    points["action"] = {
        name: {**(setting or {}), **(needs(kind=FRESH) if name in ("RESTART", "RESET", "ILLEGAL") else {})}
        for name, setting in points["action"].items()
    }
    assert tuple(points["place"]) == PLACES
    more = {"part_x_kind": ("part", "kind"), "place_x_kind": ("place", "kind"), "place_x_stalls": ("place", "stalls")}
    return Steering(points, {**CROSSES, **more})


def refusals(build: Build) -> dict[str, ErrorCode]:
    """What golden refuses each illegal argument with; NONE for one that is legal on this build."""
    a = plain(next(each for each in shapes(build) if each.heads >= 4))
    a = replace(a, model_layers=1, layer_count=1, prompt=1, generate=1, head=True)
    return {name: argument_error(spoil(a, build), build) for name, spoil in ILLEGAL.items()}


def _shape_points(cfg: Mamba2AccelConfig) -> dict[str, Point]:
    """Points of dimensions, and of the chunks that a state is cut into."""
    found = shapes(build_of(cfg))

    def shaped(test: Callable[[Shape], bool], two: bool = False) -> Setting | None:
        drawn = [each for each in found if (each.ngroups == 2) == two]
        return listed("shape", [n for n, each in enumerate(drawn) if test(each)][:SOME], two_groups=two, action=WHOLE)

    ends = {"8": (8, 8), "16": (16, 16), "more": (17, 255)}
    return {
        "d_model": {
            name: shaped(lambda s, low=low, high=high: low <= s.d_model <= high)  # type: ignore[misc] # bound now
            for name, low, high in (("least", 1, 16), ("small", 17, 40), ("large", 41, 254))
        },
        "headdim": {
            name: shaped(lambda s, low=low, high=high: low <= s.headdim <= high)  # type: ignore[misc] # bound now
            for name, (low, high) in ends.items()
        },
        "d_state": {
            name: shaped(lambda s, low=low, high=high: low <= s.d_state <= high)  # type: ignore[misc] # bound now
            for name, (low, high) in ends.items()
        },
        "ngroups": {"1": shaped(lambda s: True), "2": shaped(lambda s: True, two=True)},
        "chunk_heads": {
            str(heads): shaped(lambda s, heads=heads: heads in _cuts(s, cfg))  # type: ignore[misc] # bound now
            for heads in (1, 2, 4, 8)
        },
    }


def _cuts(shape: Shape, cfg: Mamba2AccelConfig) -> list[int]:
    """Heads of a chunk that a state of the shape may be cut into; which of them is drawn behind the knobs."""
    model = Mamba2Config(
        d_model=shape.d_model,
        n_layer=1,
        vocab_size=8,
        d_state=shape.d_state,
        headdim=shape.headdim,
        ngroups=shape.ngroups,
    )
    cuts = state_shapes(model, build_of(cfg).profile, cfg)
    return [cut.heads for cut in cuts if cut.beats <= cfg.s_depth]


def _parts() -> dict[str, Setting]:
    """Of few layers there is no part."""
    layers = {"whole": (1, 2, 3), "front": (2, 3), "back": (2, 3), "middle": (3,)}
    return {part: needs(part=part, layers=count, action=WHOLE) for part, count in layers.items()}


def _extreme() -> Setting:
    return needs(style=EXTREME_STYLES)


def _faults() -> dict[str, Setting]:
    """Errors where a region is surely accessed, by its number among those that a start accesses."""
    settings = {
        name: needs(action=Action.READ_ERROR, kind="tokens", region=index) for index, name in enumerate(PLAIN_READS)
    }
    settings["s_read"] = needs(
        action=Action.READ_ERROR, kind="continued", place="memory", part="whole", region=len(PLAIN_READS)
    )
    written = needs(action=Action.WRITE_ERROR, tap=(1, 2, 3), tap_all=True, place="memory", part="whole")
    settings |= {name: {**written, **needs(region=index)} for index, name in enumerate(WRITES)}
    return {name: settings[name] for name in FAULTS}
