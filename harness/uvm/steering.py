# SPDX-License-Identifier: Apache-2.0
"""Which knobs lead to which bin of `coverage.StartCoverage`: the starts of `tern_matvec`."""

from golden.spec.configs import TernConfig
from golden.spec.gen.tern_matvec import ErrorCode
from golden.ternary.arguments import argument_error
from harness.uvm.items import Action, Arguments
from harness.uvm.knobs import BLOCK_CLASSES, ILLEGAL, TILE_CLASSES, W_NAMES, WEIGHTS, X_NAMES, Knobs
from harness.uvm.stalls import StallKind
from harness.uvm.steer import Setting, Steering, by, needs

KNOBS, DEFAULT = Knobs, WEIGHTS
FRUGAL = {"tiles": (8, 2, 1, 1), "blocks": (8, 2, 1)}
"""What a start is like where no empty bin asks for more: larger ones only cost time."""
MODEST: Setting = {}
"""Nothing is large that has no weights."""
WHOLE = (Action.RUN, Action.RESTART, Action.RESET)
ENDS = ("plus", "minus")
"""Weights that add up all activations, with one sign."""


def steering(cfg: TernConfig) -> Steering:
    """Return what leads to the bins of a configuration."""
    sizes = range(1, 256)
    return Steering(
        points={
            "tiles": by("tiles", TILE_CLASSES),
            "blocks": by("blocks", BLOCK_CLASSES),
            "vectors": {
                str(v): needs(vectors=tuple(n for n in sizes if 1 + (n - 1) % cfg.t_cols == v))
                for v in range(1, cfg.t_cols + 1)
            },
            "row_pad": {
                "none": needs(full_rows=True),
                "some": needs(full_rows=False, row_pad="any"),
                "all_but_one": needs(full_rows=False, row_pad="all_but_one"),
            },
            "col_pad": {
                "none": needs(full_cols=True),
                "part_of_a_byte": needs(full_cols=False, col_pad="part_of_a_byte"),
                "bytes": needs(full_cols=False, col_pad="bytes"),
            },
            "w": by("w_name", W_NAMES),
            "x": by("x_name", X_NAMES),
            "stalls": by("stalls", StallKind),
            "action": by("action", Action),
            "error": {code.name: _error(code, cfg) for code in ErrorCode},
            "peak": {
                "small": needs(w_name="zero"),
                "above_half": needs(w_name=ENDS, x_name="highest", action=WHOLE),
                "largest_possible": needs(w_name=ENDS, x_name="lowest", action=WHOLE),
            },
        },
        crosses={
            "vectors_x_stalls": ("vectors", "stalls"),
            "pads": ("row_pad", "col_pad"),
            "tiles_x_blocks": ("tiles", "blocks"),
            "action_x_stalls": ("action", "stalls"),
        },
    )


def _error(code: ErrorCode, cfg: TernConfig) -> Setting:
    """What ends in an error code: an action, or illegal arguments that golden refuses with it."""
    actions = {
        ErrorCode.NONE: WHOLE,
        ErrorCode.AXI_READ: Action.READ_ERROR,
        ErrorCode.AXI_WRITE: Action.WRITE_ERROR,
        ErrorCode.BAD_WEIGHT: Action.BAD_WEIGHT,
    }
    if code in actions:
        return needs(action=actions[code])
    plain = Arguments(1, 1, 1, 0, 0, 0, (0,) * cfg.ports)
    made = {name: spoil(plain, cfg) for name, spoil in ILLEGAL.items()}
    return needs(action=Action.ILLEGAL, illegal=tuple(name for name, a in made.items() if _refusal(a, cfg) is code))


def _refusal(a: Arguments, cfg: TernConfig) -> ErrorCode:
    return argument_error(a.row_tiles, a.col_blocks, a.vectors, (a.x_off, a.w_off, a.y_off), a.port_base, cfg)
