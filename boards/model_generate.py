# SPDX-License-Identifier: Apache-2.0
"""What text from the kernels of whole models has in common: each record against golden, and what a start took."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boards.drivers.model_accel import Best
from golden.errors import CheckError, InputError
from golden.topk import Greatest
from harness.bench.model_record import ModelCounters

TIMEOUT_S = 6 * 3600.0
"""Of a start; a simulation of a large model takes minutes a token."""


def check_tokens(prompt: Sequence[int], vocab: int) -> None:
    """Raise InputError where a token of a prompt is not in the vocabulary."""
    wrong = [token for token in prompt if not 0 <= token < vocab]
    if wrong:
        raise InputError(f"prompt: found token {wrong[0]}, expected 0 .. {vocab - 1}")


def compare(step: int, golden: Greatest, found: Best, where: str = "") -> None:
    """Raise CheckError where the record of a chosen token differs from golden's; `where` says of which text."""
    index, value = golden
    if (found.index, found.value) != (index, value):
        raise CheckError(
            f"generated token {step}{where}: golden chose {index[0]}, board {found.token}; greatest logits "
            f"(token:logit): golden {_pairs(index, value)}; board {_pairs(found.index, found.value)}"
        )


def _pairs(index: Sequence[int], value: Sequence[int]) -> str:
    return " ".join(f"{i}:{v}" for i, v in zip(index, value, strict=True))


@dataclass(frozen=True)
class Figures:
    """What a start of `texts` texts took, from the kernel's own counters."""

    counters: ModelCounters
    clock_mhz: float
    texts: int = 1

    @property
    def step_cycles(self) -> float | None:
        """Cycles from step to step, on average behind the first one; None where there is no second."""
        steps = self.counters.tokens_done // self.texts - 1
        return (self.counters.cycles - self.counters.first_token) / steps if steps > 0 else None

    @property
    def first_ms(self) -> float:
        """Milliseconds from start to the first token in memory at the configuration's clock."""
        return self.counters.first_token / self.clock_mhz / 1e3

    def lines(self) -> Iterator[str]:
        """Yield the figures for people."""
        counters, step = self.counters, self.step_cycles
        first = f"first token after {counters.first_token:,} cycles = {self.first_ms:.3f} ms"
        rate = ""
        if step is not None:
            what = "a token" if self.texts == 1 else f"a step of {self.texts} texts"
            rate = f"{step:,.0f} cycles {what} = {self.texts * self.clock_mhz * 1e6 / step:,.0f} tok/s, "
        yield f"{rate}{first}, {counters.cycles:,} cycles in all, at {self.clock_mhz:g} MHz [simulated]"
        shares = (f"{name} {share:.1%}" for name, share in counters.stalls())
        yield f"stalls of the cycles: {', '.join(shares)} [simulated]"
