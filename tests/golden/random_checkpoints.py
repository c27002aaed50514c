# SPDX-License-Identifier: Apache-2.0
"""The laws that random checkpoints of every family keep."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import pytest
import torch
from torch import Tensor

from golden.checkpoints import draws
from golden.checkpoints.generated import Progress


class Model(Protocol):
    """The random model that a seed stands for."""

    def fill(self, name: str, out: Tensor) -> None:
        """Write the tensor `name` into `out`."""


Shapes = Mapping[str, tuple[int, ...]]


def hashes(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def draw(model: Model, shapes: Shapes) -> dict[str, Tensor]:
    """Draw all tensors in the order of `shapes`."""
    out = {name: torch.empty(shape) for name, shape in shapes.items()}
    for name, tensor in out.items():
        model.fill(name, tensor)
    return out


def digest(model: Model, shapes: Shapes) -> str:
    """Return the sha256 over all tensors."""
    found = hashlib.sha256()
    for tensor in draw(model, shapes).values():
        found.update(tensor.numpy().tobytes())
    return found.hexdigest()


def assert_tensors_are_independent(make: Callable[[], Model], shapes: Shapes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tensor is fixed by seed and name: drawn last to first and in small blocks it is the same, and no two are."""
    first = draw(make(), shapes)
    monkeypatch.setattr(draws, "BLOCK", 100)
    second = draw(make(), dict(reversed(shapes.items())))
    assert all(torch.equal(first[name], second[name]) for name in shapes)
    assert len({tensor.flatten()[:9].sum().item() for tensor in first.values()}) == len(shapes)


def assert_progress_counts_to_the_end(write: Callable[[Progress], None], tensors: int) -> None:
    """Progress is told after each of so many tensors, rises, and ends at its total."""
    told: list[tuple[int, int]] = []
    write(lambda *now: told.append(now))
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert len(told) == tensors
    assert {total for _, total in told} == {told[-1][0]}


def assert_an_interrupted_run_leaves_nothing(write: Callable[[Path, Progress], None], folder: Path) -> None:
    """Where writing stops half-way, `folder` is as empty as before."""

    def stop(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(folder / "model", stop)
    assert not list(folder.iterdir())
