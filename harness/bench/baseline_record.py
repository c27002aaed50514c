# SPDX-License-Identifier: Apache-2.0
"""Records of baselines: the same model in PyTorch on this machine, raw samples and whole provenance, one line each.

Rates and intervals are computed when they are shown and never stored.
"""

import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golden.spec.strict import require
from harness.bench import jsonl
from harness.bench.model_record import Work
from harness.provenance import Provenance

SCHEMA = 2
RECORDS = "baseline.jsonl"

Device = Literal["cpu", "gpu"]
Dtype = Literal["float32", "bfloat16"]
DTYPES: tuple[Dtype, ...] = ("float32", "bfloat16")


@dataclass(frozen=True)
class Agreement:
    """Tokens chosen against the golden float model's, both greedy, from the same prompt.

    `equal` of `compared` come before the first that differs; `margin` is what the golden model's logit of its own
    choice has there over that of theirs, of the largest logit. A difference is a near-tie up to `tolerance`.
    """

    compared: int
    equal: int
    margin: float
    tolerance: float

    @property
    def same(self) -> bool:
        """Whether both do the same work: no token differs by more than rounding explains."""
        return self.equal == self.compared or self.margin <= self.tolerance


@dataclass(frozen=True)
class BaselineRecord:
    """One workload of a model in PyTorch on one device, head in; n/a where the device is missing, with the `reason`.

    `prompt` tokens are read; a sample's time covers `tokens`: those of the prompt, or the decode steps behind it.
    `samples` and `warm_up` are seconds. `weight_bytes` are all parameters as they lie in memory. `ended` says why
    sampling stopped. Its energy is an `EnergyRecord` of the same `run`.
    """

    schema: int
    model: str
    origin: str
    workload: str
    work: Work
    prompt: int
    tokens: int
    device: Device
    kind: Literal["measured", "n/a"]
    reason: str
    device_name: str
    dtype: Dtype
    threads: int
    library: str
    way: str
    weight_bytes: int
    agreement: Agreement | None
    samples: tuple[float, ...]
    warm_up: tuple[float, ...]
    ended: str
    provenance: Provenance

    def __post_init__(self) -> None:
        measured = self.kind == "measured"
        require(bool(self.samples) == measured, "samples", len(self.samples), "some where measured, none where n/a")
        require(all(each > 0 for each in self.samples), "samples", min(self.samples, default=0.0), "seconds above 0")
        require(bool(self.reason) != measured, "reason", self.reason, "why it is n/a, and nothing where measured")
        require((self.agreement is not None) == measured, "agreement", self.agreement, "one where measured")

    @property
    def seconds(self) -> float | None:
        """Median time of a sample; None where nothing was measured."""
        return statistics.median(self.samples) if self.samples else None

    @property
    def rate(self) -> float | None:
        """Tokens a second at the median."""
        return self.tokens / self.seconds if self.seconds else None

    @property
    def title(self) -> str:
        """What ran, in words that tell it from what a board runs."""
        return f"{self.model} {self.workload} in PyTorch, {self.dtype}"

    @property
    def run(self) -> str:
        """What this record and that of its energy have in common."""
        return f"{self.title}, {self.device}, {self.threads} threads, {self.provenance.time_utc}"

    @property
    def judged(self) -> bool:
        """Whether its tokens must be the golden model's: in float32; a narrower type may choose others."""
        return self.dtype == "float32" and self.agreement is not None

    @property
    def good(self) -> bool:
        """Whether it did the golden model's work, as far as that is judged."""
        return not self.judged or self.agreement is None or self.agreement.same


def append(path: Path, record: BaselineRecord) -> None:
    """Append a record as one line. MachineError when the file cannot be written."""
    jsonl.append(path, record)


def read(path: Path) -> tuple[BaselineRecord, ...]:
    """Read all records; none when the file does not exist. InputError names a malformed line."""
    return jsonl.read_any(path, BaselineRecord, SCHEMA)
