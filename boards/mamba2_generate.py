# SPDX-License-Identifier: Apache-2.0
"""Text from `mamba2_accel`: a model that stays loaded, tokens as the board chooses them, each against golden."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from boards.drivers import KernelError
from boards.drivers.mamba2_accel import Best, Mamba2Accel
from golden.errors import CheckError, InputError
from golden.mamba2.accel.arguments import build_of
from golden.mamba2.accel.decode import Decoder, Greatest
from golden.mamba2.accel.start import Plan, Run, explain, model_parts, token_beats
from golden.mamba2.integer.model import IntegerModel
from golden.spec.gen import mamba2_accel as regs
from harness.bench.mamba2_record import Mamba2Counters

TIMEOUT_S = 6 * 3600.0
"""Of a start; a simulation of a large model takes minutes a token."""


class Session:
    """A model in the kernel's arena, which reads one prompt after the other.

    Use it inside `with kernel.arena(plan.arena_bytes):`; making it copies the model, a section at a time.

    Args:
        kernel: the driver.
        model: the model, of the configuration's profile.
        laid: where it lies and how much room prompts and texts have.
        check: compare each token's record with the golden model as it comes.
    """

    def __init__(self, kernel: Mamba2Accel, model: IntegerModel, laid: Plan, check: bool = True) -> None:
        self.kernel, self.laid = kernel, laid
        self._golden = Decoder(model) if check else None
        for offset, beats in model_parts(model, laid):
            kernel.write_beats(offset, beats)

    def stream(self, prompt: Sequence[int], generate: int, keep: bool = False) -> Iterator[Best]:
        """Start, and yield each chosen token as soon as its record is in memory and was found equal to golden's.

        Args:
            prompt: tokens, at least one.
            generate: tokens to choose, at least one.
            keep: go on from the states that the last start left, which are those before its last token.

        Raises:
            InputError: the start is illegal or needs more room than was planned.
            CheckError: a record differs from the golden model's.
            KernelError: the kernel reports an error; the message names the argument.
            MachineError: not done in time.
        """
        vocab = self.laid.arguments.vocab
        wrong = [token for token in prompt if not 0 <= token < vocab]
        if wrong:
            raise InputError(f"prompt: found token {wrong[0]}, expected 0 .. {vocab - 1}")
        arguments = self.laid.start(Run(len(prompt), generate, keep=keep))
        self.kernel.write_region(arguments, "tok", token_beats(prompt, self.kernel.config))
        wanted = self._golden.steps(prompt, keep) if self._golden else None
        try:
            with closing(self.kernel.stream(arguments, TIMEOUT_S)) as records:  # type: ignore[type-var]  # a generator
                for step, found in enumerate(records):
                    if wanted is not None:
                        compare(step, next(wanted), found)
                    yield found
        except KernelError as error:
            why = explain(regs.ErrorCode(error.code), arguments, build_of(self.kernel.config))
            raise KernelError(f"{error}: {why}", error.code, error.port) from error


def compare(step: int, golden: Greatest, found: Best) -> None:
    """Raise CheckError where the record of a chosen token differs from golden's."""
    index, value = golden
    if (found.index, found.value) != (index, value):
        raise CheckError(
            f"generated token {step}: golden chose {index[0]}, board {found.token}; greatest logits (token:logit): "
            f"golden {_pairs(index, value)}; board {_pairs(found.index, found.value)}"
        )


def _pairs(index: Sequence[int], value: Sequence[int]) -> str:
    return " ".join(f"{i}:{v}" for i, v in zip(index, value, strict=True))


@dataclass(frozen=True)
class Figures:
    """What a start took, from the kernel's own counters."""

    counters: Mamba2Counters
    clock_mhz: float

    @property
    def step_cycles(self) -> float | None:
        """Cycles from record to record, on average behind the first one; None where there is no second."""
        steps = self.counters.tokens_done - 1
        return (self.counters.cycles - self.counters.first_token) / steps if steps > 0 else None

    @property
    def first_ms(self) -> float:
        """Milliseconds from start to the first token in memory at the configuration's clock."""
        return self.counters.first_token / self.clock_mhz / 1e3

    def lines(self) -> Iterator[str]:
        """Yield the figures for people."""
        counters, step = self.counters, self.step_cycles
        first = f"first token after {counters.first_token:,} cycles = {self.first_ms:.3f} ms"
        rate = "" if step is None else f"{step:,.0f} cycles a token = {self.clock_mhz * 1e6 / step:,.0f} tok/s, "
        yield f"{rate}{first}, {counters.cycles:,} cycles in all, at {self.clock_mhz:g} MHz [simulated]"
        names = ("weights", "acts", "out", "state")
        shares = (f"{name} {getattr(counters, f'stall_{name}') / max(counters.cycles, 1):.1%}" for name in names)
        yield f"stalls of the cycles: {', '.join(shares)} [simulated]"
