# SPDX-License-Identifier: Apache-2.0
"""The driver of ternary_accel: what it writes to a scripted device, what it reads of one in which golden computes."""

from dataclasses import replace

import pytest
import torch

from boards.drivers import KernelError, TernaryAccel
from boards.drivers.model_accel import ModelAccel
from golden.errors import InputError
from golden.spec.gen import mamba2_accel
from golden.spec.gen import ternary_accel as regs
from golden.ternary.accel.arguments import Arguments
from golden.ternary.accel.cache import Room
from golden.ternary.accel.outcome import outcome
from golden.ternary.accel.start import Plan, Run, model_parts, plan, token_beats
from golden.ternary.config import BitNetConfig
from golden.ternary.integer.block import prefill
from golden.ternary.integer.model import Cache, IntegerModel, Requests, empty_cache
from golden.ternary.integer.profile import load
from golden.ternary.integer.quantize import quantize
from golden.ternary.weights import BitNet
from tests.boards.fake_accel import FakeDevice, driver
from tests.boards.fake_ternary import GoldenKernel, arguments_of, golden_device
from tests.golden.ternary.random_models import random_tensors

PAGE = 4096
ARGUMENTS = Arguments(
    d_model=128,
    heads=4,
    kv_heads=2,
    feed=352,
    batch=3,
    vocab=256,
    model_layers=5,
    prefix=6,
    prefix_room=7,
    own_room=18,
    own=(9, 10, 11, 12),
    prompt=3,
    generate=4,
    head=True,
    ternary_head=False,
    residual_frac=13,
    logit_frac=14,
    eps=1 << 40 | 15,
    feed_eps=0x3FF_8001,
    head_scale=0x001_FFFF,
    tap_point=2,
    tap_all=True,
    tap_layer=3,
    **{f"{name}_off": index * PAGE for index, name in enumerate(TernaryAccel.REGIONS)},
    arena_bytes=9 * PAGE,
    bases=(),
)
SHAPE = BitNetConfig(90, 64, 40, 2, 2, 1, 1e4, 64)
MODEL: IntegerModel = quantize(BitNet(SHAPE, random_tensors(SHAPE, 1)), load())
MODEL = replace(MODEL, layers=tuple(MODEL.layers))
PROMPT = [3, 1, 4, 1, 5]


def started(laid: Plan) -> tuple[FakeDevice, GoldenKernel, TernaryAccel]:
    device, golden = golden_device(MODEL)
    return device, golden, driver(device)


def equal(a: Cache, b: Cache) -> bool:
    pairs = [
        (x, y)
        for one, other in zip(a, b, strict=True)
        for x, y in zip(vars(one).values(), vars(other).values(), strict=True)
    ]
    return all(torch.equal(x, y) for x, y in pairs)


@pytest.mark.parametrize("config", ["sim", "kv260", "u280"])
def test_arguments_reach_their_registers(config: str) -> None:
    """What the kernel finds in its registers are the arguments, all of them, with the arena's own bases."""
    device = FakeDevice(config, kernel="ternary_accel")
    kernel = driver(device)
    with kernel.arena(9 * PAGE) as arena:
        for each in (ARGUMENTS, replace(ARGUMENTS, head=False, tap_point=0, tap_all=False, tap_layer=0, batch=1)):
            kernel.begin(each)
            assert arguments_of(device) == replace(each, bases=arena.bases)
    assert device.starts == 2


def test_every_argument_has_a_register() -> None:
    """No writable register of the kernel's own is left at what an earlier run wrote."""
    device = FakeDevice(kernel="ternary_accel")
    kernel = driver(device)
    with kernel.arena(9 * PAGE):
        device.words.clear()
        kernel.begin(ARGUMENTS)
        results = {"TOKENS_DONE", "TOKENS_RUN", "LAYERS_DONE", "TAP_BEATS"}
        own = {at for at in regs.Offset if at >= regs.Offset.D_MODEL and at.name not in results}
        assert own <= device.words.keys()


def test_what_both_kernels_have_lies_in_one_place() -> None:
    """Registers that the shared part of the drivers reads have one offset in both maps."""
    names = [
        *ModelAccel.PROGRESS,
        "CYCLES",
        "FIRST_TOKEN",
        "STALL_OUT",
        "MODE",
        "TAP",
        "OUT_OFF",
        "TOK_OFF",
        "ARENA_BYTES",
    ]
    assert [regs.Offset[name] for name in names] == [mamba2_accel.Offset[name] for name in names]


def test_regions_are_those_of_the_kernel() -> None:
    """A region that is none is refused, and so is an arena that is too small for the arguments."""
    kernel = driver(FakeDevice(kernel="ternary_accel"))
    with kernel.arena(8 * PAGE):
        with pytest.raises(InputError, match="found region 's', expected one of w, e, h, a, k, tok, out, tap"):
            kernel.write_region(ARGUMENTS, "s", torch.zeros(1, 64, dtype=torch.uint8))
        with pytest.raises(InputError, match="ARENA_BYTES is 36864, the arena has 32768"):
            kernel.begin(ARGUMENTS)


