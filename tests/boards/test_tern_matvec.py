# SPDX-License-Identifier: Apache-2.0
"""The driver of tern_matvec on the virtual board, against the golden model."""

import pytest
import torch

from boards.drivers import KernelError, TernMatvec, tern_matvec
from boards.drivers.arena import Arena
from boards.open import pick_config
from boards.sim.open import open_board, write_overlay
from golden.errors import InputError, MachineError
from golden.spec import load_config
from golden.striping import stripe
from golden.ternary.matvec import matvec
from golden.ternary.packing import pack_x
from harness.sim.mem import HANG, Channel, Response, random_stall


def operands(rows, cols, vectors, seed=1):
    draw = torch.Generator().manual_seed(seed)
    w = torch.randint(-1, 2, (rows, cols), generator=draw, dtype=torch.int8)
    return w, torch.randint(-128, 128, (cols, vectors), generator=draw, dtype=torch.int8)


@pytest.fixture(scope="module")
def locks(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("KRAIT_LOCKS", str(tmp_path_factory.mktemp("locks")))
    yield
    patch.undo()


@pytest.fixture(scope="module", params=["sim", "sim512"])
def board(request, locks):
    with open_board("sim", request.param, memory="ideal") as opened:
        yield opened


@pytest.fixture
def kernel(board):
    yield board.kernel
    board.device.model.memory.set_stall()
    board.device.model.memory.clear_injections()


def packed(kernel, x):
    return stripe(pack_x(x, kernel.config), kernel.config).numpy()


@pytest.mark.parametrize(("rows", "cols", "vectors"), [(1, 1, 1), (8, 40, 4), (100, 300, 3), (17, 1001, 1)])
def test_products_equal_the_golden_model(kernel, rows, cols, vectors):
    """Any shape, padded or not: packed, flushed, run, read back and unpacked it is W X exactly."""
    w, x = operands(rows, cols, vectors)
    assert torch.equal(torch.from_numpy(kernel.multiply(w, x)), matvec(w, x))


def test_products_beyond_one_start_are_split(kernel, monkeypatch):
    """More columns than the kernel holds, more rows than it counts: several starts, the same W X."""
    monkeypatch.setattr(tern_matvec.regs, "MAX_ROW_TILES", 2)
    starts = []
    monkeypatch.setattr(kernel, "start", lambda start=kernel.start: (starts.append(1), start())[1])
    rows, cols = 2 * kernel.config.outs + 3, kernel.config.x_slots * kernel.config.block + 7
    w, x = operands(rows, cols, 1)
    assert torch.equal(torch.from_numpy(kernel.multiply(w, x)), matvec(w, x))
    assert len(starts) == 4


def test_shapes_that_do_not_fit_are_refused(kernel):
    """W and X of different K are bad input, not a wrong product."""
    with pytest.raises(InputError, match=r"\(8, 40\) and \(41, 1\)"):
        kernel.multiply(operands(8, 40, 1)[0], operands(8, 41, 1)[1])


def test_starts_back_to_back_count_apart(kernel):
    """Preloaded cases run one after another; each has its own result and counters, and all beats are accounted for."""
    shapes = [(64, 200, 1), (9, 41, 1), (300, 77, 1)]
    with kernel.arena():
        cases, expected = [], []
        for index, shape in enumerate(shapes):
            w, x = operands(*shape, seed=index)
            cases.append(kernel.prepare_vectors(kernel.load_matrix(w), x))
            expected.append(matvec(w, x))
        counters = kernel.run_cases(cases)
        for case, count, y in zip(cases, counters, expected, strict=True):
            assert torch.equal(torch.from_numpy(kernel.result(case)), y)
            stalls = count.stall_weights + count.stall_tables + count.stall_output + count.stall_hazard
            assert count.weight_beats == case.size.w_beats
            assert count.weight_beats + stalls == count.window <= count.cycles
        reads = cases[-1].size.x_beats + cases[-1].size.w_beats
        assert kernel.port_beats() == ((reads, cases[-1].size.y_beats),) * kernel.config.ports


def test_random_stalls_change_no_result(kernel, board):
    """Results do not depend on when the memory answers."""
    w, x = operands(60, 500, 1)
    board.device.model.memory.set_stall(random_stall(0.5))
    assert torch.equal(torch.from_numpy(kernel.multiply(w, x)), matvec(w, x))


def test_illegal_arguments_end_with_their_code(kernel):
    """The kernel refuses what it cannot do, as the input's fault, and runs on."""
    many = kernel.config.t_cols + 1
    w, x = operands(8, 20, many)
    with kernel.arena():
        with pytest.raises(KernelError, match="BAD_VECTORS") as caught:
            kernel.run(kernel.load_matrix(w), packed(kernel, x), many)
        assert caught.value.exit_code == 2
        result = kernel.run(kernel.load_matrix(w), packed(kernel, x[:, :1]), 1)
        assert torch.equal(torch.from_numpy(result.y), matvec(w, x[:, :1]))


def test_results_that_are_not_written_cannot_pass(kernel):
    """A result region is poisoned first: what the kernel leaves out is no old, right-looking value."""
    w, x = operands(40, 64, 1)
    with kernel.arena():
        weights = kernel.load_matrix(w)
        right = kernel.run(weights, packed(kernel, x), 1).y
        case = kernel.prepare(weights, packed(kernel, x), 1)
        assert (kernel.result(case) != right).all()


def test_memory_errors_name_the_port(kernel, board):
    """A read error on one port ends the run with that port's number, exit code 3."""
    port = kernel.config.ports - 1
    board.device.model.memory.inject(False, Response.DECERR, nth=7, port=port)
    w, x = operands(64, 300, 1)
    with pytest.raises(KernelError, match=f"AXI_READ .*on port {port}") as caught:
        kernel.multiply(w, x)
    assert caught.value.exit_code == 3


def test_packed_bytes_must_fit_the_shape(kernel):
    """Bytes of another shape or configuration are refused before they reach the device."""
    w, x = operands(30, 90, 1)
    with kernel.arena():
        weights = kernel.load_matrix(w)
        data = packed(kernel, x)
        for bad in (data[:, :-8], data[:-1], data.astype("int8")):
            with pytest.raises(InputError, match="packed vectors"):
                kernel.prepare(weights, bad, 1)
        with pytest.raises(InputError, match="packed weights"):
            kernel.load(data, 30, 9000)


def test_an_arena_has_bounds_and_an_end(kernel):
    """A full arena, offsets outside what is reserved, and use after the end are refused."""
    memories = [kernel.device.get_memory_by_name(name) for name in kernel.memory_names]
    with Arena(memories, 8192) as arena:
        arena.reserve(5000)
        with pytest.raises(MachineError, match="no room"):
            arena.reserve(4097)
        with pytest.raises(InputError, match="outside"):
            arena.read(8192 - 32, 64)
        with pytest.raises(InputError, match="outside"):
            arena.read(-32, 32)
    with pytest.raises(MachineError, match="closed"):
        arena.read(0, 32)


def test_hang_dumps_counters(locks):
    """Writes that are never answered: the wait ends in time and reports how far the kernel came."""
    with open_board("sim", memory="ideal") as opened:
        opened.device.model.memory.set_stall(HANG, 0, Channel.B)
        w, x = operands(8, 400, 1)
        with opened.kernel.arena():
            case = opened.kernel.prepare_vectors(opened.kernel.load_matrix(w), x)
            with pytest.raises(MachineError, match=r"not done within 0.5 s.*WEIGHT_BEATS=0xa "):
                opened.kernel.run_case(case, timeout_s=0.5)


def test_memory_model_slows_and_changes_nothing(locks):
    """Under the board's memory model the same product takes longer than with an ideal memory and is the same."""
    w, x = operands(16, 400, 1)
    cycles = {}
    for memory in ("ideal", "model"):
        with open_board("sim", memory=memory) as opened, opened.kernel.arena():
            result = opened.kernel.run_case(opened.kernel.prepare_vectors(opened.kernel.load_matrix(w), x))
            assert torch.equal(torch.from_numpy(result.y), matvec(w, x))
            cycles[memory] = result.counters.cycles
    assert cycles["model"] > cycles["ideal"] + 15


def test_register_map_through_pynq(locks):
    """PYNQ's own register_map reads the kernel's registers by name."""
    with open_board("sim") as opened:
        registers = opened.overlay.tern_matvec.register_map
        assert int(registers.MAGIC) == 0x4B524149
        assert int(registers.GEOMETRY.PORTS) == opened.config.ports
        assert isinstance(opened.kernel, TernMatvec)


def test_configurations_belong_to_boards():
    """A configuration of another board is refused and the fitting ones are listed; so are unknown ones."""
    from boards.facts import load_board

    with pytest.raises(InputError, match="'u280', expected one of sim, sim512"):
        pick_config("tern_matvec", "u280", load_board("sim"))
    with pytest.raises(InputError, match="expected one of u280"):
        open_board("sim:u280", "nothing")


def test_more_ports_than_channels_are_refused(tmp_path):
    """Every port needs a channel of its own."""
    from boards.facts import load_board

    with pytest.raises(InputError, match="32 ports, board sim has 2 channels"):
        write_overlay("sim", load_board("sim"), load_config("tern_matvec", "u280"), tmp_path / "none.so")
