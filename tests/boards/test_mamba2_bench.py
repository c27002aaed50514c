# SPDX-License-Identifier: Apache-2.0
"""The benchmark of `mamba2_accel`: honest memories, legal starts, what it refuses."""

import pytest
import torch

from boards.facts import load_board
from boards.mamba2_bench import asked
from boards.mamba2_image import plan
from boards.model_bench import memory_timing
from golden.errors import InputError
from golden.mamba2.integer import profile
from golden.mamba2.integer.model import ChannelScale, IntegerModel, Linear
from golden.mamba2.published import published
from golden.spec import load_config
from harness.bench.model_record import MEMORIES


@pytest.mark.parametrize(("board", "gbs"), [("u280", 460.0), ("vck190", 25.6), ("vc709", 25.6)])
def test_ideal_memory_is_the_declared_peak(board: str, gbs: float) -> None:
    """All channels together give the peak and not more, and reads share it with writes (rate below 1)."""
    facts, cfg = load_board(board), load_config("mamba2_accel", board)
    channel = memory_timing(facts, cfg, "ideal")
    assert channel.rate < 1
    assert channel.latency == 1
    found = channel.deliverable * cfg.wide_bytes * cfg.clock_mhz / 1e3
    assert found == pytest.approx(gbs, rel=1e-4)
    assert found <= gbs


@pytest.mark.parametrize(("board", "share"), [("u280", 0.9), ("vck190", 0.88), ("vc709", 0.88)])
def test_model_and_worse(board: str, share: float) -> None:
    """The model delivers its efficiency of the peak, the worse one nine tenths of that, with the same latency."""
    facts, cfg = load_board(board), load_config("mamba2_accel", board)
    ideal, model, worse = (memory_timing(facts, cfg, kind) for kind in MEMORIES)
    assert model.deliverable == pytest.approx(share * ideal.deliverable, rel=1e-3)
    assert worse.deliverable == pytest.approx(0.9 * model.deliverable, rel=1e-6)
    assert (worse.latency, worse.turnaround) == (model.latency, model.turnaround)


def test_what_is_refused() -> None:
    """Unknown models, workloads and memories are named with what is known."""
    with pytest.raises(InputError, match=r"--model: found '1b', expected one of tiny, 130m, 2.7b"):
        asked("sim", None, "1b", None, None)
    with pytest.raises(InputError, match="--memory: found 'fast', expected one of ideal, model, worse, all"):
        asked("sim", None, None, None, "fast")
    with pytest.raises(InputError, match="--workload"):
        asked("sim", None, None, "decode", None)
    assert asked("sim", None, None, None, None).memories == MEMORIES
    assert asked("sim", None, None, None, "worse").memories == ("worse",)


@pytest.mark.parametrize(
    ("config", "on_chip", "model", "prompt"),
    [
        ("u280", 6, "mamba2-2.7b", 1),
        ("vck190", 0, "mamba2-2.7b", 1),
        ("vc709", 0, "mamba2-2.7b", 1),
        ("vc709", 0, "mamba2-130m", 256),
    ],
)
def test_full_size_starts_are_legal(config: str, on_chip: int, model: str, prompt: int) -> None:
    """Published models fit their boards with all captures, regions one after another; state that fits is on chip."""
    cfg, none = load_config("mamba2_accel", config), torch.zeros(0)
    shape = published(model)
    empty = Linear(none, ChannelScale(none, none))
    start = plan(IntegerModel(shape, profile.load(cfg.profile), none, (), none, empty), cfg, prompt, 2)
    assert start.arena_bytes < load_board(cfg.board).memory.channel_bytes
    assert list(start.arguments.offsets) == sorted(start.arguments.offsets)
    assert start.arguments.mem_first == on_chip


def test_a_model_that_does_not_fit_is_refused() -> None:
    """With the kernel's own name of the reason."""
    cfg, none = load_config("mamba2_accel", "sim"), torch.zeros(0)
    shape, empty = published("mamba2-130m"), Linear(none, ChannelScale(none, none))
    with pytest.raises(InputError, match="BAD_D_MODEL"):
        plan(IntegerModel(shape, profile.load(cfg.profile), none, (), none, empty), cfg, 1, 1)