def test_a_start_is_goldens_in_every_place() -> None:
    """Records, taps and the cache that a start leaves, read back, are golden's; a second start goes on from there."""
    laid = plan(MODEL, driver(FakeDevice(kernel="ternary_accel")).config, Run(5, 4, tap_point=1), Room(0, 20))
    _, golden, kernel = started(laid)
    fresh = Requests(empty_cache(MODEL), (empty_cache(MODEL),))
    first = outcome(MODEL, PROMPT, 4, 4, fresh)
    with kernel.arena(laid.arena_bytes):
        for at, section in model_parts(MODEL, laid):
            kernel.write_beats(at, section)
        a = laid.start(Run(5, 4, tap_point=1))
        kernel.write_region(a, "tok", token_beats(PROMPT, kernel.config))
        found = kernel.run(a)
        assert [best.index for best in found] == [tuple(row) for row in first.index[:, 0].tolist()]
        assert [best.value for best in found] == [tuple(row) for row in first.value[:, 0].tolist()]
        assert tuple(best.token for best in found) == first.tokens[0]
        assert torch.equal(kernel.taps(a), first.streams[0])
        cached = kernel.caches(laid, 0, [a.own[0] + a.added])
        assert equal(cached.own[0], first.requests.own[0])
        follow = [first.tokens[0][-1], 9]
        a = laid.start(Run(2, 3, own=(a.added,)))
        kernel.write_region(a, "tok", token_beats(follow, kernel.config))
        second = outcome(MODEL, follow, 3, 4, first.requests)
        assert tuple(best.token for best in kernel.run(a)) == second.tokens[0]
        assert kernel.taps(a).shape == (0, 8)
    assert [run.own[0] for run in golden.runs] == [0, 8]


def test_texts_from_given_caches() -> None:
    """Caches that software wrote are what the start reads; its records come step by step, text by text."""
    prefix = prefill(torch.tensor(PROMPT[:3]), MODEL)[1]
    before = tuple(
        tuple(layer.behind(3) for layer in prefill(torch.tensor(rest), MODEL, prefix)[1]) for rest in ([7], [8, 2, 6])
    )
    requests = Requests(prefix, before)
    laid = plan(MODEL, driver(FakeDevice(kernel="ternary_accel")).config, Run(2, 3, 3, (1, 3)), Room(4, 9), texts=3)
    _, _, kernel = started(laid)
    expected = outcome(MODEL, [5, 6], 3, 4, requests)
    with kernel.arena(laid.arena_bytes):
        for at, section in model_parts(MODEL, laid):
            kernel.write_beats(at, section)
        kernel.write_caches(requests, laid)
        assert equal(kernel.caches(laid, 3, [1, 3]).own[1], before[1])
        a = laid.start(Run(2, 3, 3, (1, 3)))
        kernel.write_region(a, "tok", token_beats([5, 6], kernel.config))
        seen = [best.token for best in kernel.stream(a)]
        assert seen == [expected.tokens[text][step] for step in range(3) for text in range(2)]
        after = kernel.caches(laid, 3, [1 + a.added, 3 + a.added])
        assert equal(after.prefix, prefix)
        assert all(map(equal, after.own, expected.requests.own))
        kernel.copy_text(laid, 2)
        assert equal(kernel.caches(laid, 3, [0, 0, 4]).own[2], expected.requests.own[0])
        counters = kernel.counters()
        assert (counters.tokens_done, counters.tap_beats) == (6, 0)
        assert counters.rd_beats[0] >= counters.rd_beats[1] > 0


def test_records_that_are_not_written_cannot_pass() -> None:
    """The places of all texts' records are poisoned before the start."""
    device = FakeDevice(steps=lambda device: iter(()), kernel="ternary_accel")
    kernel = driver(device)
    with kernel.arena(9 * PAGE):
        list(kernel.stream(ARGUMENTS))
        poisoned = device.load(ARGUMENTS.out_off, 13)
        assert bool((poisoned[:12] == 0xA5).all())
        assert not bool((poisoned[12] == 0xA5).any())


def test_errors_have_names() -> None:
    """A refused start is a KernelError with the map's name of the code."""
    laid = plan(MODEL, driver(FakeDevice(kernel="ternary_accel")).config, Run(1, 1))
    _, _, kernel = started(laid)
    with kernel.arena(laid.arena_bytes), pytest.raises(KernelError, match="BAD_KV_HEADS") as caught:
        kernel.run(replace(laid.arguments, kv_heads=3))
    assert caught.value.exit_code == 2
