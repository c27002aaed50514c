# SPDX-License-Identifier: Apache-2.0
"""Benchmark records of `ternary_accel`."""

from dataclasses import dataclass
from pathlib import Path

from golden.ternary.accel.quoted import Quoted, quoted_first_token, quoted_rate
from golden.ternary.accel.roof import layer_macs, step_bytes
from golden.ternary.config import BitNetConfig
from golden.ternary.integer.profile import load as load_profile
from harness.bench import model_record
from harness.bench.model_record import ModelCounters, ModelRecord


@dataclass(frozen=True)
class TernaryCounters(ModelCounters):
    """Counters of one start, with those of attention."""

    cache_beats: int
    stall_cache: int


@dataclass(frozen=True)
class TernaryRecord(ModelRecord):
    """One start of a BitNet model.

    `prefix` cached positions were shared, `own` are those of each text behind them before the start; of several texts
    each read one of the `prompt` tokens. `shape` has the layers that ran, of `whole_layers` of the model.

    `listed_beats` are the wide beats that golden's order of reads has for the start, which port 0 reads all;
    `cache_bytes` is what all ports read of keys, values and their exponents. `_one`: if the first text ran alone;
    `_alone`: if each text had the prefix for itself.
    """

    shape: BitNetConfig
    counters: TernaryCounters
    prefix: int
    own: tuple[int, ...]
    whole_layers: int
    listed_beats: int
    cache_bytes: int
    cache_bytes_one: int
    cache_bytes_alone: int

    @property
    def whole(self) -> bool:
        """Whether all layers of the model ran."""
        return self.shape.num_hidden_layers == self.whole_layers

    @property
    def title(self) -> str:
        """What ran, for people; a share of the layers is told."""
        share = "" if self.whole else f" ({self.shape.num_hidden_layers} of {self.whole_layers} layers)"
        return f"{self.model}{share} {self.profile} {self.workload}"

    @property
    def texts(self) -> int:
        """Texts that were decoded together."""
        return len(self.own)

    @property
    def cache_times_one(self) -> float:
        """Bytes of keys and values, of those that one of the texts reads alone."""
        return self.cache_bytes / max(self.cache_bytes_one, 1)

    @property
    def whole_cycles(self) -> float:
        """Cycles of a decode step, or to the first token, of the whole model: those of the layers times their share.

        What a step takes behind its layers is what the first token took behind them. Of a whole model nothing is
        estimated.
        """
        found = self.step_cycles if self.work == "decode" else self.counters.first_token
        times = self.whole_layers / self.shape.num_hidden_layers
        return self.after_layers + (found - self.after_layers) * times

    @property
    def printed(self) -> Quoted | None:
        """What a paper prints for this work on the board, if there is such: of one text, of all layers."""
        board = self.board.removeprefix("sim:")
        if not self.whole or self.texts > 1:
            return None
        if self.work == "decode":
            return quoted_rate(board, self.model)
        return quoted_first_token(board, self.model, self.prompt)

    @property
    def times_printed(self) -> float:
        """How many times as fast it is as what is printed; 0 where nothing is."""
        if self.printed is None:
            return 0.0
        return self.rate / self.printed.value if self.work == "decode" else self.printed.value / self.first_s

    def least_bytes(self) -> float:
        """Return the format's minimum of a step, the cache being as long as on average behind the first token."""
        ends = [self._bytes_behind(added) for added in (0, max(self.generated - 2, 0))]
        return sum(ends) / len(ends)

    def _bytes_behind(self, added: int) -> float:
        """Bytes of the step in front of which so many chosen tokens of each text are in the cache."""
        read = self.prompt if self.texts == 1 else 1
        own = [each + read + added for each in self.own]
        return step_bytes(self.shape, load_profile(), own, self.prefix).total

    def token_macs(self) -> int:
        """Return those of the ternary layers."""
        return layer_macs(self.shape)


def read(path: Path) -> tuple[TernaryRecord, ...]:
    """Read all records, as `model_record.read` does."""
    return model_record.read(path, TernaryRecord)
