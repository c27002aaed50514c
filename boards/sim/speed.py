# SPDX-License-Identifier: Apache-2.0
"""The virtual board as `harness.bench.sim_speed` measures it: `python -m boards.sim.speed [BOARD] [CONFIG]`."""

import sys
import time

import numpy as np
import torch

from boards.drivers.tern_matvec import Case, TernMatvec, Weights
from boards.sim.open import Memory, OpenBoard, open_board
from golden.errors import CheckError
from golden.spec.gen import tern_matvec as regs
from golden.striping import stripe
from golden.ternary.matvec import matvec
from golden.ternary.packing import pack_x
from harness.bench.sim_speed import PortImage, Work, line, measure
from harness.bench.speed import SpeedRecord
from harness.provenance import collect
from harness.sim.model import SimModel
from harness.toolchain import find_verilator

ROWS, COLS = 1536, 4096


class MatvecSpeed:
    """A product with a random matrix, loaded once; every start copies vectors in and results out.

    Args:
        board: an open virtual board with tern_matvec.
        rows: of the matrix.
        cols: of the matrix.
    """

    def __init__(self, board: OpenBoard, rows: int = ROWS, cols: int = COLS) -> None:
        self._board = board
        self._kernel: TernMatvec = board.kernel
        self.name = f"{board.device.name} ({board.config.name})"
        self.config = (board.config.kernel, board.config.name)
        draw = torch.Generator().manual_seed(1)
        w = torch.randint(-1, 2, (rows, cols), generator=draw, dtype=torch.int8)
        self._x = torch.randint(-128, 128, (cols, self._kernel.config.t_cols), generator=draw, dtype=torch.int8)
        self._expected = matvec(w, self._x)
        self._kernel.arena()
        self._weights: Weights = self._kernel.load_matrix(w)

    def work(self) -> Work:
        """Prepare one start and return it as memory images and register writes."""
        memory = self._kernel.memory
        with memory.scratch():
            case = self._kernel.prepare_vectors(self._weights, self._x)
            ports = [self._image(port, base, memory.top) for port, base in enumerate(memory.bases)]
        model = self._board.device
        timing = model.timing(self._board.config.port_bytes, self._board.config.clock_mhz)
        bases = ((regs.PORT_BASE[port], image[0]) for port, image in enumerate(ports))
        writes = [(int(regs.Offset.IER), 1), (int(regs.Offset.GIE), 1)]
        writes += [word for offset, base in bases for word in _words(offset, base)]
        return Work(tuple(image for _, image in ports), timing, tuple(writes), _arguments(case))

    @property
    def _model(self) -> SimModel:
        model = self._board.device.model
        assert model is not None
        return model

    def _image(self, port: int, arena: int, top: int) -> tuple[int, PortImage]:
        region = self._board.device.get_memory_by_name(self._kernel.memory_names[port]).region
        data = np.array(self._model.memory.view(port)[: arena - region.base + top])
        return arena, PortImage(region.base, region.size, data)

    def run(self, starts: int) -> tuple[int, float]:
        """Run `starts` times; the first result is checked. Returns simulated cycles and seconds."""
        packed = stripe(pack_x(self._x, self._kernel.config), self._kernel.config).numpy()
        model = self._model
        cycles, begin = model.cycles, time.perf_counter()
        results = [self._kernel.run(self._weights, packed, self._x.shape[1]).y for _ in range(starts)]
        seconds = time.perf_counter() - begin
        if not torch.equal(torch.from_numpy(results[0]), self._expected):
            raise CheckError(f"{self.name}: the product differs from the golden model")
        return model.cycles - cycles, seconds


def _words(offset: int, value: int) -> list[tuple[int, int]]:
    return [(int(offset), value & 0xFFFF_FFFF), (int(offset) + 4, value >> 32)]


def _arguments(case: Case) -> tuple[tuple[int, int], ...]:
    """Return the register writes of a case, in the driver's order."""
    counts = [
        (int(regs.Offset.ROW_TILES), case.size.row_tiles),
        (int(regs.Offset.COL_BLOCKS), case.size.col_blocks),
        (int(regs.Offset.VECTORS), case.size.vectors),
    ]
    offsets = (
        (regs.Offset.X_OFF, case.x_offset),
        (regs.Offset.W_OFF, case.weights.offset),
        (regs.Offset.Y_OFF, case.y_offset),
    )
    return (*counts, *(word for at, value in offsets for word in _words(at, value)))


def measure_board(tag: str, config: str | None = None, memory: Memory = "ideal", starts: int = 2) -> SpeedRecord:
    """Return the speed of a virtual board against the bare loop; errors as for `open_board` and `measure`."""
    tools = {"verilator": ".".join(map(str, find_verilator().version))}
    with open_board(tag, config, memory) as board:
        speed = MatvecSpeed(board)
        with board.kernel.memory:
            return measure(speed, starts, collect(tools))


def main(tag: str = "sim", config: str = "") -> None:
    """Print the speed of a virtual board as one line."""
    sys.stdout.write(line(measure_board(tag, config or None)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
