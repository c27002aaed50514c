# SPDX-License-Identifier: Apache-2.0
"""Text from `mamba2_accel`: a model that stays loaded, tokens as the board chooses them, each against golden."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from boards.drivers import KernelError
from boards.drivers.mamba2_accel import Mamba2Accel
from boards.drivers.model_accel import Best
from boards.model_generate import TIMEOUT_S, check_tokens, compare
from golden.mamba2.accel.arguments import build_of
from golden.mamba2.accel.decode import Decoder
from golden.mamba2.accel.start import Plan, Run, explain, model_parts, token_beats
from golden.mamba2.integer.model import IntegerModel
from golden.spec.gen import mamba2_accel as regs


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
        kernel.write_sections(model_parts(model, laid))

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
        check_tokens(prompt, self.laid.arguments.vocab)
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
