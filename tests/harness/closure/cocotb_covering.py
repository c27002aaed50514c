# SPDX-License-Identifier: Apache-2.0
"""A random test of the toy counter for closure: two knobs by pyvsc, coverage of their values, on request a failure."""

import json
import os
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cocotb
from cocotb.triggers import Timer

from harness.uvm import draws, job
from harness.uvm.draws import knob
from harness.uvm.steer import Steering, by

VALUES = ("red", "green", "blue")
FAILS = "KRAIT_TOY_FAILS"
"""In the environment of a test that wants to see a simulation fail."""


@dataclass(frozen=True)
class Knobs:
    """Two knobs of three values."""

    a: str = knob(VALUES)
    b: str = knob(VALUES)


KNOBS, DEFAULT, FRUGAL, MODEST = Knobs, {"a": (8,)}, {}, {}


def steering(cfg: object) -> Steering:
    """What leads to the bins: three of each knob, nine of their cross."""
    return Steering({"a": by("a", VALUES), "b": by("b", VALUES)}, {"a_x_b": ("a", "b")})


@cocotb.test(name="RandomTest", skip=job.VARIABLE not in os.environ)
async def random_test(dut):
    asked = job.current()
    hits = Counter()
    for drawn in islice(draws.draw(Knobs, DEFAULT, asked.seed, asked.bias), asked.items):
        await Timer(10 * job.CLOCK_NS, unit="ns")
        hits.update([("a", drawn.a), ("b", drawn.b), ("a_x_b", f"<{drawn.a},{drawn.b}>")])
    if FAILS in os.environ:  # an assert would tell the environment, which differs between two runs
        raise AssertionError("as it was asked to")
    bins = {}
    for point, name in steering(None).bins:
        bins.setdefault(point, {})[name] = hits[point, name]
    (Path(asked.out) / "coverage.json").write_text(json.dumps({"toy.start": bins}))
