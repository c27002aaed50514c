# SPDX-License-Identifier: Apache-2.0
"""`krait bench --sweep`: a family of small configurations, cycles of the tiny model against LUTs and DSPs of each.

The configurations exist below build/ only. They run without PYNQ's overlay, whose driver knows committed ones alone.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from boards.drivers.arena import Arena
from boards.drivers.mamba2_accel import Mamba2Accel
from boards.facts import load_board
from boards.mamba2_bench import KERNEL, prepare, run_subject
from boards.mamba2_image import write_prompt
from boards.memory import BufferObject, ChannelMemory, copy
from boards.model_bench import Asked, memory_timing
from boards.overlay import MemoryRegion
from boards.sim.memory import simulated
from boards.sim.open import VIRTUAL_MEMORY_BASE
from golden.mamba2.accel.start import model_parts
from golden.spec import Mamba2AccelConfig, load_config, load_register_map
from golden.spec.emit import emit_sim_top, emit_wrapper
from golden.spec.gen import mamba2_accel as regs
from harness import console
from harness.atomic import replace_text
from harness.bench.mamba2_sweep import Cost, Cycles, SweepRow
from harness.bench.mamba2_workloads import MODELS, workload
from harness.bench.model_workloads import Workload
from harness.build import VerilatorBuild, build
from harness.paths import build_dir
from harness.sim.model import MEMORY_RTL, SimModel, core_sources, kernel_build
from harness.synth.elaborate import elaborate
from harness.synth.mapping import summarize

WORK = ("tg4", "pp16")
"""A decode step and a prompt, each with ideal memory."""
POINTS: tuple[dict[str, int], ...] = (
    {},
    {"ports": 4},
    {"ports": 8},
    {"tiles": 2},
    {"ports": 4, "tiles": 2},
    {"t_cols": 1, "t_par": 1},
    {"t_cols": 8},
    {"t_cols": 8, "t_par": 8},
)
"""What differs from the base."""
FAMILY = "xcup"
"""For boards without a device of their own."""


class DirectDevice:
    """What a driver needs of a device, around a model: `Registers`, memories, the interrupt."""

    def __init__(self, model: SimModel, cfg: Mamba2AccelConfig, channel_bytes: int) -> None:
        self.name, self.model = cfg.name, model
        regions = [
            MemoryRegion(f"MEM{port}", VIRTUAL_MEMORY_BASE + port * channel_bytes, channel_bytes)
            for port in range(cfg.ports)
        ]
        self.memories = [
            ChannelMemory(self, region, simulated(region, model.memory.attach(port, region.base, region.size)))
            for port, region in enumerate(regions)
        ]

    def read(self, offset: int, count: int) -> bytes:
        """Read registers side by side."""
        return self.model.read_words(offset, count)

    def write(self, offset: int, data: bytes) -> None:
        """Write registers side by side."""
        self.model.write_words(offset, data)

    def flush(self, bo: BufferObject, offset: int, vaddr: int, nbytes: int) -> None:
        """Copy a part of a buffer to device memory."""
        copy(bo, offset, vaddr, nbytes, to_device=True)

    def invalidate(self, bo: BufferObject, offset: int, vaddr: int, nbytes: int) -> None:
        """Copy a part of a buffer from device memory."""
        copy(bo, offset, vaddr, nbytes, to_device=False)

    def wait_interrupt(self, timeout_s: float) -> bool:
        """Run until the interrupt is high; return False when the time is over first."""
        deadline = time.monotonic() + timeout_s
        while not self.model.wait(4096):
            if time.monotonic() >= deadline:
                return False
        return True


class DirectAccel(Mamba2Accel):
    """The driver on a configuration that is not committed."""

    def __init__(self, device: DirectDevice, cfg: Mamba2AccelConfig) -> None:
        self.device: Any = device
        self.registers = device
        self.name = self.config_name = cfg.name
        self.config = cfg
        self.identity = self._check_identity(cfg.config_hash)
        self._interrupts_on = True
        self.put(regs.Offset.IER, regs.IER_DONE.mask)
        self.put(regs.Offset.GIE, regs.GIE_ENABLE.mask)

    def arena(self, size: int) -> Arena:
        """Return a new arena of `size` bytes a port and make it the kernel's."""
        arena = Arena(self.device.memories, size)
        arena.reserve(arena.size)
        self.put_all({regs.PORT_BASE[port]: base for port, base in enumerate(arena.bases)}, 64)
        self._arena = arena
        return arena


@dataclass(frozen=True)
class Sources:
    """Generated Verilog of a configuration."""

    top: Path
    wrapper: Path


