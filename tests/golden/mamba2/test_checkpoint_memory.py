# SPDX-License-Identifier: Apache-2.0
"""Memory: what is loaded lazily costs what is in use, what is written a shard at a time costs one shard.

Each case runs in a process of its own, whose largest resident set is reset after imports and read at the end.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from golden.mamba2 import info, random_checkpoint
from golden.mamba2.config import Mamba2Config

CFG = Mamba2Config(d_model=1024, n_layer=8, vocab_size=8192)
MIB = 1 << 20
LAYER = (info.count(CFG).linear + info.count(CFG).other) * 4 / CFG.n_layer / MIB  # 25 MiB
EMBEDDING = info.count(CFG).embedding * 4 / MIB  # 32 MiB
SLACK = 8.0  # MiB: the least mapping, the allocator's, code pages that are touched for the first time

PRELUDE = """
import sys, tempfile, torch
from pathlib import Path
torch.set_num_threads(1)
from golden.mamba2 import checkpoint, random_checkpoint
from golden.mamba2.config import Mamba2Config
from golden.mamba2.model import forward, initial_states, mixer, rms_norm
path, cfg = Path(sys.argv[1]), Mamba2Config(d_model=1024, n_layer=8, vocab_size=8192)
def status(key):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key)) / 1024
small = Mamba2Config(d_model=64, n_layer=1, vocab_size=64)
with tempfile.TemporaryDirectory() as folder:
    random_checkpoint.write(Path(folder) / "small", small, 1, layout=sys.argv[2])
    forward(torch.arange(9)[None], checkpoint.load(Path(folder) / "small")[1], small)
open("/proc/self/clear_refs", "w").write("5")  # the peak starts anew
before = status("VmRSS")
"""
EPILOGUE = """
print(status("VmHWM") - before)
"""


def growth(tmp_path: Path, layout: str, body: str) -> float:
    """MiB by which the largest resident set of a new process exceeds the one before `body`."""
    ran = subprocess.run(
        [sys.executable, "-c", PRELUDE + body + EPILOGUE, str(tmp_path), layout],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    return float(ran.stdout)


FORMS = [("huggingface", "float32"), ("huggingface", "bfloat16"), ("state-spaces", "float32")]


@pytest.mark.parametrize(("layout", "dtype"), FORMS)
def test_memory_follows_what_is_in_use(
    tmp_path: Path, layout: random_checkpoint.Layout, dtype: random_checkpoint.Dtype
) -> None:
    """Layer by layer: at most 1.5 times one layer of eight. All layers run: embedding and two layers, times 1.5."""
    random_checkpoint.write(tmp_path / "model", CFG, 1, dtype=dtype, layout=layout, shard_bytes=40 * MIB)
    one = """
_, w = checkpoint.load(path / "model")
for i in range(8):
    layer = w.layers[i]
    assert layer.in_proj.dtype == torch.float32
    del layer
"""
    grown = growth(tmp_path, layout, one)
    assert 0.5 * LAYER < grown < 1.5 * LAYER + SLACK, f"{grown:.0f} MiB for layers of {LAYER:.0f} MiB"
    whole = """
_, w = checkpoint.load(path / "model")
r = w.embedding[None, :4]
for layer, state in zip(w.layers, initial_states(w, cfg, 1)):
    r = r + mixer(rms_norm(r, layer.norm, cfg.norm_eps), layer, state, cfg)[0]
"""
    used = EMBEDDING + 2 * LAYER  # while an iteration takes the next layer, it still holds the last
    grown = growth(tmp_path, layout, whole)
    assert EMBEDDING < grown < 1.5 * used, f"{grown:.0f} MiB, in use {used:.0f}, the model {EMBEDDING + 8 * LAYER:.0f}"


@pytest.mark.parametrize("layout", ["huggingface", "state-spaces"])
def test_writing_holds_one_shard(tmp_path: Path, layout: str) -> None:
    """A model of 232 MiB is written with a shard of 40 MiB in memory, and the block of numbers being drawn."""
    body = """
random_checkpoint.write(path / "model", cfg, 1, layout=sys.argv[2], shard_bytes=40 << 20)
"""
    grown = growth(tmp_path, layout, body)
    assert grown < 40 + 2 * 16 + SLACK, f"{grown:.0f} MiB"
