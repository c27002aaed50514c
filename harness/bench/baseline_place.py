# SPDX-License-Identifier: Apache-2.0
"""Where a baseline runs: this CPU, or the first CUDA GPU, each with its way to make a step and to wait for it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from harness import provenance
from harness.bench.baseline_record import Device

GPU_WARM_UP = 3
"""Compiled steps are recorded as graphs after their first runs."""
NO_GPU = "no CUDA GPU here"

Step = Callable[[Tensor], Tensor]
"""Tokens int64 [1, L] in, the choice int64 [1, 1] behind the last of them out."""


@dataclass(frozen=True)
class Place:
    """Where a model runs: PyTorch's name of the device, its own, CPU threads; how a step is made and waited for.

    `uuid` is a GPU's, by which its driver knows it whatever devices PyTorch was shown.
    """

    device: Device
    torch_name: str
    name: str
    threads: int
    way: str
    compiled: Callable[[Step], Step]
    synchronize: Callable[[], None]
    warm_up: int = 1
    uuid: str = ""


def cpu(threads: int | None = None) -> Place:
    """This CPU with so many threads, PyTorch's own number without: steps uncompiled.

    `transformers` compiles the quantizers of BitNet with C++; for these sizes that took 70 s and was no faster.
    """
    made = provenance.collect({})
    count = threads or torch.get_num_threads()
    return Place("cpu", "cpu", made.cpu, count, "eager", lambda step: step, lambda: None)


def gpu() -> Place | None:
    """The first CUDA GPU; None where there is none. This path has not run on a GPU, see harness/README.md."""
    if not torch.cuda.is_available():
        return None
    name, threads = torch.cuda.get_device_name(0), torch.get_num_threads()
    way = "torch.compile (reduce-overhead: CUDA graphs)"
    uuid = f"GPU-{torch.cuda.get_device_properties(0).uuid}"
    return Place("gpu", "cuda:0", name, threads, way, _compiled, torch.cuda.synchronize, GPU_WARM_UP, uuid)


def _compiled(step: Step) -> Step:
    """A step in CUDA graphs; what one run returns is copied, because the next one writes there again."""
    graph = torch.compile(step, mode="reduce-overhead")
    begin: Callable[[], None] = torch.compiler.cudagraph_mark_step_begin

    def run(tokens: Tensor) -> Tensor:
        begin()
        return graph(tokens).clone()

    return run
