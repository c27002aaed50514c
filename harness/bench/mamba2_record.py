# SPDX-License-Identifier: Apache-2.0
"""Benchmark records of `mamba2_accel`."""

from dataclasses import asdict, dataclass
from pathlib import Path

from golden.mamba2.accel.roof import layer_macs, step_bytes
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import load as load_profile
from harness.bench import model_record
from harness.bench.model_record import ModelCounters, ModelRecord


@dataclass(frozen=True)
class Mamba2Counters(ModelCounters):
    """Counters of one start, with those of the recurrence."""

    ssm_beats: int
    stall_state: int


@dataclass(frozen=True)
class Shape:
    """A model's dimensions, under the names of `Mamba2Config`."""

    d_model: int
    n_layer: int
    vocab_size: int
    d_state: int
    headdim: int
    expand: int
    ngroups: int
    d_conv: int

    def config(self) -> Mamba2Config:
        """The shape as golden's functions take it."""
        return Mamba2Config(**asdict(self))


@dataclass(frozen=True)
class Mamba2Record(ModelRecord):
    """One start of a Mamba2 model; `on_chip` layers keep their state on chip."""

    shape: Shape
    counters: Mamba2Counters
    on_chip: int

    def least_bytes(self) -> float:
        """Return the format's minimum, without the state of layers on chip."""
        return step_bytes(self.shape.config(), load_profile(self.profile), self.on_chip).total

    def token_macs(self) -> int:
        """Return those of in_proj and out_proj."""
        return layer_macs(self.shape.config())


def read(path: Path) -> tuple[Mamba2Record, ...]:
    """Read all records, as `model_record.read` does."""
    return model_record.read(path, Mamba2Record)
