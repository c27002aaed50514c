# SPDX-License-Identifier: Apache-2.0
"""Jobs of the Mamba2 accelerator, and files of vectors for `cocotb_m2_block`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EMBED, IN, OUT, HEAD = range(4)


@dataclass(frozen=True)
class Job:
    """A job of m2_job.vh; of a HEAD job `tokens` is its token's index plus 1."""

    kind: int
    tokens: int = 1
    slot: int = 0
    raw: bool = False
    layer: int = 0
    fresh: bool = False
    feedback: bool = False

    @property
    def word(self) -> int:
        flags = self.slot << 2 | self.fresh << 3 | self.feedback << 4 | self.raw << 5
        return self.kind | flags | self.tokens - 1 << 6 | self.layer << 14


def write(
    path: Path,
    sources: Mapping[str, Sequence[int]],
    sinks: Mapping[str, Sequence[int]],
    static: Mapping[str, int],
    **others: Any,
) -> Path:
    """Write the vectors of a block and return their path; `others` as in `cocotb_m2_block`."""
    path.write_text(json.dumps(run(sources, sinks, static) | others))
    return path


def run(
    sources: Mapping[str, Sequence[int]], sinks: Mapping[str, Sequence[int]], static: Mapping[str, int]
) -> dict[str, Any]:
    """Return a run of a block: beats as hex text, settings."""
    sides = {"sources": sources, "sinks": sinks}
    hexed = {name: {p: [f"{beat:x}" for beat in beats] for p, beats in side.items()} for name, side in sides.items()}
    return {**hexed, "static": dict(static)}
