# SPDX-License-Identifier: Apache-2.0
"""The zoo's trainer: `python -m golden.zoo.train --model bitnet-tiny`.

One loop for every model: Muon on the matrices, AdamW on the rest, linear warm-up, constant rate, linear decay to zero,
best checkpoint on the validation split. A run writes `checkpoint/` (a Hugging Face checkpoint directory), `log.jsonl`
and `state.pt` into its folder; started again with the same folder, it goes on where it stopped.

A model joins by one line in `recipes.py` that names a function `build(seed, dropout) -> Trainable`.
"""

import argparse
import importlib
import json
import math
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol, cast, runtime_checkable

import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch.nn import functional

from golden import checkpoints
from golden.errors import InputError, MachineError
from golden.zoo import corpus
from golden.zoo.command import run
from golden.zoo.measure import bits_per_byte
from golden.zoo.recipes import RECIPES, Recipe


@runtime_checkable
class Trainable(Protocol):
    """What the trainer asks of a model besides being an `nn.Module`.

    `__call__` maps tokens int64 [B, L] to logits [B, L, 256]; `hf_config` and `hf_tensors` are what the checkpoint
    directory holds, under the names that `transformers` uses.
    """

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits [B, L, 256] of tokens int64 [B, L]."""

    def hf_config(self) -> dict[str, Any]:
        """Contents of `config.json`."""

    def hf_tensors(self) -> dict[str, torch.Tensor]:
        """Tensors of `model.safetensors`, float32."""


@dataclass
class Progressed:
    """Where a run stands; the part of its state that is not tensors."""

    step: int = 0
    seconds: float = 0.0
    best: float = math.inf
    best_step: int = 0


def build(recipe: Recipe) -> torch.nn.Module:
    """The freshly initialized model of `recipe`, on its seed."""
    module, function = recipe.factory.split(":")
    model = getattr(importlib.import_module(module), function)(seed=recipe.seed, dropout=recipe.dropout)
    return cast(torch.nn.Module, model)


def windows(tokens: torch.Tensor, recipe: Recipe, step: int) -> torch.Tensor:
    """Batch `step`, int64 [batch, context + 1]: every epoch cuts the text at another offset and shuffles the cuts."""
    per_epoch = (len(tokens) - 1 - recipe.context) // recipe.context // recipe.batch
    epoch, index = divmod(step, per_epoch)
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
    offset = int(torch.randint(recipe.context, (1,), generator=generator))
    order = torch.randperm(per_epoch * recipe.batch, generator=generator)[index * recipe.batch :][: recipe.batch]
    starts = offset + order * recipe.context
    return tokens[starts[:, None] + torch.arange(recipe.context + 1)].to(torch.int64)


def rate(progress: float, recipe: Recipe) -> float:
    """Factor on the learning rates at `progress` in 0..1: warm-up, constant, linear decay to zero."""
    return max(min(progress / recipe.warmup, 1.0, (1.0 - progress) / recipe.decay), 0.0)


def optimizers(model: torch.nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for embeddings, norms, convolutions and vectors."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    muon = torch.optim.Muon(
        matrices, lr=recipe.matrix_rate, weight_decay=recipe.weight_decay, adjust_lr_fn="match_rms_adamw"
    )
    adam = torch.optim.AdamW(others, lr=recipe.vector_rate, betas=(0.9, 0.98), weight_decay=0.0)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["full_rate"] = group["lr"]
    return [muon, adam]


class Run:
    """One training run in one folder."""

    def __init__(self, name: str, recipe: Recipe, folder: Path, model: torch.nn.Module | None = None) -> None:
        self.name, self.recipe, self.folder = name, recipe, folder
        self.model = build(recipe) if model is None else model
        if not isinstance(self.model, Trainable):
            raise InputError(f"{recipe.factory}: the model lacks hf_config or hf_tensors, which the trainer needs")
        fast = bool(torch.cpu.get_capabilities().get("amx_bf16", False))
        self.bfloat16 = fast if recipe.bfloat16 is None else recipe.bfloat16
        if recipe.compile and not any(map(shutil.which, (os.environ.get("CXX") or "g++", "clang++"))):
            raise MachineError("no C++ compiler for torch.compile; install g++, or pass --set compile=False (slower)")
        self.forward = torch.compile(self.model) if recipe.compile else self.model
        self.optimizers = optimizers(self.model, recipe)
        self.at = Progressed()
        self.text = corpus.load()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MachineError(f"{folder}: cannot be written ({error}); choose another --out") from None
        self._resume()

    @property
    def progress(self) -> float:
        """How much of the run is done, 0..1: by steps, or by time where the recipe sets minutes."""
        if self.recipe.minutes is not None:
            return self.at.seconds / (60 * self.recipe.minutes)
        return self.at.step / self.recipe.steps

    def _resume(self) -> None:
        file = self.folder / "state.pt"
        if not file.exists():
            return
        try:
            state = torch.load(file, weights_only=True)
            self.model.load_state_dict(state["model"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                fresh = [(g["lr"], g["full_rate"]) for g in optimizer.param_groups]
                optimizer.load_state_dict(saved)
                for group, (_, full) in zip(optimizer.param_groups, fresh, strict=True):
                    group["full_rate"] = full
            self.at = Progressed(**state["at"])
        except (OSError, EOFError, UnpicklingError, RuntimeError, KeyError, ValueError, TypeError) as error:
            kind = type(error).__name__
            raise InputError(f"{file}: not a state of {self.name} ({kind}); delete it to start anew") from None

    def step(self) -> float:
        """One optimizer step; returns the training loss in bits per byte."""
        start = time.monotonic()
        factor = rate(self.progress, self.recipe)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * factor
        torch.manual_seed(self.recipe.seed * 7_919 + self.at.step)  # dropout; makes a resumed run equal
        batch = windows(self.text.train, self.recipe, self.at.step)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            logits = self.forward(batch[:, :-1])
        loss = functional.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.at.step += 1
        self.at.seconds += time.monotonic() - start
        return float(loss.detach()) / math.log(2)

    def validate(self) -> float:
        """Bits per byte on the validation split; the best model so far is written as a checkpoint."""
        start = time.monotonic()
        self.model.eval()
        bits = bits_per_byte(self.model, self.text.validation, self.recipe.context, self.recipe.context)
        self.model.train()
        if bits < self.at.best:
            self.at.best, self.at.best_step = bits, self.at.step
            trainable = cast(Trainable, self.model)
            checkpoints.save(self.folder / "checkpoint", trainable.hf_config(), trainable.hf_tensors())
        self.at.seconds += time.monotonic() - start
        return bits

    def save(self, record: Mapping[str, float]) -> None:
        """Write the state from which the run can go on, and append `record` to the log."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
            "at": asdict(self.at),
        }
        try:
            torch.save(state, self.folder / "state.pt.part")
            os.replace(self.folder / "state.pt.part", self.folder / "state.pt")
            with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(record) + "\n")
        except (OSError, RuntimeError) as error:
            raise MachineError(f"{self.folder}: cannot be written ({error}); free space, then start again") from None

    def train(self) -> float:
        """Train to the end; returns the best validation bits per byte."""
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        self.model.train()
        with Progress(*columns, transient=False) as bar:
            task = bar.add_task(self.name, total=1.0)
            average = float("nan")
            while self.progress < 1.0:
                bits = self.step()
                average = bits if math.isnan(average) else 0.98 * average + 0.02 * bits
                bar.update(task, completed=self.progress, description=f"{self.name} {self.at.step} {average:.3f} b/B")
                if self.at.step % self.recipe.validate_every == 0 or self.progress >= 1.0:
                    measured = self.validate()
                    speed = self.at.step * self.recipe.batch * self.recipe.context / self.at.seconds
                    self.save({"step": self.at.step, "seconds": round(self.at.seconds, 1), "train": round(average, 4),
                               "validation": round(measured, 4), "bytes_per_second": round(speed)})  # fmt: skip
                    bar.console.print(
                        f"{self.name} step {self.at.step}: train {average:.3f}, validation {measured:.4f} bits/byte"
                        f" (best {self.at.best:.4f}), {self.at.seconds / 60:.1f} min, {speed / 1e3:.1f} kB/s"
                    )
        return self.at.best


def main() -> None:
    """Train one model of the zoo."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), required=True)
    parser.add_argument("--out", type=Path, help="folder of the run (default: build/zoo/<model>)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--minutes", type=float, help="bound the run by time instead of the recipe's steps")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="change values of the recipe")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    recipe = RECIPES[args.model].changed(args.set)
    if args.minutes is not None:
        recipe = replace(recipe, minutes=args.minutes)
    training = Run(args.model, recipe, args.out or Path("build/zoo") / args.model)
    best, step = training.train(), training.at.best_step
    print(f"{args.model}: {best:.4f} bits/byte on validation at step {step}; {training.folder / 'checkpoint'}")


if __name__ == "__main__":
    run(main)
