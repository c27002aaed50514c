# SPDX-License-Identifier: Apache-2.0
"""A kernel of two knobs of four values, whose coverage follows by formula: what the algorithm does is known in advance.

It stands in for simulations of an accelerator; all else is what `krait cover` runs.
"""

from collections.abc import Callable, Sequence
from random import Random

from harness.closure.grade import Ran
from harness.closure.kernels import Kernel
from harness.closure.plan import Batch
from harness.regress.suites import Entry
from harness.uvm.steer import Bin, Point, Steering, by

VALUES = ("0", "1", "2", "3")
START_CYCLES = 10


def steering(*, odd: Point | None = None) -> Steering:
    """Four bins of each knob, sixteen of their cross, and those of a point `odd`."""
    points = {"a": by("a", VALUES), "b": by("b", VALUES), **({"odd": odd} if odd else {})}
    return Steering(points, {"a_x_b": ("a", "b")})


def kernel(found: Steering | None = None, configs: tuple[str, ...] = ("one",), starts: int = 4) -> Kernel:
    """The kernel; `found` says what leads to its bins on every configuration."""
    leads = found or steering()
    return Kernel("toy", configs, starts, lambda config: leads, {"a": VALUES, "b": VALUES}, {"a": (8,)})


def starts(entry: Entry) -> list[dict[str, str]]:
    """The values of both knobs of every start: those that are directed, the others by the seed and the weights."""
    random, bias = Random(entry.seed), entry.bias
    made = []
    for index in range(entry.items):
        weights = (bias.weights if bias else {}) or {"a": (8, 1, 1, 1)}
        drawn = {name: random.choices(VALUES, weights.get(name, (1,) * 4))[0] for name in ("a", "b")}
        led = bias.directions[index] if bias and index < len(bias.directions) else {}
        made.append({**drawn, **led})
    return made


def ran(entry: Entry, lucky: Callable[[str, str], str | None] = lambda a, b: None, status: str = "PASS") -> Ran:
    """What a simulation of the entry is worth; `lucky` names the bin of `odd` that a start meets."""
    hit: set[Bin] = set()
    for start in starts(entry):
        a, b = start["a"], start["b"]
        hit |= {Bin("a", a), Bin("b", b), Bin("a_x_b", f"<{a},{b}>")}
        if name := lucky(a, b):
            hit.add(Bin("odd", name))
    return Ran(entry, status, "", START_CYCLES * entry.items, frozenset(hit))


def run(batch: Batch) -> Sequence[Ran]:
    """Run a batch."""
    return [ran(each) for each in batch.entries]
