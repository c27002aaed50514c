# SPDX-License-Identifier: Apache-2.0
"""A call on the virtual board as `harness.bench.driver_overhead` measures it: `python -m boards.sim.overhead`."""

import sys

import torch

from boards.drivers.tern_matvec import TernMatvec
from boards.sim.open import OpenBoard, open_board
from golden.errors import CheckError
from golden.striping import stripe
from golden.ternary.matvec import matvec
from golden.ternary.packing import pack_x
from harness.bench.driver_overhead import OverheadRecord, line, measure
from harness.provenance import collect
from harness.sim.model import Timed
from harness.toolchain import find_verilator

ROWS, COLS = 16, 80
"""Small enough that the simulation is the smaller part."""


class MatvecCall:
    """A product with a matrix that is loaded: a vector in, arguments, start, wait, counters, the result out.

    Args:
        board: an open virtual board with tern_matvec and an arena.
        library: what tells the time in the simulation.
    """

    def __init__(self, board: OpenBoard, library: Timed) -> None:
        self._kernel: TernMatvec = board.kernel
        self._library = library
        self.name = f"{board.device.name} ({board.config.name}), product of {ROWS} x {COLS}"
        draw = torch.Generator().manual_seed(1)
        w = torch.randint(-1, 2, (ROWS, COLS), generator=draw, dtype=torch.int8)
        x = torch.randint(-128, 128, (COLS, 1), generator=draw, dtype=torch.int8)
        self._expected = matvec(w, x)
        self._weights = self._kernel.load_matrix(w)
        self._x = stripe(pack_x(x, self._kernel.config), self._kernel.config).numpy()

    @property
    def inside_s(self) -> float:
        """Seconds spent in the simulation so far."""
        return self._library.seconds

    @property
    def entries(self) -> int:
        """How often it was entered so far."""
        return self._library.calls

    def call(self) -> None:
        """Run one product. CheckError: it differs from golden's."""
        found = self._kernel.run(self._weights, self._x, 1)
        if not torch.equal(torch.from_numpy(found.y), self._expected):
            raise CheckError(f"{self.name}: the product differs from the golden model")


def measure_board(tag: str = "sim", config: str | None = None) -> OverheadRecord:
    """Return what a call costs beyond the simulation on a virtual board; errors as for `open_board`."""
    tools = {"verilator": ".".join(map(str, find_verilator().version))}
    with open_board(tag, config, "ideal") as board, board.kernel.arena():
        model = board.device.model
        assert model is not None
        with model.timed() as library:
            return measure(MatvecCall(board, library), collect(tools))


def main(tag: str = "sim", config: str = "") -> None:
    """Print what a call costs on a virtual board, as one line."""
    sys.stdout.write(line(measure_board(tag, config or None)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
