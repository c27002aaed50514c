# SPDX-License-Identifier: Apache-2.0
"""What leads to the bins of `tern_matvec`: no bin is forgotten, and starts that are led there get there."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import pytest

from golden.spec.configs import load_config
from golden.spec.gen.tern_matvec import ErrorCode
from golden.ternary.arguments import argument_error
from golden.ternary.matvec import matvec
from harness.uvm import coverage, draws, stimuli
from harness.uvm.items import Action, KernelItem, Outcome, Stimulus
from harness.uvm.job import Bias
from harness.uvm.knobs import draw
from harness.uvm.steer import Bin
from harness.uvm.steering import DEFAULT, FRUGAL, KNOBS, WHOLE, steering

CFG = load_config("tern_matvec", "sim")
STEERING = steering(CFG)
BASES = tuple(0x1_0000_0000 * (port + 1) for port in range(CFG.ports))


def outcome(s: Stimulus) -> Outcome:
    """What a device that is right leaves of a start, as far as coverage looks."""
    a = s.arguments
    offsets = (a.x_off, a.w_off, a.y_off)
    codes = {
        Action.ILLEGAL: argument_error(a.row_tiles, a.col_blocks, a.vectors, offsets, a.port_base, CFG),
        Action.BAD_WEIGHT: ErrorCode.BAD_WEIGHT,
        Action.READ_ERROR: ErrorCode.AXI_READ,
        Action.WRITE_ERROR: ErrorCode.AXI_WRITE,
    }
    y = matvec(s.w, s.x) if s.action in WHOLE else None
    return Outcome(y, codes.get(s.action, ErrorCode.NONE), 0, {}, True, ())


class Sampler:
    """The subscriber's own `write`, without the phases of a running simulation."""

    def __init__(self) -> None:
        self._cfg, self.group = CFG, coverage.StartCoverage(CFG.t_cols)


def hits(directions: Sequence[dict[str, str]]) -> Iterator[set[Bin]]:
    """The bins of points that each of the starts that are led there is in."""
    sampler, rng = Sampler(), np.random.default_rng(3)
    before = coverage.bins()
    for knobs in islice(draw(5, Bias(directions=tuple(directions))), len(directions)):
        item = KernelItem(stimuli.make("start", knobs, CFG, BASES, 1 << 20, rng))
        item.outcome = outcome(item.stimulus)
        coverage.Coverage.write(sampler, item)  # type: ignore[arg-type]
        after = coverage.bins()
        yield {Bin(p, name) for p, bins in after.items() for name, n in bins.items() if n > before[p][name]}
        before = after


def test_every_bin_is_told_of() -> None:
    """The table has exactly the bins of the covergroup."""
    Sampler()
    found = {Bin(point, name) for point, bins in coverage.bins().items() for name in bins}
    assert set(STEERING.bins) == found


def test_settings_name_values_that_knobs_have() -> None:
    """Each value of each setting can be asked for; so can the weights of frugal starts."""
    known = draws.numbers(KNOBS)
    for each in STEERING.bins:
        for name, values in (STEERING.setting(each) or {}).items():
            assert values, each
            assert all(known[name].number(name, value) >= 0 for value in values)
    assert all(len(weights) <= len(known[name].values) for name, weights in {**DEFAULT, **FRUGAL}.items())


@pytest.mark.parametrize("pick", [0, -1])
def test_led_starts_get_there(pick: int) -> None:
    """First and last value of each knob lead to the bin of a point, but for rows of which any may be missing."""
    wanted = [each for each in STEERING.bins if each.point in STEERING.points and each != Bin("row_pad", "some")]
    small = {"tiles": "one", "blocks": "one"}
    settings = (STEERING.setting(each) or {} for each in wanted)
    led = [{**small, **{name: values[pick] for name, values in each.items()}} for each in settings]
    assert [str(each) for each, found in zip(wanted, hits(led), strict=True) if each not in found] == []


def test_some_rows_are_missing_most_of_the_time() -> None:
    """Six of seven starts that are led there."""
    direction = {"tiles": "one", "blocks": "one", "full_rows": "False", "row_pad": "any"}
    assert Bin("row_pad", "some") in set.union(*hits([direction] * 8))
