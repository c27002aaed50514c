# SPDX-License-Identifier: Apache-2.0
"""Functional coverage, declared with pyvsc beside the knobs it samples, and its form on disk."""

import contextlib
import io
import json
from enum import Enum
from pathlib import Path

import vsc
from pyuvm import uvm_component, uvm_subscriber

from golden.spec.configs import TernConfig
from golden.spec.gen.tern_matvec import ErrorCode
from harness.uvm.items import Action, KernelItem, Stimulus
from harness.uvm.knobs import W_NAMES, X_NAMES
from harness.uvm.stalls import StallKind

Bins = dict[str, dict[str, int]]
"""Coverpoint or cross -> bin -> hits."""


SAMPLED = ("tiles", "blocks", "vectors", "row_pad", "col_pad", "w", "x", "stalls", "action", "error", "peak")


def named(names: tuple[str, ...]) -> dict[str, object]:
    """Bins for the places of names in a tuple."""
    return {name: vsc.bin(index) for index, name in enumerate(names)}


def names_of(kind: type[Enum]) -> tuple[str, ...]:
    """Names of an enumeration whose values count from 0."""
    return tuple(member.name for member in kind)


def numbers(*values: int) -> dict[str, object]:
    """Bins for numbers."""
    return {str(value): vsc.bin(value) for value in values}


@vsc.covergroup
class StartCoverage:
    """What a start looked like: shape, padding, values, stalls, action, error."""

    def __init__(self, t_cols: int) -> None:
        self.with_sample({name: vsc.uint8_t() for name in SAMPLED})
        self.cp_tiles = vsc.coverpoint(
            self.tiles,
            bins={
                "one": vsc.bin(1),
                "few": vsc.bin([2, 4]),
                "some": vsc.bin([5, 64]),
                "two_row_blocks": vsc.bin([129, 255]),
            },
        )
        self.cp_blocks = vsc.coverpoint(
            self.blocks, bins={"one": vsc.bin(1), "few": vsc.bin([2, 3]), "many": vsc.bin([4, 255])}
        )
        self.cp_vectors = vsc.coverpoint(self.vectors, bins={str(v): vsc.bin(v) for v in range(1, t_cols + 1)})
        self.cp_row_pad = vsc.coverpoint(self.row_pad, bins=named(("none", "some", "all_but_one")))
        self.cp_col_pad = vsc.coverpoint(self.col_pad, bins=named(("none", "part_of_a_byte", "bytes")))
        self.cp_w = vsc.coverpoint(self.w, bins=named(W_NAMES))
        self.cp_x = vsc.coverpoint(self.x, bins=named(X_NAMES))
        self.cp_stalls = vsc.coverpoint(self.stalls, bins=named(names_of(StallKind)))
        self.cp_action = vsc.coverpoint(self.action, bins=named(names_of(Action)))
        self.cp_error = vsc.coverpoint(self.error, bins={code.name: vsc.bin(int(code)) for code in ErrorCode})
        self.cp_peak = vsc.coverpoint(self.peak, bins=named(("small", "above_half", "largest_possible")))
        self.vectors_x_stalls = vsc.cross([self.cp_vectors, self.cp_stalls])
        self.pads = vsc.cross([self.cp_row_pad, self.cp_col_pad])
        self.tiles_x_blocks = vsc.cross([self.cp_tiles, self.cp_blocks])
        self.action_x_stalls = vsc.cross([self.cp_action, self.cp_stalls])


def _padding(missing: int, smallest: int, of: int) -> int:
    """Class of padding: 0 none, 2 when `missing` reaches `smallest`, else 1."""
    return 0 if missing % of == 0 else 1 + (missing % of >= smallest)


def _peak(stimulus: Stimulus, item: KernelItem) -> int:
    if item.outcome is None or item.outcome.y is None:
        return 0
    share = int(item.outcome.y.abs().max()) / (128 * stimulus.cols)
    return 2 if share == 1 else int(share > 0.5)


class Coverage(uvm_subscriber):
    """Samples every finished item."""

    def __init__(self, name: str, parent: uvm_component, cfg: TernConfig) -> None:
        super().__init__(name, parent)
        self._cfg = cfg
        self.group = StartCoverage(cfg.t_cols)

    def write(self, item: KernelItem) -> None:
        """Sample one item."""
        stimulus, cfg = item.stimulus, self._cfg
        self.group.sample(
            min(cfg.tiles(stimulus.rows), 255),
            min(cfg.blocks(stimulus.cols), 255),
            stimulus.vectors,
            _padding(-stimulus.rows % cfg.outs, cfg.outs - 1, cfg.outs),
            _padding(-stimulus.cols % cfg.block, 5, cfg.block),
            W_NAMES.index(stimulus.w_profile),
            X_NAMES.index(stimulus.x_profile),
            stimulus.stalls.kind.value,
            stimulus.action.value,
            int(item.outcome.error) if item.outcome is not None else 0,
            _peak(stimulus, item),
        )


def bins(covered: type = StartCoverage) -> Bins:
    """Return the hits of every bin of a covergroup in this process so far."""
    with contextlib.redirect_stdout(io.StringIO()):  # pyvsc prints while it builds its report
        report = vsc.get_coverage_report_model()
    group = next(group for group in report.covergroups if group.name == covered.__name__)
    points = (*group.coverpoints, *group.crosses)
    return {point.name.removeprefix("cp_"): {hit.name: hit.count for hit in point.bins} for point in points}


def save(path: Path, group: str, bins: Bins) -> None:
    """Write the hits of one covergroup as JSON, whole or not at all."""
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps({group: bins}, indent=1) + "\n")
    scratch.rename(path)