def family(base: Mamba2AccelConfig) -> Iterator[Mamba2AccelConfig]:
    """Yield the base and its variations, each legal by the rules of every configuration."""
    for point in POINTS:
        legal = {"t_par": min(base.t_par, point.get("t_cols", base.t_cols))} | point
        name = "sweep_" + base.name + "".join(f"_{key.replace('_', '')}{value}" for key, value in point.items())
        yield replace(base, name=name, doc=f"Of a sweep around {base.name}.", **legal)  # type: ignore[arg-type]


def write_sources(cfg: Mamba2AccelConfig, folder: Path) -> Sources:
    """Write wrapper and simulation top of a configuration, as `make gen` does for committed ones."""
    registers = load_register_map(KERNEL)
    folder.mkdir(parents=True, exist_ok=True)
    found = Sources(folder / f"sim_{KERNEL}_{cfg.name}.sv", folder / f"{KERNEL}_{cfg.name}.v")
    replace_text(found.top, emit_sim_top(cfg, registers))
    replace_text(found.wrapper, emit_wrapper(cfg, registers))
    return found


def simulator(cfg: Mamba2AccelConfig, sources: Sources) -> VerilatorBuild:
    """Return the build of a configuration's virtual board."""
    like = kernel_build(KERNEL, "sim")
    files = (sources.top, *MEMORY_RTL, sources.wrapper, *core_sources(KERNEL))
    return replace(like, top=f"sim_{KERNEL}_{cfg.name}", sources=files)


def run_sweep(config: str, path: Path, synthesize: bool = True) -> bool:
    """Run a family, append its rows to `path` and the table beside it as Markdown; whether all results were exact."""
    from harness.bench import mamba2_sweep

    base, rows = load_config(KERNEL, config), []
    assert isinstance(base, Mamba2AccelConfig)
    for cfg in family(base):
        row = measure(cfg, synthesize)
        mamba2_sweep.append(path, row)
        console.say(mamba2_sweep.line(row))
        rows.append(row)
    replace_text(path.with_suffix(".md"), mamba2_sweep.markdown(rows))
    console.say(f"table: {path.with_suffix('.md')}")
    return all(row.exact for row in rows)


def measure(cfg: Mamba2AccelConfig, synthesize: bool = True) -> SweepRow:
    """Simulate and synthesize one configuration."""
    from harness.provenance import collect
    from harness.regress.run import tools

    sources = write_sources(cfg, build_dir() / "sweep")
    library = build(simulator(cfg, sources))
    cycles = tuple(_simulate(cfg, library, workload(name)) for name in WORK)
    return SweepRow(
        schema=1,
        config=cfg.name,
        profile=cfg.profile,
        **{each: getattr(cfg, each) for each in ("ports", "port_bits", "rows", "tiles", "t_cols", "t_par")},
        clock_mhz=cfg.clock_mhz,
        cycles=cycles,
        cost=_cost(cfg, sources) if synthesize else None,
        provenance=collect(tools()),
    )


def _simulate(cfg: Mamba2AccelConfig, library: Path, work: Workload) -> Cycles:
    what = Asked(cfg.board, cfg.name, MODELS["tiny"], work, ("ideal",))
    subject = prepare(what, cfg)
    model = SimModel(library)
    try:
        model.reset()
        kernel = DirectAccel(DirectDevice(model, cfg, load_board(cfg.board).memory.channel_bytes), cfg)
        with kernel.arena(subject.plan.arena_bytes):
            kernel.write_sections(model_parts(subject.model, subject.plan))
            write_prompt(kernel, subject.plan.arguments, subject.prompt)
            channel = memory_timing(subject.facts, cfg, "ideal")
            model.memory.set_timing(channel)
            found = run_subject(kernel, model, subject, "ideal", channel)
    finally:
        model.close()
    tokens = 1 if work.work == "decode" else work.prompt
    total = found.step_cycles if work.work == "decode" else found.layers.cycles
    return Cycles(work.name, total / tokens, found.divergence)


def _cost(cfg: Mamba2AccelConfig, sources: Sources) -> Cost:
    board, folder = load_board(cfg.board), build_dir() / "synth"
    design = elaborate([sources.wrapper, *core_sources(KERNEL)], f"{KERNEL}_{cfg.name}", folder / cfg.name)
    with console.progress(f"synth {cfg.name}") as bar:
        found = summarize(design, board.synthesis.family if board.synthesis else FAMILY, folder / "modules", bar)
    return Cost(
        **{each.name: getattr(found.total, each.name) for each in fields(Cost) if each.name != "levels"},
        levels=found.slowest.longest.levels,
    )
