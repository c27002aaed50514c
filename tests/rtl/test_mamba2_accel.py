# SPDX-License-Identifier: Apache-2.0
"""mamba2_accel: whole starts on the simulation memory against golden's integer model.

Two builds: `sim` (4-bit linear layers, additive scales, table norms, two chunks in turn) and `sim_w8a8` (8-bit linear
layers, scales of channels, norms by reciprocal roots, one chunk in flight).
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import IntegerModel
from golden.spec import load_config
from golden.spec.gen.mamba2_accel import ErrorCode, Offset
from harness.build import build
from harness.sim.mem import FREE, Channel, Response, burst_stall, random_stall
from harness.sim.model import core_sources, kernel_build
from harness.sim.runner import derive_seed, simulate
from harness.sim.timing import IDEAL, MemoryTiming
from tests.rtl.m2_accel_bench import AccelBench
from tests.rtl.m2_accel_starts import SHAPE, Start, draw, smallest, tiny

SHAPES = (
    Mamba2Config(d_model=64, n_layer=2, vocab_size=43, d_state=16, headdim=16),
    SHAPE,
    Mamba2Config(d_model=64, n_layer=1, vocab_size=16, d_state=24, headdim=8, ngroups=2),  # 16 heads
)


@pytest.fixture(scope="module", params=["sim", "sim_w8a8"])
def bench(request: pytest.FixtureRequest) -> Iterator[AccelBench]:
    made = AccelBench(load_config("mamba2_accel", request.param), build(kernel_build("mamba2_accel", request.param)))
    yield made
    made.model.close()


@pytest.fixture(autouse=True)
def _fresh_memory(request: pytest.FixtureRequest) -> None:
    """Every test starts with a memory that neither stalls nor fails."""
    if "bench" not in request.fixturenames:
        return
    bench: AccelBench = request.getfixturevalue("bench")
    bench.memory.set_stall(FREE)
    bench.memory.set_timing(IDEAL)
    bench.memory.clear_injections()


@pytest.fixture(scope="module")
def models(bench: AccelBench, tmp_path_factory: pytest.TempPathFactory) -> list[IntegerModel]:
    folder: Path = tmp_path_factory.mktemp("models")
    return [tiny(folder, bench.cfg.profile, shape) for shape in SHAPES]


def first(bench: AccelBench, model: IntegerModel, prompt: int = 5, generate: int = 2) -> Start:
    """A start of a model with its states in memory, and its residual stream captured."""
    rng = random.Random(derive_seed(f"accel/{prompt}"))
    tokens = [rng.randrange(model.cfg.vocab_size) for _ in range(prompt)]
    return Start(bench.cfg, model, tokens, generate, tap=2)


def disturb(bench: AccelBench, rng: random.Random) -> None:
    """Random latency, and a random pattern of stalls on every AXI channel of random ports."""
    bench.memory.set_stall(FREE)
    bench.memory.set_timing(MemoryTiming(latency=rng.choice((1, 2, 17, 60))))
    bench.memory.seed(rng.getrandbits(32))
    for channel in Channel:
        kind = rng.choice((FREE, random_stall(rng.choice((0.1, 0.5, 0.8))), burst_stall(rng.randint(1, 60), 40)))
        bench.memory.set_stall(kind, channel=channel, port=rng.randrange(-1, bench.cfg.ports))


@pytest.mark.parametrize("tap", [1, 2, 3])
def test_every_result_of_every_layer(bench: AccelBench, models: list[IntegerModel], tap: int) -> None:
    """Law: results of the linear layers, residuals and gated values of every token are golden's, beat for beat, in the
    order of the jobs; so are the best logits, and the states in memory."""
    for model in models:
        bench.run(replace(first(bench, model), tap=tap))


@pytest.mark.parametrize("seed", range(3))
def test_random_starts_with_stalls(bench: AccelBench, models: list[IntegerModel], seed: int) -> None:
    """Law: no pattern of stalls on any AXI channel changes a result, whatever the prompt (1 to 9 tokens), the number of
    chosen tokens (0 to 3), the tap, and the layers whose state is on chip."""
    rng = random.Random(derive_seed(f"accel/stalls/{seed}"))
    for _ in range(5):
        disturb(bench, rng)
        bench.run(draw(bench.cfg, models, rng))


def test_a_start_goes_on_from_the_one_before(bench: AccelBench, models: list[IntegerModel]) -> None:
    """Law: with CONTINUE the states, on chip and in memory, and the convolution's histories are those of the start
    before; without it they are zero."""
    for on_chip in (0, 1, 2):
        start = replace(first(bench, models[0]), on_chip=on_chip)
        bench.run(start)
        after = start.expected
        tokens = [after.tokens[-1], *start.prompt[:3]]
        bench.run(replace(start, prompt=tokens, states=after.states))
        bench.run(replace(start, prompt=tokens, generate=1))


def test_rows_in_the_place_of_tokens(bench: AccelBench, models: list[IntegerModel]) -> None:
    """Law: a raw start on the residual rows of a prompt gives what the prompt gives."""
    start = first(bench, models[0], generate=1)
    bench.run(replace(start, raw=models[0].embedding[list(start.prompt)].long()))


def test_reset_in_flight(bench: AccelBench, models: list[IntegerModel]) -> None:
    """Law: a reset at any point of a run, under stalls, leaves a kernel that computes the next run correctly."""
    rng = random.Random(derive_seed("accel/reset"))
    start = first(bench, models[0])
    for cycles in (3, 40, *(rng.randrange(60, 6000) for _ in range(6))):
        disturb(bench, rng)
        bench.prepare(start)
        bench.model.write(Offset.CTRL, 1)
        bench.model.run(cycles, stop_on_interrupt=False)
        bench.model.reset()
        assert bench.model.read(Offset.CTRL) == 4
        assert bench.model.read(Offset.ERROR) == 0
        bench.set_bases()
        bench.run(start)


@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
def test_error_responses(bench: AccelBench, models: list[IntegerModel], write: bool) -> None:
    """Law: an error answer on any port is reported with its port, the run still ends, and the next one is clean."""
    start = first(bench, models[0])
    for port in range(bench.cfg.ports):
        bench.prepare(start)
        bench.memory.clear_counters()
        bench.memory.inject(write, Response.SLVERR, nth=5, port=port)
        bench.go(400_000)
        bench.memory.clear_injections()
        code = ErrorCode.AXI_WRITE if write else ErrorCode.AXI_READ
        assert bench.model.read(Offset.ERROR) == code | port << 8
        bench.run(start)


def test_refused_starts(bench: AccelBench, models: list[IntegerModel]) -> None:
    """Law: an illegal argument ends in its code without memory traffic, a token that does not exist in its own, and
    the next legal run is clean."""
    start = first(bench, models[0])
    bench.prepare(start)
    bench.model.write(Offset.D_MODEL, start.model.cfg.d_model + 4)
    bench.memory.clear_counters()
    bench.go(1000)
    assert bench.model.read(Offset.ERROR) & 0xFF == ErrorCode.BAD_D_MODEL
    assert bench.memory.totals().read_beats == 0
    ids = start.regions["tok"].clone()
    ids[0, 4] = start.model.cfg.vocab_size
    bench.prepare(start)
    bench.store(start.arguments.tok_off, ids)
    bench.go(400_000)
    assert bench.model.read(Offset.ERROR) & 0xFF == ErrorCode.BAD_TOKEN
    bench.run(start)


@pytest.mark.icarus
def test_in_a_four_state_simulator() -> None:
    """Law: no X leaves the accelerator after reset, whatever its memories hold."""
    cfg = smallest(slots=2)
    simulate(
        "mamba2_accel",
        core_sources("mamba2_accel"),
        cfg.parameters,
        "tests.rtl.cocotb_mamba2_accel",
        testcase="no_x_leaves",
        sim="icarus",
        timeout_s=600,
    )
