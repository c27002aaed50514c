# SPDX-License-Identifier: Apache-2.0
"""How long the integer golden model and the quantizer take on published shapes, and the memory that they need.

`python -m golden.mamba2.speed` prints one line a measurement with its goal: seconds of one run on this machine, each in
a process of its own so that the peak of memory is its own. Models are generated: values are random, times are not.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from golden.mamba2 import checkpoint, random_checkpoint
from golden.mamba2.integer import profile, store, synthetic
from golden.mamba2.integer.block import forward
from golden.mamba2.published import published
from golden.mamba2.quantize import Options, quantize
from golden.zoo.command import run

GIB = 1 << 30
PROMPT = 64
GOALS = {"decode": (3.0, 4.0), "prefill": (90.0, 4.0), "quantize": (600.0, None), "generate": (300.0, 4.0)}
"""Seconds and GiB that a measurement should not exceed."""


def golden_model(name: str, folder: Path) -> dict[str, float]:
    """Seconds of a prefill of PROMPT tokens and of a decode step after it, on the generated 130M shape."""
    cfg = published("mamba2-130m")
    model = store.load(synthetic.write(folder / "model", cfg, profile.load(name), seed=1), resident=True)
    tokens = torch.randint(cfg.vocab_size, (1, PROMPT + 1), generator=torch.Generator().manual_seed(1))
    torch.set_num_threads(1)  # waiting threads cost more than a second one brings where other work runs
    start = time.perf_counter()
    _, states = forward(tokens[:, :PROMPT], model)
    middle = time.perf_counter()
    forward(tokens[:, PROMPT:], model, states)
    return {"prefill": middle - start, "decode": time.perf_counter() - middle}


def quantizer(name: str, folder: Path) -> dict[str, float]:
    """Seconds to quantize a generated float checkpoint of the 130M shape, 8 windows of 128 calibration tokens."""
    random_checkpoint.write(folder / "float", published("mamba2-130m"), seed=1)
    cfg, weights = checkpoint.load(folder / "float")
    tokens = torch.randint(cfg.vocab_size, (8, 128), generator=torch.Generator().manual_seed(1))
    start = time.perf_counter()
    quantize(cfg, weights, profile.load(name), tokens, Options(), folder / "integer")
    return {"quantize": time.perf_counter() - start}


def generator(name: str, folder: Path, layers: int | None = None) -> dict[str, float]:
    """Seconds to write the generated integer model of the 2.7B shape."""
    cfg = published("mamba2-2.7b")
    start = time.perf_counter()
    synthetic.write(
        folder / "model", cfg if layers is None else replace(cfg, n_layer=layers), profile.load(name), seed=1
    )
    return {"generate": time.perf_counter() - start}


MEASURES: dict[str, Callable[[str, Path], dict[str, float]]] = {
    "golden": golden_model,
    "quantizer": quantizer,
    "generator": generator,
}


def line(what: str, name: str, seconds: float, memory: float) -> str:
    """One measurement beside its goal."""
    most, gib = GOALS[what]
    bound = "" if gib is None else f" and {gib:g} GiB"
    return f"{what:10} {name:16} {seconds:8.2f} s  {memory:5.2f} GiB peak   goal {most:g} s{bound}"


def _measure(measure: str, name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        seconds = MEASURES[measure](name, Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB
    return "".join(f"{line(what, name, value, peak)}\n" for what, value in seconds.items())


def main() -> None:
    """Measure the golden model in each profile, the quantizer and the generator."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("measure", nargs="?", choices=list(MEASURES), help="only this one")
    parser.add_argument("--profile", choices=profile.NAMES, help="only this one")
    args = parser.parse_args()
    if args.measure and args.profile:
        sys.stdout.write(_measure(args.measure, args.profile))
        return
    for measure in [args.measure] if args.measure else MEASURES:
        names = [args.profile] if args.profile else profile.NAMES if measure == "golden" else ["lightmamba-w4a4"]
        for name in names:
            command = [sys.executable, "-m", "golden.mamba2.speed", measure, "--profile", name]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    run(main)
