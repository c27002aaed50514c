# SPDX-License-Identifier: Apache-2.0
"""`krait layers`: the layers of a whole Mamba2 model verified side by side, in parts that need no order.

Golden runs the model once. Every part is a model of some of its layers, which begins with what golden has in front of
them (a raw start of the kernel); the first part reads the tokens themselves, the last one chooses one. A fault in a
layer shows in the part that has it and in no other.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import save_file

from boards.layer_part import FOUND, KERNEL, PART, Found, Part, lay_out
from boards.mamba2_models import integer_model, prompt_of
from boards.open import pick_config
from boards.sim.device import facts_of
from golden.errors import InputError, KraitError, MachineError
from golden.mamba2.accel.outcome import BEST
from golden.mamba2.integer.block import forward
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.taps import checking
from golden.spec import Mamba2AccelConfig
from golden.topk import topk
from harness import json_record
from harness.build import build
from harness.paths import ROOT
from harness.regress import executor as executors
from harness.regress.task import Outcome, Verdict
from harness.sim.model import kernel_build
from harness.sim.process import Limits, Stop, run_limited

GOLDEN = "golden.safetensors"
TIMEOUT_S = 6 * 3600.0


@dataclass(frozen=True)
class Asked:
    """What to verify: a model on a virtual board's configuration (its own without), over `tokens`, in `parts`."""

    board: str
    config: str | None
    model: str
    tokens: int
    parts: int


@dataclass(frozen=True)
class PartWork:
    """A part as an executor's task: a process of its own in its folder, which also holds its board's lock."""

    part: Part
    folder: Path
    timeout_s: float = TIMEOUT_S

    @property
    def name(self) -> str:
        """The part's layers."""
        return self.part.name

    def execute(self, stop: Stop | None = None) -> Outcome:
        """Run the part: FAIL where it differs, KILLED beyond its time, BLOCKED where it could not be judged."""
        started = time.monotonic()
        try:
            verdict, reason = self._run(stop)
        except (KraitError, OSError) as error:
            verdict, reason = "BLOCKED", str(error)
        return Outcome(verdict, reason, seconds=time.monotonic() - started)

    def _run(self, stop: Stop | None) -> tuple[Verdict, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / FOUND).unlink(missing_ok=True)
        json_record.write(self.folder / PART, self.part)
        log = self.folder / "part.log"
        command = [sys.executable, "-m", "boards.layer_part", str(self.folder)]
        environment = os.environ | {"KRAIT_LOCKS": str(self.folder)}
        ended = run_limited(command, ROOT, environment, log, Limits(self.timeout_s), stop)
        if ended.timed_out:
            return "KILLED", f"{self.name}: not done in {self.timeout_s:g} s"
        if ended.code:
            lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            return "BLOCKED", f"{self.name}: exit code {ended.code}: {lines[-1]}"
        differs = found_of(self).divergence
        return ("FAIL", differs) if differs else ("PASS", "")


def found_of(work: PartWork) -> Found:
    """Return what a part that ran has found."""
    return json_record.read(Found, work.folder / FOUND, None, "krait layers")


def split(layers: int, parts: int) -> list[tuple[int, int]]:
    """Return (first layer, number of layers) of parts as even as they can be. InputError: more parts than layers."""
    if not 1 <= parts <= layers:
        raise InputError(f"--parts: found {parts}, expected 1 .. {layers}, the layers of the model")
    ends = [layers * part // parts for part in range(parts + 1)]
    return [(first, end - first) for first, end in pairwise(ends)]


def prepare(what: Asked, folder: Path) -> list[PartWork]:
    """Compute what golden has behind every layer, build the simulator, and return the parts.

    What does not fit is refused before golden runs.

    Raises:
        InputError: unknown board or model, wrong numbers, or the configuration does not take the model.
        MachineError: the folder cannot be written, or a tool is missing.
    """
    facts = facts_of(what.board)
    cfg = pick_config(KERNEL, what.config or facts.identifier, facts)
    assert isinstance(cfg, Mamba2AccelConfig)
    model, _ = integer_model(what.model, cfg.profile)
    layers, golden = model.cfg.n_layer, folder / GOLDEN
    parts = [
        Part(what.board, cfg.name, what.model, what.tokens, first, count, layers, str(golden))
        for first, count in split(layers, what.parts)
    ]
    for part in parts:
        lay_out(model, part, cfg)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        save_file(behind_layers(model, prompt_of(what.model, model.cfg.vocab_size, what.tokens)), golden)
    except OSError as error:
        raise MachineError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error
    build(kernel_build(KERNEL, cfg.name))
    return [PartWork(part, folder / f"{part.first}") for part in parts]


def behind_layers(model: IntegerModel, prompt: Sequence[int]) -> dict[str, torch.Tensor]:
    """Run golden over a prompt and return what it has behind its layers.

    "residual" is int64 [layers, tokens, D]; "index" and "value", int64 [1, 8], are the best logits behind the prompt.
    """
    tap = checking(model, ("residual",))
    logits, _ = forward(torch.tensor([list(prompt)]), model, None, tap)
    residual = [torch.cat(tap.kept[f"layers.{layer}.residual"], dim=1)[0] for layer in range(model.cfg.n_layer)]
    index, value = topk(logits[0, -1], BEST)
    return {"residual": torch.stack(residual), "index": index[None].contiguous(), "value": value[None].contiguous()}


def verify(
    works: Sequence[PartWork], executor: str, jobs: int, watch: Callable[[PartWork, Outcome], None]
) -> list[Outcome]:
    """Run the parts on an executor, `jobs` at a time; `watch` is told of each as it ends.

    Raises:
        MachineError: the executor cannot be reached.
    """
    pool = executors.make(executor, jobs, lambda _: None)
    cancel, found = True, dict[PartWork, Outcome]()
    try:
        pending = {pool.submit(work): work for work in works}
        for future in as_completed(pending):
            work = pending[future]
            found[work] = _outcome(future)
            watch(work, found[work])
        cancel = False
    finally:
        pool.close(cancel)
    return [found[work] for work in works]


def _outcome(future: Future[Outcome]) -> Outcome:
    error = future.exception()
    if error is None:
        return future.result()
    return Outcome("BLOCKED", f"the worker was lost: {type(error).__name__}: {error}")
