# SPDX-License-Identifier: Apache-2.0
"""Memory of BitNet checkpoints: what is read lazily costs what is in use, what is written costs one shard.

The measured part runs in a process of its own, whose largest resident set is reset after imports and a small model.
"""

import subprocess
import sys
from pathlib import Path

from golden.ternary import info
from golden.ternary.config import BitNetConfig

CFG = BitNetConfig(8192, 1024, 2048, 8, 8, 4, 1e4, 256)
MIB = 1 << 20
MATRIX = 1024 * 2048 * 4 / MIB  # 8 MiB: the largest projection in float32
EMBEDDING = info.count(CFG).embedding * 4 / MIB  # 32 MiB
MASTERS = info.count(CFG).ternary * 4 / MIB  # 288 MiB
SHARD = 40.0

SCRIPT = """
import sys, tempfile, torch
from dataclasses import replace
from pathlib import Path
torch.set_num_threads(1)
from golden.ternary import checkpoint, random_checkpoint
from golden.ternary.config import BitNetConfig
from golden.ternary.model import forward
path, cfg = Path(sys.argv[1]), BitNetConfig(8192, 1024, 2048, 8, 8, 4, 1e4, 256)
def status(key):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key)) / 1024
def measured(run):
    open("/proc/self/clear_refs", "w").write("5")  # the peak starts anew
    before = status("VmRSS")
    run()
    print(status("VmHWM") - before)
def write(form, where, c):
    random_checkpoint.write(where, c, 1, form=form, shard_bytes=40 << 20)
def read(where):
    forward(checkpoint.load(where), torch.arange(4))
small = BitNetConfig(64, 32, 64, 1, 4, 2, 1e4, 64)
for form in ("online", "autobitlinear"):
    write(form, path / f"small-{form}", small)
    read(path / f"small-{form}")
for form in ("online", "autobitlinear"):
    measured(lambda: write(form, path / form, cfg))
    measured(lambda: read(path / form))
"""


def test_memory_follows_what_is_in_use(tmp_path: Path) -> None:
    """Writing holds a shard and a matrix being drawn, running the embedding and a matrix in a few forms: no model.

    Limits leave room for an allocator that keeps freed matrices, and stay below half of the masters.
    """
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    written, run, written_packed, run_packed = map(float, ran.stdout.split())
    assert max(SHARD, EMBEDDING) + 12 * MATRIX <= MASTERS / 2
    for form, grown in (("online", written), ("packed", written_packed)):
        assert grown < SHARD + 12 * MATRIX, f"{form}: writing took {grown:.0f} MiB, the masters are {MASTERS:.0f}"
    for form, grown in (("online", run), ("packed", run_packed)):
        assert grown < EMBEDDING + 12 * MATRIX, f"{form}: running took {grown:.0f} MiB, the masters are {MASTERS:.0f}"
